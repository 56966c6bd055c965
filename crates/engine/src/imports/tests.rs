use ::records::files::Fault;
use bytes::Bytes;
use domain::{Launch, RecordId, SecretPolicy, Status, Timestamp, TokenKind};
use serde_json::{Value, json};

use super::*;
use crate::open::testing::{Client, House, ccd, on_both, token};
use crate::records::ListQuery;
use crate::tokens::Access;

const PDF: &[u8] = b"%PDF-1.4 a letter from Dr. Crusher";

struct Home {
    house: House,
    client: Client,
}

impl Home {
    async fn on(house: House) -> Home {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_becomes_a_source_like_any_other() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_twice_changes_nothing() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_file_and_nothing_is_stored() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_stays_about_one_person() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_kept_as_it_is() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_in_many_files_is_one_source() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_comes_back_with_the_file() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_cut_off_goes_on() {
    on_both(async |house| {
        let home = Home::on(house).await;
        let visit = home.visit("ada").await;
        home.house.engine.import(&visit, vec![ada("Penicillin")]).await.unwrap();
        // This process ends here; another one finds the job.
        let other = home.house.beside(crate::open::testing::MASTER_KEY).await.unwrap();
        assert_eq!(other.run_due_jobs().await.unwrap(), 1);
        assert_eq!(home.list("ada", "allergies").await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_becomes_records_of_its_clinic() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_inside_a_bundle_is_read_too() {
    on_both(async |house| {
        let home = Home::on(house).await;
        use base64::Engine as _;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_of_somebody_else_inside_a_bundle_is_only_counted() {
    on_both(async |house| {
        let home = Home::on(house).await;
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(ccd("v1", 1, "20200101120000+0000", "Hives"));
        for (user, family, born, expected) in
            [("grace", "Hopper", "1906-12-09", 0), ("ada", "Lovelace", "1975-12-10", 1)]
        {
            let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [
                { "resource": { "resourceType": "Patient", "id": "p1", "name": [{ "family": family }], "birthDate": born } },
                { "resource": { "resourceType": "DocumentReference", "id": "d1", "status": "current",
                    "content": [{ "attachment": { "contentType": "application/xml", "url": "Binary/b1" } }] } },
                { "resource": { "resourceType": "Binary", "id": "b1", "contentType": "application/xml", "data": data } },
            ] });
            let visit = home.visit(user).await;
            let (report, _) = home.import(user, &[file("documents.json", bundle.to_string())]).await.unwrap();
            assert_eq!(home.list(user, "allergies").await.len(), expected, "{user}");
            let warnings = home.house.engine.progress(&visit, report.sources[0].connection).await.unwrap().warnings;
            let other = warnings.iter().filter(|(code, count)| code == "document_other_person" && *count == 1).count();
            assert_eq!(other, 1 - expected, "{user}: {warnings:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_summary_lets_go_of_what_it_no_longer_tells() {
    on_both(async |house| {
        let home = Home::on(house).await;
        let summary = String::from_utf8(ccd("v1", 1, "20200101120000+0000", "Hives")).unwrap();
        let older = file("older.xml", ccd("v0", 1, "20190101120000+0000", "Nausea"));
        let (start, end) = (summary.find("<entry typeCode").unwrap(), summary.find("</section>").unwrap());
        let corrected = file("ccd.xml", format!("{}{}", &summary[..start], &summary[end..]));
        home.import("ada", &[file("ccd.xml", &summary)]).await.unwrap();
        home.import("grace", &[file("ccd.xml", &summary), older]).await.unwrap();
        home.house.clock.advance(std::time::Duration::from_secs(3_600));
        for user in ["ada", "grace"] {
            assert!(home.list(user, "allergies").await[0].to_string().contains("Hives"));
            home.import(user, std::slice::from_ref(&corrected)).await.unwrap();
        }
        assert_eq!(home.list("ada", "allergies").await, Vec::<Value>::new());
        assert_eq!(home.list("ada", "ccds").await.len(), 1);
        // What another document tells as well stays.
        let left = home.list("grace", "allergies").await;
        assert_eq!(left.len(), 1);
        assert!(left[0].to_string().contains("Nausea"), "{}", left[0]);
        for user in ["ada", "grace"] {
            let revision = home.access(user).await.revision;
            home.house.clock.advance(std::time::Duration::from_secs(3_600));
            let (again, _) = home.import(user, std::slice::from_ref(&corrected)).await.unwrap();
            assert_eq!((again.files[0].new, again.files[0].changed), (0, 0), "{user}");
            assert_eq!(home.access(user).await.revision, revision, "{user}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undated_summary_comes_twice_as_well() {
    on_both(async |house| {
        let home = Home::on(house).await;
        let summary = ccd("v1", 1, "", "Hives");
        home.import("ada", &[file("ccd.xml", &summary)]).await.unwrap();
        home.house.clock.advance(std::time::Duration::from_secs(86_400));
        let (again, _) = home.import("ada", &[file("ccd.xml", &summary)]).await.unwrap();
        assert_eq!((again.files[0].new, again.files[0].changed), (0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_summary_never_wins() {
    on_both(async |house| {
        let home = Home::on(house).await;
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_and_a_bundle_of_other_people_do_not_go_together() {
    on_both(async |house| {
        let home = Home::on(house).await;
        let summary = file("ccd.xml", ccd("v1", 1, "20200101120000+0000", "Hives"));
        let hopper = file("hopper.json", bundle(&patient("Hopper", "1906-12-09"), "Moths"));
        let error = home.import("ada", &[summary.clone(), hopper]).await.unwrap_err();
        assert_eq!((error.code(), error.file()), ("other_person", Some(1)));
        let cut = file("cut.xml", &summary.bytes[..summary.bytes.len() / 2]);
        let error = home.import("ada", &[cut]).await.unwrap_err();
        assert!(matches!(error, ImportError::File { file: 0, error } if error.fault == Fault::Broken));
    })
    .await;
}

/// What a server gives that counts its resources from one.
fn export(server: Option<&str>, number: &str, allergy: &str) -> File {
    let url = |key: &str| server.map_or_else(|| format!("urn:uuid:{key}"), |server| format!("{server}/{key}"));
    let body = json!({ "resourceType": "Bundle", "type": "collection", "entry": [
        { "fullUrl": url("Patient/1"), "resource": { "resourceType": "Patient", "id": "1", "birthDate": "1815-12-10",
            "identifier": [{ "system": "urn:mrn", "value": number }], "name": [{ "family": "Lovelace" }] } },
        { "fullUrl": url("AllergyIntolerance/1"), "resource": { "resourceType": "AllergyIntolerance", "id": "1",
            "patient": { "reference": "Patient/1" }, "code": { "text": allergy }, "recordedDate": "2021-03-04" } },
    ] });
    file("export.json", body.to_string())
}

impl Home {
    async fn named(&self, kind: &str) -> Vec<(String, String)> {
        let sources = self.sources("ada").await;
        let name = |source: &Value| {
            let found = sources.iter().find(|one| one["source"] == *source).unwrap();
            found["sourceName"].as_str().unwrap().to_owned()
        };
        let rows = self.list("ada", kind).await;
        let mut named: Vec<(String, String)> =
            rows.iter().map(|row| (name(&row["source"]), row["name"].as_str().unwrap().to_owned())).collect();
        named.sort();
        named
    }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(source, name)| ((*source).to_owned(), (*name).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_of_two_servers_are_two_sources() {
    on_both(async |house| {
        let home = Home::on(house).await;
        let lakeside = export(Some("https://fhir.lakeside.example/r4"), "L-1", "Latex");
        let riverbend = export(Some("https://ehr.riverbend.example"), "R-1", "Penicillin");
        let both = pairs(&[("ehr.riverbend.example", "Penicillin"), ("fhir.lakeside.example", "Latex")]);
        home.import("ada", &[lakeside.clone(), riverbend.clone()]).await.unwrap();
        assert_eq!(home.named("allergies").await, both);
        for again in [&riverbend, &lakeside] {
            let (report, _) = home.import("ada", std::slice::from_ref(again)).await.unwrap();
            assert_eq!((report.files[0].new, report.files[0].changed, report.files[0].unchanged), (0, 0, 2));
        }
        // What is in a file of its own and names nobody comes along.
        let goal = file("Goal.ndjson", r#"{"resourceType":"Goal","id":"g","description":{"text":"Swim"}}"#);
        let (report, _) = home.import("ada", &[lakeside, goal]).await.unwrap();
        assert_eq!(report.files[1].sources, ["fhir.lakeside.example"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_that_name_nobody_do_not_overwrite_each_other() {
    on_both(async |house| {
        let home = Home::on(house).await;
        let (one, other) = (export(None, "L-1", "Latex"), export(None, "R-1", "Penicillin"));
        home.import("ada", std::slice::from_ref(&one)).await.unwrap();
        home.import("ada", std::slice::from_ref(&other)).await.unwrap();
        let both = pairs(&[("Files you added", "Latex"), ("Files you added (2)", "Penicillin")]);
        assert_eq!(home.named("allergies").await, both);
        for again in [&one, &other] {
            let (report, _) = home.import("ada", std::slice::from_ref(again)).await.unwrap();
            assert_eq!((report.files[0].new, report.files[0].changed, report.files[0].unchanged), (0, 0, 2));
        }
        // A newer export finds the one it continues.
        home.import("ada", &[export(None, "R-1", "Penicillin V")]).await.unwrap();
        let both = pairs(&[("Files you added", "Latex"), ("Files you added (2)", "Penicillin V")]);
        assert_eq!(home.named("allergies").await, both);
        let third = export(None, "T-1", "Bees");
        let (report, _) = home.import("ada", &[other, third, one]).await.unwrap();
        let of = |at: usize| report.files[at].sources[0].as_str();
        assert_eq!([of(0), of(1), of(2)], ["Files you added (2)", "Files you added (3)", "Files you added"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_exports_of_one_import_are_told_apart_too() {
    on_both(async |house| {
        let home = Home::on(house).await;
        let files = [export(None, "L-1", "Latex"), export(None, "R-1", "Penicillin")];
        for _ in 0..2 {
            home.import("ada", &files).await.unwrap();
            let both = pairs(&[("Files you added", "Latex"), ("Files you added (2)", "Penicillin")]);
            assert_eq!(home.named("allergies").await, both);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_names_nobody_stays_together() {
    on_both(async |house| {
        let home = Home::on(house).await;
        home.import("ada", &[export(None, "L-1", "Latex")]).await.unwrap();
        let goal = file(
            "Goal.ndjson",
            r#"{"resourceType":"Goal","id":"g","subject":{"reference":"Patient/1"},"description":{"text":"Swim"}}"#,
        );
        for _ in 0..2 {
            let (report, _) = home.import("ada", &[goal.clone(), export(None, "R-1", "Penicillin")]).await.unwrap();
            let names: Vec<&str> = report.sources.iter().map(|source| source.name.as_str()).collect();
            assert_eq!(names, ["Files you added (2)"]);
        }
        let many: Vec<File> = (0..17).map(|number| export(None, &format!("N-{number}"), "Bees")).collect();
        assert_eq!(home.import("grace", &many).await.unwrap_err().code(), "too_large");
        home.import("grace", &many[1..]).await.unwrap();
        assert_eq!(home.import("grace", &many[..1]).await.unwrap_err().code(), "too_large");
    })
    .await;
}
