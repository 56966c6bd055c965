//! `tributary doctor`: what is wrong, and what to do about it.

use clap::Args;
use engine::Engine;

use crate::Failure;
use crate::config::Config;
use crate::place::{self, Place};

#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    place: Place,
}

enum Finding {
    Good(String),
    /// Works, but not for real use.
    Notice(String),
    Bad(String),
}

impl Doctor {
    pub async fn run(self) -> Result<(), Failure> {
        let findings = match self.place.settings() {
            Ok(config) => examine(&config).await,
            Err(failure) => vec![Finding::Bad(failure.to_string())],
        };
        let mut bad = 0;
        for finding in &findings {
            match finding {
                Finding::Good(text) => println!("ok      {text}"),
                Finding::Notice(text) => println!("notice  {text}"),
                Finding::Bad(text) => {
                    bad += 1;
                    println!("FAILED  {text}");
                }
            }
        }
        if bad > 0 { Err(format!("{bad} of {} checks failed", findings.len()).into()) } else { Ok(()) }
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    use Finding::{Bad, Good, Notice};
    let mut findings = vec![Good("the settings are valid".to_owned())];
    if let Err(error) =
        config.registrations(|name| std::env::vars().find(|(key, _)| key == name).map(|(_, value)| value))
    {
        findings.push(Bad(error.to_string()));
    }
    findings.push(match (config.public_url.scheme(), config.development) {
        ("https", _) => Good(format!("public_url is {}", config.public_url)),
        (_, true) => Notice("public_url is plain http and development is on: for this machine only".to_owned()),
        _ => Notice("public_url is plain http: providers accept https only, except from this machine".to_owned()),
    });
    match std::fs::metadata(&config.data) {
        Ok(found) if found.is_dir() => findings.push(Good(format!("the data folder is {}", config.data.display()))),
        Ok(_) => findings.push(Bad(format!("{} is not a folder", config.data.display()))),
        Err(_) => {
            findings.push(Bad(format!(
                "the data folder {} is missing; `tributary serve` creates it",
                config.data.display()
            )));
            return findings;
        }
    }
    if config.database_file().is_some_and(|file| !file.exists()) {
        findings.push(Notice("there is no database yet; `tributary serve` creates it, and the master key".to_owned()));
        return findings;
    }
    match place::master_key(config) {
        Ok(_) => findings.push(Good("the master key can be read; keep a copy apart from the backups".to_owned())),
        Err(failure) => findings.push(Bad(failure.to_string())),
    }
    match Engine::pending_migrations(&config.database_url()).await {
        Ok(pending) if pending.is_empty() => findings.push(Good("the database answers and is up to date".to_owned())),
        Ok(pending) if config.migrate => {
            findings.push(Notice(format!("{} migrations will run at the next start", pending.len())));
            return findings;
        }
        Ok(pending) => {
            findings.push(Bad(format!("{} migrations are pending; run `tributary migrate`", pending.len())));
            return findings;
        }
        Err(error) => {
            findings.push(Bad(format!("the database cannot be reached: {error}")));
            return findings;
        }
    }
    match place::open(config).await {
        Err(failure) => findings.push(Bad(failure.to_string())),
        Ok(engine) => {
            findings.push(Good("the master key opens this database".to_owned()));
            findings.push(match engine.list_apps().await {
                Ok(apps) if apps.is_empty() => {
                    Notice("no app exists; create one with `tributary app create`".to_owned())
                }
                Ok(apps) => Good(format!("{} apps", apps.len())),
                Err(error) => Bad(error.to_string()),
            });
            findings.push(match engine.count_brands() {
                0 => Notice("the directory is empty; fill it with `tributary directory import`".to_owned()),
                count => Good(format!("{count} providers in the directory")),
            });
            findings.push(match engine.list_registrations().await {
                Ok(known) if known.is_empty() => Notice(format!(
                    "no registration at any provider; register {} there and add it to the settings",
                    engine.redirect_uri()
                )),
                Ok(known) => Good(format!("{} registrations at providers", known.len())),
                Err(error) => Bad(error.to_string()),
            });
        }
    }
    findings
}
