//! Parts of C-CDA documents, as published examples are, made into whole ones.

const ENTRY: &str = "2.16.840.1.113883.10.20.22.4.";

/// A section of ours that a bare entry is put into.
struct Topic {
    /// Folder names of published examples.
    folders: &'static [&'static str],
    /// Entry templates, without [`ENTRY`] where they begin with it.
    templates: &'static [&'static str],
    section: &'static str,
    loinc: &'static str,
    title: &'static str,
}

#[rustfmt::skip]
static TOPICS: &[Topic] = &[
    topic(&["Allergies"], &["7", "8", "9", "30", "145"], "2.16.840.1.113883.10.20.22.2.6.1", "48765-2", "Allergies"),
    topic(&["Problems"], &["3", "4", "5", "6", "79"], "2.16.840.1.113883.10.20.22.2.5.1", "11450-4", "Problems"),
    topic(&["Encounters"], &["32", "49", "80"], "2.16.840.1.113883.10.20.22.2.22.1", "46240-8", "Encounters"),
    topic(&["Functional_Status"], &["66", "67", "69", "72", "76", "77", "86", "114", "127", "128", "134"], "2.16.840.1.113883.10.20.22.2.14", "47420-5", "Functional status"),
    topic(&["Mental_Status"], &["74", "75"], "2.16.840.1.113883.10.20.22.2.56", "10190-7", "Mental status"),
    topic(&["Immunizations"], &["52", "53", "54", "118", "120"], "2.16.840.1.113883.10.20.22.2.2.1", "11369-6", "Immunizations"),
    topic(&["Medications"], &["16", "17", "18", "23", "24", "25", "123", "147"], "2.16.840.1.113883.10.20.22.2.1.1", "10160-0", "Medications"),
    topic(&[], &["36"], "2.16.840.1.113883.10.20.22.2.44", "42346-7", "Admission medications"),
    topic(&["Plan_of_Treatment"], &["39", "40", "41", "42", "43", "44", "122", "129", "140", "141", "143"], "2.16.840.1.113883.10.20.22.2.10", "18776-5", "Plan of treatment"),
    topic(&[], &["121"], "2.16.840.1.113883.10.20.22.2.60", "61146-7", "Goals"),
    topic(&[], &["110", "144"], "2.16.840.1.113883.10.20.22.2.61", "11383-7", "Health status evaluations and outcomes"),
    topic(&["Interventions", "Quality"], &["131", "146"], "2.16.840.1.113883.10.20.21.2.3", "62387-6", "Interventions"),
    topic(&[], &["132", "136"], "2.16.840.1.113883.10.20.22.2.58", "75310-3", "Health concerns"),
    topic(&["Procedures"], &["12", "13", "14"], "2.16.840.1.113883.10.20.22.2.7.1", "47519-4", "Procedures"),
    topic(&["Medical_Equipment"], &["37", "50", "135", "301", "302", "303", "304", "305", "308", "309", "311", "314", "315", "319"], "2.16.840.1.113883.10.20.22.2.23", "46264-8", "Medical equipment"),
    topic(&["Results"], &["1", "2", "201"], "2.16.840.1.113883.10.20.22.2.3.1", "30954-2", "Results"),
    topic(&["Vital_Signs"], &["26", "27"], "2.16.840.1.113883.10.20.22.2.4.1", "8716-3", "Vital signs"),
    topic(&["Social_History"], &["38", "78", "85", "200", "281", "501", "503", "506", "2.16.840.1.113883.10.20.15.3.1", "2.16.840.1.113883.10.20.15.3.8"], "2.16.840.1.113883.10.20.22.2.17", "29762-2", "Social history"),
    topic(&["Family_History"], &["45", "46"], "2.16.840.1.113883.10.20.22.2.15", "10157-6", "Family history"),
    topic(&[], &["60", "61", "2.16.840.1.113883.10.20.1.19"], "2.16.840.1.113883.10.20.22.2.18", "48768-6", "Payers"),
    topic(&["Care_Team"], &["500", "500.1", "500.2", "500.3"], "2.16.840.1.113883.10.20.22.2.500", "85847-2", "Care teams"),
    topic(&["Advance_Directives"], &["48", "108"], "2.16.840.1.113883.10.20.22.2.21.1", "42348-3", "Advance directives"),
    topic(&[], &["20"], "2.16.840.1.113883.10.20.22.2.45", "69730-0", "Instructions"),
    topic(&[], &["124", "130", "138"], "2.16.840.1.113883.10.20.22.2.57", "61144-2", "Nutrition"),
    topic(&[], &["65"], "2.16.840.1.113883.10.20.22.2.34", "10219-4", "Preoperative diagnosis"),
    topic(&[], &["63"], "2.16.840.1.113883.10.20.6.1.1", "121181", "Object catalog"),
    topic(&["Notes"], &["64", "115", "202"], "2.16.840.1.113883.10.20.22.2.65", "11488-4", "Consultation note"),
];

