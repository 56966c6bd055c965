use ::records::files::Fault;
use bytes::Bytes;
use domain::{Launch, RecordId, SecretPolicy, Status, Timestamp, TokenKind};
use serde_json::{Value, json};

use super::*;
use crate::open::testing::{Client, House, token};
use crate::records::ListQuery;
use crate::tokens::Access;

const PDF: &[u8] = b"%PDF-1.4 a letter from Dr. Crusher";

struct Home {
    house: House,
    client: Client,
}

impl Home {
    async fn open() -> Home {
        let house = House::open().await;
        let client = house.client(SecretPolicy::Required).await;
        Home { house, client }
    }

    async fn import(&self, user: &str, files: &[File]) -> Result<(ImportReport, bool), ImportError> {
        self.house.engine.import_for(self.client.app.client_id, user, files.to_vec(), &|_| {}).await
    }

    async fn access(&self, user: &str) -> Access {
        self.house.access(&self.client, user).await
    }

    async fn list(&self, user: &str, kind: &str) -> Vec<Value> {
        let access = self.access(user).await;
        let kind = ::records::kind(kind).unwrap();
        let page = self.house.engine.list_records(&access, kind, &all()).await.unwrap();
        serde_json::from_slice(&page.body).unwrap()
    }

    async fn sources(&self, user: &str) -> Vec<Value> {
        let page = self.house.engine.list_sources(&self.access(user).await, &all()).await.unwrap();
        serde_json::from_slice(&page.body).unwrap()
    }

    async fn visit(&self, user: &str) -> Visit {
        let issued = self.house.ask(&self.client, TokenKind::Session, user).await.unwrap();
        self.house.engine.open_connect(Some(token(&issued)), Launch::default()).await.unwrap()
    }
}

fn all() -> ListQuery {
    let open = (Timestamp::MIN, Timestamp::MAX);
    ListQuery { limit: 500, offset: 0, created: open, updated: open, dates: None, source: None }
}

fn file(name: &str, bytes: impl AsRef<[u8]>) -> File {
    File { name: name.to_owned(), bytes: bytes.as_ref().to_vec() }
}

fn patient(family: &str, born: &str) -> Value {
    json!({ "resourceType": "Patient", "id": family.to_lowercase(), "name": [{ "family": family, "given": ["Ada"] }],
        "birthDate": born, "managingOrganization": { "reference": "urn:uuid:org" } })
}

/// What a portal lets a person download.
fn bundle(patient: &Value, allergy: &str) -> Vec<u8> {
    json!({ "resourceType": "Bundle", "type": "collection", "entry": [
        { "fullUrl": "urn:uuid:ada", "resource": patient },
        { "fullUrl": "urn:uuid:org", "resource": { "resourceType": "Organization", "id": "org", "name": "Riverbend Clinic" } },
        { "fullUrl": "urn:uuid:a1", "resource": { "resourceType": "AllergyIntolerance", "id": "a1",
            "patient": { "reference": "urn:uuid:ada" }, "code": { "text": allergy }, "recordedDate": "2021-03-04" } },
    ] })
    .to_string()
    .into_bytes()
}

fn ada(allergy: &str) -> File {
    file("health.json", bundle(&patient("Lovelace", "1815-12-10"), allergy))
}

