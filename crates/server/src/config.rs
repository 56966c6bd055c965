//! Settings: compiled-in defaults, then a file, then the environment. An unknown name is an error.

use std::path::{Path, PathBuf};

use domain::Secret;
use engine::limits::RateLimits;
use engine::registrations::{ClientAuthentication, Registration, is_platform};
use serde::Deserialize;
use toml::{Table, Value};
use url::Url;

pub const DEFAULTS: &str = include_str!("../config.default.toml");
const PREFIX: &str = "TRIBUTARY_";
/// Variables that are ours but are not settings.
/// A prefix for secrets that `client_secret_env` names.
const SECRETS: &str = "TRIBUTARY_SECRET_";
const NOT_SETTINGS: [&str; 3] = ["TRIBUTARY_MASTER_KEY", "TRIBUTARY_CORPORA", "TRIBUTARY_TEST_POSTGRES"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: String,
    pub public_url: Url,
    pub data: PathBuf,
    pub database: String,
    pub migrate: bool,
    pub proxies: usize,
    pub metrics_token: Secret<String>,
    pub development: bool,
    pub master_key: MasterKeySettings,
    pub limits: Limits,
    pub log: Log,
    pub directory: Directory,
    #[serde(default)]
    pub registrations: Vec<RegistrationSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterKeySettings {
    pub command: String,
    pub file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub tokens_per_client: u32,
    pub secretless_sessions: u32,
    pub bad_secrets: u32,
    pub connect: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    pub bundles: Vec<Url>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationSettings {
    endpoint: Url,
    #[serde(default = "generic")]
    platform: String,
    client_id: String,
    authentication: String,
    client_secret: Option<String>,
    client_secret_env: Option<String>,
    scopes: Option<String>,
}

impl std::fmt::Debug for RegistrationSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "registration at {}", self.endpoint)
    }
}

fn generic() -> String {
    "generic".to_owned()
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("{0}: {1}")]
    Invalid(String, String),
    #[error("the environment variable {0} names no setting; see config.default.toml")]
    UnknownVariable(String),
    #[error("the registration at {0} needs the environment variable {1}")]
    MissingSecret(Url, String),
    #[error("the registration at {0} has authentication {1:?}; expected none, basic, post or private_key_jwt")]
    Authentication(Url, String),
    #[error("the registration at {0} names the unknown platform {1:?}")]
    Platform(Url, String),
    #[error("public_url must be an origin such as https://connect.example, without a path, query or user")]
    PublicUrl,
    #[error("public_url must be https unless development = true (or it is on this machine)")]
    PlainHttp,
}

impl Config {
    /// The defaults with `file` and the environment laid over them.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let mut table: Table = parse("config.default.toml", DEFAULTS)?;
        if let Some(path) = file {
            let text =
                std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable(path.to_owned(), error))?;
            overlay(&mut table, parse(&path.display().to_string(), &text)?);
        }
        for (name, value) in environment {
            if let Some(setting) = name
                .strip_prefix(PREFIX)
                .filter(|_| !NOT_SETTINGS.contains(&name.as_str()) && !name.starts_with(SECRETS))
            {
                let path: Vec<String> = setting.split("__").map(str::to_lowercase).collect();
                set(&mut table, &path, &value).ok_or(ConfigError::UnknownVariable(name))?;
            }
        }
        let from = file.map_or("settings".to_owned(), |path| path.display().to_string());
        let config: Config = Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Invalid(from, error.message().to_owned()))?;
        config.checked()
    }

    fn checked(self) -> Result<Config, ConfigError> {
        let url = &self.public_url;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !plain || !matches!(url.scheme(), "http" | "https") {
            return Err(ConfigError::PublicUrl);
        }
        let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() == "http" && !self.development && !here {
            return Err(ConfigError::PlainHttp);
        }
        Ok(self)
    }

    /// The database's address with the file placed in the data folder.
    pub fn database_url(&self) -> String {
        match self.database.strip_prefix("sqlite:") {
            Some(file) => format!("sqlite:{}", self.data.join(file).display()),
            None => self.database.clone(),
        }
    }

    pub fn web_options(&self) -> web::Options {
        let metrics_token = Some(self.metrics_token.clone()).filter(|token| !token.expose().is_empty());
        web::Options { proxies: self.proxies, metrics_token }
    }

    /// The embedded database's file, when there is one.
    pub fn database_file(&self) -> Option<PathBuf> {
        self.database.strip_prefix("sqlite:").map(|file| self.data.join(file))
    }

    pub fn rate_limits(&self) -> RateLimits {
        RateLimits {
            tokens_per_client: self.limits.tokens_per_client,
            secretless_sessions: self.limits.secretless_sessions,
            bad_secrets: self.limits.bad_secrets,
            connect: self.limits.connect,
        }
    }

    /// The configured registrations with their secrets looked up in `environment`.
    pub fn registrations(
        &self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<Registration>, ConfigError> {
        self.registrations
            .iter()
            .map(|given| {
                let secret = || match (&given.client_secret, &given.client_secret_env) {
                    (Some(secret), _) => Ok(secret.clone().into()),
                    (None, Some(name)) => environment(name)
                        .map(Into::into)
                        .ok_or_else(|| ConfigError::MissingSecret(given.endpoint.clone(), name.clone())),
                    (None, None) => {
                        Err(ConfigError::MissingSecret(given.endpoint.clone(), "client_secret_env".to_owned()))
                    }
                };
                let authentication = match given.authentication.as_str() {
                    "none" => ClientAuthentication::None,
                    "basic" => ClientAuthentication::Basic(secret()?),
                    "post" => ClientAuthentication::Post(secret()?),
                    "private_key_jwt" => ClientAuthentication::PrivateKeyJwt,
                    other => return Err(ConfigError::Authentication(given.endpoint.clone(), other.to_owned())),
                };
                if !is_platform(&given.platform) {
                    return Err(ConfigError::Platform(given.endpoint.clone(), given.platform.clone()));
                }
                Ok(Registration {
                    endpoint: given.endpoint.clone(),
                    platform: given.platform.clone(),
                    client_id: given.client_id.clone(),
                    authentication,
                    scopes: given.scopes.clone(),
                })
            })
            .collect()
    }
}

