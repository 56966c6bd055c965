//! What a record states, in few words: two records with a key in common state the same fact.
//!
//! The keys of each kind are those of the handbook: a code every system knows, the day (or minute,
//! month, year) the kind is told apart by, and the value where there is one.

use serde_json::{Map, Value};

use crate::chart::Chart;
use crate::drafts::Draft;
use crate::fhir::Resource;
use crate::identity::digest32;
use crate::moments::When;
use crate::units;

const SNOMED: &str = "2.16.840.1.113883.6.96";
const LOINC: &str = "2.16.840.1.113883.6.1";
const RXNORM: &str = "2.16.840.1.113883.6.88";
const NDC: &str = "2.16.840.1.113883.6.69";
const UNII: &str = "2.16.840.1.113883.4.9";
const NDF_RT: &str = "2.16.840.1.113883.3.26.1.5";
const ICD_10: &str = "2.16.840.1.113883.6.90";
const ICD_9: &str = "2.16.840.1.113883.6.103";
const ICD_9_PROCEDURES: &str = "2.16.840.1.113883.6.104";
const ICD_10_PROCEDURES: &str = "2.16.840.1.113883.6.4";
const CVX: &str = "2.16.840.1.113883.12.292";
const CPT: &str = "2.16.840.1.113883.6.12";
const HCPCS: &str = "2.16.840.1.113883.6.285";
const CDT: &str = "2.16.840.1.113883.6.13";
const ENCOUNTER_CLASS: &str = "2.16.840.1.113883.5.4";

/// "Drug allergy" and the like: they name no substance.
const NO_SUBSTANCE: &[&str] = &[
    "416098002",
    "419199007",
    "414285001",
    "418634005",
    "420134006",
    "419511003",
    "418038007",
    "426232007",
    "235719002",
    "59037007",
    "418471000",
    "106190000",
    "281647001",
    "782197009",
];

/// More keys than this no honest record has.
const MOST: usize = 24;
const DAY: i64 = 86_400_000;

/// Whether records of this kind may state the same fact. Documents and persons are what they are.
pub fn can_be_told_twice(kind: &str) -> bool {
    !matches!(kind, "ccds" | "demographics" | "documents" | "organizations" | "profile" | "timeline")
}

/// The keys of a record, the one known most widely first; none when it says too little to be told apart.
pub fn keys(chart: &Chart, draft: &Draft) -> Vec<String> {
    let Some(resource) = draft.lineage.first().and_then(|key| chart.get(key)) else { return vec![] };
    let mut keys = match draft.kind.id {
        "allergies" => allergy(draft),
        "encounters" => encounter(draft, resource).into_iter().collect(),
        "family_history" => relative(draft),
        "functional_statuses" => function(draft, resource).into_iter().collect(),
        "immunizations" => on_day(draft, &[CVX], day(resource, &["occurrenceDateTime"])),
        "instructions" => instruction(draft, resource).into_iter().collect(),
        "insurance" => coverage(draft).into_iter().collect(),
        "issues" => issue(draft),
        "medications" => medication(draft, resource),
        "narratives" => narrative(draft, resource).into_iter().collect(),
        "plans_of_care" => plan(draft, resource).into_iter().collect(),
        "procedures" => {
            let systems = &[CPT, SNOMED, ICD_10_PROCEDURES, ICD_9_PROCEDURES, HCPCS, LOINC, CDT];
            on_day(draft, systems, day(resource, &["performedDateTime", "performedPeriod"]))
        }
        "social_history" => social(draft, resource).into_iter().collect(),
        "test_results" => results(draft, resource, "components").into_iter().collect(),
        "vitals" => results(draft, resource, "results").into_iter().collect(),
        _ => vec![],
    };
    keys.truncate(MOST);
    keys
}

/// Whether two records with a key in common contradict each other all the same.
pub fn contradict(chart: &Chart, one: &Draft, other: &Draft) -> bool {
    if one.kind.id == "medications" {
        let differ = |path: &[&str]| differ(&one.body, &other.body, path);
        return differ(&["details", "dosage", "value"])
            || differ(&["details", "strength", "number"])
            || differ(&["endDate"]);
    }
    let onset = |draft: &Draft| {
        let resource = draft.lineage.first().and_then(|key| chart.get(key))?;
        day(resource, &["onsetDateTime", "onsetPeriod"]).map(str::to_owned)
    };
    let days = || onset(one).zip(onset(other)).is_some_and(|(one, other)| one != other);
    are_coded_apart(one, other) || (one.kind.id == "issues" && days())
}

