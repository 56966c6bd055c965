//! Which addresses may be fetched: those of the public internet. A name is judged by what it says here, and
//! by where it leads when it is looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    #[error("is not https")]
    NotHttps,
    #[error("is inside somebody's network")]
    Internal,
    #[error("carries a name or a password")]
    Credentials,
}

/// Whether the address may be fetched by a server that was not told otherwise.
///
/// # Errors
/// [`Unreachable`] says why not.
pub fn judge(address: &Url) -> Result<(), Unreachable> {
    if is_internal(address) {
        return Err(Unreachable::Internal);
    }
    if address.scheme() != "https" {
        return Err(Unreachable::NotHttps);
    }
    if !address.username().is_empty() || address.password().is_some() {
        return Err(Unreachable::Credentials);
    }
    Ok(())
}

/// Names that no public server answers to (RFC 6761, RFC 6762, RFC 8375, RFC 9476 and habit).
const INSIDE: &[&str] = &[
    "alt",
    "arpa",
    "corp",
    "home",
    "hos",
    "intern",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// Whether the host is this machine, a private address, or a name that only some network knows.
pub fn is_internal(address: &Url) -> bool {
    match address.host() {
        None => true,
        Some(Host::Ipv4(ip)) => !is_public(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => !is_public(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name.rsplit_once('.').is_none_or(|(_, top)| INSIDE.contains(&top))
        }
    }
}

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.segments() {
            // Behind the translator of networks without IPv4.
            [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(last_four(address)),
            // Examples, and tunnels to IPv4.
            [0x2001, 0 | 0xdb8, ..] | [0x2002, ..] => false,
            // The one block that is given out, which leaves out mapped and private addresses.
            [first, ..] => first & 0xe000 == 0x2000,
        },
    }
}

fn last_four(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_fetched() {
        use Unreachable::{Credentials, Internal, NotHttps};
        for (address, judged) in [
            ("https://fhir.epic.com/r4/", Ok(())),
            ("https://40.71.37.243/fhir", Ok(())),
            ("https://FHIR.KP.ORG:443/x", Ok(())),
            ("https://[2606:2800:220:1:248:1893:25c8:1946]/", Ok(())),
            ("http://developer.carepaths.com/pad/api/", Err(NotHttps)),
            ("ftp://files.quay.org/", Err(NotHttps)),
            ("https://me:secret@fhir.quay.org/", Err(Credentials)),
            ("http://localhost/FHIR", Err(Internal)),
            ("https://localhost./", Err(Internal)),
            ("https://10.160.126.33/fhir", Err(Internal)),
            ("https://172.19.5.119/fhir", Err(Internal)),
            ("https://192.168.102.4/", Err(Internal)),
            ("https://169.254.169.254/latest/meta-data", Err(Internal)),
            ("https://100.64.1.1/", Err(Internal)),
            ("https://0x7f.1/", Err(Internal)),
            ("https://2130706433/", Err(Internal)),
            ("https://[::1]/", Err(Internal)),
            ("https://[::ffff:10.0.0.1]/", Err(Internal)),
            ("https://[fd00::1]/", Err(Internal)),
            ("https://[fe80::1]/", Err(Internal)),
            ("https://[64:ff9b::a01:203]/", Err(Internal)),
            ("https://eehrtop-all01.services.local/fhir", Err(Internal)),
            ("https://metadata.google.internal/", Err(Internal)),
            ("https://edu-sa-07.edusvc.lan/", Err(Internal)),
            ("https://inscmqaes51/fhir", Err(Internal)),
            ("mailto:somebody@quay.org", Err(Internal)),
        ] {
            assert_eq!(judge(&Url::parse(address).unwrap()), judged, "{address}");
        }
    }
}
