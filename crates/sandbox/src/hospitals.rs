//! The hospitals that exist: rows of data, read by the people, the brands bundle and the pages.

/// What an organisation is, in the words of the organization-type code system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Provider,
    Laboratory,
    Pharmacy,
}

impl Kind {
    /// The code in `http://terminology.hl7.org/CodeSystem/organization-type`.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Provider => "prov",
            Kind::Laboratory => "laboratory",
            Kind::Pharmacy => "pharmacy",
        }
    }
}

/// Where a building stands.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    pub line: &'static str,
    pub city: &'static str,
    pub state: &'static str,
    pub zip: &'static str,
}

/// A patient portal, by the name patients know.
#[derive(Clone, Copy, Debug)]
pub struct Portal {
    pub name: &'static str,
    pub description: &'static str,
}

/// A place that belongs to the hospital, and places inside it.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub name: &'static str,
    pub address: Address,
    pub inside: &'static [Site],
}

/// Another name on the same endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Partner {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub domain: &'static str,
    pub address: Address,
    pub portal: Portal,
}

/// How the brands bundle carries the logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logo {
    Url,
    Data,
    Absent,
}

/// Which scope dialects the authorization server grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialects {
    V1,
    Both,
}

/// The version of FHIR a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    R4,
    Dstu2,
}

impl Speaks {
    /// The number that a server gives for it.
    pub fn version(self) -> &'static str {
        match self {
            Speaks::R4 => "4.0.1",
            Speaks::Dstu2 => "1.0.2",
        }
    }

    /// Its part of the FHIR base.
    pub fn path(self) -> &'static str {
        match self {
            Speaks::R4 => "fhir/r4",
            Speaks::Dstu2 => "fhir/dstu2",
        }
    }
}

/// Who logs in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roster {
    Population,
    StarfleetMedical,
    StarfleetPharmacy,
}

/// One hospital: its names, its place, its look and the habits of its server.
#[derive(Debug)]
pub struct Hospital {
    pub slug: &'static str,
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub kind: Kind,
    /// The id a directory shall know it by, where one is documented.
    pub source_id: Option<&'static str>,
    pub domain: &'static str,
    pub phone: &'static str,
    pub address: Address,
    pub portals: &'static [Portal],
    pub sites: &'static [Site],
    pub partners: &'static [Partner],
    pub tint: &'static str,
    pub wash: &'static str,
    pub face: &'static str,
    pub mark: &'static str,
    pub motto: &'static str,
    pub logo: Logo,
    pub roster: Roster,
    pub speaks: Speaks,
    pub dialects: Dialects,
    pub expires_in: u32,
    pub rotates_refresh: bool,
    pub public_refresh: bool,
}

impl Hospital {
    /// What most rows share.
    const USUAL: Hospital = Hospital {
        slug: "",
        name: "",
        aliases: &[],
        kind: Kind::Provider,
        source_id: None,
        domain: "",
        phone: "",
        address: Address { line: "", city: "", state: "", zip: "" },
        portals: &[],
        sites: &[],
        partners: &[],
        tint: "#1d4f7c",
        wash: "#eef4f9",
        face: "Georgia, serif",
        mark: "",
        motto: "",
        logo: Logo::Url,
        roster: Roster::Population,
        speaks: Speaks::R4,
        dialects: Dialects::Both,
        expires_in: 3600,
        rotates_refresh: true,
        public_refresh: true,
    };

    /// The row with this slug.
    pub fn find(slug: &str) -> Option<&'static Hospital> {
        HOSPITALS.iter().find(|hospital| hospital.slug == slug)
    }

    /// The logo as an SVG document.
    pub fn logo_svg(&self) -> String {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img"><rect width="64" height="64" rx="14" fill="{}"/><path d="{}" fill="none" stroke="{}" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/></svg>"#,
            self.tint, self.mark, self.wash
        )
    }
}

