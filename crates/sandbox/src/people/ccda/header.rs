//! The header: whose record it is, who wrote it, who keeps it.

use std::fmt::Write as _;

use serde_json::Value;

use super::element::{ROOT, template, time};
use crate::people::calendar::local;
use crate::people::chart::Chart;
use crate::people::life::Life;
use crate::people::markup::escaped;
use crate::people::names::{Name, Sex, street};
use crate::people::staff::Role;

pub(super) fn open(out: &mut String, chart: &Chart<'_>, name: &Name, life: &Life) {
    let written = time(&local(chart.last_written()));
    let (since, until) = (life.begins.to_string().replace('-', ""), written.clone());
    let patient = &chart.patient;
    let (gender, gender_words) = if life.sex == Sex::Female { ("F", "Female") } else { ("M", "Male") };
    let birth = life.birth.to_string().replace('-', "");
    let record = &chart.resources[0].json;
    let home = home(record);
    let address = address(chart);
    let race = category("raceCode", &record["extension"][0]);
    let ethnicity = category("ethnicGroupCode", &record["extension"][1]);
    let phone = record["telecom"][0]["value"].as_str().unwrap_or_default();
    let organization = format!(
        "<id root=\"{ROOT}\" extension=\"{}\"/><name>{}</name><telecom use=\"WP\" value=\"tel:+1(555)555-0100\"/>{address}",
        chart.hospital.organization_id,
        escaped(chart.hospital.name)
    );
    let author = Role::FamilyDoctor.name(chart.seed);
    let templates = [
        template("2.16.840.1.113883.10.20.22.1.1", "2015-08-01"),
        template("2.16.840.1.113883.10.20.22.1.2", "2015-08-01"),
    ]
    .concat();
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:sdtc=\"urn:hl7-org:sdtc\">\n\
         <realmCode code=\"US\"/><typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>{templates}\n\
         <id root=\"{ROOT}\" extension=\"{patient}-ccd\"/>\
         <code code=\"34133-9\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\" displayName=\"Summarization of Episode Note\"/>\
         <title>Continuity of Care Document</title><effectiveTime value=\"{written}\"/>\
         <confidentialityCode code=\"N\" codeSystem=\"2.16.840.1.113883.5.25\"/><languageCode code=\"en-US\"/>\n\
         <recordTarget><patientRole><id root=\"{ROOT}\" extension=\"{patient}\"/>{home}<telecom use=\"MC\" value=\"tel:{phone}\"/>\
         <patient><name use=\"L\"><given>{given}</given><given>{middle}</given><family>{family}</family></name>\
         <administrativeGenderCode code=\"{gender}\" codeSystem=\"2.16.840.1.113883.5.1\" displayName=\"{gender_words}\"/>\
         <birthTime value=\"{birth}\"/>\
         {race}{ethnicity}\
         <languageCommunication><languageCode code=\"en\"/><preferenceInd value=\"true\"/></languageCommunication></patient>\
         <providerOrganization>{organization}</providerOrganization></patientRole></recordTarget>\n\
         <author><time value=\"{written}\"/><assignedAuthor><id root=\"{ROOT}\" extension=\"prac-family\"/>{address}<telecom use=\"WP\" value=\"tel:+1(555)555-0101\"/>\
         <assignedPerson><name>{author}</name></assignedPerson><representedOrganization>{organization}</representedOrganization></assignedAuthor></author>\n\
         <custodian><assignedCustodian><representedCustodianOrganization>{organization}</representedCustodianOrganization></assignedCustodian></custodian>\n\
         <documentationOf><serviceEvent classCode=\"PCPR\"><effectiveTime><low value=\"{since}\"/><high value=\"{until}\"/></effectiveTime></serviceEvent></documentationOf>\n\
         <component><structuredBody>\n",
        given = escaped(name.given),
        middle = escaped(name.middle),
        family = escaped(name.family),
    );
}

pub(super) fn close(out: &mut String) {
    out.push_str("</structuredBody></component></ClinicalDocument>\n");
}

fn address(chart: &Chart<'_>) -> String {
    let hospital = chart.hospital;
    format!(
        "<addr><streetAddressLine>{}</streetAddressLine><city>{}</city><state>{}</state><postalCode>{}</postalCode><country>US</country></addr>",
        street(7),
        escaped(hospital.city),
        escaped(hospital.state),
        escaped(hospital.zip)
    )
}

fn home(patient: &Value) -> String {
    let address = &patient["address"][0];
    let part = |value: &Value| escaped(value.as_str().unwrap_or_default()).into_owned();
    format!(
        "<addr use=\"HP\"><streetAddressLine>{}</streetAddressLine><city>{}</city><state>{}</state><postalCode>{}</postalCode><country>US</country></addr>",
        part(&address["line"][0]),
        part(&address["city"]),
        part(&address["state"]),
        part(&address["postalCode"])
    )
}

/// Race or ethnicity, from the extension that holds it.
fn category(tag: &str, extension: &Value) -> String {
    let coding = &extension["extension"][0]["valueCoding"];
    match (coding["code"].as_str(), coding["display"].as_str()) {
        (Some(code), Some(display)) => format!(
            "<{tag} code=\"{code}\" codeSystem=\"2.16.840.1.113883.6.238\" codeSystemName=\"Race and Ethnicity - CDC\" displayName=\"{display}\"/>"
        ),
        _ => format!("<{tag} nullFlavor=\"UNK\"/>"),
    }
}
