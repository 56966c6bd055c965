//! Imaging reports: the catalog of images → ImagingStudy, what was seen → Observation.

use serde_json::{Value, json};

use super::concepts::coding;
use super::context::Context;
use super::fields::Fields;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{CATEGORY, Setting, observation};
use super::section::{Read, Section, unknown};

pub static SECTION: Section = Section {
    id: "imaging",
    templates: &["2.16.840.1.113883.10.20.6.1.1", "2.16.840.1.113883.10.20.6.1.2"],
    loinc: &["121181", "121070", "121072", "121060", "11329-0", "18782-3", "55115-0", "18726-0", "18748-4"],
    titles: &["dicom object catalog", "findings", "impressions"],
    entries: &[
        (STUDY, study),
        ("2.16.840.1.113883.10.20.6.2.12", finding),
        ("2.16.840.1.113883.10.20.6.2.13", finding),
        ("2.16.840.1.113883.10.20.6.2.14", finding),
    ],
    other,
};

const STUDY: &str = "2.16.840.1.113883.10.20.6.2.6";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const MODALITY: &str = "121139";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "observation" if act.child("value").is_some() => finding(cx, act),
        "act" if act.code() == Some("113014") => study(cx, act),
        _ => unknown(cx, act),
    }
}

fn finding<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let body = observation(cx, act, Setting { category: (CATEGORY, "imaging"), around: None })?;
    Ok(vec![cx.add("Observation", act, body)])
}

/// A Study Act with its series and images.
fn study<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let uid = uid(act).ok_or(LossReason::Nameless)?;
    let mut body = Fields::new();
    body.set("identifier", json!([{"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")}]));
    body.set("status", "available");
    body.set("subject", cx.subject());
    body.set("started", cx.date_time(act, "effectiveTime"));
    body.set("description", cx.act_text(act));
    let mut images = 0_usize;
    let mut all = Vec::new();
    for (_, inner) in act.related() {
        match series(cx, inner, &mut images) {
            Some(series) => all.push(series),
            None => cx.lost.push((inner, LossReason::Nameless)),
        }
    }
    body.set("numberOfSeries", i32::try_from(all.len()).ok());
    body.set("numberOfInstances", i32::try_from(images).ok());
    body.set("series", all);
    Ok(vec![cx.add("ImagingStudy", act, body)])
}

fn series<'a>(cx: &mut Context<'a>, act: Node<'a>, images: &mut usize) -> Option<Value> {
    let uid = uid(act)?;
    let mut qualifiers = act.child("code")?.children("qualifier");
    let modality = qualifiers.find(|one| one.child("name").and_then(|name| name.attr("code")) == Some(MODALITY));
    let modality = modality.and_then(|one| one.child("value")).map_or(Value::Null, |value| cx.coding(value));
    let modality = if modality.is_null() { coding(DCM, "OT", Some("Other")) } else { modality };
    let mut out = Fields::new().with("uid", uid).with("modality", modality);
    out.set("description", cx.act_text(act));
    for (_, image) in act.related().filter(|(_, image)| image.name() == "observation") {
        let Some((uid, class)) = self::uid(image).zip(image.code()) else {
            cx.lost.push((image, LossReason::Nameless));
            continue;
        };
        let class = coding("urn:ietf:rfc:3986", &format!("urn:oid:{class}"), None);
        out.push("instance", Fields::new().with("uid", uid).with("sopClass", class));
        *images += 1;
    }
    out.set(
        "numberOfInstances",
        out.0.get("instance").and_then(Value::as_array).and_then(|all| i32::try_from(all.len()).ok()),
    );
    Some(out.into())
}

/// The DICOM UID: the root of its id.
fn uid(act: Node<'_>) -> Option<String> {
    act.children("id").filter(|id| id.null_flavor().is_none()).find_map(|id| {
        let root = id.attr("root")?;
        let is_uid = root.len() <= 64 && root.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_uid.then(|| root.to_owned())
    })
}
