//! From the organizations and endpoints of a bundle to brands.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeMap, HashMap, HashSet};

use domain::SourceId;
use serde_json::Value;
use url::Url;

use crate::brands::{Brand, BundleError, Category, Endpoint, Identifier, Import, Location, Portal, Wrong};
use crate::bundle::{Bundle, Entry, items, text};
use crate::ids::{Candidate, assign, explicit};
use crate::logos::Logo;

mod endpoints;
mod repeated;

use endpoints::{Distinct, MAX_ENDPOINTS, portal, size};
use repeated::merge;

const BRAND: &str = "http://hl7.org/fhir/StructureDefinition/organization-brand";
const PORTAL: &str = "http://hl7.org/fhir/StructureDefinition/organization-portal";
const VERSION: &str = "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version";
const MAX_DEPTH: usize = 16;
/// What all parts of a bundle's organizations may take over from those above them, in bytes.
const MAX_INHERITED: usize = crate::brands::MAX_BYTES;

pub(crate) fn import(bundle: &Bundle) -> Result<Import, BundleError> {
    let mut reader =
        Reader { bundle, endpoints: HashMap::new(), managed: HashMap::new(), inherited: 0, ignored: vec![] };
    let orphans = reader.read_endpoints()?;
    let mut found = reader.read_organizations()?;
    let used: HashSet<&Url> =
        found.iter().flat_map(|candidate| candidate.brand.endpoints()).map(|endpoint| &endpoint.address).collect();
    let free = |card: &Candidate| card.brand.endpoints().all(|endpoint| !used.contains(&endpoint.address));
    let orphans: Vec<Candidate> = orphans.into_iter().filter(free).collect();
    found.extend(orphans);
    assign(&mut found);
    let brands = merge(found)?;
    Ok(Import { brands, ignored: reader.ignored, entries: bundle.len() as u64 })
}

struct Reader<'a> {
    bundle: &'a Bundle,
    /// Active endpoints by the path of their entry.
    endpoints: HashMap<&'a str, Endpoint>,
    /// Endpoints that name their organization, by the path of that.
    managed: HashMap<&'a str, Vec<Endpoint>>,
    /// Bytes of portals that were taken over so far.
    inherited: usize,
    ignored: Vec<BundleError>,
}

impl<'a> Reader<'a> {
    /// Reads all endpoints; gives a card to each, for the case that no organization claims it.
    fn read_endpoints(&mut self) -> Result<Vec<Candidate>, BundleError> {
        let mut cards = Vec::new();
        for entry in self.bundle.of_kind("Endpoint") {
            let json = &entry.json;
            let rest = json["connectionType"]["code"].as_str().is_none_or(|code| code == "hl7-fhir-rest");
            if json["status"] != "active" || !rest {
                self.ignored.push(BundleError::new(format!("{}.status", entry.at), Wrong::Inactive));
                continue;
            }
            let at = format!("{}.address", entry.at);
            let address = text(json, "address").ok_or_else(|| BundleError::new(&at, Wrong::Missing))?;
            let address =
                Url::parse(&address).ok().filter(reachable).ok_or(BundleError::new(at, Wrong::NotAnAddress))?;
            let version = extensions(json, VERSION).find_map(|extension| text(extension, "valueCode"));
            let endpoint = Endpoint { address, fhir_version: version, authorize: None, token: None };
            self.endpoints.insert(&entry.at, endpoint.clone());
            let manager = text(&json["managingOrganization"], "reference");
            if let Some(owner) = manager.as_deref().and_then(|name| self.bundle.resolve(entry, name)) {
                self.managed.entry(&owner.at).or_default().push(endpoint);
                continue;
            }
            // Some vendors put the organization inside, and its id with or without a hash.
            let id = manager.as_deref().unwrap_or_default().trim_start_matches('#').to_owned();
            let contained = items(json, "contained")
                .iter()
                .find(|inner| inner["id"] == id.as_str() && inner["resourceType"] == "Organization");
            let host = endpoint.address.host_str().unwrap_or_default().to_owned();
            let name = contained.and_then(|inner| text(inner, "name")).unwrap_or(host);
            let brand = Brand {
                portals: vec![portal(&name, vec![endpoint])],
                ..blank(contained.unwrap_or(&Value::Null), name)
            };
            cards.push(Candidate { brand, at: entry.at.clone(), explicit: false, top: true });
        }
        Ok(cards)
    }

