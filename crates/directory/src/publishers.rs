//! Where vendors publish the endpoints of those who use their systems. Addresses move: an operator can name others.

use url::Url;

/// A list on the web.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publisher {
    pub vendor: &'static str,
    pub address: &'static str,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A FHIR bundle, which can be imported from its address.
    Bundle,
    /// A list of the vendor's own making.
    List,
    /// A page for people, which leads to the list.
    Page,
}

impl Form {
    /// `bundle`, `list`, `page`
    pub fn word(self) -> &'static str {
        match self {
            Form::Bundle => "bundle",
            Form::List => "list",
            Form::Page => "page",
        }
    }
}

impl Publisher {
    const fn bundle(vendor: &'static str, address: &'static str) -> Publisher {
        Publisher { vendor, address, form: Form::Bundle }
    }

    const fn list(vendor: &'static str, address: &'static str) -> Publisher {
        Publisher { vendor, address, form: Form::List }
    }

    const fn page(vendor: &'static str, address: &'static str) -> Publisher {
        Publisher { vendor, address, form: Form::Page }
    }
}

/// From the list of certified products' publications that the national coordinator's Lantern keeps, and the
/// vendors' own pages.
pub const PUBLISHERS: &[Publisher] = &[
    Publisher::bundle("Epic", "https://open.epic.com/Endpoints/Brands"),
    Publisher::bundle(
        "Oracle Health",
        "https://raw.githubusercontent.com/oracle-samples/ignite-endpoints/main/oracle_health_fhir_endpoints/millennium_patient_r4_endpoints.json",
    ),
    Publisher::bundle(
        "athenahealth",
        "https://service-base-urls.api.fhir.athena.io/athena-fhir-service-base-urls.json",
    ),
    Publisher::list("eClinicalWorks", "https://fhir.eclinicalworks.com/ecwopendev/external/practiceList"),
    Publisher::page("MEDITECH", "https://fhir.meditech.com/explorer/endpoints"),
    Publisher::list("NextGen Healthcare", "https://nextgen.com/api/practice-search"),
    Publisher::bundle("Veradigm", "https://open.platform.veradigm.com/fhirendpoints"),
    Publisher::bundle("Altera Digital Health", "https://open.allscripts.com/fhirendpoints"),
    Publisher::bundle("Practice Fusion", "https://www.practicefusion.com/assets/static_files/ServiceBaseURLs.json"),
    Publisher::page("Greenway Health", "https://developers.greenwayhealth.com/developer-platform/page/fhir-base-urls"),
    Publisher::page("AdvancedMD", "https://developer.advancedmd.com/fhir/base-urls"),
    Publisher::page("Elation Health", "https://elationfhir.readme.io/reference/service-base-urls"),
    Publisher::page("Canvas Medical", "https://docs.canvasmedical.com/api/service-base-urls/"),
    Publisher::list("ModMed", "https://mm-fhir-endpoint-display.prod.fhir.ema-api.com"),
    Publisher::bundle("MEDHOST", "https://api.mhdi10xasayd.com/medhost-developer-composition/v1/fhir-base-urls.json"),
    Publisher::list("drchrono", "https://drchrono-fhirpresentation.everhealthsoftware.com/fhir/r4/endpoints"),
    Publisher::page("PointClickCare", "https://fhir.pointclickcare.com"),
    Publisher::page("One Medical", "https://apidocs.onemedical.io/fhir/overview/"),
];

/// Domains at which only one vendor's systems answer, as seen in the vendors' own lists.
const DOMAINS: &[(&str, &str)] = &[
    ("athenahealth.com", "athenahealth"),
    ("cerner.com", "Oracle Health"),
    ("eclinicalworks.com", "eClinicalWorks"),
    ("epichosted.com", "Epic"),
    ("fhirpoint.open.allscripts.com", "Veradigm"),
    ("healow.com", "eClinicalWorks"),
];

/// The vendor whose domain an endpoint is in.
pub fn vendor_of(address: &Url) -> Option<&'static str> {
    let host = address.host_str()?;
    let within = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    DOMAINS.iter().find(|(domain, _)| within(domain)).map(|(_, vendor)| *vendor)
}

/// What vendors are or were called elsewhere, folded and without legal form.
const CALLED: &[(&str, &str)] = &[
    ("cerner", "Oracle Health"),
    ("epic systems", "Epic"),
    ("1life healthcare", "One Medical"),
    ("nextgen", "NextGen Healthcare"),
    ("elation", "Elation Health"),
    ("allscripts", "Veradigm"),
];

/// The vendor that somebody's list calls `name`.
pub(crate) fn vendor_named(name: &str) -> Option<&'static str> {
    let key = crate::names::key(name);
    let same = PUBLISHERS.iter().map(|publisher| publisher.vendor).find(|vendor| crate::names::key(vendor) == key);
    same.or_else(|| CALLED.iter().find(|(called, _)| *called == key).map(|(_, vendor)| *vendor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_can_be_reached() {
        for publisher in PUBLISHERS {
            let address = Url::parse(publisher.address).unwrap();
            assert_eq!(crate::reach::judge(&address), Ok(()), "{}", publisher.vendor);
        }
    }

    #[test]
    fn vendors_have_one_name() {
        for (name, vendor) in [
            ("Epic Systems Corporation", Some("Epic")),
            ("athenahealth, Inc.", Some("athenahealth")),
            ("eClinicalWorks, LLC", Some("eClinicalWorks")),
            ("Cerner Corporation", Some("Oracle Health")),
            ("Quay Systems", None),
        ] {
            assert_eq!(vendor_named(name), vendor);
        }
    }

    #[test]
    fn a_domain_tells_the_vendor() {
        for (address, vendor) in [
            ("https://fhir-myrecord.cerner.com/r4/1/", Some("Oracle Health")),
            ("https://fhir4.healow.com/fhir/r4/AACJCD", Some("eClinicalWorks")),
            ("https://notcerner.com/r4", None),
        ] {
            assert_eq!(vendor_of(&Url::parse(address).unwrap()), vendor);
        }
    }
}