/// Every hospital of the sandbox.
pub static HOSPITALS: &[Hospital] = &[
    Hospital {
        slug: "riverbend",
        name: "Riverbend Clinic",
        aliases: &["Riverbend Family Medicine", "Old Mill Clinic"],
        domain: "riverbend.example",
        phone: "+1-541-555-0110",
        address: Address { line: "12 Willow Landing", city: "Eugene", state: "OR", zip: "97401" },
        portals: &[Portal { name: "MyRiverbend", description: "Messages, results and visits at Riverbend Clinic." }],
        tint: "#14606b",
        wash: "#e8f4f3",
        mark: "M12 22c10 0 10 10 20 10s10-10 20-10M12 38c10 0 10 10 20 10s10-10 20-10",
        motto: "Care that knows your name",
        ..Hospital::USUAL
    },
    Hospital {
        slug: "lakeside",
        name: "Lakeside Medical Center",
        aliases: &["LMC", "Lakeside Hospital"],
        domain: "lakesidemedical.example",
        phone: "+1-608-555-0142",
        address: Address { line: "400 North Shore Drive", city: "Madison", state: "WI", zip: "53703" },
        portals: &[
            Portal { name: "Lakeside Chart", description: "For adults who see us at the hospital or a clinic." },
            Portal { name: "Lakeside Family", description: "For parents and those who care for someone." },
        ],
        tint: "#1f3f8f",
        wash: "#edf1fb",
        face: "'Trebuchet MS', sans-serif",
        mark: "M32 12v40M12 32h40M20 52h24",
        motto: "Teaching hospital since 1911",
        ..Hospital::USUAL
    },
    Hospital {
        slug: "northgate",
        name: "Northgate Health System",
        aliases: &["Northgate", "Northgate Hospitals"],
        domain: "northgatehealth.example",
        phone: "+1-614-555-0177",
        address: Address { line: "1800 Gate Avenue", city: "Columbus", state: "OH", zip: "43215" },
        portals: &[Portal { name: "Northgate Connect", description: "One record for every Northgate building." }],
        sites: &[Site {
            name: "Northgate East Hospital",
            address: Address { line: "77 Orchard Street", city: "Reynoldsburg", state: "OH", zip: "43068" },
            inside: &[Site {
                name: "Northgate East Heart Suite",
                address: Address {
                    line: "77 Orchard Street, Floor 4",
                    city: "Reynoldsburg",
                    state: "OH",
                    zip: "43068",
                },
                inside: &[],
            }],
        }],
        partners: &[Partner {
            name: "Millrace Family Practice",
            aliases: &["Millrace Doctors"],
            domain: "millracepractice.example",
            address: Address { line: "5 Race Street", city: "Delaware", state: "OH", zip: "43015" },
            portal: Portal { name: "MyMillrace", description: "Millrace patients share Northgate's record." },
        }],
        tint: "#5b2a6e",
        wash: "#f5eef8",
        face: "Verdana, sans-serif",
        mark: "M14 50V24l18-12 18 12v26M26 50V36h12v14",
        motto: "Eleven buildings, one door",
        ..Hospital::USUAL
    },
    Hospital {
        slug: "saint-alder",
        name: "Saint Alder Children's Hospital",
        aliases: &["St. Alder", "Alder Kids"],
        domain: "saintalder.example",
        phone: "+1-612-555-0126",
        address: Address { line: "9 Meadow Circle", city: "Minneapolis", state: "MN", zip: "55404" },
        portals: &[Portal { name: "AlderFamily", description: "For families of children we look after." }],
        tint: "#a83a1c",
        wash: "#fff2e6",
        face: "'Comic Sans MS', 'Trebuchet MS', sans-serif",
        mark: "M32 54V30M32 30c-14 0-16-14-16-18 10 0 16 6 16 18zM32 36c10 0 14-8 14-14-8 0-14 4-14 14z",
        motto: "Small people, big hearts",
        logo: Logo::Data,
        ..Hospital::USUAL
    },
    Hospital {
        slug: "harborview-labs",
        name: "Harborview Laboratories",
        aliases: &["Harborview Labs", "HVL"],
        kind: Kind::Laboratory,
        domain: "harborviewlabs.example",
        phone: "+1-813-555-0133",
        address: Address { line: "2200 Pier Road", city: "Tampa", state: "FL", zip: "33602" },
        portals: &[Portal {
            name: "Harborview Results",
            description: "Your laboratory results, the day they are ready.",
        }],
        tint: "#0f5132",
        wash: "#eaf5ee",
        face: "'Courier New', monospace",
        mark: "M26 12v16L16 48a4 4 0 0 0 4 6h24a4 4 0 0 0 4-6L38 28V12M22 12h20M21 40h22",
        motto: "Measured twice",
        logo: Logo::Absent,
        ..Hospital::USUAL
    },
    Hospital {
        slug: "cedar-mesa",
        name: "Cedar Mesa Regional Hospital",
        aliases: &["Cedar Mesa", "CMRH"],
        domain: "cedarmesa.example",
        phone: "+1-505-555-0158",
        address: Address { line: "31 Piñon Way", city: "Santa Fe", state: "NM", zip: "87501" },
        portals: &[Portal { name: "MesaChart", description: "Records and appointments at Cedar Mesa." }],
        tint: "#8a3b12",
        wash: "#fbf1ea",
        mark: "M10 46h44M16 46V30h10V20h12v10h10v16",
        motto: "High desert, close care",
        dialects: Dialects::V1,
        expires_in: 570,
        rotates_refresh: false,
        ..Hospital::USUAL
    },
    Hospital {
        slug: "bluestem",
        name: "Bluestem Community Health",
        aliases: &["Bluestem", "Douglas County Clinic"],
        domain: "bluestemhealth.example",
        phone: "+1-785-555-0191",
        address: Address { line: "640 Prairie Road", city: "Lawrence", state: "KS", zip: "66044" },
        portals: &[Portal { name: "Bluestem Online", description: "Everything from your Bluestem visits." }],
        tint: "#2b4a63",
        wash: "#eef3f7",
        face: "Tahoma, sans-serif",
        mark: "M20 54c2-18 4-30 12-42M32 54c0-16 2-24 10-34M44 54c-1-10 0-16 6-22",
        motto: "Neighbors since 1974",
        public_refresh: false,
        ..Hospital::USUAL
    },
    Hospital {
        slug: "pinecrest",
        name: "Pinecrest Women's Health",
        aliases: &["Pinecrest OB/GYN"],
        domain: "pinecrestwomen.example",
        phone: "+1-828-555-0164",
        address: Address { line: "18 Ridge Terrace", city: "Asheville", state: "NC", zip: "28801" },
        portals: &[Portal { name: "MyPinecrest", description: "Visits, results and questions." }],
        tint: "#7a2048",
        wash: "#fbeef3",
        mark: "M32 10 18 30h8L14 46h14v8h8v-8h14L38 30h8z",
        motto: "Every stage of life",
        ..Hospital::USUAL
    },
    Hospital {
        slug: "tidewater",
        name: "Tidewater Primary Care",
        aliases: &["Tidewater Physicians"],
        domain: "tidewatercare.example",
        phone: "+1-757-555-0119",
        address: Address { line: "88 Ferry Slip", city: "Norfolk", state: "VA", zip: "23510" },
        portals: &[Portal { name: "TidewaterLink", description: "The record we have kept since 2016." }],
        tint: "#2f4858",
        wash: "#eef4f4",
        face: "Palatino, serif",
        mark: "M10 26c8 0 8-8 16-8s8 8 16 8 8-8 12-8M10 42c8 0 8-8 16-8s8 8 16 8 8-8 12-8",
        motto: "Still here, still the same",
        speaks: Speaks::Dstu2,
        dialects: Dialects::V1,
        ..Hospital::USUAL
    },
    Hospital {
        slug: "starfleet-medical",
        name: "Starfleet Medical",
        source_id: Some("55a83bdc8d1eb1420aa1a71b"),
        aliases: &["Starfleet Clinic"],
        domain: "starfleetmedical.example",
        phone: "+1-415-555-0147",
        address: Address { line: "1 Academy Plaza", city: "Sausalito", state: "CA", zip: "94965" },
        portals: &[Portal { name: "Starfleet Chart", description: "A demonstration record. Sign in with demouser." }],
        tint: "#22313f",
        wash: "#f2f5f8",
        face: "Arial, sans-serif",
        mark: "M32 10 50 52 32 42 14 52z",
        motto: "Demonstration only",
        roster: Roster::StarfleetMedical,
        ..Hospital::USUAL
    },
    Hospital {
        slug: "starfleet-pharmacy",
        name: "Starfleet Pharmacy",
        source_id: Some("5b1daf3f079c652eaf41fd23"),
        aliases: &["Starfleet Pharma"],
        kind: Kind::Pharmacy,
        domain: "starfleetpharmacy.example",
        phone: "+1-415-555-0148",
        address: Address { line: "3 Academy Plaza", city: "Sausalito", state: "CA", zip: "94965" },
        portals: &[Portal {
            name: "Starfleet Refills",
            description: "A demonstration pharmacy. Sign in with demouser.",
        }],
        tint: "#0b4f6c",
        wash: "#eef7fa",
        face: "Arial, sans-serif",
        mark: "M20 24h24M20 40h24M16 32h32M24 16h16v32H24z",
        motto: "Demonstration only",
        roster: Roster::StarfleetPharmacy,
        ..Hospital::USUAL
    },
];
