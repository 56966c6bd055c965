//! FHIR data types as the elements of a clinical document.

use serde_json::Value;

use crate::people::markup::escaped;

/// Code systems by address: object identifier, name.
const SYSTEMS: &[(&str, &str, &str)] = &[
    ("http://snomed.info/sct", "2.16.840.1.113883.6.96", "SNOMED CT"),
    ("http://loinc.org", "2.16.840.1.113883.6.1", "LOINC"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88", "RxNorm"),
    ("http://hl7.org/fhir/sid/cvx", "2.16.840.1.113883.12.292", "CVX"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "2.16.840.1.113883.6.90", "ICD-10-CM"),
    ("http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12", "CPT-4"),
];

/// The words of a concept.
pub(super) fn words(concept: &Value) -> String {
    let text = concept["text"].as_str().or_else(|| concept["coding"][0]["display"].as_str());
    text.unwrap_or_default().to_owned()
}

/// A coded element with further codings as translations: `code`, or `value xsi:type="CD"`.
pub(super) fn coded(tag: &str, concept: &Value, anchor: Option<&str>) -> String {
    let name = tag.split(' ').next().unwrap_or(tag);
    let mut codings = concept["coding"].as_array().into_iter().flatten().filter_map(attributes);
    let text = anchor
        .map(|anchor| format!("<originalText><reference value=\"#{anchor}\"/></originalText>"))
        .unwrap_or_default();
    match codings.next() {
        None => format!("<{tag} nullFlavor=\"OTH\">{text}</{name}>"),
        Some(first) => {
            let translations: String = codings.map(|coding| format!("<translation{coding}/>")).collect();
            format!("<{tag}{first}>{text}{translations}</{name}>")
        }
    }
}

fn attributes(coding: &Value) -> Option<String> {
    let system = coding["system"].as_str()?;
    let (_, oid, name) = SYSTEMS.iter().find(|(address, _, _)| *address == system)?;
    let (code, display) = (coding["code"].as_str()?, coding["display"].as_str().unwrap_or_default());
    Some(format!(
        " code=\"{code}\" codeSystem=\"{oid}\" codeSystemName=\"{name}\" displayName=\"{}\"",
        escaped(display)
    ))
}

/// A time without its punctuation, as precise as it was: `2011`, `201105`, `20110511093000-0500`.
pub(super) fn time(fhir: &str) -> String {
    let Some((day, clock)) = fhir.split_once('T') else { return fhir.replace('-', "") };
    let (clock, offset) = match clock.strip_suffix('Z') {
        Some(clock) => (clock, "+0000".to_owned()),
        None => {
            let (clock, offset) = clock.split_at(clock.len() - 6);
            (clock, offset.replace(':', ""))
        }
    };
    format!("{}{}{offset}", day.replace('-', ""), clock.replace(':', ""))
}

/// The day of a time, for reading.
pub(super) fn day(fhir: &Value) -> String {
    fhir.as_str().map(|text| text.split('T').next().unwrap_or(text).to_owned()).unwrap_or_default()
}

/// An `effectiveTime` with one point.
pub(super) fn at(fhir: &Value) -> String {
    match fhir.as_str() {
        Some(text) => format!("<effectiveTime value=\"{}\"/>", time(text)),
        None => "<effectiveTime nullFlavor=\"UNK\"/>".to_owned(),
    }
}

/// The bounds of an interval; an open end is left out.
pub(super) fn bounds(low: &Value, high: &Value) -> String {
    let low = match low.as_str() {
        Some(low) => format!("<low value=\"{}\"/>", time(low)),
        None => "<low nullFlavor=\"UNK\"/>".to_owned(),
    };
    let high = high.as_str().map(|high| format!("<high value=\"{}\"/>", time(high))).unwrap_or_default();
    format!("{low}{high}")
}

pub(super) fn template(root: &str, extension: &str) -> String {
    format!("<templateId root=\"{root}\"/><templateId root=\"{root}\" extension=\"{extension}\"/>")
}

/// The resource's id under the sandbox's root, with a suffix for what a resource becomes besides.
pub(super) fn id(resource: &Value, suffix: &str) -> String {
    format!("<id root=\"{ROOT}\" extension=\"{}{suffix}\"/>", resource["id"].as_str().unwrap_or_default())
}

/// The root of all identifiers: under the arc for UUIDs, which needs no registration.
pub(super) const ROOT: &str = "2.25.278119301874356216";

pub(super) fn text(anchor: &str) -> String {
    format!("<text><reference value=\"#{anchor}\"/></text>")
}

/// A measured value, whichever of the kinds of value an Observation has.
pub(super) fn value(observation: &Value) -> String {
    let quantity = &observation["valueQuantity"];
    if quantity.is_object() {
        let (number, unit) = (&quantity["value"], escaped(quantity["code"].as_str().unwrap_or("1")));
        return match quantity["comparator"].as_str() {
            Some(">" | ">=") => format!(
                "<value xsi:type=\"IVL_PQ\"><low value=\"{number}\" unit=\"{unit}\" inclusive=\"false\"/></value>"
            ),
            Some(_) => format!(
                "<value xsi:type=\"IVL_PQ\"><high value=\"{number}\" unit=\"{unit}\" inclusive=\"false\"/></value>"
            ),
            None => format!("<value xsi:type=\"PQ\" value=\"{number}\" unit=\"{unit}\"/>"),
        };
    }
    if let Some(text) = observation["valueString"].as_str() {
        return format!("<value xsi:type=\"ST\">{}</value>", escaped(text));
    }
    if observation["valueCodeableConcept"].is_object() {
        return coded("value xsi:type=\"CD\"", &observation["valueCodeableConcept"], None);
    }
    "<value xsi:type=\"PQ\" nullFlavor=\"NA\"/>".to_owned()
}

/// A measured value, for reading.
pub(super) fn value_words(observation: &Value) -> String {
    let quantity = &observation["valueQuantity"];
    if quantity.is_object() {
        let comparator = quantity["comparator"].as_str().unwrap_or_default();
        return format!("{comparator}{} {}", quantity["value"], quantity["unit"].as_str().unwrap_or_default());
    }
    match observation["valueString"].as_str() {
        Some(text) => text.to_owned(),
        None if observation["valueCodeableConcept"].is_object() => words(&observation["valueCodeableConcept"]),
        None => "not done".to_owned(),
    }
}
