//! What a server says about itself: `smart-configuration`, with older places as fallbacks.

use domain::Actor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::capability::Capability;
use crate::http::{Answer, MIB, Request, same_origin, under};

/// Where a configuration is looked for, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `{base}/.well-known/smart-configuration`
    WellKnown,
    /// `{host}/.well-known/smart-configuration`
    HostRoot,
    /// The OAuth extension of `{base}/metadata`, which is worth reading in any case.
    Metadata,
}

/// Both names that FHIR in JSON has had.
const ANY_FHIR: &str = "application/fhir+json, application/json+fhir;q=0.9, application/json;q=0.5";

impl Place {
    pub const ALL: [Place; 3] = [Place::WellKnown, Place::HostRoot, Place::Metadata];

    pub fn request(self, base: &Url) -> Request {
        const PATH: &str = "/.well-known/smart-configuration";
        let (url, accept, max_bytes) = match self {
            Place::WellKnown => (under(base, PATH), "application/json", MIB),
            Place::HostRoot => {
                let mut root = base.clone();
                root.set_path("/");
                (under(&root, PATH), "application/json", MIB)
            }
            // Asked before it is known which version is spoken.
            Place::Metadata => (under(base, "/metadata"), ANY_FHIR, 32 * MIB),
        };
        Request { max_bytes, ..Request::get(url) }.header("accept", accept)
    }

    /// The configuration in an answer, or why to look in the next place.
    ///
    /// # Errors
    /// [`DiscoveryError`] when the answer holds no usable configuration.
    pub fn read(self, base: &Url, answer: &Answer) -> Result<SmartConfiguration, DiscoveryError> {
        if !answer.is_success() {
            return Err(DiscoveryError::Status(answer.status));
        }
        match self {
            Place::WellKnown | Place::HostRoot => SmartConfiguration::read(base, answer),
            Place::Metadata => {
                let capability = Capability::read(answer).ok_or(DiscoveryError::NotJson)?;
                capability.oauth(base)
            }
        }
    }
}

/// The parts of a SMART configuration that we use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmartConfiguration {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    #[serde(default)]
    pub issuer: Option<String>,
    #[serde(default)]
    pub jwks_uri: Option<Url>,
    #[serde(default)]
    pub revocation_endpoint: Option<Url>,
    #[serde(default)]
    pub introspection_endpoint: Option<Url>,
    #[serde(default)]
    pub registration_endpoint: Option<Url>,
    #[serde(default)]
    pub management_endpoint: Option<Url>,
    #[serde(default)]
    pub user_access_brand_bundle: Option<Url>,
    #[serde(default)]
    pub user_access_brand_identifier: Option<String>,
    #[serde(default)]
    pub capabilities: Vec<String>,
    #[serde(default)]
    pub grant_types_supported: Vec<String>,
    #[serde(default)]
    pub scopes_supported: Vec<String>,
    #[serde(default)]
    pub code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl SmartConfiguration {
    /// A configuration that knows only the two endpoints.
    pub fn minimal(authorization_endpoint: Url, token_endpoint: Url) -> SmartConfiguration {
        SmartConfiguration {
            authorization_endpoint,
            token_endpoint,
            issuer: None,
            jwks_uri: None,
            revocation_endpoint: None,
            introspection_endpoint: None,
            registration_endpoint: None,
            management_endpoint: None,
            user_access_brand_bundle: None,
            user_access_brand_identifier: None,
            capabilities: Vec::new(),
            grant_types_supported: Vec::new(),
            scopes_supported: Vec::new(),
            code_challenge_methods_supported: Vec::new(),
            token_endpoint_auth_methods_supported: Vec::new(),
            token_endpoint_auth_signing_alg_values_supported: Vec::new(),
            authorization_response_iss_parameter_supported: false,
        }
    }

    fn read(base: &Url, answer: &Answer) -> Result<SmartConfiguration, DiscoveryError> {
        let json: Value = serde_json::from_slice(answer.text_bytes()).map_err(|_| DiscoveryError::NotJson)?;
        if !json.is_object() {
            return Err(DiscoveryError::NotJson);
        }
        let url = |name: &str| json[name].as_str().and_then(|text| resolve(base, text));
        let list = |name: &str| texts(&json[name]);
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        let required = |name: &'static str| url(name).ok_or(DiscoveryError::Missing(name));
        Ok(SmartConfiguration {
            issuer: text("issuer"),
            jwks_uri: url("jwks_uri"),
            revocation_endpoint: url("revocation_endpoint"),
            introspection_endpoint: url("introspection_endpoint"),
            registration_endpoint: url("registration_endpoint"),
            management_endpoint: url("management_endpoint"),
            user_access_brand_bundle: url("user_access_brand_bundle"),
            user_access_brand_identifier: text("user_access_brand_identifier"),
            capabilities: list("capabilities"),
            grant_types_supported: list("grant_types_supported"),
            scopes_supported: list("scopes_supported"),
            code_challenge_methods_supported: list("code_challenge_methods_supported"),
            token_endpoint_auth_methods_supported: list("token_endpoint_auth_methods_supported"),
            token_endpoint_auth_signing_alg_values_supported: list("token_endpoint_auth_signing_alg_values_supported"),
            authorization_response_iss_parameter_supported: json["authorization_response_iss_parameter_supported"]
                .as_bool()
                .unwrap_or(false),
            ..SmartConfiguration::minimal(required("authorization_endpoint")?, required("token_endpoint")?)
        })
    }

    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|have| have == capability)
    }
}

