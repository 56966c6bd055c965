//! Where an installation lives: its settings, its data folder, its engine.

use std::path::PathBuf;

use clap::Args;
use engine::clock::Clock;
use engine::sealing::MasterKey;
use engine::{Engine, Options};

use crate::Failure;
use crate::config::Config;

/// Every command takes one of these and may run beside a running server.
#[derive(Args)]
pub struct Place {
    /// Settings file; `tributary config` prints one with every setting and its default.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder; everything else as by default (or as the settings file says).
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    pub fn at(data: PathBuf) -> Place {
        Place { config: None, data: Some(data) }
    }

    pub fn settings(&self) -> Result<Config, Failure> {
        let mut config = Config::load(self.config.as_deref(), std::env::vars())?;
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }

    /// The engine of an installation that is there already: a mistyped folder must not become a new one.
    pub async fn engine(&self) -> Result<(Config, Engine), Failure> {
        let config = self.settings()?;
        if let Some(file) = config.database_file().filter(|file| !file.exists()) {
            return Err(format!(
                "there is no installation here: {} does not exist; `tributary serve` or `tributary migrate` makes it",
                file.display()
            )
            .into());
        }
        let engine = open(&config).await?;
        Ok((config, engine))
    }
}

pub fn master_key(config: &Config) -> Result<MasterKey, Failure> {
    if let Some((_, text)) = std::env::vars().find(|(name, _)| name == "TRIBUTARY_MASTER_KEY") {
        return Ok(MasterKey::from_text(&text)?);
    }
    if !config.master_key.command.is_empty() {
        return Ok(MasterKey::from_command(&config.master_key.command)?);
    }
    let key = config.data.join(&config.master_key.file);
    if let Some(database) = config.database_file().filter(|database| database.exists() && !key.exists()) {
        return Err(format!(
            "the master key {} is missing, and {} cannot be read without it; put it back from your copy",
            key.display(),
            database.display()
        )
        .into());
    }
    Ok(MasterKey::from_file(&key)?)
}

pub async fn open(config: &Config) -> Result<Engine, Failure> {
    create_private(&config.data)?;
    let options = Options {
        database: config.database_url(),
        base_url: config.public_url.clone(),
        master_key: master_key(config)?,
        clock: Clock::System,
        limits: config.rate_limits(),
        cache: Some(config.data.join("cache")),
        development: config.development,
    };
    if config.migrate {
        Engine::migrate(&options.database).await?;
    }
    Ok(Engine::open(options).await?)
}

/// A folder that only its owner can enter.
pub fn create_private(folder: &std::path::Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| format!("the data folder {} cannot be created: {error}", folder.display()).into())
}
