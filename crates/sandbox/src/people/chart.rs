//! The chart being written: it gives out ids and keeps what the nouns add to it.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value};

use super::calendar;
use super::codes::{object, reference_named, us_core};
use super::{Binary, Hospital, Resource};

pub(super) struct Chart<'a> {
    rng: SmallRng,
    /// The hospital's seed, which names its staff.
    pub seed: u64,
    /// What decides about this person alone.
    pub own: u64,
    pub hospital: &'a Hospital<'a>,
    pub today: Date,
    /// What every id of this person begins with.
    pub prefix: String,
    pub patient: String,
    pub name: String,
    pub resources: Vec<Resource>,
    pub binaries: Vec<Binary>,
    counts: BTreeMap<&'static str, u32>,
    written: DateTime,
}

impl<'a> Chart<'a> {
    pub fn open(seed: u64, index: usize, hospital: &'a Hospital<'a>, today: Date) -> Chart<'a> {
        Chart::begin(seed, mix(seed, index as u64), &format!("p{index}"), hospital, today)
    }

    /// The chart of somebody who is the same person at every hospital.
    pub fn open_named(seed: u64, prefix: &str, hospital: &'a Hospital<'a>, today: Date) -> Chart<'a> {
        let own = prefix.bytes().fold(0, |sum, byte| mix(sum, u64::from(byte)));
        Chart::begin(seed, own, prefix, hospital, today)
    }

    fn begin(seed: u64, own: u64, prefix: &str, hospital: &'a Hospital<'a>, today: Date) -> Chart<'a> {
        Chart {
            rng: SmallRng::seed_from_u64(own),
            seed,
            own,
            hospital,
            today,
            prefix: prefix.to_owned(),
            patient: format!("{prefix}-{:06x}", own & 0xff_ffff),
            name: String::new(),
            resources: Vec::with_capacity(600),
            binaries: Vec::new(),
            counts: BTreeMap::new(),
            written: DateTime::MIN,
        }
    }

    /// The next id of a series: `p12-obs-7`.
    pub fn next_id(&mut self, series: &'static str) -> String {
        let count = self.counts.entry(series).or_insert(0);
        *count += 1;
        format!("{}-{series}-{count}", self.prefix)
    }

    /// Writes a resource down; `profile` is the US Core profile it meets, or empty.
    pub fn add(&mut self, kind: &'static str, id: &str, written: DateTime, profile: &str, body: Value) {
        self.written = self.written.max(written);
        let last_updated = calendar::utc(written);
        let mut meta = object! { "versionId": "1", "lastUpdated": last_updated.as_str() };
        if !profile.is_empty() {
            meta["profile"] = Value::from([us_core(profile)]);
        }
        let Value::Object(body) = body else { unreachable!("a resource is an object") };
        let mut json = Map::with_capacity(body.len() + 3);
        json.insert("resourceType".into(), kind.into());
        json.insert("id".into(), id.into());
        json.insert("meta".into(), meta);
        json.extend(body);
        self.resources.push(Resource { kind, id: id.to_owned(), last_updated, json: Value::Object(json) });
    }

    /// When the newest resource so far was written.
    pub fn last_written(&self) -> DateTime {
        self.written
    }

    pub fn attach(&mut self, content_type: &'static str, bytes: Vec<u8>) -> String {
        let id = self.next_id("bin");
        self.binaries.push(Binary { id: id.clone(), content_type, bytes });
        id
    }

    pub fn subject(&self) -> Value {
        reference_named("Patient", &self.patient, &self.name)
    }

    /// True in `rate` of a thousand cases.
    pub fn chance(&mut self, rate: u32) -> bool {
        self.rng.random_range(0..1000) < rate
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.rng.random_range(0..choices.len())]
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.rng.random_range(low..=high)
    }

    pub fn days(&mut self, low: i64, high: i64) -> i64 {
        self.rng.random_range(low..=high)
    }
}

/// Spreads neighbouring indexes over unrelated seeds.
pub(super) fn mix(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
