//! Measures the platform against a limit taken in the same run, and prints ratios.
//!
//! `cargo run --release -p tributary-bench` builds nothing else: build the server first with
//! `cargo build --release -p tributary-server`.

mod bare;
mod load;
mod server;

use std::time::Duration;

use load::Target;

/// Keep-alive connections on both sides.
const CONNECTIONS: usize = 64;
/// Paired rounds: ours, the limit, ours, the limit …; the median ratio is quoted.
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, body] = &arguments[..]
        && command == "bare"
    {
        return bare::serve(std::fs::read(body)?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    println!("{CONNECTIONS} connections, {ROUNDS} paired rounds of {} s\n", ROUND.as_secs());

    let demo = server::Demo::start(folder.path()).await?;
    let token = demo.access_token().await?;

    let page = Target::get(demo.address(), "/v1/human/medical/test_results?limit=50", &token);
    let body = load::once(&page).await?;
    let bare = bare::Bare::start(folder.path(), &body).await?;
    let limit = Target::get(bare.address(), "/v1/human/medical/test_results?limit=50", &token);
    println!("page read: {} bytes", body.len());
    pair(
        "page read",
        "bare handler, same bytes",
        async || load::rate(&page, CONNECTIONS, ROUND).await,
        async || load::rate(&limit, CONNECTIONS, ROUND).await,
    )
    .await?;
    drop(bare);

    let spread: Vec<Target> = (0..40)
        .map(|offset| {
            Target::get(demo.address(), &format!("/v1/human/medical/test_results?limit=50&offset={offset}"), &token)
        })
        .collect();
    println!(
        "one page cold, then kept (decrypt and join): {:.2} ms against {:.2} ms",
        load::latency(&spread).await?,
        load::latency(&spread).await?
    );

    let request = demo.session_request();
    let tokens = Target::post(demo.address(), "/v1/connect/token", &request);
    let database = bare::Inserts::open(folder.path()).await?;
    pair(
        "token issue",
        "bare inserts through the store",
        async || load::rate(&tokens, CONNECTIONS, ROUND).await,
        async || database.rate(CONNECTIONS, ROUND).await,
    )
    .await?;
    drop(demo);

    let (start, memory) = server::start_and_memory(folder.path()).await?;
    println!("start to first healthy answer: median {:.0} ms of {:?} ms", start.0, start.1);
    println!("idle memory: {:.1} MB resident", memory);
    Ok(())
}

/// Runs the two in turn and prints the ratio pair by pair.
async fn pair<E>(
    name: &str,
    against: &str,
    ours: impl AsyncFn() -> Result<f64, E>,
    limit: impl AsyncFn() -> Result<f64, E>,
) -> Result<(), E> {
    ours().await?;
    limit().await?;
    let mut rows = Vec::new();
    for _ in 0..ROUNDS {
        rows.push((ours().await?, limit().await?));
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ratios: Vec<f64> = rows.iter().map(|(ours, limit)| ours / limit).collect();
    println!(
        "{name}: {:.0}/s; {against}: {:.0}/s; ratio median {:.2} (from {:.2} to {:.2})\n",
        median(rows.iter().map(|row| row.0).collect()),
        median(rows.iter().map(|row| row.1).collect()),
        median(ratios.clone()),
        ratios.iter().copied().fold(f64::INFINITY, f64::min),
        ratios.iter().copied().fold(0.0, f64::max),
    );
    Ok(())
}
