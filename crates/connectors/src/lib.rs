//! How data leaves a provider: requests to send and answers to read, as plain values.
//! Nothing here sends anything, reads a clock or draws a random number.

pub mod http;
pub mod platforms;
pub mod smart;

pub use domain::Actor;
pub use platforms::{PLATFORMS, Platform, platform};
