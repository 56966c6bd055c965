//! NextGen: one base for many practices, the practice is picked at login.

use super::Platform;

pub static NEXTGEN: Platform =
    Platform { id: "nextgen", name: "NextGen", hosts: &["nextgen.com"], ..Platform::DEFAULT };
