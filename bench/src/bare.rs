//! The limits: a handler that returns bytes from memory, and inserts without a platform around them.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::get;
use domain::{ClientId, HumanId, Timestamp, TokenKind};
use store::tokens::NewToken;
use store::{Batch, Db};

/// Runs in a process of its own, as the platform does.
pub fn serve(body: Vec<u8>) -> Result<(), Box<dyn Error>> {
    let body = Bytes::from(body);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let router = Router::new().route(
            "/v1/human/medical/test_results",
            get(async move || ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.clone())),
        );
        axum::serve(listener, router).await?;
        Ok(())
    })
}

pub struct Bare {
    child: Child,
    address: SocketAddr,
}

impl Bare {
    pub async fn start(folder: &Path, body: &[u8]) -> Result<Bare, Box<dyn Error>> {
        let file = folder.join("body");
        std::fs::write(&file, body)?;
        let mut child = Command::new(std::env::current_exe()?).arg("bare").arg(file).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Bare { child, address: line.trim().parse()? })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Durable token inserts through the store alone, on a database of its own on the same disk.
pub struct Inserts {
    db: Db,
}

impl Inserts {
    pub async fn open(folder: &Path) -> Result<Inserts, store::Error> {
        let db = Db::open(&format!("sqlite:{}", folder.join("bare.db").display())).await?;
        db.migrate().await?;
        Ok(Inserts { db })
    }

    pub async fn rate(&self, tasks: usize, span: Duration) -> std::io::Result<f64> {
        let done = Arc::new(AtomicU64::new(0));
        let began = Instant::now();
        let workers: Vec<_> = (0..tasks)
            .map(|_| {
                let (db, done) = (self.db.clone(), done.clone());
                tokio::spawn(async move {
                    while began.elapsed() < span {
                        let mut batch = Batch::new();
                        let now = Timestamp(1_700_000_000_000);
                        let token = NewToken {
                            human_id: HumanId(rand::random()),
                            hash: rand::random(),
                            kind: TokenKind::Session,
                            client_id: ClientId(rand::random()),
                            issued_at: now,
                            expires_at: now,
                            secretless: false,
                        };
                        store::tokens::insert(&mut batch, &token);
                        db.commit(batch).await.map_err(std::io::Error::other)?;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                    std::io::Result::Ok(())
                })
            })
            .collect();
        for worker in workers {
            worker.await.map_err(std::io::Error::other)??;
        }
        Ok(done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64())
    }
}