/// What has no topic of its own, such as what an image shows.
static FINDINGS: Topic = topic(&[], &[], "2.16.840.1.113883.10.20.6.1.2", "59776-5", "Findings");

const fn topic(
    folders: &'static [&'static str],
    templates: &'static [&'static str],
    section: &'static str,
    loinc: &'static str,
    title: &'static str,
) -> Topic {
    Topic { folders, templates, section, loinc, title }
}

/// A document around a fragment; `None` for whole documents and for what is no XML.
pub fn wrapped(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let text = body(&text)?;
    let root = element(text)?;
    if root == "ClinicalDocument" || root.ends_with(":ClinicalDocument") || root == "html" || root == "HTML" {
        return None;
    }
    let (mut header, mut structured) = (String::new(), String::new());
    match root {
        "recordTarget"
        | "author"
        | "dataEnterer"
        | "informant"
        | "custodian"
        | "informationRecipient"
        | "legalAuthenticator"
        | "authenticator"
        | "participant"
        | "inFulfillmentOf"
        | "documentationOf"
        | "relatedDocument"
        | "authorization"
        | "componentOf" => header = text.to_owned(),
        "performer" => {
            header = format!(
                "<documentationOf><serviceEvent classCode=\"PCPR\"><effectiveTime><low value=\"20230101\"/></effectiveTime>{text}</serviceEvent></documentationOf>"
            );
        }
        "encounterParticipant" => {
            header = format!(
                "<componentOf><encompassingEncounter><id root=\"2.25.1003\"/><effectiveTime value=\"20240305\"/>{text}</encompassingEncounter></componentOf>"
            );
        }
        "sdtc:signatureText" => {
            header = format!(
                "<legalAuthenticator><time value=\"20240305\"/><signatureCode code=\"S\"/>{text}{CLINICIAN}</legalAuthenticator>"
            );
        }
        "component" if text[1..].contains("<nonXMLBody") => structured = text.to_owned(),
        "component" => structured = body_of(text),
        "section" => structured = body_of(&format!("<component>{text}</component>")),
        _ => structured = body_of(&section(name, text, root)),
    }
    if structured.is_empty() {
        structured = body_of(
            "<component><section><templateId root=\"2.16.840.1.113883.10.20.22.2.65\"/><code code=\"34109-9\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Note</title><text>Seen and well.</text></section></component>",
        );
    }
    Some(document(name, &header, &structured).into_bytes())
}

/// The text from its first element on.
fn body(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ => return rest.starts_with('<').then_some(rest.trim_end()),
        };
        rest = rest[rest.find(end)? + end.len()..].trim_start();
    }
}

fn element(text: &str) -> Option<&str> {
    let name = text.strip_prefix('<')?;
    let end = name.find(|next: char| next.is_whitespace() || next == '>' || next == '/')?;
    Some(&name[..end])
}

/// The section a bare part belongs to, with the part in the place it has there.
fn section(name: &str, text: &str, root: &str) -> String {
    let topic = topic_of(name, text);
    let entry = match root {
        "entry" => text.to_owned(),
        "act" | "observation" | "organizer" | "substanceAdministration" | "supply" | "procedure" | "encounter" => {
            format!("<entry>{text}</entry>")
        }
        "entryRelationship" => format!("<entry>{}</entry>", act(text)),
        "manufacturedProduct" => format!(
            "<entry><substanceAdministration classCode=\"SBADM\" moodCode=\"EVN\"><templateId root=\"{ENTRY}{}\"/><id root=\"2.25.1005\"/><statusCode code=\"completed\"/><effectiveTime value=\"20240301\"/><consumable>{text}</consumable></substanceAdministration></entry>",
            if topic.loinc == "11369-6" { "52" } else { "16" },
        ),
        "criterion" => format!(
            "<entry><substanceAdministration classCode=\"SBADM\" moodCode=\"INT\"><templateId root=\"{ENTRY}16\"/><id root=\"2.25.1006\"/><statusCode code=\"active\"/><effectiveTime value=\"20240301\"/><consumable><manufacturedProduct><manufacturedMaterial><code nullFlavor=\"OTH\"><originalText>Lozenges</originalText></code></manufacturedMaterial></manufacturedProduct></consumable><precondition>{text}</precondition></substanceAdministration></entry>"
        ),
        "participantRole" => {
            format!("<entry>{}</entry>", act(&format!("<participant typeCode=\"LOC\">{text}</participant>")))
        }
        "externalDocument" => {
            format!("<entry>{}</entry>", act(&format!("<reference typeCode=\"REFR\">{text}</reference>")))
        }
        "relatedSubject" => format!("<subject>{text}</subject>"),
        "assignedAuthor" => format!("<author><time value=\"20240305\"/>{text}</author>"),
        _ => format!("<entry>{text}</entry>"),
    };
    format!(
        "<component><section><templateId root=\"{}\"/><code code=\"{}\" codeSystem=\"{}\"/><title>{}</title><text>As in the entries.</text>{entry}</section></component>",
        topic.section,
        topic.loinc,
        if topic.loinc == "121181" { "1.2.840.10008.2.16.4" } else { "2.16.840.1.113883.6.1" },
        topic.title,
    )
}

