//! References of a bundle's entries to each other, turned into relative ones without touching anything else.

use std::collections::HashMap;

use crate::skim::text;

/// `fullUrl` to `Type/id`.
pub type Aliases = HashMap<String, String>;

/// What stands in the place of some bytes.
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub with: String,
}

/// For every text that is the `fullUrl` of another entry its key, as a FHIR server puts it when it stores a
/// transaction: for `urn:` ones anywhere, for addresses only as `reference`. `places` are where these texts stand,
/// `base` is what relative ones are relative to, with its slash at the end.
pub fn relative(json: &str, places: &[(usize, usize)], base: Option<&str>, aliases: &Aliases) -> Vec<Edit> {
    if aliases.is_empty() {
        return Vec::new();
    }
    let edit = |(start, end): &(usize, usize)| {
        let told = text(json.get(*start..*end)?)?;
        let beside = || aliases.get(&format!("{}{told}", base?));
        let key = aliases.get(told.as_ref()).or_else(beside)?;
        Some(Edit { start: start + 1, end: end - 1, with: key.clone() })
    };
    places.iter().filter_map(edit).collect()
}

/// The text with its edits, which do not overlap.
pub fn edited(json: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.start);
    let more: usize = edits.iter().map(|edit| edit.with.len()).sum();
    let (mut out, mut copied) = (String::with_capacity(json.len() + more), 0);
    for Edit { start, end, with } in edits {
        out.push_str(&json[copied..start]);
        out.push_str(&with);
        copied = end;
    }
    out.push_str(&json[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skim::skim;

    #[test]
    fn only_references_change() {
        let aliases: Aliases = [
            ("urn:uuid:a", "Patient/a"),
            ("https://ehr.example/weird", "Patient/7"),
            ("https://ehr.example/r4/Goal/9", "Goal/9"),
        ]
        .map(|(url, key)| (url.to_owned(), key.to_owned()))
        .into();
        for (before, after) in [
            (
                r#"{"subject": {"reference" : "urn:uuid:a"}, "n": 1.50 }"#,
                r#"{"subject": {"reference" : "Patient/a"}, "n": 1.50 }"#,
            ),
            (r#"{"urn:uuid:a":"x","text":"see urn:uuid:a"}"#, r#"{"urn:uuid:a":"x","text":"see urn:uuid:a"}"#),
            (r#"{"attachment":{"url":"urn:uuid:a"}}"#, r#"{"attachment":{"url":"Patient/a"}}"#),
            (r#"{"url":"https://ehr.example/weird"}"#, r#"{"url":"https://ehr.example/weird"}"#),
            (r#"{"reference":"https://ehr.example/weird"}"#, r#"{"reference":"Patient/7"}"#),
            (r#"{"reference":"https:\/\/ehr.example\/r4\/Goal\/9"}"#, r#"{"reference":"Goal/9"}"#),
            (r#"{"a":"\"","reference":"urn:uuid:a","b":"\\"}"#, r#"{"a":"\"","reference":"Patient/a","b":"\\"}"#),
            (r##"{"reference":"#urn:uuid:a"}"##, r##"{"reference":"#urn:uuid:a"}"##),
        ] {
            assert_eq!(edited(before, relative(before, &skim(before, &[]).references, None, &aliases)), after);
        }
    }
}
