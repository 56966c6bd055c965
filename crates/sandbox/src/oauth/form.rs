//! Parameters of a query or a form, in order, with repetitions kept so that they can be refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Names and values as sent.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn parse(text: &str) -> Form {
        Form(serde_urlencoded::from_str(text).unwrap_or_default())
    }

    /// The value, unless it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a name that may repeat.
    pub fn all<'a>(&'a self, name: &str) -> Vec<&'a str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// OAuth allows each parameter once.
    pub fn repeated(&self) -> bool {
        self.0.iter().enumerate().any(|(index, (key, _))| self.0[..index].iter().any(|(earlier, _)| earlier == key))
    }
}

/// 192 random bits, fit for URLs.
pub fn random_text() -> String {
    let mut bytes = [0u8; 24];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}
