//! How often something is done: PIVL_TS and EIVL_TS → Timing.

use serde_json::{Value, json};

use super::concepts::coded;
use super::context::Context;
use super::fields::{Fields, decimal, digits};
use super::node::Node;

const EVENTS: &[&str] = &["HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"];

impl<'a> Context<'a> {
    /// The Timing of all `effectiveTime`s of an act: the interval bounds it, the others repeat it. Null when nothing
    /// is told.
    pub fn timing(&self, act: Node<'a>) -> Value {
        let mut repeat = Fields::new();
        let mut code = Value::Null;
        for time in act.children("effectiveTime").flat_map(|time| std::iter::once(time).chain(time.children("comp"))) {
            match time.xsi_type() {
                Some("PIVL_TS") => periodic(&mut repeat, time),
                Some("EIVL_TS") => code = eventful(&mut repeat, time),
                _ => {
                    let bounds = self.period(time);
                    if !bounds.is_null()
                        && !repeat.has("boundsPeriod")
                        && time.child("low").or(time.child("high")).is_some()
                    {
                        repeat.set("boundsPeriod", bounds);
                    }
                }
            }
        }
        let is_more_than_bounds = repeat.0.keys().any(|name| name != "boundsPeriod");
        let mut out = Fields::new();
        if repeat.has("boundsPeriod") || is_more_than_bounds {
            out.set("repeat", repeat);
        }
        out.set("code", code);
        out.into()
    }
}

fn periodic(repeat: &mut Fields, time: Node<'_>) {
    let Some(period) = time.child("period") else { return };
    let unit = period.attr("unit").map(unit_of_time);
    // "every 4 to 6 hours" is a period with two ends.
    let (low, high) = match period.attr("value") {
        Some(value) => (decimal(value), None),
        None => {
            let side = |name| period.child(name).and_then(|side| decimal(side.attr("value")?));
            (side("low").or_else(|| side("high")), side("low").and_then(|_| side("high")))
        }
    };
    let unit = unit.or_else(|| period.child("low").or(period.child("high"))?.attr("unit").map(unit_of_time)).flatten();
    let (Some(low), Some(unit)) = (low, unit) else { return };
    let hours = digits(&low).and_then(|digits| digits.parse::<f64>().ok()).unwrap_or_default();
    if hours <= 0.0 {
        return;
    }
    // "three times a day" is not "every eight hours", though CDA counts both in hours.
    let times = 24.0 / hours;
    let is_times_a_day =
        time.attr("institutionSpecified") == Some("true") && unit == "h" && times.fract() == 0.0 && high.is_none();
    if is_times_a_day {
        repeat.set("frequency", times as i64).set("period", 1).set("periodUnit", "d");
    } else {
        repeat.set("frequency", 1).set("period", low).set("periodMax", high).set("periodUnit", unit);
    }
}

fn unit_of_time(unit: &str) -> Option<&'static str> {
    Some(match unit.trim().to_ascii_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => "s",
        "min" | "minute" | "minutes" => "min",
        "h" | "hr" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "wk" | "w" | "week" | "weeks" => "wk",
        "mo" | "month" | "months" => "mo",
        "a" | "y" | "yr" | "year" | "years" => "a",
        _ => return None,
    })
}

/// Sets `when` and the offset; an event FHIR does not know becomes the code of the timing.
fn eventful(repeat: &mut Fields, time: Node<'_>) -> Value {
    let Some(event) = time.child("event").and_then(|event| event.attr("code")) else { return Value::Null };
    if !EVENTS.contains(&event) {
        return coded("http://terminology.hl7.org/CodeSystem/v3-TimingEvent", event, None);
    }
    repeat.push("when", event);
    let offset = time.child("offset").and_then(|offset| offset.child("low").or(Some(offset)));
    let minutes = offset.and_then(|offset| {
        let amount: f64 = offset.attr("value")?.parse().ok()?;
        let factor = match unit_of_time(offset.attr("unit")?)? {
            "min" => 1.0,
            "h" => 60.0,
            _ => return None,
        };
        Some((amount * factor).abs().round()).filter(|minutes| *minutes <= 10_000.0)
    });
    // "C" with an offset is neither before nor after in FHIR.
    if let Some(minutes) = minutes.filter(|_| !matches!(event, "C" | "CM" | "CD" | "CV")) {
        repeat.set("offset", json!(minutes as u32));
    }
    Value::Null
}