/// Whether both are coded in the same system, and never alike. Of a drug there are codes of many kinds.
pub fn are_coded_apart(one: &Draft, other: &Draft) -> bool {
    const SYSTEMS: &[&str] =
        &[SNOMED, LOINC, RXNORM, ICD_10, ICD_9, ICD_10_PROCEDURES, CVX, CPT, HCPCS, ENCOUNTER_CLASS];
    if one.kind.id == "medications" {
        return false;
    }
    let (one, other) = (&one.codes, &other.codes);
    if one.len().max(other.len()) > 8 * MOST {
        return true;
    }
    SYSTEMS.iter().any(|system| {
        let mut here = one.iter().filter(|(known, _)| known == system).peekable();
        let there = || other.iter().filter(|(known, _)| known == system);
        here.peek().is_some() && there().next().is_some() && !here.any(|code| there().any(|it| it == code))
    })
}

fn differ(one: &Map<String, Value>, other: &Map<String, Value>, path: &[&str]) -> bool {
    fn find<'a>(body: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(body.get(*first)?, |value, name| value.get(*name))
    }
    find(one, path).zip(find(other, path)).is_some_and(|(one, other)| one != other)
}

fn allergy(draft: &Draft) -> Vec<String> {
    let mut keys = coded(draft, &[RXNORM, UNII, SNOMED, NDF_RT], "");
    keys.retain(|key| !NO_SUBSTANCE.iter().any(|code| key.ends_with(&format!("|{code}"))));
    keys.extend(named(&draft.body, ""));
    keys
}

fn issue(draft: &Draft) -> Vec<String> {
    let year = draft.sort_at.map_or_else(|| "-".to_owned(), |at| at.to_iso()[..4].to_owned());
    let mut keys = coded(draft, &[SNOMED, ICD_10, ICD_9], &year);
    if keys.is_empty() {
        keys.extend(named(&draft.body, &year));
    }
    keys
}

fn relative(draft: &Draft) -> Vec<String> {
    let kin = tidy(text(&draft.body, "relationship"));
    if kin.is_empty() {
        return vec![];
    }
    let mut keys = coded(draft, &[SNOMED, ICD_10, ICD_9], &kin);
    if keys.is_empty() {
        keys.extend(named(&draft.body, &kin));
    }
    keys
}

fn coverage(draft: &Draft) -> Option<String> {
    let (payer, member) = (tidy(text(&draft.body, "payer")), text(&draft.body, "memberId"));
    (!payer.is_empty() && !member.is_empty()).then(|| format!("{payer}|{member}|{}", text(&draft.body, "planId")))
}

fn on_day(draft: &Draft, systems: &[&str], day: Option<&str>) -> Vec<String> {
    let Some(day) = day else { return vec![] };
    let mut keys = coded(draft, systems, day);
    if keys.is_empty() {
        keys.extend(named(&draft.body, day));
    }
    keys
}

fn medication(draft: &Draft, resource: Resource<'_>) -> Vec<String> {
    let dosage = resource.each("dosageInstruction").chain(resource.each("dosage")).next();
    let bounds = dosage.and_then(|dosage| dosage.get("timing").get("repeat").get("boundsPeriod").str("start"));
    let own = ["authoredOn", "effectiveDateTime", "dateAsserted", "whenHandedOver", "whenPrepared"];
    let start = bounds
        .or_else(|| resource.get("effectivePeriod").str("start"))
        .or_else(|| own.iter().find_map(|name| resource.str(name)));
    let since = match start {
        Some(start) if start.len() >= 7 && start.is_ascii() => start[..7].to_owned(),
        Some(_) => return vec![],
        None => format!("-{}", brief(text(&draft.body, "instructions"))),
    };
    let details = draft.body.get("details");
    let part = |path: [&str; 2]| details.and_then(|details| details.get(path[0])?.get(path[1])?.as_str());
    let drug = text(&draft.body, "productName");
    let mut keys = Vec::new();
    if let (false, Some(number)) = (drug.is_empty(), part(["strength", "number"])) {
        let (unit, form) = (part(["strength", "unit"]).unwrap_or("-"), part(["dosage", "form"]).unwrap_or("-"));
        keys.push(format!("{}|{number}|{}|{}@{since}", tidy(drug), tidy(unit), tidy(form)));
    }
    keys.extend(coded(draft, &[RXNORM, NDC], &since));
    if keys.is_empty() {
        keys.extend(named(&draft.body, &since));
    }
    keys
}

/// Panels and sets: the same lines at the same minute.
fn results(draft: &Draft, resource: Resource<'_>, member: &str) -> Option<String> {
    let When::At(at) = When::of(draft.sort_at, resource) else { return None };
    let lines = draft.body.get(member)?.as_array()?;
    let mut told: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let codes = line.get("codes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let loinc = codes.iter().find(|code| code.get("codeSystemName").and_then(Value::as_str) == Some("LOINC"));
            let loinc = loinc.and_then(|code| code.get("code")?.as_str());
            let what = loinc.map(str::to_owned).or_else(|| Some(tidy(line.get("name")?.as_str()?)))?;
            let unit = line.get("unit").and_then(Value::as_str).unwrap_or_default();
            let unit = units::ucum(unit).unwrap_or(unit.trim());
            Some(format!("{what}={} {unit}", value(line.get("value")?)))
        })
        .collect();
    told.sort();
    // A line without a value says nothing about being the same.
    (!told.is_empty() && told.len() == lines.len()).then(|| format!("{}@{at}", brief(&told.join("\n"))))
}

