//! `tributary demo`: everything on this machine, with nothing to configure.
//!
//! Three origins, as in real life: the platform, the hospitals, and an integrator's site. The
//! hospitals and the site talk to the platform over HTTP only.

mod person;
mod seed;
mod site;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use domain::{ClientId, Secret};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use url::Url;

use crate::config::Config;
use crate::place::Place;
use crate::{Failure, serve, telemetry};

#[derive(Args)]
pub struct Demo {
    /// Where the platform listens; the hospitals and the example site take the next two ports, or any that are
    /// free. Port 0 picks free ones.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where everything is kept. Starting again on the same folder goes on where it was.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// How many people each sandbox hospital has.
    #[arg(long, default_value_t = 2000, hide = true)]
    people: usize,
}

const FINISHED: &str = "demo.json";
const UNFINISHED: &str = "demo.json.next";

/// `DIR/demo.json`: what scripts and tests need to know.
#[derive(Serialize, Deserialize)]
pub struct Card {
    pub base_url: Url,
    pub app_url: Url,
    pub sandbox_url: Url,
    pub client_id: ClientId,
    pub client_secret: Secret<String>,
    pub users: Users,
}

#[derive(Serialize, Deserialize)]
pub struct Users {
    /// A `client_user_id` that is connected to a sandbox hospital, data synced.
    pub connected: String,
    /// A `client_user_id` nobody has used yet.
    pub new: String,
}

impl Demo {
    pub async fn run(self) -> Result<(), Failure> {
        let known = Card::read(&self.data);
        let [platform, hospitals, site] = listeners(self.listen, known.as_ref()).await?;
        let (base_url, sandbox_url, app_url) = (origin(&platform)?, origin(&hospitals)?, origin(&site)?);

        let mut config = Place::at(self.data.clone()).settings()?;
        config.public_url = base_url.clone();
        config.development = true;
        // People in front of a demo read the addresses below; the log tells what is unusual.
        if std::env::vars().all(|(name, _)| name != "TRIBUTARY_LOG__LEVEL") {
            "warn".clone_into(&mut config.log.level);
        }
        telemetry::start(&config.log)?;
        let engine = crate::place::open(&config).await?;
        let stop = serve::stop_signal();

        let clients = seed::sandbox_clients(&engine).await?;
        let sandbox = sandbox::Sandbox::new(sandbox::Options {
            seed: 20_261_122,
            people_per_hospital: self.people,
            today: seed::today(),
            clients: clients.clone(),
            base_url: sandbox_url.to_string().trim_end_matches('/').to_owned(),
            keep: Some(self.data.join("sandbox")),
        })?;
        let (username, _) = sandbox.logins(seed::HOSPITAL_SLUG, 1).pop().ok_or("Riverbend has no people")?;
        let serving_hospitals = tokio::spawn(serve::http(hospitals, sandbox.router(), stop.clone()));
        let serving_platform =
            tokio::spawn(serve::http(platform, web::router(engine.clone(), web::Options::default()), stop.clone()));
        let worker = serve::spawn_worker(&engine, stop.clone());

        let card = seed::installation(&engine, known, [base_url, sandbox_url, app_url], &clients).await?;
        // Kept before people connect: a start that is cut off goes on with the same app.
        card.write(&self.data.join(UNFINISHED))?;
        seed::people(&engine, &card, &username).await?;
        let serving_site = tokio::spawn(serve::http(site, site::router(&card), stop.clone()));
        std::fs::rename(self.data.join(UNFINISHED), self.data.join(FINISHED))?;
        announce(&card, &config);

        for server in [serving_platform, serving_hospitals, serving_site] {
            server.await??;
        }
        worker.await?;
        Ok(())
    }
}

fn announce(card: &Card, config: &Config) {
    println!(
        "\nTributary is running.\n\n  example site   {}\n  platform       {}\n  hospitals      {}\n\n\
         Open the example site, click \"Connect my data\", search for Riverbend and log in.\n\
         Names and passwords of the hospitals' people are on {}.\n\
         Ids, secret and users for your own code: {}\n",
        card.app_url,
        card.base_url,
        card.sandbox_url,
        card.sandbox_url,
        config.data.join("demo.json").display(),
    );
}

/// The platform's listener and the two beside it. Addresses of the last start are taken again when
/// they are free, so that what was stored then goes on working.
async fn listeners(listen: SocketAddr, known: Option<&Card>) -> Result<[TcpListener; 3], Failure> {
    let free = |ip| SocketAddr::new(ip, 0);
    let before = known.filter(|card| [Some(0), card.base_url.port()].contains(&Some(listen.port())));
    let mut wanted = match before {
        Some(card) => [&card.base_url, &card.sandbox_url, &card.app_url].map(|url| url.port()),
        None if listen.port() == 0 => [None; 3],
        None => [listen.port(), listen.port().saturating_add(1), listen.port().saturating_add(2)].map(Some),
    }
    .into_iter();
    let mut next = async |must: bool| -> Result<TcpListener, Failure> {
        let port = wanted.next().flatten().unwrap_or(0);
        let address = SocketAddr::new(listen.ip(), port);
        match TcpListener::bind(address).await {
            Ok(listener) => Ok(listener),
            Err(_) if !must => Ok(TcpListener::bind(free(listen.ip())).await?),
            Err(error) => Err(format!("cannot listen on {address}: {error}; choose another with --listen").into()),
        }
    };
    let platform = next(listen.port() != 0).await?;
    Ok([platform, next(false).await?, next(false).await?])
}

fn origin(listener: &TcpListener) -> Result<Url, Failure> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(format!("http://{address}").parse()?)
}

impl Card {
    fn read(data: &Path) -> Option<Card> {
        [UNFINISHED, FINISHED]
            .iter()
            .find_map(|name| serde_json::from_slice(&std::fs::read(data.join(name)).ok()?).ok())
    }

    /// Readable by its owner only: it holds the secret.
    fn write(&self, path: &Path) -> Result<(), Failure> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        let mut text = serde_json::to_value(self)?;
        for name in ["base_url", "app_url", "sandbox_url"] {
            if let Some(url) = text[name].as_str() {
                text[name] = url.trim_end_matches('/').into();
            }
        }
        file.write_all(serde_json::to_string_pretty(&text)?.as_bytes())?;
        file.sync_all()?;
        Ok(())
    }
}
