//! The one HTTP client: everything that leaves this installation goes through it.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connectors::http::{Answer, Method, Request, USER_AGENT, same_origin};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use url::{Host, Url};

use crate::Engine;

mod reach;

use reach::{Lookup, Reach, Refused, Resolver};

const CONNECT: Duration = Duration::from_secs(10);
/// A body may take this many times as long as its headers.
const WHOLE: u32 = 4;
const PER_HOST: usize = 20;
const REDIRECTS: usize = 5;
/// Idle hosts are forgotten beyond this many.
const HOSTS: usize = 512;

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Plain http, or this very machine, outside development.
    #[error("the address is not one to send anything to")]
    Insecure,
    #[error("the server did not answer in time")]
    Timeout,
    #[error("the server cannot be reached")]
    Unreachable,
    #[error("the answer broke off")]
    Broken,
    #[error("the answer is larger than anything expected")]
    TooLarge,
}

impl SendError {
    pub fn code(self) -> &'static str {
        match self {
            SendError::Insecure => "insecure_address",
            SendError::Timeout => "provider_timeout",
            SendError::Unreachable => "provider_unreachable",
            SendError::Broken => "provider_broke_off",
            SendError::TooLarge => "too_large",
        }
    }

    pub fn who_must_act(self) -> domain::Actor {
        match self {
            SendError::Insecure | SendError::TooLarge => domain::Actor::Provider,
            SendError::Timeout | SendError::Unreachable | SendError::Broken => domain::Actor::Us,
        }
    }

    pub fn trouble(self) -> domain::Trouble {
        domain::Trouble::new(self.code(), self.who_must_act())
    }
}

/// Sends [`Request`]s. Redirects are followed only within one origin, and never for a POST.
pub(crate) struct Http {
    chosen: Way,
    public: Way,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A client that connects only to what is within its reach.
struct Way {
    client: reqwest::Client,
    reach: Reach,
}

impl Http {
    /// `contact` is where a provider finds out who asks.
    pub fn new(contact: &Url, development: bool) -> Http {
        Http::with_lookup(contact, development, reach::system)
    }

    fn with_lookup(contact: &Url, development: bool, lookup: Lookup) -> Http {
        let way = |reach: Reach| {
            let reach = if development { Reach::Anywhere } else { reach };
            let builder = reqwest::Client::builder()
                .user_agent(format!("{USER_AGENT} (+{contact})"))
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT)
                .pool_idle_timeout(Duration::from_secs(30))
                .gzip(true)
                .referer(false)
                .dns_resolver(Resolver { reach, lookup });
            // A proxy would look names up for itself.
            let builder = if reach == Reach::Public { builder.no_proxy() } else { builder };
            Way {
                client: builder.build().expect("a client without certificates of its own can always be built"),
                reach,
            }
        };
        Http { chosen: way(Reach::Chosen), public: way(Reach::Public), hosts: Mutex::default() }
    }

    /// Sends a request to a provider, or to where one sends us, and reads the answer up to its cap;
    /// what is longer comes back as `truncated`.
    pub async fn send(&self, request: &Request) -> Result<Answer, SendError> {
        self.send_by(&self.chosen, request).await
    }

    /// The same, where half an answer is of no use.
    pub async fn send_whole(&self, request: &Request) -> Result<Answer, SendError> {
        let answer = self.send(request).await?;
        if answer.truncated { Err(SendError::TooLarge) } else { Ok(answer) }
    }

    async fn send_by(&self, way: &Way, request: &Request) -> Result<Answer, SendError> {
        way.permit(&request.url)?;
        let host = request.url.host_str().unwrap_or_default();
        let _turn = self.turn(host).await;
        let sent = timeout(request.timeout.saturating_mul(WHOLE), way.follow(request)).await;
        let sent = sent.unwrap_or(Err(SendError::Timeout));
        match &sent {
            Ok(answer) => tracing::debug!(method = request.method.as_str(), host, status = answer.status, "asked"),
            Err(error) => tracing::info!(method = request.method.as_str(), host, error = error.code(), "not answered"),
        }
        sent
    }

