//! MEDITECH: discovery may sit at the host root, production grants a short list.

use super::{Platform, Style};

pub static MEDITECH: Platform = Platform {
    id: "meditech",
    name: "MEDITECH",
    hosts: &["meditech.com", "meditech.cloud"],
    style: Style::Explicit,
    ..Platform::DEFAULT
};
