//! Answers that went wrong on the way: each alteration is a function from bytes to bytes.

use serde_json::{Value, json};

/// Applies the named alteration to a JSON answer; anything else is left as it is.
pub fn alter(name: &str, bytes: Vec<u8>, own_url: &str) -> Vec<u8> {
    if name == "truncated_json" {
        return bytes[..bytes.len() * 3 / 5].to_vec();
    }
    let Ok(mut answer) = serde_json::from_slice::<Value>(&bytes) else { return bytes };
    match name {
        "wrong_types" => each_resource(&mut answer, wrong_types),
        "no_id" => each_resource(&mut answer, |resource| {
            resource.as_object_mut().map(|members| members.shift_remove("id"));
        }),
        "foreign_attachment" => each_resource(&mut answer, foreign_attachments),
        "paging_loop" => {
            let own = link(&answer, "self").unwrap_or_else(|| own_url.to_owned());
            set_next(&mut answer, own);
        }
        "next_other_host" => set_next(&mut answer, "https://elsewhere.example/fhir/r4?_page=1".to_owned()),
        "next_relative" => {
            if let Some(next) = link(&answer, "next") {
                let relative = next.rsplit('/').next().unwrap_or_default().to_owned();
                set_next(&mut answer, relative);
            }
        }
        "total_is_page_size" => answer["total"] = json!(entries(&mut answer).len()),
        "warnings" => entries(&mut answer).push(json!({
            "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete",
                "diagnostics": "There may be more data than this client can see"}]},
            "search": {"mode": "outcome"}
        })),
        "entered_in_error_stub" => {
            if let Some(resource) = entries(&mut answer).first_mut().map(|entry| &mut entry["resource"]) {
                *resource = json!({"resourceType": resource["resourceType"], "id": resource["id"], "status": "entered-in-error"});
            }
        }
        "disappearing_row" if !entries(&mut answer).is_empty() => drop(entries(&mut answer).remove(0)),
        _ => {}
    }
    serde_json::to_vec(&answer).unwrap_or(bytes)
}

fn entries(bundle: &mut Value) -> &mut Vec<Value> {
    if !bundle["entry"].is_array() {
        bundle["entry"] = json!([]);
    }
    bundle["entry"].as_array_mut().expect("entry was made an array")
}

fn each_resource(answer: &mut Value, change: impl Fn(&mut Value)) {
    if answer["resourceType"] == "Bundle" {
        entries(answer).iter_mut().for_each(|entry| change(&mut entry["resource"]));
    } else {
        change(answer);
    }
}

/// Every member but the identity gets a type it must not have.
fn wrong_types(resource: &mut Value) {
    let Some(members) = resource.as_object_mut() else { return };
    for (name, value) in members.iter_mut() {
        if !matches!(name.as_str(), "resourceType" | "id") {
            *value = match value {
                Value::String(_) => json!(7),
                Value::Array(_) => json!("not a list"),
                Value::Object(_) => json!(["not an object"]),
                _ => json!({"not": "a scalar"}),
            };
        }
    }
}

fn foreign_attachments(value: &mut Value) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| match value {
            Value::String(url) if name == "url" && url.contains("Binary/") => {
                *url = "https://files.elsewhere.example/document.pdf".to_owned();
            }
            other => foreign_attachments(other),
        }),
        Value::Array(items) => items.iter_mut().for_each(foreign_attachments),
        _ => {}
    }
}

fn link(bundle: &Value, relation: &str) -> Option<String> {
    bundle["link"].as_array()?.iter().find(|link| link["relation"] == relation)?["url"].as_str().map(str::to_owned)
}

fn set_next(bundle: &mut Value, url: String) {
    if !bundle["link"].is_array() {
        bundle["link"] = json!([]);
    }
    let links = bundle["link"].as_array_mut().expect("link was made an array");
    links.retain(|link| link["relation"] != "next");
    links.push(json!({"relation": "next", "url": url}));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alterations_change_what_they_name() {
        let page = json!({"resourceType": "Bundle", "total": 9,
            "link": [{"relation": "self", "url": "http://h/fhir/r4/Goal?a=1"}, {"relation": "next", "url": "http://h/fhir/r4/Goal?_page=2"}],
            "entry": [{"resource": {"resourceType": "Goal", "id": "1", "lifecycleStatus": "active", "target": []}}]});
        let after = |name: &str| {
            serde_json::from_slice::<Value>(&alter(name, page.to_string().into_bytes(), "")).expect("still JSON")
        };
        assert_eq!(link(&after("paging_loop"), "next").as_deref(), Some("http://h/fhir/r4/Goal?a=1"));
        assert_eq!(link(&after("next_relative"), "next").as_deref(), Some("Goal?_page=2"));
        assert_eq!(after("total_is_page_size")["total"], 1);
        assert_eq!(after("warnings")["entry"][1]["search"]["mode"], "outcome");
        assert_eq!(
            after("wrong_types")["entry"][0]["resource"],
            json!({"resourceType": "Goal", "id": "1", "lifecycleStatus": 7, "target": "not a list"})
        );
        assert_eq!(after("disappearing_row")["entry"], json!([]));
        assert!(serde_json::from_slice::<Value>(&alter("truncated_json", page.to_string().into_bytes(), "")).is_err());
    }
}
