//! Problems and past illnesses → Condition.

use super::concepts::{CONDITION_CLINICAL, code_in, coded, codes_of, worded};
use super::context::Context;
use super::fields::{Choice, Fields};
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::section::{Read, Reader, Section, each, unknown};
use serde_json::{Value, json};

pub static SECTION: Section = Section {
    id: "problems",
    templates: &["2.16.840.1.113883.10.20.22.2.5.1", "2.16.840.1.113883.10.20.22.2.5"],
    loinc: &["11450-4"],
    titles: &["problems", "problem list", "active problems"],
    entries: ENTRIES,
    other,
};

pub static HISTORY: Section = Section {
    id: "past_illnesses",
    templates: &["2.16.840.1.113883.10.20.22.2.20"],
    loinc: &["11348-0"],
    titles: &["past medical history", "history of past illness", "resolved problems"],
    entries: &[],
    other,
};

const CONCERN: &str = "2.16.840.1.113883.10.20.22.4.3";
const PROBLEM: &str = "2.16.840.1.113883.10.20.22.4.4";
const STATUS: &str = "2.16.840.1.113883.10.20.22.4.6";
const ENTRIES: &[(&str, Reader)] = &[(CONCERN, concern), (PROBLEM, problem)];

const SNOMED: &str = "2.16.840.1.113883.6.96";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const ASSERTED: &str = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate";

/// "No current problems", "no known problem".
const NOTHING_KNOWN: &[&str] = &["160245001", "160244002"];

/// Acts without a template: a concern by its code, a problem by its value.
fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "act" if act.related().next().is_some() => each(cx, act.related().map(|(_, inner)| inner), untemplated),
        "observation" => untemplated(cx, act),
        _ => unknown(cx, act),
    }
}

fn untemplated<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.name() == "observation" && act.child("value").is_some() {
        problem(cx, act)
    } else {
        Err(LossReason::Template)
    }
}

/// A Problem Concern Act: one Condition for each problem observation in it.
fn concern<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| {
        // Priority, status and the like of the concern itself are no problems.
        inner.name() == "observation" && (inner.is_a(PROBLEM) || inner.templates().next().is_none())
    });
    each(cx, inside, |cx, observation| Ok(vec![condition(cx, observation, Some(act))?]))
}

/// A Problem Observation without a concern around it.
fn problem<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    Ok(vec![condition(cx, act, None)?])
}

/// The Condition of a Problem Observation. For other sections too, such as the diagnoses of an encounter.
///
/// # Errors
/// The reason when it says nothing, or that there is nothing.
pub fn condition<'a>(cx: &mut Context<'a>, act: Node<'a>, concern: Option<Node<'a>>) -> Result<String, LossReason> {
    let value = act.child("value");
    if value.is_some_and(|value| codes_of(value).any(|code| NOTHING_KNOWN.contains(&code))) {
        return Err(LossReason::NothingKnown);
    }
    let code = value.map_or(Value::Null, |value| cx.concept(value));
    let code = if code.is_null() { cx.act_text(act).map_or(Value::Null, worded) } else { code };
    if code.is_null() {
        return Err(if value.is_some_and(|value| value.null_flavor().is_some()) {
            LossReason::Null
        } else {
            LossReason::Nameless
        });
    }
    // A generic "problem" that is negated says that there is none.
    let is_generic =
        value.is_some_and(|value| matches!(value.attr("code"), Some("55607006" | "64572001" | "404684003")));
    if act.is_negated() && is_generic {
        return Err(LossReason::NothingKnown);
    }
    let time = act.child("effectiveTime");
    let ended = time.and_then(|time| time.child("high"));
    let is_over = ended.is_some_and(|high| high.attr("value").is_some() || matches!(high.null_flavor(), Some("UNK")));
    let onset = time.and_then(|time| cx.start(time));
    let abatement = time.and_then(|time| cx.end(time));
    let clinical = clinical_status(cx, act, concern, is_over);
    let is_nullified = [Some(act), concern]
        .into_iter()
        .flatten()
        .any(|act| act.child("statusCode").and_then(|status| status.attr("code")) == Some("nullified"));
    let verification = match () {
        () if is_nullified => "entered-in-error",
        () if act.is_negated() => "refuted",
        () => "confirmed",
    };

    let mut body = Fields::new().with("identifier", identifiers(act));
    let asserted = asserted(cx, act);
    if let Some(at) = asserted {
        body.push("extension", json!({"url": ASSERTED, "valueDateTime": at}));
    }
    // FHIR forbids a clinical status on what was entered in error.
    if !is_nullified {
        body.set("clinicalStatus", coded(CONDITION_CLINICAL, clinical, None));
    }
    body.set("verificationStatus", coded(VERIFICATION, verification, None));
    body.set("category", vec![category(cx)]);
    body.set("severity", act.related().find_map(|(_, inner)| severity(cx, inner)));
    body.set("code", code);
    let sites: Vec<Value> =
        act.children("targetSiteCode").map(|site| cx.concept(site)).filter(|site| !site.is_null()).collect();
    body.set("bodySite", sites);
    body.set("subject", cx.subject());
    body.set(
        "encounter",
        // A list of problems is none of a visit's own.
        cx.encounter.clone().filter(|_| cx.section_id() == Some("diagnoses")).map(|key| Context::reference(&key)),
    );
    body.choice("onset", onset.map(|at| Choice { suffix: "DateTime", value: at.date_time().into() }));
    // An end comes with a status that is not active.
    body.choice(
        "abatement",
        abatement
            .filter(|_| clinical != "active")
            .map(|at| Choice { suffix: "DateTime", value: at.date_time().into() }),
    );
    body.set("recordedDate", cx.recorded(act).or_else(|| cx.recorded(concern?)));
    let author = act.child("author").or_else(|| concern?.child("author"));
    body.set("recorder", author.and_then(|author| cx.actor(author)).filter(is_recorder));
    if let Some(comment) = comment(cx, act) {
        body.push("note", json!({"text": comment}));
    }
    Ok(cx.add("Condition", act, body))
}

