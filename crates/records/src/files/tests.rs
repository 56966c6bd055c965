use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

const SMALL: Limits = Limits { packed: 2 * MIB, unpacked: 4 * MIB, ratio: 200, pieces: 50 };
const CCD: &str =
    "<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>Summary</title></ClinicalDocument>";
const ADA: &str =
    r#"{"resourceType":"Patient","id":"ada","name":[{"family":"Lovelace","given":["Ada"]}],"birthDate":"1815-12-10"}"#;

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zipped_as(CompressionMethod::Deflated, entries)
}

fn zipped_as(method: CompressionMethod, entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Names and forms of the pieces.
fn pieces(name: &str, bytes: &[u8]) -> Vec<(String, &'static str)> {
    let opened = open(name, bytes, &SMALL).unwrap();
    opened.pieces.into_iter().map(|piece| (piece.name, piece.form.as_str())).collect()
}

fn fault(bytes: &[u8]) -> Fault {
    open("file", bytes, &SMALL).unwrap_err().fault
}

/// The resources of a file of FHIR, as key and text.
fn landed(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let opened = open("file.json", text.as_bytes(), &SMALL).map_err(|error| error.fault)?;
    let mut all = Vec::new();
    for piece in &opened.pieces {
        let landed = land(piece).map_err(|error| error.fault)?;
        all.extend(landed.into_iter().map(|one| (one.key(), String::from_utf8(one.json).unwrap())));
    }
    Ok(all)
}

#[test]
fn an_exchange_on_a_disc_gives_its_documents_only() {
    let disc = zipped(&[
        ("README.TXT", b"How to look at this"),
        ("INDEX.HTM", b"<html>"),
        ("IHE_XDM/SUBSET01/METADATA.XML", b"<SubmitObjectsRequest/>"),
        ("IHE_XDM/SUBSET01/STYLE.XSL", b"<xsl:stylesheet/>"),
        ("IHE_XDM/SUBSET01/DOC0001.XML", CCD.as_bytes()),
        ("IHE_XDM/SUBSET01/SCAN.PDF", b"%PDF-1.7 scan"),
        ("IHE_XDM/SUBSET01/notes.txt", b"see you soon"),
        ("__MACOSX/._DOC0001.XML", b"\0\x05"),
    ]);
    let opened = open("My Health.zip", &disc, &SMALL).unwrap();
    let names: Vec<&str> = opened.pieces.iter().map(|piece| piece.name.as_str()).collect();
    assert_eq!(names, ["IHE_XDM/SUBSET01/DOC0001.XML", "IHE_XDM/SUBSET01/SCAN.PDF"]);
    assert_eq!(opened.ignored.len(), 6, "{:?}", opened.ignored);
    assert_eq!(opened.pieces[0].bytes, CCD.as_bytes());
}

#[test]
fn records_are_found_through_one_package_in_another() {
    let one = |name: &str, form| vec![(name.to_owned(), form)];
    assert_eq!(pieces("a/b/ada.txt", ADA.as_bytes()), one("ada.txt", "fhir"));
    assert_eq!(pieces("ada.json.gz", &gzipped(ADA.as_bytes())), one("ada.json", "fhir"));
    assert_eq!(pieces("x", &zipped(&[("in.zip", &zipped(&[("ccd", CCD.as_bytes())]))])), one("ccd", "ccda"));
    assert_eq!(
        pieces("x", &zipped(&[("p.ndjson.gz", &gzipped(format!("{ADA}\n{ADA}").as_bytes()))])),
        one("p.ndjson", "ndjson")
    );
    assert_eq!(
        pieces("x", &zipped_as(CompressionMethod::Stored, &[("i", b"\xff\xd8\xff\xe0 photo")])),
        one("i", "image")
    );
    let deep = zipped(&[("a.zip", &zipped(&[("b.zip", &zipped(&[("ccd", CCD.as_bytes())]))]))]);
    assert_eq!(fault(&deep), Fault::TooDeep);
    assert_eq!(fault(&zipped(&[("a.txt", b"no record")])), Fault::NotARecord(Instead::Package));
    assert_eq!(fault(&zipped(&[])), Fault::NotARecord(Instead::Package));
    assert_eq!(fault(&zipped(&[("[Content_Types].xml", b"<Types/>")])), Fault::NotARecord(Instead::Office));
}

#[test]
fn names_never_lead_anywhere() {
    let hostile = zipped(&[("../../etc/cron.d/evil.xml", CCD.as_bytes()), ("a\u{202e}\u{7}b/c.xml", CCD.as_bytes())]);
    let names: Vec<String> = pieces("../x.zip", &hostile).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["etc/cron.d/evil.xml", "ab/c.xml"]);
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = vec![b' '; 3 * MIB as usize];
    assert_eq!(fault(&gzipped(&zeros)), Fault::ExpandsTooFar);
    assert_eq!(fault(&zipped(&[("ccd.xml", &zeros)])), Fault::ExpandsTooFar);
    assert_eq!(fault(&zipped(&[("in.zip", &zipped(&[("ccd.xml", &zeros)]))])), Fault::ExpandsTooFar);
    // Many small steps instead of one large one.
    let many: Vec<(String, Vec<u8>)> = (0..9).map(|n| (format!("{n}"), vec![b' '; MIB as usize / 2])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    assert_eq!(fault(&zipped(&many)), Fault::TooLarge);
    let crowd: Vec<(String, &[u8])> = (0..10_000).map(|n| (format!("{n}.xml"), &b"x"[..])).collect();
    let crowd: Vec<(&str, &[u8])> = crowd.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert_eq!(fault(&zipped(&crowd)), Fault::TooMany);
    assert_eq!(fault(&vec![b'<'; 2 * MIB as usize + 1]), Fault::TooLarge);
    let lol = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><ClinicalDocument>&lol2;</ClinicalDocument>";
    assert_eq!(fault(lol.as_bytes()), Fault::Entities);
    assert_eq!(fault(&zipped(&[("a.xml", lol.as_bytes())])), Fault::Entities);
}

#[test]
fn a_locked_package_is_named_as_such() {
    let mut bytes = zipped_as(CompressionMethod::Stored, &[("ccd.xml", CCD.as_bytes())]);
    // The flag "encrypted", in the local header and in the directory.
    let directory = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[directory + 8] |= 1;
    let error = open("a.zip", &bytes, &SMALL).unwrap_err();
    assert_eq!((error.piece.as_str(), error.fault), ("ccd.xml", Fault::Encrypted));
    // A method nobody knows.
    let mut bytes = zipped_as(CompressionMethod::Stored, &[("ccd.xml", CCD.as_bytes())]);
    let directory = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    bytes[8] = 14;
    bytes[directory + 10] = 14;
    assert_eq!(open("a.zip", &bytes, &SMALL).unwrap_err().fault, Fault::Packing);
}

#[test]
fn what_was_cut_off_is_broken_or_nothing() {
    let bundle = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{ADA}}}]}}"#);
    let filler: String =
        (0..4000_u32).map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 27) as u8 % 26)).collect();
    let body = CCD.replace("Summary", &filler);
    for whole in [gzipped(body.as_bytes()), zipped(&[("a.xml", body.as_bytes()), ("b.json", bundle.as_bytes())])] {
        for part in 1..50 {
            let cut = &whole[..whole.len() * part / 50];
            let fault = fault(cut);
            let expected =
                matches!(fault, Fault::Broken | Fault::Empty | Fault::NotARecord(Instead::Unknown | Instead::Text));
            assert!(expected, "{part}/50: {fault:?}");
        }
    }
    for part in 5..50 {
        let cut = &bundle[..bundle.len() * part / 50];
        let fault = landed(cut).unwrap_err();
        assert!(matches!(fault, Fault::Broken | Fault::NotARecord(Instead::OtherJson)), "{part}/50: {fault:?}");
    }
}