fn parse(name: &str, text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| ConfigError::Invalid(name.to_owned(), error.to_string()))
}

/// Tables are joined, everything else is replaced.
fn overlay(base: &mut Table, over: Table) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(Value::Table(below)), Value::Table(above)) => overlay(below, above),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

/// Sets a known setting from text, in the type its default has.
fn set(table: &mut Table, path: &[String], text: &str) -> Option<()> {
    let (name, rest) = path.split_first()?;
    let slot = table.get_mut(name)?;
    if let Value::Table(inner) = slot {
        return set(inner, rest, text);
    }
    if !rest.is_empty() {
        return None;
    }
    *slot = match slot {
        Value::String(_) => Value::String(text.to_owned()),
        // A value of the wrong type stays text, so that the error names the setting.
        Value::Integer(_) => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer),
        Value::Boolean(_) => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Boolean),
        Value::Array(_) => Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Value::String(item.to_owned()))
                .collect(),
        ),
        _ => Value::String(text.to_owned()),
    };
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = std::env::temp_dir().join(format!(
            "tributary-config-{}-{:?}.toml",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::write(&file, text).unwrap();
        let loaded = Config::load(
            Some(&file),
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        std::fs::remove_file(&file).unwrap();
        loaded
    }

    #[test]
    fn the_defaults_alone_are_valid() {
        let config = Config::load(None, std::iter::empty()).unwrap();
        assert_eq!(config.database_url(), "sqlite:data/tributary.db");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config =
            load("[log]\nformat = \"json\"\nlevel = \"warn\"", &[("TRIBUTARY_LOG__LEVEL", "debug"), ("HOME", "/")])
                .unwrap();
        assert_eq!((config.log.level.as_str(), config.log.format), ("debug", LogFormat::Json));
        let config = load("", &[("TRIBUTARY_LIMITS__CONNECT", "7"), ("TRIBUTARY_MASTER_KEY", "x")]).unwrap();
        assert_eq!(config.limits.connect, 7);
    }

    #[test]
    fn unknown_names_and_wrong_types_are_errors() {
        for (text, environment, expected) in [
            ("listne = \"x\"", vec![], "listne"),
            ("[log]\ncolour = 1", vec![], "colour"),
            ("", vec![("TRIBUTARY_LISTNE", "x")], "TRIBUTARY_LISTNE"),
            ("", vec![("TRIBUTARY_LIMITS__CONNECT", "many")], "integer"),
            ("listen = 8080", vec![], "string"),
            ("listen = ", vec![], "TOML"),
            ("public_url = \"https://a.example/path\"", vec![], "origin"),
            ("public_url = \"http://a.example\"", vec![], "https"),
        ] {
            let error = load(text, &environment).unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains(expected) || matches!(error, ConfigError::Invalid(..)), "{shown}");
        }
    }

    #[test]
    fn registrations_find_their_secrets() {
        let config = load(
            "[[registrations]]\nendpoint = \"https://fhir.example/r4\"\nclient_id = \"c\"\nauthentication = \"basic\"\nclient_secret_env = \"S\"",
            &[],
        )
        .unwrap();
        assert!(matches!(config.registrations(|_| None), Err(ConfigError::MissingSecret(..))));
        let found = config.registrations(|name| (name == "S").then(|| "hush".to_owned())).unwrap();
        assert_eq!(found[0].authentication, ClientAuthentication::Basic("hush".to_owned().into()));
        let config = load("[[registrations]]\nendpoint = \"https://fhir.example/r4\"\nclient_id = \"c\"\nauthentication = \"none\"\nplatform = \"epci\"", &[]).unwrap();
        assert!(matches!(config.registrations(|_| None), Err(ConfigError::Platform(..))));
        assert!(!format!("{config:?} {found:?}").contains("hush"));
    }
}