/// Devices and organizations cannot record a Condition in R4.
fn is_recorder(reference: &Value) -> bool {
    reference["reference"].as_str().is_some_and(|key| key.starts_with("Practitioner"))
}

fn category(cx: &Context<'_>) -> Value {
    match cx.section_id() {
        Some("encounters" | "diagnoses") => coded(CATEGORY, "encounter-diagnosis", Some("Encounter Diagnosis")),
        Some("health_concerns") => {
            coded("http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern", Some("Health Concern"))
        }
        _ => coded(CATEGORY, "problem-list-item", Some("Problem List Item")),
    }
}

/// The status observation, else the end, else the section and the concern.
fn clinical_status<'a>(cx: &Context<'a>, act: Node<'a>, concern: Option<Node<'a>>, is_over: bool) -> &'static str {
    let told = act.related().filter(|(_, inner)| inner.is_a(STATUS) || inner.code() == Some("33999-4"));
    let told = told.filter_map(|(_, inner)| inner.child("value")).find_map(|value| {
        Some(match code_in(value, SNOMED)? {
            "55561003" => "active",
            "73425007" => "inactive",
            "413322009" => "resolved",
            "246455001" => "recurrence",
            "263855007" => "relapse",
            "277022003" => "remission",
            _ => return None,
        })
    });
    let is_past = cx.section_id() == Some("past_illnesses");
    match told {
        Some("active" | "recurrence" | "relapse") | None if is_over => "resolved",
        Some(status) => status,
        None if is_past => "inactive",
        None => match concern.and_then(|concern| concern.child("statusCode")).and_then(|status| status.attr("code")) {
            Some("completed" | "aborted" | "suspended") => "inactive",
            _ => "active",
        },
    }
}

/// When it was diagnosed: 77975-1.
fn asserted<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<String> {
    let dated = act.related().find(|(_, inner)| inner.code() == Some("77975-1"))?.1;
    cx.date_time(dated, "effectiveTime")
}

fn severity<'a>(cx: &Context<'a>, inner: Node<'a>) -> Option<Value> {
    let is_severity = inner.is_a("2.16.840.1.113883.10.20.22.4.8") || inner.code() == Some("SEV");
    inner.child("value").filter(|_| is_severity).map(|value| cx.concept(value)).filter(|value| !value.is_null())
}

