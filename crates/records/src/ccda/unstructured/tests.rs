use super::super::testing::{converted, of_kind, sections};

fn with(text: &str) -> String {
    let whole = sections(&[]);
    let body = format!("<nonXMLBody>{text}</nonXMLBody>");
    whole.replace("<structuredBody></structuredBody>", &body)
}

#[test]
fn the_file_is_a_document_of_its_own() {
    let converted = converted(&with(
        r#"<text mediaType="application/pdf" representation="B64">JVBE
      Ri0xLjQ</text>"#,
    ));
    insta::assert_json_snapshot!(of_kind(&converted, "DocumentReference")[0]);
    insta::assert_json_snapshot!(of_kind(&converted, "Binary")[0]);
}

#[test]
fn a_file_elsewhere_is_pointed_at() {
    let documents = |text: &str| of_kind(&converted(&with(text)), "DocumentReference");
    let attachment = &documents(r#"<text><reference value="scan.pdf"/></text>"#)[0]["content"][0]["attachment"];
    assert_eq!((&attachment["url"], &attachment["contentType"]), (&"scan.pdf".into(), &"application/pdf".into()));
    // Nothing to keep: the document as such remains.
    assert_eq!(documents("<text/>").len(), 1);
    assert_eq!(documents(r#"<text representation="B64">?</text>"#).len(), 1);
}