/// An endpoint of the configuration; old servers write it relative to the FHIR base.
/// Only `https` is accepted, or the very origin of the base.
pub(super) fn resolve(base: &Url, text: &str) -> Option<Url> {
    let folder = under(base, "/");
    let url = folder.join(text.trim()).ok()?;
    (url.scheme() == "https" || same_origin(base, &url)).then_some(url)
}

fn texts(json: &Value) -> Vec<String> {
    let items = json.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    #[error("the server answered {0}")]
    Status(u16),
    #[error("the answer is not JSON")]
    NotJson,
    #[error("the configuration has no usable {0}")]
    Missing(&'static str),
}

impl DiscoveryError {
    pub fn who_must_act(&self) -> Actor {
        match self {
            DiscoveryError::Status(429 | 500..) => Actor::Us,
            _ => Actor::Provider,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            DiscoveryError::Status(429 | 500..) => "provider_unavailable",
            DiscoveryError::Status(_) | DiscoveryError::NotJson => "discovery_not_found",
            DiscoveryError::Missing(_) => "discovery_incomplete",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base() -> Url {
        Url::parse("https://fhir.riverbend.example/api/R4/").unwrap()
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: vec![], body: body.into(), url: base(), truncated: false }
    }

    #[test]
    fn looks_behind_the_base_then_at_the_root_then_in_metadata() {
        let urls: Vec<String> = Place::ALL.iter().map(|place| place.request(&base()).url.into()).collect();
        assert_eq!(
            urls,
            [
                "https://fhir.riverbend.example/api/R4/.well-known/smart-configuration",
                "https://fhir.riverbend.example/.well-known/smart-configuration",
                "https://fhir.riverbend.example/api/R4/metadata",
            ]
        );
    }

    #[test]
    fn relative_addresses_and_odd_types_are_tolerated() {
        let found = Place::WellKnown
            .read(
                &base(),
                &answer(
                    200,
                    r#"{"authorization_endpoint":"/oauth/authorize","token_endpoint":"token","capabilities":["permission-v2",7,null],
                        "grant_types_supported":"authorization_code","jwks_uri":false,"issuer":"https://login.other.example"}"#,
                ),
            )
            .unwrap();
        assert_eq!(found.authorization_endpoint.as_str(), "https://fhir.riverbend.example/oauth/authorize");
        assert_eq!(found.token_endpoint.as_str(), "https://fhir.riverbend.example/api/R4/token");
        assert!(found.can("permission-v2") && !found.can("launch-ehr"));
        assert_eq!(found.grant_types_supported, Vec::<String>::new());
        assert_eq!((found.jwks_uri, found.issuer.as_deref()), (None, Some("https://login.other.example")));
    }

    #[test]
    fn refuses_what_it_cannot_use() {
        let cases = [
            (404, "{}", DiscoveryError::Status(404), "discovery_not_found", Actor::Provider),
            (503, "{}", DiscoveryError::Status(503), "provider_unavailable", Actor::Us),
            (200, "<html>", DiscoveryError::NotJson, "discovery_not_found", Actor::Provider),
            (200, "[]", DiscoveryError::NotJson, "discovery_not_found", Actor::Provider),
            (
                200,
                r#"{"authorization_endpoint":"/a"}"#,
                DiscoveryError::Missing("token_endpoint"),
                "discovery_incomplete",
                Actor::Provider,
            ),
            (
                200,
                r#"{"authorization_endpoint":"http://plain.example/a","token_endpoint":"/t"}"#,
                DiscoveryError::Missing("authorization_endpoint"),
                "discovery_incomplete",
                Actor::Provider,
            ),
            (
                200,
                r#"{"authorization_endpoint":"javascript:alert(1)","token_endpoint":"/t"}"#,
                DiscoveryError::Missing("authorization_endpoint"),
                "discovery_incomplete",
                Actor::Provider,
            ),
        ];
        for (status, body, error, code, actor) in cases {
            let got = Place::WellKnown.read(&base(), &answer(status, body)).unwrap_err();
            assert_eq!((got.code(), got.who_must_act()), (code, actor), "{body}");
            assert_eq!(got, error);
        }
    }

    #[test]
    fn plain_http_is_for_a_base_that_is_plain_itself() {
        let local = Url::parse("http://127.0.0.1:9100/fhir").unwrap();
        assert!(resolve(&local, "http://127.0.0.1:9100/authorize").is_some());
        assert!(resolve(&local, "http://127.0.0.1:9200/authorize").is_none());
        assert!(resolve(&local, "https://login.example/authorize").is_some());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(body in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,60}") {
            for place in Place::ALL {
                let _ = place.read(&base(), &Answer { body: body.clone(), ..answer(200, "") });
                let _ = place.read(&base(), &answer(200, &format!(
                    r#"{{"authorization_endpoint":{},"token_endpoint":"/"}}"#,
                    Value::String(text.clone())
                )));
            }
        }
    }
}