fn act(inner: &str) -> String {
    format!(
        "<act classCode=\"ACT\" moodCode=\"EVN\"><id root=\"2.25.1004\"/><code nullFlavor=\"OTH\"><originalText>Visit by the district nurse</originalText></code><statusCode code=\"completed\"/><effectiveTime value=\"20240304\"/>{inner}</act>"
    )
}

/// By the first template the fragment names, by the one its file is named after, or by its folder.
fn topic_of(name: &str, text: &str) -> &'static Topic {
    let named = || name.split(['/', '_']).filter_map(|part| part.strip_prefix(ENTRY)).find_map(by_template);
    let own = || {
        text.split("templateId")
            .skip(1)
            .filter_map(root)
            .find_map(|root| by_template(root.strip_prefix(ENTRY).unwrap_or(root)))
    };
    let folder = || TOPICS.iter().find(|topic| name.split('/').any(|part| topic.folders.contains(&part)));
    named().or_else(folder).or_else(own).unwrap_or(&FINDINGS)
}

fn by_template(template: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.templates.contains(&template))
}

/// The value of `root="…"` in the rest of a tag.
fn root(tag: &str) -> Option<&str> {
    let tag = &tag[..tag.find('>')?];
    tag.split("root=").nth(1)?.split(['"', '\'']).nth(1)
}

fn body_of(component: &str) -> String {
    format!("<component><structuredBody>{component}</structuredBody></component>")
}

const CLINICIAN: &str = "<assignedEntity><id root=\"2.16.840.1.113883.4.6\" extension=\"1295000008\"/><assignedPerson><name><given>Tamsin</given><family>Orchard</family></name></assignedPerson></assignedEntity>";

/// A document of ours with a fragment's header part and body.
fn document(name: &str, header: &str, body: &str) -> String {
    let has = |part: &str| header.starts_with(&format!("<{part}"));
    let patient = if has("recordTarget") { "" } else { PATIENT };
    let author = if has("author") && !has("authorization") { "" } else { AUTHOR };
    let custodian = if has("custodian") { "" } else { CUSTODIAN };
    let id: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:cda=\"urn:hl7-org:v3\" xmlns:sdtc=\"urn:hl7-org:sdtc\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:voc=\"http://www.lantanagroup.com/voc\" \
         xmlns:ps3-20=\"urn:dicom-org:ps3-20\" xmlns:xlink=\"http://www.w3.org/TR/WD-xlink\"><realmCode code=\"US\"/>\
         <typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>\
         <templateId root=\"2.16.840.1.113883.10.20.22.1.1\"/><templateId root=\"2.16.840.1.113883.10.20.22.1.2\"/>\
         <id root=\"2.25.1001\" extension=\"{id}\"/>\
         <code code=\"34133-9\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"Summarization of Episode Note\"/>\
         <title>Summary of care</title><effectiveTime value=\"20240305101500-0500\"/>\
         <confidentialityCode code=\"N\" codeSystem=\"2.16.840.1.113883.5.25\"/><languageCode code=\"en-US\"/>\
         {patient}{author}{custodian}{header}{body}</ClinicalDocument>"
    )
}

const PATIENT: &str = "<recordTarget><patientRole><id root=\"2.25.1002\" extension=\"7\"/><addr use=\"HP\"><streetAddressLine>9 Quay Street</streetAddressLine><city>Harrow Bay</city><state>OR</state><postalCode>97000</postalCode></addr><telecom use=\"HP\" value=\"tel:+1-555-0134\"/><patient><name use=\"L\"><given>Ines</given><family>Calloway</family></name><administrativeGenderCode code=\"F\" codeSystem=\"2.16.840.1.113883.5.1\"/><birthTime value=\"19610412\"/></patient></patientRole></recordTarget>";
const AUTHOR: &str = "<author><time value=\"20240305101500-0500\"/><assignedAuthor><id root=\"2.16.840.1.113883.4.6\" extension=\"1295000008\"/><assignedPerson><name><given>Tamsin</given><family>Orchard</family></name></assignedPerson></assignedAuthor></author>";
const CUSTODIAN: &str = "<custodian><assignedCustodian><representedCustodianOrganization><id root=\"2.25.1000\"/><name>Northgate Clinic</name></representedCustodianOrganization></assignedCustodian></custodian>";
