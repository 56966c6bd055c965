use serde_json::json;

use super::super::testing::{converted, of_kind, sections};

#[test]
fn a_later_version_names_the_earlier_one_by_the_identifier_it_goes_by() {
    let versions = |own: &str, replaces: &str| {
        sections(&[]).replace("<id root=\"1.2.3\" extension=\"doc-1\"/>", &format!(r#"<id root="1.2.3" extension="{own}"/>"#)).replace(
            "<recordTarget>",
            &format!(r#"<setId root="1.2.3.7" extension="summary-of-mara"/><versionNumber value="2"/>{replaces}<recordTarget>"#),
        )
    };
    let replaces = r#"<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="doc-1"/></parentDocument></relatedDocument>"#;
    let of = |xml: &str| of_kind(&converted(xml), "DocumentReference").remove(0);
    let (first, second) = (of(&versions("doc-1", "")), of(&versions("doc-2", replaces)));
    assert_eq!(first["masterIdentifier"], json!({ "system": "urn:oid:1.2.3", "value": "doc-1" }));
    assert_eq!(
        second["relatesTo"],
        json!([{ "code": "replaces", "target": { "identifier": first["masterIdentifier"] } }])
    );
    let set = json!([{ "system": "urn:oid:1.2.3.7", "value": "summary-of-mara" }]);
    assert_eq!((&first["identifier"], &second["identifier"]), (&set, &set));
}
