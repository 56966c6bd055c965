//! The log: to standard error, without personal data.

use tracing_subscriber::EnvFilter;

use crate::Failure;
use crate::config::{Log, LogFormat};

/// # Errors
/// When the level is neither a level nor a filter.
pub fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| format!("log.level: {error}"))?;
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => logger.with_target(false).init(),
        LogFormat::Json => logger.json().init(),
    }
    Ok(())
}
