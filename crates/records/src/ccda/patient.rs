//! The person of the header → Patient, as US Core has it.

use serde_json::{Value, json};

use super::concepts::coding;
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::keys::hashed;
use super::node::Node;

const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/";
const RACE: &str = "urn:oid:2.16.840.1.113883.6.238";
const NULL: &str = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor";
/// The categories that races and ethnicities are counted in; all others are details.
const RACES: &[&str] = &["1002-5", "2028-9", "2054-5", "2076-8", "2106-3"];
const ETHNICITIES: &[&str] = &["2135-2", "2186-5"];

/// Makes the Patient and returns its key. A document without a person still has one, of whom nothing is known.
pub fn patient<'a>(cx: &mut Context<'a>) -> String {
    let role = cx.document.path(&["recordTarget", "patientRole"]);
    let person = role.and_then(|role| role.child("patient"));
    let names = person.map(|person| cx.human_names(person)).unwrap_or_default();
    let birth = person.and_then(|person| person.child("birthTime")).and_then(|time| cx.start(time));
    let gender = person.and_then(|person| person.child("administrativeGenderCode")).map(gender);
    let id = match role.and_then(|role| role.children("id").find_map(first_id)) {
        Some((root, extension)) => hashed("Patient", &[&root, &extension]),
        None => hashed("Patient", &["content", &json!([names, birth.as_ref().map(|birth| birth.date())]).to_string()]),
    };
    let mut body = Fields::new();
    if let Some(person) = person {
        body.push("extension", group(cx, person, "raceCode", "us-core-race", RACES));
        body.push("extension", group(cx, person, "ethnicGroupCode", "us-core-ethnicity", ETHNICITIES));
        body.push("extension", religion(cx, person));
        body.push("extension", birth_place(cx, person));
    }
    body.set("identifier", role.map(identifiers));
    body.set("name", names);
    body.set("telecom", role.map(|role| cx.telecoms(role)));
    body.set("gender", gender);
    body.set("birthDate", birth.map(|birth| birth.date().to_owned()));
    if let Some(person) = person {
        deceased(cx, person, &mut body);
        body.set("address", role.map(|role| cx.addresses(role)));
        body.set("maritalStatus", person.child("maritalStatusCode").map(|code| cx.concept(code)));
        let contacts: Vec<Value> =
            person.children("guardian").map(|guardian| contact(cx, guardian, "guardianPerson")).collect();
        body.set("contact", contacts);
        body.set("communication", languages(person));
    }
    for participant in cx.document.children("participant").filter(|one| one.attr("typeCode") == Some("IND")) {
        if let Some(entity) = participant.child("associatedEntity") {
            body.push("contact", contact(cx, entity, "associatedPerson"));
        }
    }
    body.set("generalPractitioner", primary_care(cx));
    let organization = role.and_then(|role| role.child("providerOrganization")).and_then(|node| cx.organization(node));
    body.set("managingOrganization", organization);
    cx.add_as("Patient", id, body)
}

/// Root and extension of an id that is not null.
pub fn first_id(id: Node<'_>) -> Option<(String, String)> {
    let (root, extension) =
        (id.attr("root")?.to_ascii_lowercase(), id.attr("extension").unwrap_or_default().to_owned());
    id.null_flavor().is_none().then_some((root, extension))
}

fn gender(code: Node<'_>) -> &'static str {
    match code.attr("code") {
        Some("M") => "male",
        Some("F") => "female",
        Some("UN") => "other",
        _ => "unknown",
    }
}

/// Race or ethnicity: categories, details, and a text, which US Core wants always.
fn group<'a>(cx: &Context<'a>, person: Node<'a>, name: &str, profile: &str, categories: &[&str]) -> Value {
    let codes: Vec<Node<'a>> = person.children(name).chain(person.sdtc(name)).collect();
    let mut parts = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for code in &codes {
        let told = cx.coding(*code);
        let value = match (&told, code.null_flavor()) {
            (Value::Null, Some(null @ ("UNK" | "ASKU"))) => coding(NULL, null, None),
            (Value::Null, _) => continue,
            _ if told["system"] == RACE => told.clone(),
            _ => continue,
        };
        let is_category = value["system"] == NULL || categories.iter().any(|known| value["code"] == *known);
        let only_one = profile == "us-core-ethnicity" && parts.iter().any(|part: &Value| part["url"] == "ombCategory");
        if is_category && only_one {
            continue;
        }
        parts.push(json!({ "url": if is_category { "ombCategory" } else { "detailed" }, "valueCoding": value }));
        let text = cx.original_text(*code).or_else(|| code.attr("displayName").map(str::to_owned));
        texts.extend(text.or_else(|| name_of(value["code"].as_str()?).map(str::to_owned)));
    }
    if parts.is_empty() {
        return Value::Null;
    }
    texts.dedup();
    let text = if texts.is_empty() { "Unknown".to_owned() } else { texts.join(", ") };
    parts.push(json!({ "url": "text", "valueString": text }));
    json!({ "url": format!("{US_CORE}{profile}"), "extension": parts })
}