#[test]
fn a_bundle_lands_entry_by_entry() {
    let bundle = r##"{"resourceType":"Bundle","type":"transaction","entry":[
      {"fullUrl":"urn:uuid:ADA","resource":{ "resourceType" : "Patient","multipleBirthInteger":1.0 }},
      {"fullUrl":"urn:uuid:g1","resource":{"resourceType":"Goal","id":"g-1","subject":{"reference":"urn:uuid:ADA"},"contained":[{"resourceType":"Patient","id":"x"}],"addresses":[{"reference":"#x"}]}},
      {"fullUrl":"https://ehr.example/r4/Condition/c1","resource":{"resourceType":"Condition","subject":{"reference":"https://ehr.example/r4/Patient/9"}}},
      {"resource":{"resourceType":"Basic"}},
      {"request":{"method":"DELETE","url":"Goal/2"}},
      {"resource":{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Flag","id":"f"}}]}}
    ]}"##;
    insta::assert_debug_snapshot!(landed(bundle).unwrap());
    assert_eq!(landed(bundle).unwrap(), landed(bundle).unwrap());
}

#[test]
fn versions_end_in_the_newest() {
    let entry = |n: u8| format!(r#"{{"resource":{{"resourceType":"Goal","id":"g","n":{n}}}}}"#);
    let bundle =
        |kind: &str| format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{},{}]}}"#, entry(1), entry(2));
    assert!(landed(&bundle("history")).unwrap()[0].1.contains("\"n\":1"));
    assert!(landed(&bundle("collection")).unwrap()[0].1.contains("\"n\":2"));
}

