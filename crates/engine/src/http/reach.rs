//! How far a request may go: which addresses a name may lead to.
//!
//! Checked where a name becomes addresses, and those alone are connected to, so that a name cannot
//! be one thing when it is looked at and another when it is used.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

use ::directory::reach::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anything: development.
    Anywhere,
    /// Hospitals an operator has chosen, which may be in the same private network; not this machine,
    /// and not what answers to every machine of a network, such as a cloud's metadata.
    Chosen,
    /// Addresses of the public internet only.
    Public,
}

impl Reach {
    pub fn admits(self, address: IpAddr) -> bool {
        match (self, translated(address)) {
            (Reach::Anywhere, _) => true,
            (Reach::Chosen, address) => is_elsewhere(address.to_canonical()),
            (Reach::Public, address) => is_public(address),
        }
    }
}

/// The IPv4 address behind the translator of networks without IPv4.
fn translated(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(long) if matches!(long.segments(), [0x64, 0xff9b, 0, 0, 0, 0, ..]) => IpAddr::V4(last_four(long)),
        address => address,
    }
}

/// Where clouds tell machines their secrets, beside the link-local 169.254.169.254.
const METADATA_V4: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// One other machine, here or far away.
fn is_elsewhere(address: IpAddr) -> bool {
    let near = address.is_loopback() || address.is_unspecified() || address.is_multicast();
    !near
        && match address {
            IpAddr::V4(address) => {
                !address.is_link_local() && address != METADATA_V4 && matches!(address.octets(), [1..=223, ..])
            }
            IpAddr::V6(address) => !address.is_unicast_link_local() && address != METADATA_V6,
        }
}

fn last_four(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

/// Everything a name leads to was refused.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address not to be connected to")]
pub(super) struct Refused;

/// What a name leads to.
pub(super) type Lookup = fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Asks the system.
pub(super) fn system(name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
    Box::pin(
        async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address: SocketAddr| address.ip()).collect()) },
    )
}

/// Looks names up and keeps what is within reach.
pub(super) struct Resolver {
    pub reach: Reach,
    pub lookup: Lookup,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        // No request names this machine so; a proxy that runs beside us is named so.
        let reach = if name.as_str() == "localhost" { Reach::Anywhere } else { self.reach };
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?;
            let known = !found.is_empty();
            let admitted: Vec<SocketAddr> =
                found.into_iter().filter(|ip| reach.admits(*ip)).map(|ip| SocketAddr::new(ip, 0)).collect();
            if known && admitted.is_empty() {
                return Err(Refused.into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_within_reach() {
        for (address, chosen, public) in [
            ("93.184.216.34", true, true),
            ("172.15.255.255", true, true),
            ("172.32.0.0", true, true),
            ("100.63.255.255", true, true),
            ("100.128.0.0", true, true),
            ("10.1.2.3", true, false),
            ("172.16.0.1", true, false),
            ("172.31.255.255", true, false),
            ("192.168.1.1", true, false),
            ("100.64.0.1", true, false),
            ("100.127.255.255", true, false),
            ("192.0.0.8", true, false),
            ("192.0.2.1", true, false),
            ("198.18.0.1", true, false),
            ("0.0.0.0", false, false),
            ("0.1.2.3", false, false),
            ("127.0.0.1", false, false),
            ("127.255.255.254", false, false),
            ("169.254.169.254", false, false),
            ("100.100.100.200", false, false),
            ("fd00:ec2::254", false, false),
            ("224.0.0.1", false, false),
            ("239.255.255.255", false, false),
            ("255.255.255.255", false, false),
            ("2606:2800:220:1:248:1893:25c8:1946", true, true),
            ("64:ff9b::5db8:d822", true, true),
            ("64:ff9b::a01:203", true, false),
            ("64:ff9b::7f00:1", false, false),
            ("fc00::1", true, false),
            ("fdff::1", true, false),
            ("2001:db8::1", true, false),
            ("2002:7f00:1::", true, false),
            ("2001:0:4136:e378::1", true, false),
            ("::ffff:93.184.216.34", true, false),
            ("::ffff:10.0.0.1", true, false),
            ("::ffff:127.0.0.1", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("::1", false, false),
            ("::", false, false),
            ("fe80::1", false, false),
            ("febf::1", false, false),
            ("ff02::1", false, false),
        ] {
            let ip: IpAddr = address.parse().unwrap();
            assert_eq!((Reach::Chosen.admits(ip), Reach::Public.admits(ip)), (chosen, public), "{address}");
            assert!(Reach::Anywhere.admits(ip));
        }
    }
}