/// A visit of which only the day is known is told apart by what it was and whom it was with.
fn encounter(draft: &Draft, resource: Resource<'_>) -> Option<String> {
    let When::At(at) = When::of(draft.sort_at, resource) else { return None };
    let class = draft.codes.iter().find(|(system, _)| system == ENCOUNTER_CLASS).map(|(_, code)| code.as_str());
    let kind = tidy(text(&draft.body, "visitType"));
    let class = class.map_or_else(|| kind.clone(), str::to_owned);
    if draft.sort_at?.0.rem_euclid(DAY) != 0 {
        return Some(format!("{class}@{at}"));
    }
    let with = draft.body.get("provider").and_then(|provider| provider.get("name")?.as_str()).map(tidy);
    Some(format!("{class}|{kind}|{}@{at}", with.unwrap_or_default()))
}

fn function(draft: &Draft, resource: Resource<'_>) -> Option<String> {
    let at = When::of(draft.sort_at, resource).or_undated()?;
    let mut codes: Vec<&str> = draft.codes.iter().map(|(_, code)| code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let name = tidy(text(&draft.body, "name"));
    Some(format!("{}|{name}@{at}", codes.join(",")))
}

fn social(draft: &Draft, resource: Resource<'_>) -> Option<String> {
    let at = When::of(draft.sort_at, resource).or_undated()?;
    let entries = draft.body.get("entries")?.as_array()?;
    let mut told: Vec<String> = entries
        .iter()
        .map(|entry| {
            let code = entry.get("codes").and_then(|codes| codes.get(0)?.get("code")?.as_str());
            code.map_or_else(|| value(&entry["name"]), str::to_owned)
        })
        .collect();
    told.sort();
    let question = resource.concept("code");
    let question = question.code_of(crate::codes::LOINC).or_else(|| question.name()).map(tidy)?;
    Some(format!("{question}={}@{at}", told.join("|")))
}

fn plan(draft: &Draft, resource: Resource<'_>) -> Option<String> {
    let kind = text(&draft.body, "type");
    let what = coded(draft, &[SNOMED, LOINC, CPT, RXNORM, HCPCS], "").into_iter().next();
    let what = what.or_else(|| named(&draft.body, ""))?;
    let at = match When::of(draft.sort_at, resource) {
        When::At(at) => at,
        When::Undated => format!("-{}", brief(text(&draft.body, "text"))),
        When::Vague => return None,
    };
    Some(format!("{kind}|{what}@{at}"))
}

fn instruction(draft: &Draft, resource: Resource<'_>) -> Option<String> {
    let (text, at) = (text(&draft.body, "text"), When::of(draft.sort_at, resource).or_undated()?);
    (!text.is_empty()).then(|| format!("{}@{at}", brief(text)))
}

/// Notes are the same when every word is.
fn narrative(draft: &Draft, resource: Resource<'_>) -> Option<String> {
    let When::At(at) = When::of(draft.sort_at, resource) else { return None };
    let entries = draft.body.get("entries")?.as_array()?;
    let words: Vec<&str> = entries.iter().filter_map(|entry| entry.get("text")?.as_str()).collect();
    let said = words.iter().any(|text| !text.is_empty());
    said.then(|| format!("{}@{at}", brief(&words.join("\n"))))
}

/// `system|code@when` for each code of these systems, in their order.
fn coded(draft: &Draft, systems: &[&str], when: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for wanted in systems {
        let mut codes: Vec<&str> =
            draft.codes.iter().filter(|(system, _)| system == wanted).map(|(_, code)| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        let after = if when.is_empty() { String::new() } else { format!("@{when}") };
        keys.extend(codes.into_iter().take(MOST).map(|code| format!("{wanted}|{code}{after}")));
    }
    keys
}

fn named(body: &Map<String, Value>, when: &str) -> Option<String> {
    let name = tidy(text(body, "name"));
    (!name.is_empty()).then(|| format!("{name}@{when}"))
}

/// The day as it was written, wherever that was; nothing when less than a day is known.
fn day<'a>(resource: Resource<'a>, members: &[&str]) -> Option<&'a str> {
    let written = members.iter().find_map(|name| resource.str(name).or_else(|| resource.get(name).str("start")))?;
    written.get(..10).filter(|day| day.is_ascii())
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// `6.80` and `6.8` are the same number.
fn value(value: &Value) -> String {
    match value {
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => number.to_string(),
            _ => tidy(text),
        },
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}

fn tidy(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Long words in few.
fn brief(text: &str) -> String {
    hex::encode(&digest32(tidy(text).as_bytes())[..16])
}
