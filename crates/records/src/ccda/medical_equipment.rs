//! Medical equipment → Device and DeviceUseStatement, DeviceRequest for what is asked for.

use serde_json::{Value, json};

use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::keys::hashed;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{first_concept, named, notes, when};
use super::procedures::{indications, key, procedure};
use super::quantities::quantity;
use super::section::{Read, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "medical_equipment",
    templates: &["2.16.840.1.113883.10.20.22.2.23"],
    loinc: &["46264-8"],
    titles: &["medical equipment", "implants", "implanted devices", "devices"],
    entries: &[(SUPPLY, supply), ("2.16.840.1.113883.10.20.22.4.135", organizer)],
    other,
};

const SUPPLY: &str = "2.16.840.1.113883.10.20.22.4.50";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "supply" => supply(cx, act),
        "organizer" => organizer(cx, act),
        "procedure" => procedure(cx, act),
        _ => unknown(cx, act),
    }
}

fn organizer<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    each(cx, act.related().map(|(_, inner)| inner), |cx, inner| match inner.name() {
        "supply" => supply(cx, inner),
        "procedure" => procedure(cx, inner),
        _ => Err(LossReason::Template),
    })
}

/// A Non-Medicinal Supply: what the person has and uses, or is to get.
fn supply<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.is_negated() {
        return Err(LossReason::Negated);
    }
    let device = match cx.products(act).into_iter().next() {
        Some(device) => device,
        None => unnamed(cx, act)?,
    };
    let is_wish = act.attr("moodCode").is_some_and(|mood| mood != "EVN");
    let status = act.child("statusCode").and_then(|status| status.attr("code"));
    let mut body = Fields::new().with("identifier", identifiers(act));
    let used = when(cx, act);
    let recorded = cx.recorded(act);
    let mut remarks = notes(cx, act);
    let count = act.child("quantity").map_or(Value::Null, quantity);
    if let Some(count) = super::fields::digits(&count["value"]).filter(|count| *count != "1") {
        let unit = count_unit(&act);
        remarks.push(json!({ "text": format!("Quantity: {count}{unit}") }));
    }
    body.set("note", remarks);
    body.set("subject", cx.subject());
    body.set("reasonCode", indications(cx, act));
    let author = act.child("author").and_then(|author| cx.actor(author));
    let made = if is_wish {
        body.set(
            "status",
            match status {
                Some("completed") => "completed",
                Some("aborted" | "cancelled") => "revoked",
                Some("held" | "suspended") => "on-hold",
                Some("nullified") => "entered-in-error",
                _ => "active",
            },
        );
        body.set("intent", "plan");
        body.set("codeReference", device.clone());
        body.choice("occurrence", used);
        body.set("authoredOn", recorded);
        body.set("requester", author);
        cx.add("DeviceRequest", act, body)
    } else {
        body.set(
            "status",
            match status {
                Some("completed") => "completed",
                Some("aborted" | "cancelled") => "stopped",
                Some("held" | "suspended") => "on-hold",
                Some("nullified") => "entered-in-error",
                _ => "active",
            },
        );
        body.set("device", device.clone());
        body.choice("timing", used);
        body.set("recordedOn", recorded);
        body.set(
            "source",
            author.filter(|who| who["reference"].as_str().is_some_and(|key| !key.starts_with("Device/"))),
        );
        body.set("bodySite", first_concept(cx, act, "targetSiteCode"));
        cx.add("DeviceUseStatement", act, body)
    };
    Ok([Some(made), key(&device)].into_iter().flatten().collect())
}

fn count_unit(act: &Node<'_>) -> String {
    let unit = act.child("quantity").and_then(|quantity| quantity.attr("unit")).filter(|unit| *unit != "1");
    unit.map(|unit| format!(" {unit}")).unwrap_or_default()
}

/// A device known by the words or the product of the supply alone.
fn unnamed<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Result<Value, LossReason> {
    let material = act.path(&["product", "manufacturedProduct", "manufacturedMaterial", "code"]);
    let kind = material.map_or(Value::Null, |code| cx.concept(code));
    let kind = if kind.is_null() { named(cx, act).ok_or(LossReason::Nameless)? } else { kind };
    let body = Fields::new().with("type", kind.clone()).with("patient", cx.subject());
    let id = hashed("Device", &[&cx.id_of("Device", act), &kind.to_string()]);
    let key = cx.add_as("Device", id, body);
    Ok(super::actors::referring(&key, kind["text"].as_str().map(str::to_owned)))
}

#[cfg(test)]
mod tests;
