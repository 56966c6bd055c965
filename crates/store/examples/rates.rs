//! Measures point reads and commits through the facade: `cargo run --release --example rates [URL]`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::{ClientId, HumanId, Timestamp, TokenKind, UserId};
use store::humans::NewHuman;
use store::tokens::{self, NewToken};
use store::{Batch, Db, humans, settings};

const HUMANS: u32 = 10_000;

fn human(number: u32) -> HumanId {
    HumanId(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
}

async fn fill(db: &Db) {
    for number in 0..HUMANS {
        let (human_id, client_id, hash) = (human(number), ClientId([1; 20]), [number as u8; 32]);
        let mut key = [0; 32];
        key[..16].copy_from_slice(&human_id.0);
        let (wrapped_key, profile) = (vec![1; 61], vec![2; 120]);
        let new = NewHuman {
            human_id,
            client_id,
            user_key: key,
            user_id: UserId([1; 12]),
            wrapped_key,
            profile,
            created_at: Timestamp(0),
        };
        let token = NewToken {
            human_id,
            hash,
            kind: TokenKind::Access,
            client_id,
            secretless: false,
            issued_at: Timestamp(0),
            expires_at: Timestamp(1),
        };
        let mut batch = Batch::new();
        humans::insert_if_absent(&mut batch, &new);
        tokens::insert(&mut batch, &token);
        if number % 256 != 255 {
            let db = db.clone();
            tokio::spawn(async move { db.commit(batch).await.unwrap() });
        } else {
            db.commit(batch).await.unwrap();
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Runs `work` in so many tasks for a while; prints the rate and the latencies.
async fn measure<F: Future<Output = ()> + Send>(
    name: &str,
    tasks: u32,
    work: impl Fn(u32) -> F + Copy + Send + 'static,
) {
    let (end, before) = (Instant::now() + Duration::from_secs(3), cpu());
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            tokio::spawn(async move {
                let mut took = Vec::new();
                let mut number = task;
                while Instant::now() < end {
                    let start = Instant::now();
                    work(number).await;
                    took.push(start.elapsed());
                    number = number.wrapping_add(tasks);
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in running {
        took.extend(task.await.unwrap());
    }
    let spent = (cpu() - before).as_secs_f64() * 1e6 / took.len() as f64;
    took.sort();
    let at = |part: usize| took[(took.len() - 1) * part / 1000].as_secs_f64() * 1e6;
    println!(
        "{name:>24} x{tasks:<3} {:>8.0}/s  p50 {:>7.1} µs  p99 {:>8.1} µs  p99.9 {:>8.1} µs  cpu {spent:>6.1} µs",
        took.len() as f64 / 3.0,
        at(500),
        at(990),
        at(999)
    );
}

/// Processor time of this process so far, in the kernel's ticks of 10 ms.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}

fn memory(when: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("Rss") || line.starts_with("VmRSS"));
    println!("{when}: {}", lines.collect::<Vec<_>>().join(", ").replace([' ', '\t'], ""));
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let url = std::env::args().nth(1).unwrap_or(format!("sqlite:{}/rates.db", folder.path().display()));
    let db: &'static Db = Box::leak(Box::new(Db::open(&url).await.unwrap()));
    db.migrate().await.unwrap();
    memory("idle");
    fill(db).await;
    let read = move |number: u32| async move {
        let number = number.wrapping_mul(7919) % HUMANS;
        assert!(tokens::find(db, human(number), &[number as u8; 32]).await.unwrap().is_some());
    };
    let write = move |number: u32| async move {
        let mut batch = Batch::new();
        // Another value each time: SQLite does not write what is already there.
        static VALUE: AtomicU64 = AtomicU64::new(0);
        settings::put(&mut batch, &(number % 5000).to_string(), &VALUE.fetch_add(1, Ordering::Relaxed).to_string());
        db.commit(batch).await.unwrap();
    };
    for tasks in [1, 8, 64] {
        measure("point read", tasks, read).await;
    }
    for tasks in [1, 8, 64, 256] {
        measure("commit", tasks, write).await;
    }
    let writing = tokio::spawn(measure("commit beside reads", 16, write));
    measure("read beside commits", 64, read).await;
    writing.await.unwrap();
    memory("busy");
}
