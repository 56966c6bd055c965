//! Care teams → CareTeam.

use serde_json::Value;

use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::notes;
use super::section::{Read, Reader, Section, unknown};

pub static SECTION: Section = Section {
    id: "care_teams",
    templates: &["2.16.840.1.113883.10.20.22.2.500"],
    loinc: &["85847-2"],
    titles: &["care team", "care teams"],
    entries: ENTRIES,
    other,
};

const ENTRIES: &[(&str, Reader)] = &[("2.16.840.1.113883.10.20.22.4.500", team)];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.name() == "organizer" { team(cx, act) } else { unknown(cx, act) }
}

/// A team and its members, each with what they do in it.
fn team<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let mut members = Vec::new();
    for (_, inner) in act.related().filter(|(_, inner)| inner.name() == "act") {
        for performer in inner.children("performer") {
            let function = performer.sdtc("functionCode").next().or_else(|| performer.child("functionCode"));
            let role = function.or_else(|| inner.child("code")).map_or(Value::Null, |code| cx.concept(code));
            let Some(member) = cx.actor(performer).filter(|who| !super::observations::is_device(who)) else {
                cx.lost.push((performer, LossReason::Nameless));
                continue;
            };
            let period = inner.child("effectiveTime").map_or(Value::Null, |time| cx.period(time));
            members.push(
                Fields::new()
                    .with("role", if role.is_null() { vec![] } else { vec![role] })
                    .with("member", member)
                    .with("period", period)
                    .into(),
            );
        }
    }
    let members: Vec<Value> = members;
    if members.is_empty() {
        return Err(LossReason::Empty);
    }
    let code = act.child("code").map_or(Value::Null, |code| cx.concept(code));
    let name = act
        .related()
        .map(|(_, inner)| inner)
        .find(|inner| inner.is_a("2.16.840.1.113883.10.20.22.4.500.2"))
        .and_then(|inner| inner.child("value"))
        .map(|value| cx.concept(value));
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set(
        "status",
        match act.child("statusCode").and_then(|status| status.attr("code")) {
            Some("completed") => "inactive",
            Some("aborted" | "suspended") => "suspended",
            Some("nullified") => "entered-in-error",
            _ => "active",
        },
    );
    let kind = name.clone().filter(|name| !name.is_null()).or(Some(code).filter(|code| !code.is_null()));
    body.set("category", kind.clone().map(|kind| vec![kind]));
    let title = kind.as_ref().and_then(|kind| kind["text"].as_str()).unwrap_or("Care team").to_owned();
    body.set("name", title);
    body.set("subject", cx.subject());
    body.set("period", act.child("effectiveTime").map_or(Value::Null, |time| cx.period(time)));
    body.set("participant", members);
    body.set("note", notes(cx, act));
    Ok(vec![cx.add("CareTeam", act, body)])
}
