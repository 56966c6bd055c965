//! The release build of the platform, as its users start it.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::load::{self, Target};

fn binary() -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::current_exe()?.with_file_name("tributary");
    if path.exists() {
        Ok(path)
    } else {
        Err("build the server first: cargo build --release -p tributary-server".into())
    }
}

pub struct Demo {
    child: Child,
    card: Value,
    address: SocketAddr,
}

impl Demo {
    pub async fn start(folder: &Path) -> Result<Demo, Box<dyn Error>> {
        let data = folder.join("demo");
        let child = Command::new(binary()?)
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            // The measure asks for far more tokens than any app may.
            .env("TRIBUTARY_LIMITS__TOKENS_PER_CLIENT", "0")
            .env("TRIBUTARY_LIMITS__SECRETLESS_SESSIONS", "0")
            .stdout(Stdio::null())
            .spawn()?;
        let began = Instant::now();
        while !data.join("demo.json").exists() {
            if began.elapsed() > Duration::from_secs(120) {
                return Err("the demo did not come up".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let card: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json"))?)?;
        let base = card["base_url"].as_str().ok_or("demo.json has no base_url")?;
        let address = base.trim_start_matches("http://").parse()?;
        Ok(Demo { child, card, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn access_token(&self) -> Result<String, Box<dyn Error>> {
        let request = json!({
            "client_id": self.card["client_id"], "client_secret": self.card["client_secret"],
            "client_user_id": self.card["users"]["connected"], "type": "access",
        });
        let answer = load::once(&Target::post(self.address, "/v1/connect/token", &request.to_string())).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        Ok(answer["access_token"].as_str().ok_or("no access token")?.to_owned())
    }

    /// A session for someone known, with the secret: check, one read, one durable insert.
    pub fn session_request(&self) -> String {
        json!({
            "client_id": self.card["client_id"], "client_secret": self.card["client_secret"],
            "client_user_id": "bench@example.com", "client_user_email": "bench@example.com", "type": "session",
        })
        .to_string()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Milliseconds from the start of the process to the first 200 of `/health` (median, all), and
/// megabytes resident once it has idled.
pub async fn start_and_memory(folder: &Path) -> Result<((f64, Vec<u64>), f64), Box<dyn Error>> {
    let data = folder.join("serve");
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let health = Target::get(SocketAddr::from(([127, 0, 0, 1], port)), "/health", "");
    let mut times = Vec::new();
    let mut memory = 0.0;
    for round in 0..9 {
        let began = Instant::now();
        let mut child = Command::new(binary()?)
            .args(["serve", "--data"])
            .arg(&data)
            .env("TRIBUTARY_LISTEN", format!("127.0.0.1:{port}"))
            .env("TRIBUTARY_PUBLIC_URL", format!("http://127.0.0.1:{port}"))
            .env("TRIBUTARY_LOG__LEVEL", "error")
            .spawn()?;
        while load::once(&health).await.is_err() {
            if began.elapsed() > Duration::from_secs(20) {
                child.kill()?;
                return Err("the server did not come up".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // The first start creates the database and the keys; those after it are what operators see.
        if round > 0 {
            times.push(began.elapsed().as_millis() as u64);
        }
        if round == 8 {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
            let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
            let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?;
            memory = kilobytes / 1024.0;
        }
        child.kill()?;
        child.wait()?;
    }
    times.sort_unstable();
    Ok(((times[times.len() / 2] as f64, times), memory))
}
