//! Identifiers in the shapes the contract shows: 40, 32 and 24 lower-case hex digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {0} lower-case hex digits")]
pub struct NotAnId(pub usize);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// The lower-case hex form.
            pub fn to_hex(self) -> String {
                hex::encode(self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<$name, NotAnId> {
                let mut bytes = [0; $bytes];
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(NotAnId($bytes * 2));
                }
                hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAnId($bytes * 2))?;
                Ok($name(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.to_hex())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_hex())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// An integrator's application: 40 hex digits.
    ClientId, 20
);
hex_id!(
    /// An end user within one app: 32 hex digits.
    HumanId, 16
);
hex_id!(
    /// The deprecated global user id that records still carry: 24 hex digits.
    UserId, 12
);
hex_id!(
    /// What a person picks and the API names as `source`: 24 hex digits.
    SourceId, 12
);
hex_id!(
    /// One human's account at one source (`sources[].id`): 24 hex digits.
    ConnectionId, 12
);
hex_id!(
    /// One normalized record: 24 hex digits, stable across imports.
    RecordId, 12
);
hex_id!(
    /// A row without an outside meaning (widget visits, authorizations, jobs): 32 hex digits.
    RowId, 16
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_form_parses() {
        let text = "3f0c6d5b1a2e47889b0e5d7c4a6f1122";
        assert_eq!(text.parse::<HumanId>().unwrap().to_string(), text);
        for bad in ["", "3f", "3F0C6D5B1A2E47889B0E5D7C4A6F1122", "zz0c6d5b1a2e47889b0e5d7c4a6f1122"] {
            assert_eq!(bad.parse::<HumanId>(), Err(NotAnId(32)), "{bad}");
        }
    }
}
