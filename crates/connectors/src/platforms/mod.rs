//! EHR products: what each one does differently, as data.

mod athena;
mod ecw;
mod epic;
mod generic;
mod meditech;
mod nextgen;
mod oracle;
mod veradigm;

pub use athena::ATHENA;
pub use ecw::ECW;
pub use epic::EPIC;
pub use generic::GENERIC;
pub use meditech::MEDITECH;
pub use nextgen::NEXTGEN;
pub use oracle::ORACLE;
pub use veradigm::VERADIGM;

use url::Url;

use crate::smart::scopes::Dialect;

/// Every product with a profile of its own. `GENERIC` is first and serves all others.
pub static PLATFORMS: &[&Platform] = &[&GENERIC, &EPIC, &ORACLE, &ATHENA, &ECW, &MEDITECH, &NEXTGEN, &VERADIGM];

/// The profile with this id; `generic` for an unknown one.
pub fn platform(id: &str) -> &'static Platform {
    PLATFORMS.iter().copied().find(|known| known.id == id).unwrap_or(&GENERIC)
}

/// The profile that the host of a FHIR base belongs to.
pub fn platform_of(base: &Url) -> &'static Platform {
    let host = base.host_str().unwrap_or("").to_ascii_lowercase();
    let at = |suffix: &str| host == suffix || host.ends_with(&format!(".{suffix}"));
    PLATFORMS.iter().copied().find(|known| known.hosts.iter().any(|suffix| at(suffix))).unwrap_or(&GENERIC)
}

/// An EHR product's profile.
#[derive(Debug, PartialEq)]
pub struct Platform {
    pub id: &'static str,
    pub name: &'static str,
    /// Host suffixes that only this product uses.
    pub hosts: &'static [&'static str],
    /// Fixed by the product whatever discovery says.
    pub dialect: Option<Dialect>,
    pub style: Style,
    /// Scopes about the person and the session.
    pub identity: &'static str,
    /// Scopes to add to every request, written in v1 and translated when v2 is spoken.
    pub extra_scopes: &'static [&'static str],
    /// Some servers refuse PKCE parameters altogether.
    pub pkce: bool,
    /// Where the patient id is found, first match wins.
    pub patient_from: &'static [PatientFrom],
    pub tenant: Option<Tenant>,
    pub refresh: Refresh,
    pub accept: &'static str,
    pub page_size: u32,
    /// Smaller page sizes for single types.
    pub page_caps: &'static [(&'static str, u32)],
    /// Observation categories beside those everybody is asked for.
    pub observation_categories: &'static [&'static str],
    pub careplan_categories: &'static [&'static str],
    /// Types whose search without a category is refused or incomplete.
    pub category_only: &'static [&'static str],
    /// Types for which `_revinclude=Provenance:target` is refused.
    pub no_provenance: &'static [&'static str],
    /// A 403 in the middle of a run may be an exhausted quota.
    pub forbidden_may_be_quota: bool,
    /// `_lastUpdated` may be trusted for these types.
    pub last_updated: &'static [&'static str],
    pub docref: Docref,
    /// `Binary` cannot be read by patients: attachments come inline.
    pub binary: bool,
    /// Codes in the answers of this product that say more than the status.
    pub outcome_codes: &'static [(&'static str, Meaning)],
}

/// How resource scopes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// `patient/*.read`
    Wildcard,
    /// One scope for each type.
    Explicit,
    /// Rights come with the registration; only the types every person expects are named.
    Minimal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatientFrom {
    /// `patient` in the token answer.
    Token,
    /// `fhirUser` in the id token.
    FhirUser,
    /// A claim of the access token.
    AccessClaim(&'static str),
    /// Introspection.
    Introspection,
    /// `GET Patient`, when it finds exactly one.
    Search,
}

/// A value of the token answer that every FHIR request must carry.
#[derive(Debug, PartialEq, Eq)]
pub struct Tenant {
    pub member: &'static str,
    pub parameter: &'static str,
    /// Put before the value when it is not there yet.
    pub prefix: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh {
    pub send_client_id: bool,
    pub send_scope: bool,
}

/// How to ask for generated C-CDA documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Docref {
    /// `$docref` when the CapabilityStatement lists it.
    IfListed,
    /// Known to work although not always listed.
    Always,
    Never,
}

/// What a product's own error code means for a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing found.
    Empty,
    /// Note it and go on.
    Note,
    /// The query is wrong: try a simpler one.
    Query,
    /// Not shared with this person or this client.
    Refused,
    /// A page link is too old: start this search again.
    PageExpired,
    /// Come back after the day's quota.
    Quota,
    /// An outage.
    Outage,
    /// The id is unknown, hidden or deleted.
    Gone,
}

impl Platform {
    pub const DEFAULT: Platform = Platform {
        id: "generic",
        name: "SMART on FHIR",
        hosts: &[],
        dialect: None,
        style: Style::Wildcard,
        identity: "openid fhirUser launch/patient offline_access",
        extra_scopes: &[],
        pkce: true,
        patient_from: &[PatientFrom::Token, PatientFrom::FhirUser, PatientFrom::Introspection, PatientFrom::Search],
        tenant: None,
        refresh: Refresh { send_client_id: false, send_scope: false },
        accept: "application/fhir+json",
        page_size: 100,
        page_caps: &[],
        observation_categories: &[],
        careplan_categories: &["assess-plan"],
        category_only: &[],
        no_provenance: &[],
        forbidden_may_be_quota: false,
        last_updated: &[],
        docref: Docref::IfListed,
        binary: true,
        outcome_codes: &[],
    };

    pub fn page_size(&self, kind: &str) -> u32 {
        self.page_caps.iter().find(|(capped, _)| *capped == kind).map_or(self.page_size, |(_, size)| *size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_file_is_registered() {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/platforms")).unwrap();
        let mut files: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap().replace(".rs", ""))
            .filter(|name| name != "mod")
            .collect();
        let mut ids: Vec<String> = PLATFORMS.iter().map(|platform| platform.id.to_owned()).collect();
        files.sort();
        ids.sort();
        assert_eq!(files, ids);
    }

    #[test]
    fn hosts_lead_to_products() {
        for (base, id) in [
            ("https://fhir-myrecord.cerner.com/r4/riverbend/", "oracle"),
            ("https://api.platform.athenahealth.com/fhir/r4", "athena"),
            ("https://epicproxy.et0001.riverbend.example/FHIR/R4", "generic"),
            ("https://notcerner.com/r4", "generic"),
        ] {
            assert_eq!(platform_of(&Url::parse(base).unwrap()).id, id, "{base}");
        }
        assert_eq!(platform("no such product").id, "generic");
    }
}
