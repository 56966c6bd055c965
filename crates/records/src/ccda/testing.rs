//! Documents for tests of sections.

use domain::Timestamp;
use serde_json::Value;

use super::{Converted, Origin, convert};

/// A document about Mara Lindqvist with these `<section>` elements. Prefixes need no declaration.
pub fn sections(sections: &[&str]) -> String {
    let body: String = sections.iter().map(|section| format!("<component>{section}</component>")).collect();
    format!(
        r#"<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">
        <id root="1.2.3" extension="doc-1"/>
        <code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summary of episode note"/>
        <title>Summary of Care</title><effectiveTime value="20240520101500-0500"/>
        <recordTarget><patientRole><id root="1.2.3.9" extension="mrn-77"/><patient>
          <name use="L"><given>Mara</given><family>Lindqvist</family></name>
          <administrativeGenderCode code="F"/><birthTime value="19840309"/></patient></patientRole></recordTarget>
        <author><time value="20240520101500-0500"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/>
          <assignedPerson><name><given>Ida</given><family>Okafor</family></name></assignedPerson></assignedAuthor></author>
        <custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.3.8"/>
          <name>Northgate Clinic</name></representedCustodianOrganization></assignedCustodian></custodian>
        <component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"#
    )
}

pub fn converted(xml: &str) -> Converted {
    converted_for(xml, None)
}

/// Of a patient who is known elsewhere.
pub fn converted_for(xml: &str, patient: Option<&str>) -> Converted {
    let patient = patient.map(str::to_owned);
    let origin = Origin { document: None, patient, received_at: Timestamp(1_767_225_600_000) };
    convert(xml.as_bytes(), &origin).unwrap()
}

/// The resources of one type, in order.
pub fn of_kind(converted: &Converted, kind: &str) -> Vec<Value> {
    let all = converted.resources.iter().filter(|landed| landed.kind == kind);
    all.map(|landed| serde_json::from_slice(&landed.json).unwrap()).collect()
}

/// What became of every entry of one section: the kinds made, or the reason.
pub fn fates(converted: &Converted, section: usize) -> Vec<String> {
    let entries = &converted.losses.sections[section].entries;
    let told = entries.iter().map(|entry| match &entry.fate {
        super::Fate::Mapped(keys) => {
            let kinds: Vec<&str> = keys.iter().filter_map(|key| key.split('/').next()).collect();
            kinds.join(" ")
        }
        super::Fate::Lost(reason) => format!("{reason:?}"),
    });
    told.collect()
}