    fn read_organizations(&mut self) -> Result<Vec<Candidate>, BundleError> {
        let all: Vec<&Entry> =
            self.bundle.of_kind("Organization").filter(|entry| entry.json["active"] != false).collect();
        let mut cards: BTreeMap<usize, Candidate> = BTreeMap::new();
        let mut place: HashMap<&str, usize> = HashMap::new();
        let mut sites = Vec::new();
        let mut above: HashMap<&str, (usize, Vec<Portal>)> = HashMap::new();
        for (index, entry) in all.iter().enumerate() {
            let line = self.ancestors(entry)?;
            let own = self.portals(entry)?;
            let branded = extensions(&entry.json, BRAND).next().is_some();
            if own.is_empty() && !branded && !line.is_empty() {
                sites.push((*entry, line));
                continue;
            }
            // An ancestor's portal serves its parts too.
            let portals = if own.is_empty() { self.inherit(&line, &mut above)? } else { Some(own) };
            let Some(portals) = portals else {
                self.ignored.push(BundleError::new(format!("{}.partOf", entry.at), Wrong::TooMany));
                continue;
            };
            if portals.is_empty() {
                self.ignored.push(BundleError::new(format!("{}.endpoint", entry.at), Wrong::NoEndpoint));
                continue;
            }
            let mut candidate = self.card(entry, portals)?;
            candidate.top = line.is_empty();
            place.insert(&entry.at, index);
            cards.insert(index, candidate);
        }
        for (site, line) in sites {
            let card = line.iter().find_map(|ancestor| place.get(ancestor.at.as_str()));
            match card.and_then(|index| cards.get_mut(index)) {
                Some(card) => join(&mut card.brand, &site.json),
                None => self.ignored.push(BundleError::new(format!("{}.partOf", site.at), Wrong::NoEndpoint)),
            }
        }
        Ok(cards.into_values().collect())
    }

