//! An integrator's application and what it may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ClientId, Timestamp};

/// An app as the auth service, the widget and the portal know it; its secrets live apart, as hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    pub client_id: ClientId,
    pub name: String,
    pub session_secret_policy: SecretPolicy,
    /// A token request must name its `type`.
    pub strict_type: bool,
    /// Pages that may frame the widget and receive its messages. Empty: any, as in development.
    pub origins: Vec<Origin>,
    /// Return addresses of the hosted page, compared byte for byte.
    pub callbacks: Vec<String>,
    pub admin_api: bool,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Whether a session may be asked for without the client secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretPolicy {
    Required,
    Optional,
}

impl SecretPolicy {
    pub fn as_str(self) -> &'static str {
        match self {
            SecretPolicy::Required => "required",
            SecretPolicy::Optional => "optional",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `required` or `optional`")]
pub struct NotAPolicy;

impl FromStr for SecretPolicy {
    type Err = NotAPolicy;
    fn from_str(text: &str) -> Result<SecretPolicy, NotAPolicy> {
        match text {
            "required" => Ok(SecretPolicy::Required),
            "optional" => Ok(SecretPolicy::Optional),
            _ => Err(NotAPolicy),
        }
    }
}

/// A web origin, `scheme://host[:port]` without the default port, as browsers serialize it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an origin such as https://app.example, without path, query or user")]
pub struct NotAnOrigin;

impl Origin {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;
    fn from_str(text: &str) -> Result<Origin, NotAnOrigin> {
        let url = url::Url::parse(text).map_err(|_| NotAnOrigin)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(NotAnOrigin);
        }
        let text = url.origin().ascii_serialization();
        // A host may legally hold characters that would end a directive in a security header.
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:/[]_".contains(&b)) {
            return Err(NotAnOrigin);
        }
        Ok(Origin(text))
    }
}

impl TryFrom<String> for Origin {
    type Error = NotAnOrigin;
    fn try_from(text: String) -> Result<Origin, NotAnOrigin> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_exact() {
        assert_eq!("https://App.example:443/".parse::<Origin>().unwrap().as_str(), "https://app.example");
        assert_eq!("http://127.0.0.1:8082".parse::<Origin>().unwrap().as_str(), "http://127.0.0.1:8082");
        for bad in [
            "app.example",
            "https://a@b.example",
            "https://a.example/x",
            "javascript:1",
            "*",
            "null",
            "https://a.example;x",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
