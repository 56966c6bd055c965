//! Where a page ended: the place of its last resource in an order that does not move.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ConnectionId;

/// Compares as the order goes. Who writes one by hand only turns to another page of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// The place of the type, where several are gone through.
    pub kind: u16,
    /// The value of the order that was asked for, turned so that it ascends.
    pub sort: i64,
    pub received: i64,
    pub connection: ConnectionId,
    pub key: [u8; 32],
}

const LENGTH: usize = 2 + 8 + 8 + 12 + 32;

impl Mark {
    pub(super) fn written(&self) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&self.kind.to_be_bytes());
        bytes.extend_from_slice(&self.sort.to_be_bytes());
        bytes.extend_from_slice(&self.received.to_be_bytes());
        bytes.extend_from_slice(&self.connection.0);
        bytes.extend_from_slice(&self.key);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(super) fn parse(text: &str) -> Option<Mark> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == LENGTH)?;
        let (kind, rest) = bytes.split_first_chunk::<2>()?;
        let (sort, rest) = rest.split_first_chunk::<8>()?;
        let (received, rest) = rest.split_first_chunk::<8>()?;
        let (connection, key) = rest.split_first_chunk::<12>()?;
        Some(Mark {
            kind: u16::from_be_bytes(*kind),
            sort: i64::from_be_bytes(*sort),
            received: i64::from_be_bytes(*received),
            connection: ConnectionId(*connection),
            key: key.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was() {
        let mark = Mark { kind: 3, sort: i64::MIN, received: -7, connection: ConnectionId([9; 12]), key: [255; 32] };
        assert_eq!(Mark::parse(&mark.written()), Some(mark));
        for text in ["", "a", "AAAA", "!!!!", &"A".repeat(200)] {
            assert_eq!(Mark::parse(text), None);
        }
    }
}
