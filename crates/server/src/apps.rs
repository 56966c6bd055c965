//! `tributary app …`

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use domain::{App, ClientId, Origin, SecretPolicy};
use engine::apps::NewApp;
use engine::clock::Clock;
use serde_json::json;

use crate::Failure;
use crate::place::Place;

#[derive(Subcommand)]
pub enum Apps {
    /// Create an app and print its client id and secret. The secret is shown this once.
    Create {
        /// What people read in the widget: "{name} asks for your health records."
        name: String,
        /// A page that embeds the widget, e.g. https://app.example. May be repeated.
        #[arg(long, value_name = "ORIGIN")]
        origin: Vec<Origin>,
        /// A return address of the hosted page, exact. May be repeated.
        #[arg(long, value_name = "URL")]
        callback: Vec<String>,
        /// Whether a session token may be asked for without the secret.
        #[arg(long, value_enum, default_value = "required")]
        session_secret: Policy,
        /// Refuse token requests that do not name their type.
        #[arg(long)]
        strict_type: bool,
        /// Allow client tokens for the Admin API.
        #[arg(long)]
        admin_api: bool,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Stop issuing tokens to an app, and stop its tokens and its widget.
    Disable {
        client_id: ClientId,
        #[command(flatten)]
        place: Place,
    },
    /// Let a disabled app go on.
    Enable {
        client_id: ClientId,
        #[command(flatten)]
        place: Place,
    },
    /// List the apps of this installation.
    List {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Give an app a new secret; the old one goes on for a while.
    RotateSecret {
        client_id: ClientId,
        /// Hours the previous secret stays valid; 0 ends it now.
        #[arg(long, default_value_t = 24)]
        overlap_hours: u64,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// An app is on or off for everyone who uses it, at once.
async fn switch(place: &Place, client_id: ClientId, on: bool) -> Result<(), Failure> {
    let (_, engine) = place.engine().await?;
    let known = engine.find_app(client_id).await?.ok_or_else(|| format!("unknown client {client_id}"))?;
    let disabled_at = (!on).then(|| Clock::System.now());
    engine.update_app(&App { disabled_at, ..(*known).clone() }).await?;
    println!("{} is {}. Running servers notice within 5 seconds.", known.name, if on { "enabled" } else { "disabled" });
    Ok(())
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Policy {
    Required,
    Optional,
}

impl Apps {
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Apps::Create { name, origin, callback, session_secret, strict_type, admin_api, json, place } => {
                let (_, engine) = place.engine().await?;
                let session_secret_policy = match session_secret {
                    Policy::Required => SecretPolicy::Required,
                    Policy::Optional => SecretPolicy::Optional,
                };
                let new = NewApp {
                    name,
                    session_secret_policy,
                    strict_type,
                    origins: origin,
                    callbacks: callback,
                    admin_api,
                };
                let (app, secret) = engine.create_app(new).await?;
                if json {
                    println!(
                        "{}",
                        json!({ "client_id": app.client_id, "client_secret": secret.expose(), "name": app.name })
                    );
                } else {
                    println!("client_id      {}\nclient_secret  {}", app.client_id, secret.expose());
                    eprintln!("The secret is shown this once; only its hash is kept.");
                    if app.origins.is_empty() {
                        eprintln!("No --origin is registered: the widget can be framed in development only.");
                    }
                }
            }
            Apps::Disable { client_id, place } => switch(&place, client_id, false).await?,
            Apps::Enable { client_id, place } => switch(&place, client_id, true).await?,
            Apps::List { json, place } => {
                let (_, engine) = place.engine().await?;
                let apps = engine.list_apps().await?;
                if json {
                    let rows: Vec<_> = apps
                        .iter()
                        .map(|app| {
                            json!({
                                "client_id": app.client_id, "name": app.name, "origins": app.origins, "callbacks": app.callbacks,
                                "session_secret_policy": app.session_secret_policy, "strict_type": app.strict_type,
                                "admin_api": app.admin_api, "created_at": app.created_at, "disabled_at": app.disabled_at,
                            })
                        })
                        .collect();
                    println!("{}", json!(rows));
                } else if apps.is_empty() {
                    println!("No apps yet. Create one: tributary app create \"My app\" --origin https://app.example");
                } else {
                    for app in apps {
                        let state = if app.disabled_at.is_some() { "  (disabled)" } else { "" };
                        println!("{}  {}{state}", app.client_id, app.name);
                    }
                }
            }
            Apps::RotateSecret { client_id, overlap_hours, json, place } => {
                let (_, engine) = place.engine().await?;
                let secret = engine.rotate_secret(client_id, Duration::from_secs(overlap_hours * 3600)).await?;
                if json {
                    println!("{}", json!({ "client_id": client_id, "client_secret": secret.expose() }));
                } else {
                    println!("client_secret  {}", secret.expose());
                    eprintln!(
                        "The previous secret stays valid for {overlap_hours} hours. Running servers notice within 5 seconds."
                    );
                }
            }
        }
        Ok(())
    }
}