#[test]
fn bad_fhir_is_named() {
    let entry = |resource: &str| {
        format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{ADA}}},{{"resource":{resource}}}]}}"#)
    };
    let deep = format!(r#"{{"resourceType":"Basic","id":"b","x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    for (text, expected) in [
        (entry("{}"), Fault::BadEntry(2)),
        (entry(r#"{"resourceType":"patient"}"#), Fault::BadEntry(2)),
        (entry(r#"{"resourceType":"Patient","id":7}"#), Fault::BadEntry(2)),
        (entry(r#"{"resourceType":"Encounter","id":"e","class":[{}]}"#), Fault::OtherVersion("R5")),
        (format!("{ADA}\n{ADA}\n{{\"resourceType\":\"Pat"), Fault::BadLine(3)),
        (format!("{ADA}\n[]\n{ADA}"), Fault::BadLine(2)),
        (r#"{"resourceType":7}"#.to_owned(), Fault::Broken),
        (deep, Fault::TooDeep),
    ] {
        assert_eq!(landed(&text).unwrap_err(), expected, "{text}");
    }
    let latin = [ADA.replace("Ada", "\u{1}").as_bytes(), b""]
        .concat()
        .into_iter()
        .map(|byte| if byte == 1 { 0xe4 } else { byte });
    let opened = open("x", &latin.collect::<Vec<u8>>(), &SMALL).unwrap();
    assert_eq!(land(&opened.pieces[0]).unwrap_err().fault, Fault::Encoding);
}

#[test]
fn a_scan_is_a_document_whatever_it_is_called() {
    let pdf = b"%PDF-1.4 a letter";
    let of = |name: &str| {
        let opened = open(name, pdf, &SMALL).unwrap();
        land(&opened.pieces[0]).unwrap()
    };
    let [reference, binary] = &of("letters/From Dr. Crusher.pdf")[..] else { panic!("two resources") };
    let json: serde_json::Value = serde_json::from_slice(&reference.json).unwrap();
    assert_eq!(json["content"][0]["attachment"]["title"], "From Dr. Crusher.pdf");
    assert_eq!(json["content"][0]["attachment"]["url"], binary.key());
    assert!(json.get("date").is_none());
    assert_eq!(of("other.pdf")[0].id, reference.id);
}

#[test]
fn whom_it_is_about_is_told() {
    let organization = r#"{"resourceType":"Organization","id":"o","name":"Riverbend Clinic"}"#;
    let ada = ADA.replacen('{', r#"{"managingOrganization":{"reference":"https://ehr.example/Organization/o"},"#, 1);
    let told = |text: &str| Told::of(&bundles::lines(text.as_bytes()).unwrap());
    let both = told(&format!("{ada}\n{organization}"));
    assert_eq!(both.people[0].family.as_deref(), Some("Lovelace"));
    assert_eq!(both.people[0].birth_date.as_deref(), Some("1815-12-10"));
    assert_eq!(both.keeper, Some(Keeper::Referred("Organization/o".to_owned())));
    assert_eq!(both.organizations, [("Organization/o".to_owned(), "Riverbend Clinic".to_owned())]);
    assert!(both.personal && !both.foreign);
    assert!(!told(organization).personal && !told(organization).foreign);
    assert!(told(r#"{"resourceType":"ValueSet","id":"v"}"#).foreign);
    let replaced = ADA.replacen('{', r#"{"link":[{"type":"replaced-by"}],"#, 1);
    assert_eq!(subject(replaced.as_bytes()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn garbage_is_refused_politely(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(opened) = open("x", &bytes, &SMALL) {
            for piece in &opened.pieces {
                let _ = land(piece);
            }
        }
    }

    #[test]
    fn damaged_packages_are_refused_politely(at in 0_usize..600, byte in any::<u8>(), gzip in any::<bool>()) {
        let mut bytes = match gzip {
            true => gzipped(ADA.as_bytes()),
            false => zipped(&[("a.json", ADA.as_bytes()), ("b.xml", CCD.as_bytes())]),
        };
        let place = at % bytes.len();
        bytes[place] = byte;
        if let Ok(opened) = open("x", &bytes, &SMALL) {
            for piece in &opened.pieces {
                let _ = land(piece);
            }
        }
    }

    #[test]
    fn damaged_bundles_are_refused_politely(at in 0_usize..400, byte in any::<u8>()) {
        let mut bytes = format!(r#"{{"resourceType":"Bundle","entry":[{{"fullUrl":"urn:uuid:a","resource":{ADA}}},{{"resource":{{"resourceType":"Goal","subject":{{"reference":"urn:uuid:a"}}}}}}]}}"#).into_bytes();
        let place = at % bytes.len();
        bytes[place] = byte;
        if let Ok(opened) = open("x", &bytes, &SMALL) {
            for piece in &opened.pieces {
                let _ = land(piece);
                let _ = Told::of(&land(piece).unwrap_or_default());
            }
        }
    }
}

#[test]
fn an_empty_id_gives_way_to_one_of_ours() {
    for empty in ["null", "\"\"", " null ", "\" \""] {
        let told = landed(&format!(
            r#"{{"resourceType":"Condition","code":{{"id":null,"text":"Gout"}},"id":{empty},"subject":{{}}}}"#
        ));
        let (key, json) = told.unwrap().remove(0);
        let id = key.strip_prefix("Condition/").unwrap();
        assert_eq!(json.matches("\"id\"").count(), 2, "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((value["id"].as_str(), value["code"]["text"].as_str()), (Some(id), Some("Gout")));
    }
}

#[test]
fn what_two_servers_call_the_same_stays_two_things() {
    let entry = |server: &str, kind: &str, rest: &str| {
        format!(
            r#"{{"fullUrl":"https://{server}.example/r4/{kind}/1","resource":{{"resourceType":"{kind}","id":"1"{rest}}}}}"#
        )
    };
    let subject = |server: &str| {
        entry(server, "Observation", r#","subject":{"reference":"Patient/1"},"identifier":[{"value":"urn:uuid:x"}]"#)
    };
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{},{},{},{},{}]}}"#,
        entry("a", "Patient", ""),
        subject("a"),
        entry("b", "Patient", ""),
        subject("b"),
        entry("a", "Patient", r#","active":true"#),
    );
    let all = landed(&bundle).unwrap();
    let (first, second): (Vec<_>, Vec<_>) = all.iter().partition(|(key, _)| key.ends_with("/1"));
    assert_eq!((first.len(), second.len()), (2, 2), "{all:?}");
    assert!(first[0].1.contains("Patient/1") && first[1].1.contains("active"), "{first:?}");
    let (key, patient) = second.iter().find(|(key, _)| key.starts_with("Patient/")).unwrap();
    let (_, observation) = second.iter().find(|(key, _)| key.starts_with("Observation/")).unwrap();
    assert!(patient.contains(&format!(r#""id":"{}""#, &key["Patient/".len()..])), "{patient}");
    assert!(observation.contains(&format!(r#""reference":"{key}""#)), "{observation}");
    assert!(observation.contains(r#""value":"urn:uuid:x""#), "{observation}");
}
