//! Any server that follows SMART App Launch and US Core.

use super::Platform;

pub static GENERIC: Platform = Platform::DEFAULT;
