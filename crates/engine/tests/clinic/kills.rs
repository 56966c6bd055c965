//! The process may end at any moment: what is read goes on where it was, complete and nothing twice.

use std::sync::mpsc;
use std::time::Duration;

use domain::SyncState;
use engine::Engine;

use crate::house::House;

const CLINIC: &str = "Starfleet Medical";
const SLUG: &str = "starfleet-medical";

/// Works the queue in a process of its own, as far as one can be had here, and ends it without warning when told.
fn work_until(options: engine::Options, told: mpsc::Receiver<()>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        runtime.spawn(async move {
            let engine = Engine::open(options).await.expect("an engine");
            let _ = engine.run_due_jobs().await;
        });
        told.recv().expect("a word");
        // A thread that is still at work could renew the lease after the clock was moved.
        runtime.shutdown_timeout(Duration::from_secs(5));
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sync_goes_on_where_it_was() {
    let house = House::open().await;
    let (_, _, whole) = house.read("ben", CLINIC, "demouser").await;
    let expected = house.counts("ben").await;

    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    // Slow enough that no machine gets to the end before it is killed.
    house.fault(SLUG, None, "slow:700", None).await;
    let received = async || {
        let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
        let report = house.engine.progress(&visit, connection).await.expect("a report");
        report.streams.iter().map(|stream| stream.received).sum::<u64>()
    };
    for _ in 0..3 {
        let before = received().await;
        let (kill, told) = mpsc::channel();
        let worker = work_until(house.options(), told);
        while received().await == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        kill.send(()).expect("a worker");
        tokio::task::spawn_blocking(|| worker.join()).await.expect("a thread").expect("the worker ends");
        // Its lease runs out.
        house.clock.advance(Duration::from_secs(60));
    }
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    let half = house.engine.progress(&visit, connection).await.expect("a report");
    assert_eq!(half.state, SyncState::Reading, "killed too late to show anything");
    assert!(half.streams.iter().any(|stream| stream.received > 0), "killed too early to show anything");
    house.mend(SLUG).await;
    house.run_jobs().await;
    let report = house.engine.progress(&visit, connection).await.expect("a report");
    assert_eq!(report.state, SyncState::Done);
    assert_eq!(report.records, whole.records);
    assert_eq!(report.skipped, whole.skipped);
    assert_eq!(house.counts("ada").await, expected);
    assert_eq!(house.engine.run_due_jobs().await.expect("the queue"), 0, "nothing is left to do");
}
