//! Insurance → Coverage.

use serde_json::{Value, json};

use super::concepts::coded;
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::section::{Read, Reader, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "payers",
    templates: &["2.16.840.1.113883.10.20.22.2.18"],
    loinc: &["48768-6"],
    titles: &["payers", "insurance", "insurance providers"],
    entries: ENTRIES,
    other: coverage,
};

const ENTRIES: &[(&str, Reader)] =
    &[("2.16.840.1.113883.10.20.22.4.60", coverage), ("2.16.840.1.113883.10.20.22.4.61", policy)];
const POLICY: &str = "2.16.840.1.113883.10.20.22.4.61";

/// A Coverage Activity: the policies in it.
fn coverage<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let policies = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "act");
    let policies = policies.filter(|inner| inner.is_a(POLICY) || inner.child("performer").is_some());
    match (each(cx, policies, policy), act.child("performer")) {
        (Err(_), Some(_)) => policy(cx, act),
        (Err(LossReason::Empty), None) => unknown(cx, act),
        (read, _) => read,
    }
}

/// One policy: who pays, for whom, under what number.
fn policy<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let performers: Vec<Node<'a>> = act.children("performer").filter_map(|one| one.child("assignedEntity")).collect();
    let payer = performers.iter().copied().find(|entity| entity.code() == Some("PAYOR"));
    let payer = payer.or_else(|| performers.iter().copied().find(|entity| entity.code() != Some("GUAR")));
    let organization =
        payer.and_then(|entity| entity.child("representedOrganization")).and_then(|node| cx.organization(node));
    let payor = organization;
    let role = |code: &str| {
        act.children("participant")
            .find(|one| one.attr("typeCode") == Some(code))
            .and_then(|one| one.child("participantRole"))
    };
    let covered = role("COV");
    let holder = role("HLD");
    let member = covered.or(holder).and_then(|role| role.children("id").find_map(|id| id.attr("extension")));
    let kind = act.child("code").map_or(Value::Null, |code| cx.concept(code));
    if payor.is_none() && member.is_none() && kind.is_null() {
        return Err(LossReason::Nameless);
    }
    let mut body = Fields::new().with("identifier", identifiers(act));
    let is_void = act.child("statusCode").and_then(|status| status.attr("code")) == Some("nullified");
    body.set("status", if is_void { "entered-in-error" } else { "active" });
    body.set("type", kind);
    body.set(
        "subscriberId",
        holder.or(covered).and_then(|role| role.children("id").find_map(|id| id.attr("extension"))),
    );
    body.set("beneficiary", cx.subject());
    body.set("relationship", covered.and_then(relationship));
    let times = act.children("participant").filter(|one| one.attr("typeCode") == Some("COV"));
    let period = times.filter_map(|one| one.child("time")).map(|time| cx.period(time)).find(|one| !one.is_null());
    body.set("period", period.or_else(|| act.child("effectiveTime").map(|time| cx.period(time))));
    body.set("payor", vec![payor.unwrap_or_else(|| json!({ "display": "unknown" }))]);
    if let Some(group) = act.children("id").find_map(|id| id.attr("extension")) {
        let kind = coded("http://terminology.hl7.org/CodeSystem/coverage-class", "group", Some("Group"));
        body.set("class", json!([{ "type": kind, "value": group }]));
    }
    if let Some(plan) = act.related().map(|(_, inner)| inner).find(|inner| inner.attr("moodCode") == Some("DEF")) {
        let name = cx.act_text(plan);
        let kind = coded("http://terminology.hl7.org/CodeSystem/coverage-class", "plan", Some("Plan"));
        if let Some(name) = name {
            body.push("class", json!({ "type": kind, "value": name }));
        }
    }
    Ok(vec![cx.add("Coverage", act, body)])
}

fn relationship(role: Node<'_>) -> Option<Value> {
    let (code, display) = match role.code()? {
        "SELF" => ("self", "Self"),
        "SPS" | "HUSB" | "WIFE" | "SPOUSE" => ("spouse", "Spouse"),
        "CHILD" | "SON" | "DAU" | "FAMDEP" => ("child", "Child"),
        "PRN" | "FTH" | "MTH" => ("parent", "Parent"),
        _ => return None,
    };
    Some(coded("http://terminology.hl7.org/CodeSystem/subscriber-relationship", code, Some(display)))
}