#[tokio::test]
async fn a_bundle_becomes_a_source_like_any_other() {
    let home = Home::open().await;
    let (report, new) = home.import("ada", &[ada("Penicillin")]).await.unwrap();
    assert!(new);
    let seen = &report.files[0];
    assert_eq!((seen.form, seen.documents, seen.new, seen.changed, seen.unchanged), ("fhir", 1, 3, 0, 0));
    assert_eq!(seen.sources, ["Riverbend Clinic"]);
    assert_eq!(report.sources[0].records["allergies"], 1);
    assert!(report.sources[0].connected);

    let allergies = home.list("ada", "allergies").await;
    assert_eq!(allergies[0]["name"], "Penicillin");
    assert_eq!(allergies[0]["patient"]["name"], "Ada Lovelace");
    assert_eq!(allergies[0]["organization"]["name"], "Riverbend Clinic");
    let source = &home.sources("ada").await[0];
    assert_eq!((&source["sourceName"], &source["resync"]["active"]), (&json!("Riverbend Clinic"), &json!(false)));
    assert_eq!(
        (&source["syncStatus"]["status"], &source["historySync"]["status"]),
        (&json!("ok"), &json!("completed"))
    );
    assert_eq!(source["source"], allergies[0]["source"]);
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let home = Home::open().await;
    let (first, _) = home.import("ada", &[ada("Penicillin"), file("letter.pdf", PDF)]).await.unwrap();
    let (before, revision) = (home.list("ada", "allergies").await, home.access("ada").await.revision);
    home.house.clock.advance(std::time::Duration::from_secs(86_400));
    let (again, new) = home.import("ada", &[ada("Penicillin"), file("letter.pdf", PDF)]).await.unwrap();
    assert!(!new);
    for (first, again) in first.files.iter().zip(&again.files) {
        assert_eq!((again.new, again.changed, again.unchanged), (0, 0, first.new), "{}", again.name);
    }
    assert_eq!(again.sources[0].records, first.sources[0].records);
    assert!(!again.sources[0].connected);
    assert_eq!(home.list("ada", "allergies").await, before);
    assert_eq!(home.access("ada").await.revision, revision);

    let (changed, _) = home.import("ada", &[ada("Penicillin V")]).await.unwrap();
    assert_eq!((changed.files[0].changed, changed.files[0].unchanged), (1, 2));
    let after = home.list("ada", "allergies").await;
    assert_eq!((&after[0]["id"], &after[0]["name"]), (&before[0]["id"], &json!("Penicillin V")));
    assert_ne!(after[0]["updatedAt"], before[0]["updatedAt"]);
}