fn comment<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<String> {
    act.related_a("2.16.840.1.113883.10.20.22.4.64").find_map(|comment| cx.act_text(comment))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{converted, sections};
    use super::super::{Fate, LossReason};

    /// Mara Lindqvist: an active asthma, a healed wrist, a negated diabetes and "no known problems".
    const PROBLEMS: &str = r##"
      <section>
        <templateId root="2.16.840.1.113883.10.20.22.2.5.1" extension="2015-08-01"/>
        <code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/>
        <title>Problem List</title>
        <text><table><tbody><tr><td ID="p1">Asthma, <content>mild</content></td><td>since spring</td></tr></tbody></table></text>
        <entry><act classCode="ACT" moodCode="EVN">
          <templateId root="2.16.840.1.113883.10.20.22.4.3"/>
          <id root="1.2.3.4" extension="c1"/><code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>
          <statusCode code="active"/>
          <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
            <templateId root="2.16.840.1.113883.10.20.22.4.4"/>
            <id root="1.2.3.4" extension="o1"/>
            <code code="55607006" codeSystem="2.16.840.1.113883.6.96"/>
            <effectiveTime><low value="201203"/></effectiveTime>
            <value xsi:type="CD" code="195967001" codeSystem="2.16.840.1.113883.6.96" displayName="Asthma">
              <originalText><reference value="#P1"/></originalText>
              <translation code="J45.909" codeSystem="2.16.840.1.113883.6.90" displayName="Unspecified asthma"/>
            </value>
            <author><time value="201204021530"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/>
              <assignedPerson><name><given>Ida</given><family>Okafor</family></name></assignedPerson></assignedAuthor></author>
          </observation></entryRelationship>
        </act></entry>
        <entry><observation classCode="OBS" moodCode="EVN">
            <templateId root="2.16.840.1.113883.10.20.22.4.4"/><id nullFlavor="NI"/>
            <effectiveTime><low value="20100105"/><high value="20100301"/></effectiveTime>
            <value xsi:type="CD" nullFlavor="OTH"><originalText>Broken wrist</originalText></value>
        </observation></entry>
        <entry><observation classCode="OBS" moodCode="EVN" negationInd="true">
            <templateId root="2.16.840.1.113883.10.20.22.4.4"/><id root="1.2.3.4" extension="o3"/>
            <value xsi:type="CD" code="73211009" codeSystem="2.16.840.1.113883.6.96" displayName="Diabetes mellitus"/>
        </observation></entry>
        <entry><observation classCode="OBS" moodCode="EVN">
            <templateId root="2.16.840.1.113883.10.20.22.4.4"/><id root="1.2.3.4" extension="o4"/>
            <value xsi:type="CD" code="160245001" codeSystem="2.16.840.1.113883.6.96"/>
        </observation></entry>
        <entry><act nullFlavor="NI"/></entry>
        <entry><supply><templateId root="9.9.9"/></supply></entry>
      </section>"##;

    #[test]
    fn problems() {
        let converted = converted(&sections(&[PROBLEMS]));
        let fates: Vec<String> = converted.losses.sections[0]
            .entries
            .iter()
            .map(|entry| match &entry.fate {
                Fate::Mapped(keys) => format!("{} conditions", keys.len()),
                Fate::Lost(reason) => format!("{reason:?}"),
            })
            .collect();
        let lost = |reason: LossReason| format!("{reason:?}");
        assert_eq!(
            fates,
            [
                "1 conditions".to_owned(),
                "1 conditions".to_owned(),
                "1 conditions".to_owned(),
                lost(LossReason::NothingKnown),
                lost(LossReason::Null),
                lost(LossReason::Template),
            ]
        );
        insta::assert_json_snapshot!(super::super::testing::of_kind(&converted, "Condition"));
    }

    #[test]
    fn the_day_of_the_diagnosis_is_the_asserted_date() {
        let dated = r#"<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.502"/>
            <code code="77975-1" codeSystem="2.16.840.1.113883.6.1" displayName="Earliest date of diagnosis"/><effectiveTime value="20120402"/></observation></entryRelationship>"#;
        let told = PROBLEMS.replacen(
            "</observation></entryRelationship>\n        </act>",
            &format!("{dated}</observation></entryRelationship></act>"),
            1,
        );
        let conditions = super::super::testing::of_kind(&converted(&sections(&[&told])), "Condition");
        let asserted = serde_json::json!([{
            "url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": "2012-04-02",
        }]);
        assert_eq!((&conditions[0]["extension"], &conditions[0]["onsetDateTime"]), (&asserted, &"2012-03".into()));
        assert!(conditions[1..].iter().all(|condition| condition.get("extension").is_none()));
    }

    #[test]
    fn the_same_entry_in_another_document_keeps_its_id() {
        let later = sections(&[PROBLEMS]).replace("doc-1", "doc-2").replace("Problem List", "Problems");
        let ids = |xml: &str| -> Vec<String> {
            let all = converted(xml).resources;
            all.iter().filter(|landed| landed.kind == "Condition").map(|landed| landed.id.clone()).collect()
        };
        assert_eq!(ids(&later), ids(&sections(&[PROBLEMS])));
    }
}
