//! eClinicalWorks (healow): every type named singly, the patient in `fhirUser`, single-use refresh tokens.

use super::{Platform, Style};

pub static ECW: Platform = Platform {
    id: "ecw",
    name: "eClinicalWorks",
    hosts: &["ecwcloud.com", "eclinicalworks.com", "healow.com"],
    style: Style::Explicit,
    ..Platform::DEFAULT
};
