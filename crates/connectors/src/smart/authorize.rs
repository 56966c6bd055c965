//! The redirect to a provider and the one back.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Actor, Secret};
use url::Url;

use super::discovery::SmartConfiguration;

/// Proof that whoever redeems the code is who asked for it ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)).
#[derive(Debug, Clone)]
pub struct Pkce {
    pub verifier: Secret<String>,
    pub challenge: String,
}

impl Pkce {
    pub fn new(random: [u8; 32]) -> Pkce {
        let verifier = URL_SAFE_NO_PAD.encode(random);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        Pkce { challenge: URL_SAFE_NO_PAD.encode(digest), verifier: Secret::new(verifier) }
    }
}

/// What is needed to send a person to their provider.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub smart: &'a SmartConfiguration,
    pub client_id: &'a str,
    /// Byte for byte as registered.
    pub redirect_uri: &'a str,
    /// The FHIR base exactly as published.
    pub aud: &'a str,
    pub scope: &'a str,
    pub state: &'a str,
    pub nonce: &'a str,
    /// `None` for the few servers that refuse the parameters.
    pub challenge: Option<&'a str>,
}

impl Ask<'_> {
    /// Where to send the browser. Parameters that the endpoint already carries are kept.
    pub fn url(&self) -> Url {
        let mut url = self.smart.authorization_endpoint.clone();
        url.set_fragment(None);
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", self.scope)
            .append_pair("state", self.state)
            .append_pair("aud", self.aud)
            .append_pair("nonce", self.nonce);
        if let Some(challenge) = self.challenge {
            query.append_pair("code_challenge", challenge).append_pair("code_challenge_method", "S256");
        }
        drop(query);
        // A plus is a space to some servers and a plus to others.
        let plain = url.query().unwrap_or_default().replace('+', "%20");
        url.set_query(Some(&plain));
        url
    }
}

/// The parameters a provider sent back.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    pub state: Option<String>,
    code: Option<Secret<String>>,
    iss: Option<String>,
    error: Option<String>,
}

impl Callback {
    /// Reads the query. A parameter given twice is as good as absent.
    pub fn parse(query: &str) -> Callback {
        let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = Some(value.into_owned()).filter(|value| !value.is_empty() && value.len() <= 16_384);
            found.entry(name.into_owned()).and_modify(|have| *have = None).or_insert(value);
        }
        let mut take = |name: &str| found.remove(name).flatten();
        Callback { state: take("state"), code: take("code").map(Secret::new), iss: take("iss"), error: take("error") }
    }

    /// The code to redeem. The caller has found its attempt by `state` already.
    ///
    /// # Errors
    /// [`CallbackError`] for an error answer, a foreign issuer ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)) or no code.
    pub fn code(self, smart: &SmartConfiguration) -> Result<Secret<String>, CallbackError> {
        let wanted = smart.issuer.as_deref();
        match (self.iss.as_deref(), wanted) {
            (Some(given), Some(wanted)) if !same_issuer(given, wanted) => return Err(CallbackError::IssuerMismatch),
            (None, _) if smart.authorization_response_iss_parameter_supported => {
                return Err(CallbackError::IssuerMismatch);
            }
            _ => {}
        }
        if let Some(error) = self.error {
            return Err(CallbackError::of(&error));
        }
        self.code.ok_or(CallbackError::NoCode)
    }
}

/// Issuers are equal up to a slash at the end, which servers write differently in different places.
pub(super) fn same_issuer(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Why a person came back without a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("access was denied")]
    AccessDenied,
    #[error("a requested scope is not valid here")]
    InvalidScope,
    #[error("the provider is temporarily unavailable")]
    TemporarilyUnavailable,
    #[error("the provider had an internal error")]
    ServerError,
    #[error("the provider refused the request")]
    InvalidRequest,
    #[error("our client is not allowed to ask")]
    UnauthorizedClient,
    #[error("the provider does not speak the code flow")]
    UnsupportedResponseType,
    #[error("the person must sign in at the provider first")]
    LoginRequired,
    #[error("the answer came from another issuer")]
    IssuerMismatch,
    #[error("the answer holds no code")]
    NoCode,
    #[error("an error this version does not know")]
    Unknown,
}

