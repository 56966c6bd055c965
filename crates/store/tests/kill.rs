//! Every acknowledged commit survives the sudden death of the process.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use store::{Db, settings};
use support::{commit, on_both_places};

const DATABASE: &str = "TRIBUTARY_TEST_KILL_DATABASE";

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_commits_survive_a_kill() {
    on_both_places(async |place| {
        drop(place.migrated().await);
        for round in 0..3_u64 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "commits_until_killed", "--ignored", "--nocapture", "--test-threads=1"])
                .env(DATABASE, &place.url)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            // The moment of death differs from round to round.
            let first = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("kept "));
            tokio::time::sleep(Duration::from_millis(150 + 37 * round)).await;
            child.kill().unwrap();
            child.wait().unwrap();
            // The last line may be cut short; only a full one is an acknowledgement.
            let rest = lines.map_while(Result::ok).filter(|line| line.ends_with('.'));
            let kept: Vec<String> = first.into_iter().chain(rest).collect();
            assert!(kept.len() > 20, "only {} commits before the kill", kept.len());

            let db = place.db().await;
            for line in kept {
                let name = line.trim_start_matches("kept ").trim_end_matches('.');
                assert_eq!(settings::find(&db, name).await.unwrap().as_deref(), Some("yes"), "{line}");
            }
        }
    })
    .await;
}

/// Not a test by itself: the process that is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by acknowledged_commits_survive_a_kill"]
#[expect(clippy::disallowed_methods, reason = "the parent tells the database")]
async fn commits_until_killed() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let db = Db::open(&url).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let name = format!("{}-{task}-{number}", std::process::id());
                    commit(&db, |batch| settings::put(batch, &name, "yes")).await.unwrap();
                    // One write call per line, so that the parent sees whole lines.
                    std::io::stdout().lock().write_all(format!("kept {name}.\n").as_bytes()).unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
