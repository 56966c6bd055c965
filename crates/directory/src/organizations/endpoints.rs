//! The endpoints of one organization of a bundle, no more than it may have.

use std::collections::HashSet;

use url::Url;

use crate::brands::{Endpoint, Portal};
use crate::logos::Logo;

/// Of one organization, over all of its portals.
pub(super) const MAX_ENDPOINTS: usize = 2000;

/// A portal of distinct endpoints, the one to offer first at its beginning.
pub(super) fn portal(name: &str, mut endpoints: Vec<Endpoint>) -> Portal {
    endpoints.sort_by_key(Endpoint::preference);
    Portal { name: name.to_owned(), url: None, description: None, logo: None, endpoints }
}

/// Endpoints of different addresses, as many as an organization may have.
#[derive(Default)]
pub(super) struct Distinct {
    pub all: Vec<Endpoint>,
    seen: HashSet<Url>,
    pub too_many: bool,
}

impl<'a> Extend<&'a Endpoint> for Distinct {
    fn extend<I: IntoIterator<Item = &'a Endpoint>>(&mut self, endpoints: I) {
        for endpoint in endpoints {
            if self.seen.contains(&endpoint.address) {
                continue;
            }
            if self.all.len() < MAX_ENDPOINTS {
                self.seen.insert(endpoint.address.clone());
                self.all.push(endpoint.clone());
            } else {
                self.too_many = true;
            }
        }
    }
}

/// About how many bytes a copy takes.
pub(super) fn size(portal: &Portal) -> usize {
    let logo = match &portal.logo {
        Some(Logo::Data(data)) => data.len(),
        Some(Logo::Url(url)) => url.as_str().len(),
        None => 0,
    };
    let texts = [Some(&portal.name), portal.url.as_ref(), portal.description.as_ref()];
    let endpoints = portal.endpoints.iter().map(|endpoint| size_of::<Endpoint>() + endpoint.address.as_str().len());
    size_of::<Portal>() + logo + texts.into_iter().flatten().map(String::len).sum::<usize>() + endpoints.sum::<usize>()
}
