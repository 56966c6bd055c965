//! Batches, durability, migrations and opening.

mod support;

use std::time::{Duration, Instant};

use store::{Batch, Db, Error, Expect, settings};
use support::{CLINIC, NOON, app, commit, on_both, on_both_places};

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_all_or_nothing() {
    on_both(async |db| {
        let unmet = commit(&db, |batch| {
            settings::put(batch, "first", "1");
            batch.push("UPDATE settings SET value = $1 WHERE name = $2", Expect::One, ["2".into(), "missing".into()]);
            settings::put(batch, "last", "1");
        });
        assert_eq!(unmet.await, Err(Error::Conflict));
        assert_eq!(settings::find(&db, "first").await, Ok(None));

        let taken = commit(&db, |batch| {
            settings::put(batch, "first", "1");
            batch.push(
                "INSERT INTO settings (name, value) VALUES ($1, $2)",
                Expect::One,
                ["first".into(), "secret".into()],
            );
        });
        assert_eq!(taken.await, Err(Error::Conflict));
        assert_eq!(settings::find(&db, "first").await, Ok(None));

        let done = commit(&db, |batch| {
            settings::put(batch, "first", "1");
            batch.push("DELETE FROM settings WHERE name = $1", Expect::Any, ["missing".into()]);
            batch.push("UPDATE settings SET value = '2' RETURNING name, value", Expect::AtLeastOne, []);
        });
        let mut done = done.await.unwrap();
        assert_eq!(done.iter().map(|done| done.changed).collect::<Vec<_>>(), [1, 0, 1]);
        assert_eq!(done[2].rows[0].text(1).unwrap(), "2");
        assert_eq!(db.commit(Batch::new()).await, Ok(vec![]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_batch_takes_nobody_with_it() {
    on_both(async |db| {
        let tasks: Vec<_> = (0..300)
            .map(|number| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut batch = Batch::new();
                    settings::put(&mut batch, &format!("setting {number}"), "1");
                    match number % 3 {
                        0 => batch.push("UPDATE settings SET value = 'x' WHERE name = 'nobody'", Expect::One, []),
                        1 => batch.push("INSERT INTO nowhere (a) VALUES (1)", Expect::Any, []),
                        _ => 0,
                    };
                    (number, db.commit(batch).await)
                })
            })
            .collect();
        for task in tasks {
            let (number, result) = task.await.unwrap();
            let kept = settings::find(&db, &format!("setting {number}")).await.unwrap().is_some();
            assert_eq!((result.is_ok(), kept), (number % 3 == 2, number % 3 == 2), "{number}: {result:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_commits_from_64_tasks_are_there_after_reopening() {
    on_both_places(async |place| {
        let db = place.migrated().await;
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let db = db.clone();
                tokio::spawn(async move {
                    for number in (task..1000).step_by(64) {
                        commit(&db, |batch| settings::put(batch, &number.to_string(), "kept")).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        // A second opening beside the first, as the command line does beside the server.
        let again = place.db().await;
        drop(db);
        for number in 0..1000 {
            assert_eq!(settings::find(&again, &number.to_string()).await.unwrap().as_deref(), Some("kept"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_openings_of_one_database_write_by_turns() {
    on_both_places(async |place| {
        let both = [place.migrated().await, place.db().await];
        let tasks: Vec<_> = (0..200)
            .map(|number| {
                let db = both[number % 2].clone();
                tokio::spawn(
                    async move { commit(&db, |batch| settings::put(batch, &number.to_string(), "kept")).await },
                )
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        for number in 0..200 {
            assert!(settings::find(&both[0], &number.to_string()).await.unwrap().is_some());
        }
    })
    .await;
}

const MIGRATIONS: [&str; 3] = ["V1__first", "V2__conversions", "V3__directory"];

#[tokio::test(flavor = "multi_thread")]
async fn migrating_twice_does_nothing_the_second_time() {
    on_both_places(async |place| {
        let db = place.db().await;
        assert_eq!(db.pending_migrations().await.unwrap(), MIGRATIONS);
        assert_eq!(db.migrate().await.unwrap(), MIGRATIONS);
        assert_eq!(db.pending_migrations().await.unwrap(), [""; 0]);
        assert_eq!(db.migrate().await.unwrap(), [""; 0]);
        assert_eq!(db.ping().await, Ok(()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_starting_at_once_migrates() {
    on_both_places(async |place| {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let url = place.url.clone();
                tokio::spawn(async move { Db::open(&url).await.unwrap().migrate().await.unwrap() })
            })
            .collect();
        let mut applied = Vec::new();
        for task in tasks {
            applied.extend(task.await.unwrap());
        }
        assert_eq!(applied, MIGRATIONS);
        assert_eq!(place.db().await.pending_migrations().await.unwrap(), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    on_both_places(async |place| {
        let Some(path) = place.url.strip_prefix("sqlite:") else { return };
        let db = place.migrated().await;
        commit(&db, |batch| settings::put(batch, "a", "b")).await.unwrap();
        for file in [path.to_owned(), format!("{path}-wal"), format!("{path}-shm")] {
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_said_so_soon() {
    let started = Instant::now();
    // Takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for url in [
        &format!("postgres://ada:hunter2@{}/tributary", silent.local_addr().unwrap()),
        &format!("postgres://ada:hunter2@{}/tributary?sslmode=verify-full", silent.local_addr().unwrap()),
        "sqlite:/nowhere/at/all/tributary.db",
        "mysql://db.example/x",
        "postgres://ada:hunter2@127.0.0.1:1/tributary",
        "postgres://ada:hunter2@127.0.0.1:54329x/tributary",
    ] {
        let Err(Error::Unavailable(why)) = Db::open(url).await.map(|_| ()) else { panic!("{url} opened") };
        assert!(!why.contains("hunter2") && !why.is_empty(), "{why}");
    }
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_hold_no_values() {
    on_both(async |db| {
        commit(&db, |batch| store::apps::insert(batch, &app(), &[7; 32])).await.unwrap();
        let taken = commit(&db, |batch| store::apps::insert(batch, &app(), &[8; 32])).await.unwrap_err();
        let missing = commit(&db, |batch| {
            let sql = "INSERT INTO settings (name, value) VALUES ($1, $2)";
            batch.push(sql, Expect::One, ["hunter2".into(), None::<&str>.into()])
        });
        let missing = missing.await.unwrap_err();
        for error in [taken, missing] {
            let text = format!("{error} {error:?}");
            assert!(!text.contains("hunter2") && !text.contains(&CLINIC.to_hex()), "{text}");
        }
        assert_eq!(store::apps::find(&db, CLINIC).await.unwrap().unwrap().updated_at, NOON);
    })
    .await;
}