#[tokio::test]
async fn one_bad_file_and_nothing_is_stored() {
    let home = Home::open().await;
    for (bad, code) in [
        (file("error.xml", "<!DOCTYPE html><title>Session ended</title>"), "web_page"),
        (file("empty.json", ""), "empty"),
        (file("valueset.json", r#"{"resourceType":"ValueSet","id":"v"}"#), "nobody"),
        (file("cut.json", &ada("x").bytes[..200]), "broken"),
        (file("hopper.json", bundle(&patient("Hopper", "1906-12-09"), "Moths")), "other_person"),
    ] {
        let error = home.import("ada", &[ada("Penicillin"), bad]).await.unwrap_err();
        assert_eq!((error.code(), error.file()), (code, Some(1)));
        let known = home.house.engine.find_human(home.client.app.client_id, "ada").await.unwrap();
        assert_eq!(known, None, "{code}: not even the user was created");
    }
    assert_eq!(home.import("ada", &[]).await.unwrap_err().code(), "no_files");
    let crowd = vec![file("ada.json", "{}"); 2_001];
    assert_eq!(home.import("ada", &crowd).await.unwrap_err().code(), "too_large");
}

#[tokio::test]
async fn a_source_stays_about_one_person() {
    let home = Home::open().await;
    home.import("ada", &[ada("Penicillin")]).await.unwrap();
    let hopper = file("hopper.json", bundle(&patient("Hopper", "1906-12-09"), "Moths"));
    let error = home.import("ada", std::slice::from_ref(&hopper)).await.unwrap_err();
    assert_eq!((error.code(), error.file()), ("other_person", Some(0)));
    assert_eq!(home.list("ada", "allergies").await.len(), 1);
    // A name may change, and a date may be mistyped.
    let married = file("m.json", bundle(&patient("King", "1815-12-10"), "Penicillin"));
    home.import("ada", &[married]).await.unwrap();
    // Another user is another person.
    home.import("grace", &[hopper]).await.unwrap();
    assert_eq!(home.list("grace", "allergies").await[0]["name"], "Moths");
}

#[tokio::test]
async fn a_letter_is_kept_as_it_is() {
    let home = Home::open().await;
    let (report, _) = home.import("ada", &[file("scans/From \"Dr\" Crusher.pdf", PDF)]).await.unwrap();
    assert_eq!(report.sources[0].source, FILES);
    let documents = home.list("ada", "documents").await;
    assert_eq!(documents[0]["title"], "From \"Dr\" Crusher.pdf");
    let id: RecordId = documents[0]["id"].as_str().unwrap().parse().unwrap();
    let raw = home.house.engine.raw_file(&home.access("ada").await, id).await.unwrap().unwrap();
    assert_eq!((raw.content_type.as_str(), raw.bytes), ("application/pdf", Bytes::from_static(PDF)));
    assert_eq!(raw.name.as_deref(), Some("From \"Dr\" Crusher.pdf"));
    home.import("grace", &[file("x.pdf", PDF)]).await.unwrap();
    assert!(home.house.engine.raw_file(&home.access("grace").await, id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_export_in_many_files_is_one_source() {
    let home = Home::open().await;
    let mut ada = patient("Lovelace", "1815-12-10");
    ada["managingOrganization"]["reference"] = json!("Organization/org");
    let files = [
        file("Patient.ndjson", format!("{ada}\n")),
        file("Organization.ndjson", "{\"resourceType\":\"Organization\",\"id\":\"org\",\"name\":\"Lakeside\"}\n"),
        file(
            "Goal.ndjson",
            "{\"resourceType\":\"Goal\",\"id\":\"g1\",\"description\":{\"text\":\"Walk\"}}\n{\"resourceType\":\"Goal\",\"id\":\"g2\",\"description\":{\"text\":\"Swim\"}}",
        ),
    ];
    let (report, _) = home.import("ada", &files).await.unwrap();
    assert_eq!(report.sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["Lakeside"]);
    assert_eq!(report.files.iter().map(|file| file.new).collect::<Vec<_>>(), [1, 1, 2]);
}

#[tokio::test]
async fn who_left_comes_back_with_the_file() {
    let home = Home::open().await;
    let visit = home.visit("ada").await;
    let imported = home.house.engine.import(&visit, vec![ada("Penicillin")]).await.unwrap();
    let connection = imported.report.sources[0].connection;
    assert!(matches!(imported.visit.session.step, Step::Progress { connection: shown } if shown == connection));
    assert_eq!(imported.visit.session.connected, [connection]);
    home.house.engine.run_due_jobs().await.unwrap();
    let visit = home.house.engine.visit(&visit.ticket).await.unwrap();
    let report = home.house.engine.progress(&visit, connection).await.unwrap();
    assert_eq!(report.state, domain::SyncState::Done);
    let counts: Vec<(&str, u64)> =
        report.streams.iter().map(|stream| (stream.resource.as_str(), stream.received)).collect();
    assert_eq!(counts, [("AllergyIntolerance", 1), ("Patient", 1)]);

    let visit = home.house.engine.disconnect(&visit, connection).await.unwrap();
    assert!(home.sources("ada").await.is_empty());
    let imported = home.house.engine.import(&visit, vec![ada("Penicillin")]).await.unwrap();
    assert!(imported.report.sources[0].connected);
    assert_eq!(imported.report.files[0].unchanged, 3);
    assert!(imported.visit.session.disconnected.is_empty());
    home.house.engine.run_due_jobs().await.unwrap();
    assert_eq!(home.sources("ada").await.len(), 1);
    let linked = imported.visit.linked(connection).unwrap();
    assert_eq!(linked.connection.status, Status::Active);
}

#[tokio::test]
async fn an_import_that_was_cut_off_goes_on() {
    let home = Home::open().await;
    let visit = home.visit("ada").await;
    home.house.engine.import(&visit, vec![ada("Penicillin")]).await.unwrap();
    // This process ends here; another one finds the job.
    let other = home.house.beside(crate::open::testing::MASTER_KEY).await.unwrap();
    assert_eq!(other.run_due_jobs().await.unwrap(), 1);
    assert_eq!(home.list("ada", "allergies").await.len(), 1);
}

/// A document of Riverbend's about Ada, with one allergy that has the same id in every version.
fn ccd(document: &str, version: u8, written: &str, reaction: &str) -> Vec<u8> {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.1" extension="2015-08-01"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
  <id root="2.16.840.1.113883.19.5.99999.1" extension="{document}"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summary"/>
  <title>Summary of Ada</title><effectiveTime value="{written}"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
  <setId root="2.16.840.1.113883.19.5.99999.19" extension="ada"/><versionNumber value="{version}"/>
  <recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="998991"/>
    <patient><name use="L"><given>Ada</given><family>Lovelace</family></name>
      <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19751210"/></patient>
  </patientRole></recordTarget>
  <author><time value="{written}"/><assignedAuthor><id extension="5555" root="2.16.840.1.113883.4.6"/>
    <assignedPerson><name><given>Beverly</given><family>Crusher</family></name></assignedPerson></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization>
    <id extension="99" root="2.16.840.1.113883.19"/><name>Riverbend Clinic</name>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <component><structuredBody><component><section>
    <templateId root="2.16.840.1.113883.10.20.22.2.6.1" extension="2015-08-01"/>
    <code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/><title>Allergies</title>
    <text><table><tbody><tr><td>Penicillin</td><td>{reaction}</td></tr></tbody></table></text>
    <entry typeCode="DRIV"><act classCode="ACT" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.30" extension="2015-08-01"/>
      <id root="36e3e930-7b14-11db-9fe1-0800200c9a66"/><code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>
      <statusCode code="active"/><effectiveTime><low value="20100104"/></effectiveTime>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.22.4.7" extension="2014-06-09"/>
        <id root="4adc1020-7b14-11db-9fe1-0800200c9a66"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
        <statusCode code="completed"/><effectiveTime><low value="20100104"/></effectiveTime>
        <value xsi:type="CD" code="419511003" codeSystem="2.16.840.1.113883.6.96" displayName="Propensity to adverse reaction to drug"/>
        <participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
          <code code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin G"/>
        </playingEntity></participantRole></participant>
        <entryRelationship typeCode="MFST" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
          <templateId root="2.16.840.1.113883.10.20.22.4.9" extension="2014-06-09"/>
          <id root="4adc1020-7b14-11db-9fe1-0800200c9a64"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
          <statusCode code="completed"/>
          <value xsi:type="CD" code="247472004" codeSystem="2.16.840.1.113883.6.96" displayName="{reaction}"/>
        </observation></entryRelationship>
      </observation></entryRelationship>
    </act></entry>
  </section></component></structuredBody></component>
</ClinicalDocument>"#
    )
    .into_bytes()
}

#[tokio::test]
async fn a_summary_becomes_records_of_its_clinic() {
    let home = Home::open().await;
    let summary = ccd("v1", 1, "20200101120000+0000", "Hives");
    let (report, _) = home.import("ada", &[file("ccd.txt", &summary)]).await.unwrap();
    let seen = &report.files[0];
    assert_eq!((seen.form, seen.sources.as_slice()), ("ccda", &["Riverbend Clinic".to_owned()][..]));
    let losses = seen.losses.as_ref().unwrap();
    assert_eq!((losses.entries, losses.mapped), (1, 1));
    assert_eq!(report.documents[0].losses.totals(), *losses);
    let allergies = home.list("ada", "allergies").await;
    assert_eq!(allergies.len(), 1);
    assert_eq!(allergies[0]["organization"]["name"], "Riverbend Clinic");

    let ccds = home.list("ada", "ccds").await;
    let id: RecordId = ccds[0]["id"].as_str().unwrap().parse().unwrap();
    let (_, raw) = home.house.engine.raw_document(&home.access("ada").await, id).await.unwrap().unwrap();
    assert_eq!(raw, summary, "byte for byte");
    let conversion = home.house.engine.conversion(&home.access("ada").await, id).await.unwrap().unwrap();
    assert_eq!(conversion.losses, report.documents[0].losses);

    home.house.clock.advance(std::time::Duration::from_secs(3_600));
    let (again, _) = home.import("ada", &[file("copy.xml", &summary)]).await.unwrap();
    assert_eq!((again.files[0].new, again.files[0].changed), (0, 0));
    assert_eq!(home.list("ada", "allergies").await, allergies);
}

#[tokio::test]
async fn a_summary_inside_a_bundle_is_read_too() {
    use base64::Engine as _;
    let home = Home::open().await;
    let data = base64::engine::general_purpose::STANDARD.encode(ccd("v1", 1, "20200101120000+0000", "Hives"));
    let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [
        { "resource": { "resourceType": "DocumentReference", "id": "d1", "status": "current",
            "content": [{ "attachment": { "contentType": "application/xml", "url": "Binary/b1" } }] } },
        { "resource": { "resourceType": "Binary", "id": "b1", "contentType": "application/xml", "data": data } },
    ] });
    for _ in 0..2 {
        home.import("ada", &[file("documents.json", bundle.to_string())]).await.unwrap();
        assert_eq!(home.list("ada", "allergies").await.len(), 1);
        assert_eq!(home.list("ada", "ccds").await.len(), 1);
    }
}

#[tokio::test]
async fn an_undated_summary_comes_twice_as_well() {
    let home = Home::open().await;
    let summary = ccd("v1", 1, "", "Hives");
    home.import("ada", &[file("ccd.xml", &summary)]).await.unwrap();
    home.house.clock.advance(std::time::Duration::from_secs(86_400));
    let (again, _) = home.import("ada", &[file("ccd.xml", &summary)]).await.unwrap();
    assert_eq!((again.files[0].new, again.files[0].changed), (0, 0));
}

#[tokio::test]
async fn an_older_summary_never_wins() {
    let home = Home::open().await;
    let old = file("old.xml", ccd("v1", 1, "20200101120000+0000", "Hives"));
    let new = file("new.xml", ccd("v2", 2, "20220101120000+0000", "Nausea"));
    for order in [[&old, &new], [&new, &old]] {
        let user = order[0].name.as_str();
        for one in order {
            home.import(user, std::slice::from_ref(one)).await.unwrap();
        }
        let allergies = home.list(user, "allergies").await;
        assert_eq!(allergies.len(), 1);
        assert!(allergies[0].to_string().contains("Nausea"), "{}", allergies[0]);
    }
    let together = home.import("both", &[new, old]).await.unwrap().0;
    assert_eq!(together.sources.len(), 1);
    assert!(home.list("both", "allergies").await[0].to_string().contains("Nausea"));
}

#[tokio::test]
async fn a_summary_and_a_bundle_of_other_people_do_not_go_together() {
    let home = Home::open().await;
    let summary = file("ccd.xml", ccd("v1", 1, "20200101120000+0000", "Hives"));
    let hopper = file("hopper.json", bundle(&patient("Hopper", "1906-12-09"), "Moths"));
    let error = home.import("ada", &[summary.clone(), hopper]).await.unwrap_err();
    assert_eq!((error.code(), error.file()), ("other_person", Some(1)));
    let cut = file("cut.xml", &summary.bytes[..summary.bytes.len() / 2]);
    let error = home.import("ada", &[cut]).await.unwrap_err();
    assert!(matches!(error, ImportError::File { file: 0, error } if error.fault == Fault::Broken));
}
