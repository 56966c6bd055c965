//! Whether a resource answers to a search value.

use serde_json::Value;

use super::dates::{Stretch, Wanted};
use super::kinds::{Compare, Param};

/// Whether any value under the parameter's path matches any of the comma-separated values.
pub fn matches(resource: &Value, param: &Param, values: &str) -> bool {
    let found: Vec<&Value> = param.path.split('|').flat_map(|path| values_at(resource, path)).collect();
    split(values).iter().any(|wanted| found.iter().any(|value| matches_one(value, param.compare, wanted)))
}

/// Comma-separated values are alternatives.
pub fn split(values: &str) -> Vec<&str> {
    values.split(',').filter(|value| !value.is_empty()).collect()
}

/// Whether a value can be searched for at all.
pub fn acceptable(compare: Compare, values: &str) -> bool {
    let values = split(values);
    !values.is_empty() && (compare != Compare::Date || values.iter().all(|value| Wanted::parse(value).is_some()))
}

/// Everything under a dotted path; lists are walked through.
pub fn values_at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for member in path.split('.').filter(|member| !member.is_empty()) {
        found = found.into_iter().filter_map(|value| value.get(member)).flat_map(flat).collect();
    }
    found
}

fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

fn matches_one(value: &Value, compare: Compare, wanted: &str) -> bool {
    match compare {
        Compare::Token => is_token(value, wanted),
        Compare::Date => {
            Stretch::of(value).zip(Wanted::parse(wanted)).is_some_and(|(found, wanted)| wanted.matches(found))
        }
        Compare::Reference => value.as_str().is_some_and(|reference| last(reference) == last(wanted)),
        Compare::Text => has_word(value, &wanted.to_lowercase()),
    }
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// `code`, `system|code`, `system|` or `|code`, against a code, Coding, CodeableConcept or Identifier.
fn is_token(value: &Value, wanted: &str) -> bool {
    let fits = |system: Option<&str>, code: Option<&str>| match wanted.split_once('|') {
        None => code == Some(wanted),
        Some(("", wanted)) => system.is_none() && code == Some(wanted),
        Some((wanted, "")) => system == Some(wanted),
        Some((wanted_system, wanted)) => system == Some(wanted_system) && code == Some(wanted),
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::String(code) => {
            fits(None, Some(code)) || wanted.split_once('|').is_some_and(|(_, wanted)| wanted == code)
        }
        Value::Bool(flag) => fits(None, Some(if *flag { "true" } else { "false" })),
        Value::Object(members) if members.contains_key("coding") => {
            flat(&value["coding"]).iter().any(|coding| is_token(coding, wanted))
        }
        Value::Object(_) => {
            let code = text(&value["code"]).or_else(|| text(&value["value"]));
            fits(value["system"].as_str(), code.as_deref())
        }
        _ => false,
    }
}

/// Any word of any text inside begins with what was asked.
fn has_word(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => {
            let text = text.to_lowercase();
            text.starts_with(wanted) || text.split_whitespace().any(|word| word.starts_with(wanted))
        }
        Value::Array(items) => items.iter().any(|item| has_word(item, wanted)),
        Value::Object(members) => members.values().any(|member| has_word(member, wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_references_and_texts_match_as_fhir_says() {
        let observation = json!({"status": "final", "category": [{"coding": [{"system": "http://c", "code": "laboratory"}]}], "encounter": {"reference": "Encounter/e1"}});
        let kind = kinds::find("Observation").expect("known");
        let table = [
            ("category", "laboratory", true),
            ("category", "http://c|laboratory", true),
            ("category", "http://d|laboratory", false),
            ("category", "http://c|", true),
            ("category", "|laboratory", false),
            ("category", "vital-signs,laboratory", true),
            ("status", "final", true),
            ("status", "amended", false),
        ];
        for (name, values, expected) in table {
            assert_eq!(matches(&observation, kind.param(name).expect("known"), values), expected, "{name}={values}");
        }
        let condition = kinds::find("Condition").expect("known");
        assert!(matches(&observation, condition.param("encounter").expect("known"), "Encounter/e1"));
        let location = json!({"name": "Riverbend Heart Suite", "address": {"city": "Eugene"}});
        let kind = kinds::find("Location").expect("known");
        assert!(matches(&location, kind.param("name").expect("known"), "heart"));
        assert!(matches(&location, kind.param("address").expect("known"), "eug"));
    }
}
