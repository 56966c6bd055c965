//! `tributary serve`: the platform for real use.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use clap::Args;
use engine::Engine;
use engine::directory::{Feed, Imported};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::Config;
use crate::place::Place;
use crate::{Failure, telemetry};

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
}

impl Serve {
    pub async fn run(self) -> Result<(), Failure> {
        let config = self.place.settings()?;
        telemetry::start(&config.log)?;
        let registrations =
            config.registrations(|name| std::env::vars().find(|(key, _)| key == name).map(|(_, value)| value))?;
        let listener = listen(&config.listen).await?;
        let engine = crate::place::open(&config).await?;
        for registration in registrations {
            engine.put_registration(registration).await?;
        }
        tracing::info!(listen = %listener.local_addr()?, public_url = %config.public_url, "serving");
        let import = import_bundles(engine.clone(), &config);
        let stop = stop_signal();
        let worker = spawn_worker(&engine, stop.clone());
        let router = web::router(engine, config.web_options());
        tokio::spawn(import);
        http(listener, router, stop).await?;
        worker.await?;
        Ok(())
    }
}

/// A listener, or what to do when the address is taken.
pub async fn listen(address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}").into())
}

/// Serves until `stop`, then lets requests in flight finish.
pub async fn http(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            stopped(&mut stop).await;
        })
        .await?;
    Ok(())
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// The job worker.
pub fn spawn_worker(engine: &Engine, stop: watch::Receiver<bool>) -> tokio::task::JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(async move { engine.run_jobs(stop).await })
}

/// Reads the lists of the settings, and from then on looks every list up again once a day.
fn import_bundles(engine: Engine, config: &Config) -> impl Future<Output = ()> + Send + 'static {
    const LOOK: Duration = Duration::from_secs(3_600);
    const EVERY: Duration = Duration::from_secs(24 * 3_600);
    let bundles = config.directory.bundles.clone();
    async move {
        for url in bundles {
            match engine.import_lists(&[Feed::Url(url.clone())], false).await {
                Ok(Imported { changed: None, .. }) => tracing::info!(host = url.host_str(), "directory unchanged"),
                Ok(_) => tracing::info!(host = url.host_str(), brands = engine.count_brands(), "directory read"),
                Err(error) => {
                    tracing::warn!(host = url.host_str(), %error, "the directory bundle could not be read; what is known stays")
                }
            }
        }
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(error) = engine.refresh_lists(EVERY).await {
                tracing::warn!(%error, "the directory could not be looked at");
            }
        }
    }
}

/// Turns true on SIGTERM or ctrl-c.
pub fn stop_signal() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(error) => return tracing::error!(%error, "signals cannot be received"),
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        let _ = sender.send(true);
        // A second signal is not waited for.
        tokio::signal::ctrl_c().await.ok();
        std::process::exit(130);
    });
    receiver
}
