//! Rate limits: how often a client or an address may ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{ClientId, RowId, Timestamp};

/// Requests per minute; 0 switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Token requests per app.
    pub tokens_per_client: u32,
    /// Session requests without a secret, per app and per address.
    pub secretless_sessions: u32,
    /// Wrong secrets per address before it has to wait.
    pub bad_secrets: u32,
    /// Widget actions per visit.
    pub connect: u32,
}

/// Too many requests; worth another try after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests")]
pub struct Limited {
    pub retry_after: Duration,
}

/// All limits with where everyone stands.
pub(crate) struct Limiters {
    /// With and without a secret apart, so that strangers cannot use up an app's share.
    pub tokens: Limiter<(ClientId, bool)>,
    pub secretless: Limiter<(ClientId, IpAddr)>,
    pub bad_secrets: Limiter<IpAddr>,
    pub connect: Limiter<RowId>,
}

impl Limiters {
    pub(crate) fn new(limits: RateLimits) -> Limiters {
        Limiters {
            tokens: Limiter::per_minute(limits.tokens_per_client),
            secretless: Limiter::per_minute(limits.secretless_sessions),
            bad_secrets: Limiter::per_minute(limits.bad_secrets),
            connect: Limiter::per_minute(limits.connect),
        }
    }
}

/// Keys remembered at once; beyond them those that owe least are forgotten, an eighth at a time.
const KEYS: usize = 16_384;

/// A bucket per key that holds one minute's worth and fills evenly.
pub(crate) struct Limiter<K> {
    /// Microseconds one request costs; 0 when the limit is off.
    cost: i64,
    full: i64,
    /// When each key's bucket is full again, in unix microseconds.
    paid: Mutex<HashMap<K, i64>>,
}

impl<K: Hash + Eq> Limiter<K> {
    fn per_minute(count: u32) -> Limiter<K> {
        let cost = 60_000_000_i64.checked_div(i64::from(count)).unwrap_or(0);
        Limiter { cost, full: cost * i64::from(count), paid: Mutex::default() }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// `Limited`, without counting it, when the bucket is empty.
    pub(crate) fn take(&self, key: K, now: Timestamp) -> Result<(), Limited> {
        let now = now.0.saturating_mul(1000);
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let until = self.fits(paid.get(&key).copied(), now)?;
        if paid.len() >= KEYS && !paid.contains_key(&key) {
            let mut ends: Vec<i64> = paid.values().copied().collect();
            let (_, limit, _) = ends.select_nth_unstable(KEYS / 8);
            let limit = *limit;
            paid.retain(|_, until| *until > limit);
        }
        if self.cost > 0 {
            paid.insert(key, until);
        }
        Ok(())
    }

    fn fits(&self, until: Option<i64>, now: i64) -> Result<i64, Limited> {
        let until = until.unwrap_or(now).max(now).saturating_add(self.cost);
        let early = until.saturating_sub(now).saturating_sub(self.full);
        if self.cost > 0 && early > 0 {
            return Err(Limited { retry_after: Duration::from_micros(early.unsigned_abs()) });
        }
        Ok(until)
    }
}

/// One household or server: an IPv4 address, or the /64 an IPv6 address is in.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_then_one_at_a_time() {
        let limiter = Limiter::per_minute(6);
        let start = Timestamp(1_700_000_000_000);
        for _ in 0..6 {
            limiter.take("a", start).unwrap();
        }
        assert_eq!(limiter.take("a", start), Err(Limited { retry_after: Duration::from_secs(10) }));
        assert_eq!(
            limiter.take("a", start + Duration::from_secs(4)),
            Err(Limited { retry_after: Duration::from_secs(6) })
        );
        limiter.take("b", start).unwrap();
        limiter.take("a", start + Duration::from_secs(10)).unwrap();
        assert!(limiter.take("a", start + Duration::from_secs(10)).is_err());
        for _ in 0..6 {
            limiter.take("a", start + Duration::from_secs(600)).unwrap();
        }
        assert!(limiter.take("a", start + Duration::from_secs(600)).is_err());
    }

    #[test]
    fn zero_is_off_and_memory_is_bounded() {
        let off = Limiter::per_minute(0);
        let limiter = Limiter::per_minute(1);
        let now = Timestamp(1_700_000_000_000);
        for key in 0..40_000 {
            off.take(1, now).unwrap();
            limiter.take(key, now).unwrap();
        }
        assert!(limiter.paid.lock().unwrap().len() <= KEYS);
        assert!(off.paid.lock().unwrap().is_empty());
    }

    #[test]
    fn a_crowd_does_not_wash_away_a_debt() {
        let limiter = Limiter::per_minute(3);
        let now = Timestamp(1_700_000_000_000);
        for _ in 0..3 {
            limiter.take(-1, now).unwrap();
        }
        for key in 0..40_000_i64 {
            limiter.take(key, now + Duration::from_millis(key.unsigned_abs() / 10)).unwrap();
        }
        assert!(limiter.take(-1, now + Duration::from_secs(5)).is_err());
    }

    #[test]
    fn an_ipv6_household_is_one_address() {
        let address = |text: &str| network(text.parse().unwrap());
        assert_eq!(address("2001:db8:1:2:aaaa::1"), address("2001:db8:1:2:bbbb::2"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
