//! Every test runs on both databases.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::disallowed_methods, reason = "tests are told by the environment where their server is")]

use std::sync::atomic::{AtomicU32, Ordering};

use domain::{App, ClientId, HumanId, SecretPolicy, Timestamp, UserId};
use store::humans::NewHuman;
use store::{Batch, Db, apps, humans};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A database of its own, gone when the test ends.
pub struct Place {
    pub url: String,
    folder: Option<TempDir>,
    schema: Option<(String, String)>,
}

impl Place {
    pub async fn db(&self) -> Db {
        Db::open(&self.url).await.expect("the database opens")
    }

    pub async fn migrated(&self) -> Db {
        let db = self.db().await;
        db.migrate().await.expect("the schema is made");
        db
    }

    pub async fn remove(self) {
        if let Some((server, schema)) = &self.schema {
            tell(server, &format!("DROP SCHEMA {schema} CASCADE")).await;
        }
    }

    fn sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        Place {
            url: format!("sqlite:{}", folder.path().join("tributary.db").display()),
            folder: Some(folder),
            schema: None,
        }
    }

    async fn postgres() -> Option<Place> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("TRIBUTARY_TEST_POSTGRES") else {
            eprintln!("SKIPPED: no PostgreSQL, because TRIBUTARY_TEST_POSTGRES is not set");
            return None;
        };
        let schema = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        tell(&server, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await;
        let mark = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{mark}options=-csearch_path%3D{schema}");
        Some(Place { url, folder: None, schema: Some((server, schema)) })
    }
}

async fn tell(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

/// Runs the test on an empty SQLite file, then on an empty PostgreSQL schema.
pub async fn on_both_places(test: impl AsyncFn(&Place)) {
    let places = [Some(Place::sqlite()), Place::postgres().await];
    for place in places.into_iter().flatten() {
        test(&place).await;
        place.remove().await;
    }
}

/// Runs the test on both databases with the schema in place.
pub async fn on_both(test: impl AsyncFn(Db)) {
    on_both_places(async |place| test(place.migrated().await).await).await;
}

pub const NOON: Timestamp = Timestamp(1_769_860_800_000);

/// `NOON` and some minutes.
pub fn minutes(minutes: i64) -> Timestamp {
    Timestamp(NOON.0 + minutes * 60_000)
}

pub const CLINIC: ClientId = ClientId([0xc1; 20]);
pub const ADA: HumanId = HumanId([0xad; 16]);
pub const BEN: HumanId = HumanId([0xbe; 16]);

pub fn app() -> App {
    App {
        client_id: CLINIC,
        name: "Riverbend".into(),
        session_secret_policy: SecretPolicy::Required,
        strict_type: true,
        origins: vec!["https://riverbend.example".parse().unwrap(), "http://127.0.0.1:8082".parse().unwrap()],
        callbacks: vec!["https://riverbend.example/done".into()],
        admin_api: false,
        disabled_at: None,
        created_at: NOON,
    }
}

pub fn human(human_id: HumanId) -> NewHuman {
    NewHuman {
        human_id,
        client_id: CLINIC,
        user_key: [human_id.0[0]; 32],
        user_id: UserId([human_id.0[0]; 12]),
        wrapped_key: vec![1; 60],
        profile: b"sealed profile".to_vec(),
        created_at: NOON,
    }
}

/// The clinic's app with Ada and Ben.
pub async fn people(db: &Db) {
    let mut batch = Batch::new();
    apps::insert(&mut batch, &app(), &[7; 32]);
    humans::insert_if_absent(&mut batch, &human(ADA));
    humans::insert_if_absent(&mut batch, &human(BEN));
    db.commit(batch).await.unwrap();
}

/// Commits what `write` adds to a batch.
pub async fn commit<T>(db: &Db, write: impl FnOnce(&mut Batch) -> T) -> Result<Vec<store::Done>, store::Error> {
    let mut batch = Batch::new();
    write(&mut batch);
    db.commit(batch).await
}
