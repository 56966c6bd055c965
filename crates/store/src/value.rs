use domain::{ClientId, ConnectionId, HumanId, RecordId, RowId, SourceId, Timestamp, UserId};

/// A keyed or plain 256-bit hash, as index columns hold it.
pub type Hash = [u8; 32];

/// One bound or read value, in the types both databases share.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

macro_rules! from {
    ($($from:ty => $to:expr;)*) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Value {
                let to: fn($from) -> Value = $to;
                to(value)
            }
        })*
    };
}

from! {
    i64 => Value::Int;
    u32 => |value| Value::Int(i64::from(value));
    bool => |value| Value::Int(i64::from(value));
    f64 => Value::Real;
    String => Value::Text;
    &str => |value| Value::Text(value.to_owned());
    Vec<u8> => Value::Bytes;
    &[u8] => |value| Value::Bytes(value.to_vec());
    Hash => |value| Value::Bytes(value.to_vec());
    &Hash => |value| Value::Bytes(value.to_vec());
    Timestamp => |value| Value::Int(value.0);
    ClientId => |value| Value::Text(value.to_hex());
    HumanId => |value| Value::Text(value.to_hex());
    UserId => |value| Value::Text(value.to_hex());
    SourceId => |value| Value::Text(value.to_hex());
    ConnectionId => |value| Value::Text(value.to_hex());
    RecordId => |value| Value::Text(value.to_hex());
    RowId => |value| Value::Text(value.to_hex());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}
