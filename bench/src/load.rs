//! A plain HTTP/1.1 load generator: keep-alive, one request in flight per connection, bodies read whole.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone)]
pub struct Target {
    address: SocketAddr,
    request: Arc<[u8]>,
}

impl Target {
    pub fn get(address: SocketAddr, path: &str, token: &str) -> Target {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
        Target { address, request: request.into_bytes().into() }
    }

    pub fn post(address: SocketAddr, path: &str, json: &str) -> Target {
        let length = json.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
        );
        Target { address, request: request.into_bytes().into() }
    }
}

/// Requests per second over `connections` for `span`. Any answer but 200 fails the measure.
pub async fn rate(target: &Target, connections: usize, span: Duration) -> io::Result<f64> {
    let done = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (target, done) = (target.clone(), done.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(&target).await?;
                while began.elapsed() < span {
                    connection.send(&target).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                io::Result::Ok(())
            })
        })
        .collect();
    for worker in workers {
        worker.await.map_err(io::Error::other)??;
    }
    Ok(done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64())
}

/// The body of one answer.
pub async fn once(target: &Target) -> io::Result<Vec<u8>> {
    let mut connection = Connection::open(target).await?;
    connection.send(target).await?;
    Ok(connection.body().to_vec())
}

/// Mean milliseconds of one request after another over one connection.
pub async fn latency(targets: &[Target]) -> io::Result<f64> {
    let mut connection = Connection::open(&targets[0]).await?;
    let began = Instant::now();
    for target in targets {
        connection.send(target).await?;
    }
    Ok(began.elapsed().as_secs_f64() * 1000.0 / targets.len() as f64)
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    head: usize,
}

impl Connection {
    async fn open(target: &Target) -> io::Result<Connection> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: vec![0; 1 << 20], filled: 0, head: 0 })
    }

    fn body(&self) -> &[u8] {
        &self.buffer[self.head..self.filled]
    }

    async fn send(&mut self, target: &Target) -> io::Result<()> {
        self.stream.write_all(&target.request).await?;
        self.filled = 0;
        let mut whole = None;
        loop {
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
            if read == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection"));
            }
            self.filled += read;
            if whole.is_none()
                && let Some(head) = self.buffer[..self.filled].windows(4).position(|bytes| bytes == b"\r\n\r\n")
            {
                self.head = head + 4;
                whole = Some(self.head + length(&self.buffer[..head])?);
            }
            if whole.is_some_and(|whole| self.filled >= whole) {
                return Ok(());
            }
        }
    }
}

fn length(head: &[u8]) -> io::Result<usize> {
    let text = String::from_utf8_lossy(head);
    if !text.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(text.lines().next().unwrap_or_default().to_owned()));
    }
    text.lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|value| value.trim().to_owned()))
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| io::Error::other("an answer without content-length"))
}