    async fn turn(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let semaphore = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            if hosts.len() >= HOSTS {
                hosts.retain(|_, turns| Arc::strong_count(turns) > 1);
            }
            hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(PER_HOST))).clone()
        };
        semaphore.acquire_owned().await.ok()
    }
}

impl Way {
    /// Names are judged by where they lead; an address that is written out is never looked up.
    fn permit(&self, url: &Url) -> Result<(), SendError> {
        let development = self.reach == Reach::Anywhere;
        let within = match url.host() {
            Some(Host::Domain(name)) => development || (name != "localhost" && !name.ends_with(".localhost")),
            Some(Host::Ipv4(address)) => self.reach.admits(address.into()),
            Some(Host::Ipv6(address)) => self.reach.admits(address.into()),
            None => false,
        };
        match url.scheme() {
            "https" if within => Ok(()),
            "http" if within && development => Ok(()),
            _ => Err(SendError::Insecure),
        }
    }

    async fn follow(&self, request: &Request) -> Result<Answer, SendError> {
        let mut url = request.url.clone();
        for _ in 0..REDIRECTS {
            let answer = self.once(request, &url).await?;
            let next = (request.method == Method::Get && matches!(answer.status, 301 | 302 | 303 | 307 | 308))
                .then(|| answer.header("location").and_then(|location| url.join(location).ok()))
                .flatten();
            match next {
                Some(next) if same_origin(&url, &next) && next != url => url = next,
                _ => return Ok(answer),
            }
        }
        Err(SendError::Broken)
    }

    async fn once(&self, request: &Request, url: &Url) -> Result<Answer, SendError> {
        let mut builder = match request.method {
            Method::Get => self.client.get(url.clone()),
            Method::Post => self.client.post(url.clone()),
        };
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header("content-type", body.content_type()).body(body.encoded());
        }
        let sent = timeout(request.timeout, builder.send()).await.map_err(|_| SendError::Timeout)?;
        let mut response = sent.map_err(|error| failure(&error))?;
        let mut answer = Answer {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
                .collect(),
            body: Vec::new(),
            url: url.clone(),
            truncated: false,
        };
        if response.content_length().is_some_and(|length| length > request.max_bytes as u64) {
            answer.truncated = true;
            return Ok(answer);
        }
        loop {
            let chunk = timeout(request.timeout, response.chunk()).await.map_err(|_| SendError::Timeout)?;
            let Some(chunk) = chunk.map_err(|error| failure(&error))? else { return Ok(answer) };
            let room = request.max_bytes - answer.body.len();
            answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                answer.truncated = true;
                return Ok(answer);
            }
        }
    }
}

impl Engine {
    /// Sends a request to an address that a document names. It must be on the public internet, or
    /// on a host that an operator registered.
    pub(crate) async fn send_abroad(&self, request: &Request) -> Result<Answer, SendError> {
        let http = &self.inner.http;
        match http.send_by(&http.public, request).await {
            Err(SendError::Insecure) if self.is_registered_host(&request.url).await => http.send(request).await,
            sent => sent,
        }
    }

    async fn is_registered_host(&self, url: &Url) -> bool {
        let rows = store::registrations::list(self.db()).await.unwrap_or_default();
        let mut hosts = rows.iter().filter_map(|row| Url::parse(&row.endpoint).ok());
        hosts.any(|endpoint| endpoint.host().is_some() && endpoint.host() == url.host())
    }
}

fn failure(error: &reqwest::Error) -> SendError {
    match error {
        error if is_refusal(error) => SendError::Insecure,
        error if error.is_timeout() => SendError::Timeout,
        error if error.is_connect() => SendError::Unreachable,
        _ => SendError::Broken,
    }
}

fn is_refusal(error: &(dyn Error + 'static)) -> bool {
    error.is::<Refused>() || error.source().is_some_and(is_refusal)
}

#[cfg(test)]
mod tests;
