//! People and places as the contract writes them.

use serde::Serialize;

use crate::chart::Chart;
use crate::fhir::{Element, Resource};

/// The `patient` member of nearly every record.
#[derive(Debug, Serialize)]
pub struct Patient {
    pub name: String,
}

/// A name in parts.
#[derive(Debug, Default, Serialize)]
pub struct Name {
    pub prefix: Option<String>,
    pub given: Vec<String>,
    pub family: Option<String>,
}

/// An address in parts.
#[derive(Debug, Default, Serialize)]
pub struct Address {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub street: Vec<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub zip: Option<String>,
    pub country: Option<String>,
}

impl Patient {
    /// The person a record is about; the name may be empty.
    pub fn of(chart: &Chart, resource: Resource<'_>, member: &str) -> Patient {
        let subject = resource.get(member);
        let name = chart
            .resolve(resource, subject)
            .filter(|subject| subject.kind == "Patient")
            .or_else(|| chart.patient())
            .and_then(full_name)
            .or_else(|| subject.str("display").map(str::to_owned));
        Patient { name: name.unwrap_or_default() }
    }
}

impl Name {
    pub fn of(name: Element<'_>) -> Option<Name> {
        let name = Name {
            prefix: name.first("prefix").as_str().map(str::to_owned),
            given: name.each("given").filter_map(Element::as_str).map(str::to_owned).collect(),
            family: name.str("family").map(str::to_owned),
        };
        (!name.given.is_empty() || name.family.is_some()).then_some(name)
    }

    /// A name known only as text.
    pub fn whole(text: &str) -> Name {
        Name { family: Some(text.to_owned()), ..Name::default() }
    }
}

impl Address {
    pub fn of(address: Element<'_>) -> Option<Address> {
        let text = |name: &str| address.str(name).map(str::to_owned);
        let address = Address {
            street: address.each("line").filter_map(Element::as_str).map(str::to_owned).collect(),
            city: text("city"),
            state: text("state"),
            zip: text("postalCode"),
            country: text("country"),
        };
        (address.flat().is_some() || address.country.is_some()).then_some(address)
    }

    /// `18 Quarry Road, Fairhaven, OR, 97000`
    pub fn flat(&self) -> Option<String> {
        let parts: Vec<&str> =
            self.street.iter().chain(&self.city).chain(&self.state).chain(&self.zip).map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The name to use now: official, then usual, then any that has not ended.
pub fn best_name(person: Resource<'_>) -> Element<'_> {
    best(person, "name", &["official", "usual"])
}

/// The address to use now.
pub fn best_address(place: Resource<'_>) -> Element<'_> {
    best(place, "address", &["home"])
}

fn best<'a>(owner: Resource<'a>, member: &str, uses: &[&str]) -> Element<'a> {
    let current =
        || owner.each(member).filter(|item| item.get("period").str("end").is_none() && item.str("use") != Some("old"));
    uses.iter()
        .find_map(|wanted| current().find(|item| item.str("use") == Some(wanted)))
        .or_else(|| current().next())
        .unwrap_or_else(|| owner.first(member))
}

/// Given and family names in one line.
pub fn full_name(person: Resource<'_>) -> Option<String> {
    let name = best_name(person);
    name.str("text").map(str::to_owned).or_else(|| {
        let parts: Vec<&str> = name.each("given").filter_map(Element::as_str).chain(name.str("family")).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    })
}

/// The name of whoever a reference points to: as the source displays it, or looked up.
pub fn agent(chart: &Chart, from: Resource<'_>, reference: Element<'_>) -> Option<String> {
    reference.str("display").map(str::to_owned).or_else(|| named(chart, chart.resolve(from, reference)?, 0))
}

/// Whether a reference leads to the person or a relative, not to someone who treats them.
pub fn is_lay(chart: &Chart, from: Resource<'_>, reference: Element<'_>) -> bool {
    let lay = |kind: &str| matches!(kind, "Patient" | "RelatedPerson");
    match chart.resolve(from, reference) {
        Some(agent) => lay(agent.kind),
        None => {
            reference.str("type").is_some_and(lay)
                || reference.str("reference").is_some_and(|target| target.split('/').any(lay))
        }
    }
}

fn named(chart: &Chart, agent: Resource<'_>, depth: u8) -> Option<String> {
    match agent.kind {
        "PractitionerRole" if depth < 3 => ["practitioner", "organization"].iter().find_map(|member| {
            let reference = agent.get(member);
            reference
                .str("display")
                .map(str::to_owned)
                .or_else(|| named(chart, chart.resolve(agent, reference)?, depth + 1))
        }),
        "Organization" | "Location" | "HealthcareService" => agent.str("name").map(str::to_owned),
        _ => full_name(agent),
    }
}

/// The organization a reference leads to, directly or through a role.
pub fn organization_of<'a>(chart: &'a Chart, from: Resource<'a>, reference: Element<'a>) -> Option<Resource<'a>> {
    let target = chart.resolve(from, reference)?;
    match target.kind {
        "Organization" => Some(target),
        "PractitionerRole" => chart.resolve(target, target.get("organization")).filter(|it| it.kind == "Organization"),
        _ => None,
    }
}

/// Where someone works, as their role says.
pub fn workplace<'a>(chart: &'a Chart, from: Resource<'a>, reference: Element<'a>) -> Option<Resource<'a>> {
    let role = chart.resolve(from, reference).filter(|found| found.kind == "PractitionerRole")?;
    role.each("location").find_map(|place| chart.resolve(role, place)).filter(|it| it.kind == "Location")
}

/// The first phone number.
pub fn phone(owner: Resource<'_>) -> Option<String> {
    owner
        .each("telecom")
        .find(|point| point.str("system") == Some("phone"))
        .and_then(|point| point.str("value"))
        .map(str::to_owned)
}

/// The address of a place in one line: its own, or that of whoever runs it.
pub fn place_address(chart: &Chart, place: Resource<'_>) -> Option<String> {
    let runs = || chart.resolve(place, place.get("managingOrganization"));
    flat_address(place).or_else(|| runs().filter(|it| it.kind == "Organization").and_then(flat_address))
}

/// The address in one line.
pub fn flat_address(owner: Resource<'_>) -> Option<String> {
    Address::of(best_address(owner)).and_then(|address| address.flat())
}