impl CallbackError {
    fn of(error: &str) -> CallbackError {
        match error {
            "access_denied" => CallbackError::AccessDenied,
            "invalid_scope" => CallbackError::InvalidScope,
            "temporarily_unavailable" => CallbackError::TemporarilyUnavailable,
            "server_error" => CallbackError::ServerError,
            "invalid_request" => CallbackError::InvalidRequest,
            "unauthorized_client" | "invalid_client" => CallbackError::UnauthorizedClient,
            "unsupported_response_type" => CallbackError::UnsupportedResponseType,
            "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
                CallbackError::LoginRequired
            }
            _ => CallbackError::Unknown,
        }
    }

    pub fn who_must_act(self) -> Actor {
        match self {
            CallbackError::AccessDenied | CallbackError::LoginRequired => Actor::Person,
            CallbackError::InvalidScope => Actor::Us,
            CallbackError::TemporarilyUnavailable
            | CallbackError::ServerError
            | CallbackError::IssuerMismatch
            | CallbackError::UnsupportedResponseType
            | CallbackError::NoCode
            | CallbackError::Unknown => Actor::Provider,
            CallbackError::InvalidRequest | CallbackError::UnauthorizedClient => Actor::Operator,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            CallbackError::AccessDenied => "access_denied",
            CallbackError::InvalidScope => "invalid_scope",
            CallbackError::TemporarilyUnavailable => "temporarily_unavailable",
            CallbackError::ServerError => "server_error",
            CallbackError::InvalidRequest => "invalid_request",
            CallbackError::UnauthorizedClient => "unauthorized_client",
            CallbackError::UnsupportedResponseType => "unsupported_response_type",
            CallbackError::LoginRequired => "login_required",
            CallbackError::IssuerMismatch => "issuer_mismatch",
            CallbackError::NoCode => "code_missing",
            CallbackError::Unknown => "authorization_failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn smart(issuer: Option<&str>, iss_required: bool) -> SmartConfiguration {
        let url = Url::parse("https://login.riverbend.example/authorize?tenant=7#top").unwrap();
        SmartConfiguration {
            issuer: issuer.map(str::to_owned),
            authorization_response_iss_parameter_supported: iss_required,
            ..SmartConfiguration::minimal(url.clone(), url)
        }
    }

    #[test]
    fn the_challenge_is_the_digest_of_the_verifier() {
        // RFC 7636, appendix B.
        let random = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let pkce = Pkce::new(random);
        assert_eq!(pkce.verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(pkce.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn the_url_carries_everything_once() {
        let smart = smart(None, false);
        let ask = Ask {
            smart: &smart,
            client_id: "tributary",
            redirect_uri: "https://us.example/back/",
            aud: "https://fhir.riverbend.example/r4/",
            scope: "openid patient/*.rs",
            state: "st",
            nonce: "no",
            challenge: Some("ch"),
        };
        assert_eq!(
            ask.url().as_str(),
            "https://login.riverbend.example/authorize?tenant=7&response_type=code&client_id=tributary\
             &redirect_uri=https%3A%2F%2Fus.example%2Fback%2F&scope=openid%20patient%2F*.rs&state=st\
             &aud=https%3A%2F%2Ffhir.riverbend.example%2Fr4%2F&nonce=no&code_challenge=ch&code_challenge_method=S256"
        );
        assert!(!Ask { challenge: None, ..ask }.url().as_str().contains("code_challenge"));
    }

    #[test]
    fn comes_back_with_a_code_or_a_reason() {
        use CallbackError::*;
        let issuer = Some("https://login.riverbend.example");
        let cases = [
            ("code=c1&state=s", None, false, Ok("c1")),
            ("code=c1&state=s&iss=https%3A%2F%2Flogin.riverbend.example%2F", issuer, true, Ok("c1")),
            ("code=c1&iss=https%3A%2F%2Fevil.example", issuer, false, Err(IssuerMismatch)),
            ("code=c1&iss=https%3A%2F%2Fevil.example", None, false, Ok("c1")),
            ("code=c1", issuer, true, Err(IssuerMismatch)),
            ("error=access_denied&iss=https%3A%2F%2Fevil.example", issuer, false, Err(IssuerMismatch)),
            ("error=access_denied&error_description=no+thanks", issuer, false, Err(AccessDenied)),
            ("error=invalid_scope&code=c1", issuer, false, Err(InvalidScope)),
            ("error=temporarily_unavailable", None, false, Err(TemporarilyUnavailable)),
            ("error=server_error", None, false, Err(ServerError)),
            ("error=invalid_request", None, false, Err(InvalidRequest)),
            ("error=unauthorized_client", None, false, Err(UnauthorizedClient)),
            ("error=interaction_required", None, false, Err(LoginRequired)),
            ("error=%3Cscript%3E", None, false, Err(Unknown)),
            ("code=c1&code=c2", None, false, Err(NoCode)),
            ("code=", None, false, Err(NoCode)),
            ("", None, false, Err(NoCode)),
        ];
        for (query, issuer, required, wanted) in cases {
            let got = Callback::parse(query).code(&smart(issuer, required));
            assert_eq!(got.as_ref().map(|code| code.expose().as_str()).map_err(|e| *e), wanted, "{query}");
        }
        assert_eq!(Callback::parse("state=s&code=c").state.as_deref(), Some("s"));
        assert_eq!(Callback::parse("state=s&state=t").state, None);
        assert_eq!(AccessDenied.who_must_act(), Actor::Person);
    }

    proptest! {
        #[test]
        fn any_query_is_survived(query in ".{0,200}") {
            let callback = Callback::parse(&query);
            let printed = format!("{callback:?}");
            prop_assert!(!printed.contains("code: Some(\""));
            let _ = callback.code(&smart(None, false));
        }
    }
}