    /// The portals of the nearest of `line` that has any; `None` when all parts together have taken over too much.
    /// `above` keeps what was read, with its size.
    fn inherit(
        &mut self,
        line: &[&'a Entry],
        above: &mut HashMap<&'a str, (usize, Vec<Portal>)>,
    ) -> Result<Option<Vec<Portal>>, BundleError> {
        for ancestor in line {
            let (size, portals) = match above.entry(&ancestor.at) {
                Occupied(read) => read.into_mut(),
                Vacant(place) => {
                    let portals = self.portals(ancestor)?;
                    place.insert((portals.iter().map(size).sum(), portals))
                }
            };
            if !portals.is_empty() {
                self.inherited = self.inherited.saturating_add(*size);
                return Ok((self.inherited <= MAX_INHERITED).then(|| portals.clone()));
            }
        }
        Ok(Some(vec![]))
    }

    /// The organizations above, nearest first.
    fn ancestors(&self, entry: &'a Entry) -> Result<Vec<&'a Entry>, BundleError> {
        let mut line: Vec<&Entry> = Vec::new();
        let mut here = entry;
        while let Some(reference) = text(&here.json["partOf"], "reference") {
            let at = format!("{}.partOf", here.at);
            here = self.bundle.resolve(here, &reference).ok_or_else(|| BundleError::new(&at, Wrong::Dangling))?;
            if here.kind != "Organization" {
                return Err(BundleError::new(at, Wrong::WrongType));
            }
            if line.len() >= MAX_DEPTH || here.at == entry.at || line.iter().any(|seen| seen.at == here.at) {
                return Err(BundleError::new(at, Wrong::Circular));
            }
            line.push(here);
        }
        Ok(line)
    }

    fn card(&mut self, entry: &Entry, portals: Vec<Portal>) -> Result<Candidate, BundleError> {
        let at = |member: &str| format!("{}.{member}", entry.at);
        let name = text(&entry.json, "name").ok_or_else(|| BundleError::new(at("name"), Wrong::Missing))?;
        let mut brand = Brand { portals, ..blank(&entry.json, name) };
        for extension in extensions(&entry.json, BRAND) {
            brand.logo = brand.logo.or(self.logo(extension, "brandLogo", &entry.at));
        }
        let given = explicit(&brand.identifiers);
        let explicit = given.is_some();
        if let Some(id) = given {
            brand.id = id.map_err(|_| BundleError::new(at("identifier"), Wrong::NotAnId))?;
            brand.identifiers.retain(|identifier| identifier.system != crate::ids::EXPLICIT);
        }
        Ok(Candidate { brand, at: entry.at.clone(), explicit, top: true })
    }

    /// The portals of an organization itself, each with the endpoints behind it.
    fn portals(&mut self, entry: &'a Entry) -> Result<Vec<Portal>, BundleError> {
        let mut endpoints = Distinct::default();
        for (index, reference) in items(&entry.json, "endpoint").iter().enumerate() {
            endpoints.extend(self.endpoint(entry, reference, &format!("{}.endpoint[{index}]", entry.at))?);
        }
        endpoints.extend(self.managed.get(entry.at.as_str()).into_iter().flatten());
        let (endpoints, mut too_many) = (endpoints.all, endpoints.too_many);
        let mut room = MAX_ENDPOINTS;
        let mut shown: HashSet<Url> = HashSet::new();
        let name = text(&entry.json, "name").unwrap_or_default();
        let mut portals = Vec::new();
        for (index, extension) in extensions(&entry.json, PORTAL).enumerate() {
            let at = format!("{}.extension(organization-portal)[{index}]", entry.at);
            let mut own = Distinct::default();
            for part in extensions(extension, "portalEndpoint") {
                own.extend(self.endpoint(entry, &part["valueReference"], &format!("{at}.portalEndpoint"))?);
            }
            let behind = if own.all.is_empty() { &endpoints } else { &own.all };
            too_many |= own.too_many || behind.len() > room;
            let behind: Vec<Endpoint> = behind.iter().take(room).cloned().collect();
            room -= behind.len();
            shown.extend(behind.iter().map(|endpoint| endpoint.address.clone()));
            let value = |part: &str| {
                let part = extensions(extension, part).next()?;
                text(part, "valueString").or(text(part, "valueUrl")).or(text(part, "valueMarkdown"))
            };
            let found = Portal {
                url: value("portalUrl").filter(|url| Url::parse(url).is_ok_and(|url| reachable(&url))),
                description: value("portalDescription"),
                logo: self.logo(extension, "portalLogo", &at),
                ..portal(&value("portalName").unwrap_or_else(|| name.clone()), behind)
            };
            if !found.endpoints.is_empty() {
                portals.push(found);
            }
        }
        let mut rest: Vec<Endpoint> =
            endpoints.into_iter().filter(|endpoint| !shown.contains(&endpoint.address)).collect();
        too_many |= rest.len() > room;
        rest.truncate(room);
        if too_many {
            self.ignored.push(BundleError::new(format!("{}.endpoint", entry.at), Wrong::TooMany));
        }
        if !rest.is_empty() {
            portals.push(portal(&name, rest));
        }
        Ok(portals)
    }

    /// The endpoint of a reference; `None` when it is closed.
    fn endpoint(&self, from: &Entry, reference: &Value, at: &str) -> Result<Option<&Endpoint>, BundleError> {
        let name = text(reference, "reference").ok_or_else(|| BundleError::new(at, Wrong::Missing))?;
        let entry = self.bundle.resolve(from, &name).ok_or_else(|| BundleError::new(at, Wrong::Dangling))?;
        if entry.kind != "Endpoint" {
            return Err(BundleError::new(at, Wrong::WrongType));
        }
        Ok(self.endpoints.get(entry.at.as_str()))
    }

    fn logo(&mut self, extension: &Value, part: &str, at: &str) -> Option<Logo> {
        let found = extensions(extension, part).find_map(|part| text(part, "valueUrl").or(text(part, "valueUri")))?;
        match Logo::parse(&found) {
            Ok(logo) => Some(logo),
            Err(error) => {
                self.ignored.push(BundleError::new(format!("{at}.{part}"), Wrong::Logo(error)));
                None
            }
        }
    }
}

/// `https`, or this very machine: development and demonstrations.
fn reachable(url: &Url) -> bool {
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && local))
}

