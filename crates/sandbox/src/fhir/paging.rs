//! Pages that were promised: an opaque name leads to the rest of a search, for ten minutes.

use std::collections::HashMap;

use crate::oauth::grants::GrantId;

/// How long a next link works, in seconds.
pub const LIFETIME: i64 = 600;

/// What is left of a search.
#[derive(Clone, Debug)]
pub struct Rest {
    pub grant: GrantId,
    pub kind: &'static str,
    /// Ids of all matches, in order.
    pub ids: std::sync::Arc<Vec<String>>,
    pub from: usize,
    pub count: usize,
    pub includes: Vec<&'static crate::fhir::kinds::Include>,
    pub provenance: bool,
    expires: i64,
}

impl Rest {
    /// Everything from the first match on.
    pub fn new(grant: GrantId, kind: &'static str, ids: Vec<String>, query: &super::query::Query) -> Rest {
        Rest {
            grant,
            kind,
            ids: std::sync::Arc::new(ids),
            from: 0,
            count: query.count,
            includes: query.includes.clone(),
            provenance: query.provenance,
            expires: i64::MAX,
        }
    }

    pub fn page(&self) -> &[String] {
        &self.ids[self.from..(self.from + self.count).min(self.ids.len())]
    }

    /// What remains after this page.
    pub fn next(&self) -> Option<Rest> {
        let from = self.from + self.count;
        (self.count > 0 && from < self.ids.len()).then(|| Rest { from, ..self.clone() })
    }
}

/// The open promises of one hospital.
#[derive(Debug, Default)]
pub struct Pages(HashMap<String, Rest>);

impl Pages {
    pub fn promise(&mut self, name: String, rest: Rest, now: i64) {
        self.0.retain(|_, rest| rest.expires > now);
        self.0.insert(name, Rest { expires: now + LIFETIME, ..rest });
    }

    /// The promised page; a link may be followed again while it works.
    pub fn find(&self, name: &str, grant: GrantId, kind: &str, now: i64) -> Option<Rest> {
        self.0.get(name).filter(|rest| rest.grant == grant && rest.kind == kind && rest.expires > now).cloned()
    }
}