fn name_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "1002-5" => "American Indian or Alaska Native",
        "2028-9" => "Asian",
        "2054-5" => "Black or African American",
        "2076-8" => "Native Hawaiian or Other Pacific Islander",
        "2106-3" => "White",
        "2131-1" => "Other Race",
        "2135-2" => "Hispanic or Latino",
        "2186-5" => "Not Hispanic or Latino",
        _ => return None,
    })
}

fn religion<'a>(cx: &Context<'a>, person: Node<'a>) -> Value {
    let concept = person.child("religiousAffiliationCode").map_or(Value::Null, |code| cx.concept(code));
    if concept.is_null() {
        return concept;
    }
    json!({ "url": "http://hl7.org/fhir/StructureDefinition/patient-religion", "valueCodeableConcept": concept })
}

fn birth_place<'a>(cx: &Context<'a>, person: Node<'a>) -> Value {
    let address = person.path(&["birthplace", "place", "addr"]).map_or(Value::Null, |address| cx.address(address));
    if address.is_null() {
        return address;
    }
    json!({ "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": address })
}

fn deceased<'a>(cx: &Context<'a>, person: Node<'a>, body: &mut Fields) {
    let at = person.sdtc("deceasedTime").next().and_then(|time| cx.start(time));
    let is = person.sdtc("deceasedInd").next().and_then(|told| told.attr("value"));
    match (at, is) {
        (Some(at), _) => {
            body.set("deceasedDateTime", at.date_time());
        }
        (None, Some(told @ ("true" | "false"))) => {
            body.set("deceasedBoolean", told == "true");
        }
        _ => {}
    }
}

/// A guardian or next of kin; null when neither named nor reachable.
fn contact<'a>(cx: &mut Context<'a>, node: Node<'a>, person: &str) -> Value {
    let relationship = node.child("code").map_or(Value::Null, |code| cx.concept(code));
    let name =
        node.child(person).and_then(|person| person.child("name")).map_or(Value::Null, |name| cx.human_name(name));
    let telecom = cx.telecoms(node);
    let address = node.child("addr").map_or(Value::Null, |address| cx.address(address));
    let organization = node.child("guardianOrganization").and_then(|node| cx.organization(node));
    if name.is_null() && telecom.is_empty() && address.is_null() && organization.is_none() {
        return Value::Null;
    }
    Fields::new()
        .with("relationship", if relationship.is_null() { vec![] } else { vec![relationship] })
        .with("name", name)
        .with("telecom", telecom)
        .with("address", address)
        .with("organization", organization)
        .into()
}

fn languages(person: Node<'_>) -> Vec<Value> {
    let told = person.children("languageCommunication").filter_map(|one| {
        let code = one.child("languageCode")?.attr("code")?;
        // Language tags are letters, digits and hyphens.
        let fits = code.len() <= 35 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let preferred = one.child("preferenceInd").and_then(|told| told.attr("value")).map(|told| told == "true");
        let language = json!({ "coding": [coding("urn:ietf:bcp:47", &tag(code), None)] });
        fits.then(|| Fields::new().with("language", language).with("preferred", preferred).into())
    });
    told.collect()
}

/// A language tag: of the two codes of a language the shorter one counts.
fn tag(code: &str) -> String {
    const SHORTER: &[(&str, &str)] = &[
        ("eng", "en"),
        ("spa", "es"),
        ("fra", "fr"),
        ("fre", "fr"),
        ("deu", "de"),
        ("ger", "de"),
        ("ita", "it"),
        ("por", "pt"),
        ("pol", "pl"),
        ("rus", "ru"),
        ("ukr", "uk"),
        ("ara", "ar"),
        ("zho", "zh"),
        ("chi", "zh"),
        ("jpn", "ja"),
        ("kor", "ko"),
        ("vie", "vi"),
        ("hin", "hi"),
        ("tgl", "tl"),
        ("hat", "ht"),
        ("fas", "fa"),
        ("per", "fa"),
    ];
    let (language, rest) = code.split_once('-').map_or((code, None), |(language, rest)| (language, Some(rest)));
    let lower = language.to_ascii_lowercase();
    let short = SHORTER.iter().find(|(long, _)| *long == lower).map_or(lower.as_str(), |(_, short)| short);
    rest.map_or_else(|| short.to_owned(), |rest| format!("{short}-{rest}"))
}

/// Those the header names as primary care providers.
fn primary_care(cx: &mut Context<'_>) -> Vec<Value> {
    let events = cx.document.children("documentationOf").filter_map(|event| event.child("serviceEvent"));
    let performers: Vec<Node<'_>> = events
        .flat_map(|event| event.children("performer").collect::<Vec<_>>())
        .filter(|performer| {
            performer.child("functionCode").is_some_and(|code| matches!(code.attr("code"), Some("PCP" | "PP")))
        })
        .collect();
    let mut out: Vec<Value> = Vec::new();
    for performer in performers {
        let who = cx.actor(performer).filter(|who| !super::observations::is_device(who));
        if let Some(who) = who.filter(|who| !out.contains(who)) {
            out.push(who);
        }
    }
    out
}
