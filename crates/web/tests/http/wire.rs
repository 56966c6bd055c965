//! HTTP/1.1 as it is on the wire: exactly the bytes a test wants to send.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::answer::Answer;

/// A request that nothing tidies up.
#[derive(Clone)]
pub struct Ask {
    pub method: String,
    /// Path and query, as they are.
    pub target: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    /// How many bytes a chunk has; with a length header instead when there is none.
    pub chunks: Option<usize>,
}

impl Ask {
    pub fn new(method: &str, target: impl AsRef<[u8]>) -> Ask {
        let target = target.as_ref().to_vec();
        Ask { method: method.to_owned(), target, headers: Vec::new(), body: Vec::new(), chunks: None }
    }

    pub fn get(target: impl AsRef<[u8]>) -> Ask {
        Ask::new("GET", target)
    }

    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Ask {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub fn bearer(self, token: &str) -> Ask {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn basic(self, name: &str, password: &str) -> Ask {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        self.header("authorization", format!("Basic {pair}"))
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Ask {
        self.body = body.as_ref().to_vec();
        self
    }

    pub fn json(self, body: &Value) -> Ask {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn form<K: AsRef<str>, V: AsRef<str>>(self, pairs: &[(K, V)]) -> Ask {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    pub fn chunked(mut self, size: usize) -> Ask {
        self.chunks = Some(size);
        self
    }

    fn bytes(&self, host: &str) -> Vec<u8> {
        let mut bytes = format!("{} ", self.method).into_bytes();
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(format!(" HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n").as_bytes());
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: ").as_bytes());
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        let Some(size) = self.chunks else {
            if !self.body.is_empty() || self.method == "POST" {
                bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(&self.body);
            return bytes;
        };
        bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
        for chunk in self.body.chunks(size) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }

    /// What the server at `origin` answers.
    pub async fn send(&self, origin: &str) -> Answer {
        let host = origin.trim_start_matches("http://");
        let asked = async {
            let mut stream = TcpStream::connect(host).await.expect("somebody listens");
            // A server may answer, and close, before it has heard everything.
            let _ = stream.write_all(&self.bytes(host)).await;
            let mut received = Vec::new();
            let mut piece = vec![0; 16 * 1024];
            while let Ok(count @ 1..) = stream.read(&mut piece).await {
                received.extend_from_slice(&piece[..count]);
            }
            received
        };
        let received = tokio::time::timeout(Duration::from_secs(60), asked).await;
        let received = received.unwrap_or_else(|_| panic!("no answer to {}", String::from_utf8_lossy(&self.target)));
        read(&received).unwrap_or_else(|| panic!("no HTTP to {}", String::from_utf8_lossy(&self.target)))
    }
}

fn read(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let rest = &received[end + 4..];
    let in_chunks = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if in_chunks { joined(rest)? } else { rest.to_vec() };
    Some(Answer { status, headers, body })
}

fn joined(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let start = end + 2;
        body.extend_from_slice(chunks.get(start..start + size)?);
        chunks = chunks.get(start + size + 2..)?;
    }
}