fn extensions<'a>(json: &'a Value, url: &'a str) -> impl Iterator<Item = &'a Value> {
    items(json, "extension").iter().filter(move |extension| extension["url"] == url)
}

/// A brand with what its organization says of itself.
fn blank(json: &Value, name: String) -> Brand {
    let code = items(json, "type").iter().flat_map(|kind| items(kind, "coding")).find_map(|coding| {
        Some(match coding["code"].as_str()? {
            "prov" => Category::Hospital,
            "ins" | "pay" => Category::Insurer,
            "laboratory" => Category::Lab,
            "imaging" => Category::Imaging,
            "pharmacy" => Category::Pharmacy,
            "health-information-network" | "health-data-aggregator" => Category::Network,
            _ => return None,
        })
    });
    let spoken = !items(json, "type").is_empty();
    let aliases = items(json, "alias").iter().filter_map(Value::as_str).map(str::trim);
    let telecom = items(json, "telecom").iter().filter(|telecom| telecom["system"] == "url");
    Brand {
        id: SourceId([0; 12]),
        aliases: aliases.filter(|alias| !alias.is_empty() && *alias != name).map(str::to_owned).collect(),
        // Vendors that leave the type out list the providers they serve.
        category: code.unwrap_or(if spoken { Category::Other } else { Category::Hospital }),
        identifiers: items(json, "identifier")
            .iter()
            .filter_map(|json| Some(Identifier { system: text(json, "system")?, value: text(json, "value")? }))
            .collect(),
        website: telecom
            .filter_map(|telecom| text(telecom, "value"))
            .find(|url| Url::parse(url).is_ok_and(|url| reachable(&url))),
        logo: None,
        former_names: Vec::new(),
        vendor: None,
        locations: items(json, "address").iter().filter_map(location).collect(),
        portals: Vec::new(),
        name,
    }
}

fn location(json: &Value) -> Option<Location> {
    let lines: Vec<&str> = items(json, "line").iter().filter_map(Value::as_str).map(str::trim).collect();
    let found = Location {
        name: None,
        line: Some(lines.join(", ")).filter(|line| !line.is_empty()),
        city: text(json, "city"),
        state: text(json, "state"),
        zip: text(json, "postalCode"),
        ..Location::default()
    };
    (found != Location::default()).then_some(found)
}

/// A site becomes a place of its brand, and its names ways to find it.
fn join(brand: &mut Brand, site: &Value) {
    let name = text(site, "name");
    let aliases = items(site, "alias").iter().filter_map(Value::as_str).map(str::to_owned);
    for alias in name.clone().into_iter().chain(aliases) {
        if alias != brand.name {
            brand.aliases.push(alias);
        }
    }
    brand.locations.extend(
        items(site, "address").iter().filter_map(location).map(|place| Location { name: name.clone(), ..place }),
    );
}
