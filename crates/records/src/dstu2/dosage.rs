//! How a medicine is to be taken.

use serde_json::Value;

use super::edit::{Object, drop_all, each, name_of, rename, rename_list, take};

/// Rewrites every dosage of a list.
pub fn dosages(body: &mut Object, name: &str) {
    super::edit::list(body, name);
    each(body, name, dosage);
}

fn dosage(dosage: &mut Object) {
    rename_list(dosage, "additionalInstructions", "additionalInstruction");
    super::edit::list(dosage, "additionalInstruction");
    site(dosage);
    let mut amount = Object::new();
    for (old, new) in [
        ("doseQuantity", "doseQuantity"),
        ("doseRange", "doseRange"),
        ("quantityQuantity", "doseQuantity"),
        ("quantityRange", "doseRange"),
        ("rateRatio", "rateRatio"),
        ("rateRange", "rateRange"),
        ("rateQuantity", "rateQuantity"),
    ] {
        if let Some(value) = take(dosage, old) {
            amount.insert(new.to_owned(), value);
        }
    }
    if !amount.is_empty() && !dosage.contains_key("doseAndRate") {
        dosage.insert("doseAndRate".to_owned(), Value::Array(vec![Value::Object(amount)]));
    }
}

/// A body site, coded or the name of one that is described elsewhere.
pub fn site(dosage: &mut Object) {
    rename(dosage, "siteCodeableConcept", "site");
    if let Some(place) = take(dosage, "siteReference")
        && let Some(name) = place["display"].as_str()
    {
        super::edit::default(dosage, "site", serde_json::json!({ "text": name }));
    }
}

/// The one dosage of an administration.
pub fn given(dosage: &mut Object) {
    site(dosage);
    rename(dosage, "quantity", "dose");
    if let Some(range) = take(dosage, "rateRange")
        && !dosage.contains_key("rateQuantity")
    {
        // Between two rates: R4 wants one.
        if let Some(low) = range.get("low") {
            dosage.insert("rateQuantity".to_owned(), low.clone());
        }
    }
    if let Some(note) = dosage.get("text").filter(|text| !text.is_string()).and_then(name_of).map(str::to_owned) {
        dosage.insert("text".to_owned(), Value::String(note));
    }
    drop_all(dosage, &["asNeededBoolean", "timing"]);
}
