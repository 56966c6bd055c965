//! Megabytes of FHIR bundles a second, from the file to stored records on SQLite, beside parsing the same bytes alone:
//! `cargo run --release -p tributary-engine --example imports -- FOLDER [BUNDLES] [ROUNDS]`.

use std::error::Error;
use std::io::Read;
use std::time::Instant;

use domain::SecretPolicy;
use engine::apps::NewApp;
use engine::clock::Clock;
use engine::imports::File;
use engine::limits::RateLimits;
use engine::sealing::MasterKey;
use engine::{Engine, Options};
use serde_json::Value;

const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.get(1).map_or("../shared/data/fhir/synthea_r4", String::as_str);
    let most = arguments.get(2).map_or(Ok(60), |number| number.parse())?;
    let rounds: usize = arguments.get(3).map_or(Ok(5), |number| number.parse())?;
    let mut bundles = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let mut json = Vec::new();
        flate2::read::MultiGzDecoder::new(std::fs::read(&path)?.as_slice()).read_to_end(&mut json)?;
        // Hospitals and practitioners alone are about nobody.
        if json.windows(25).any(|window| {
            window == b"\"resourceType\": \"Patient\"" || &window[..24] == b"\"resourceType\":\"Patient\""
        }) {
            bundles.push(json);
        }
        if bundles.len() == most {
            break;
        }
    }
    let megabytes = bundles.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    println!("{} bundles, {megabytes:.0} MB", bundles.len());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        for json in &bundles {
            std::hint::black_box(serde_json::from_slice::<Value>(json)?);
        }
        let parsing = began.elapsed().as_secs_f64();
        let (importing, records) = runtime.block_on(import(&bundles))?;
        let (ours, limit) = (megabytes / importing, megabytes / parsing);
        println!(
            "{ours:.1} MB/s to {records} stored records; serde_json::Value alone {limit:.1} MB/s: {:.2}",
            ours / limit
        );
        ratios.push(ours / limit);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios[ratios.len() / 2]);
    Ok(())
}

/// Each bundle for a person of its own, one after another, on an empty database.
async fn import(bundles: &[Vec<u8>]) -> Result<(f64, u64), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite:{}", folder.path().join("tributary.db").display());
    store::Db::open(&database).await?.migrate().await?;
    let engine = Engine::open(Options {
        database,
        base_url: "https://tributary.example".parse()?,
        master_key: MasterKey::from_text(MASTER_KEY)?,
        clock: Clock::System,
        limits: RateLimits { tokens_per_client: 0, secretless_sessions: 0, bad_secrets: 0, connect: 0 },
        cache: None,
        development: false,
    })
    .await?;
    let (app, _) = engine
        .create_app(NewApp {
            name: "Figures".to_owned(),
            session_secret_policy: SecretPolicy::Required,
            strict_type: false,
            origins: vec![],
            callbacks: vec![],
            admin_api: false,
        })
        .await?;
    let mut records = 0;
    let began = Instant::now();
    for (number, json) in bundles.iter().enumerate() {
        let file = File { name: "bundle.json".to_owned(), bytes: json.clone() };
        let (report, _) = engine.import_for(app.client_id, &format!("person-{number}"), vec![file], &|_| {}).await?;
        records += report.sources.iter().flat_map(|source| source.records.values()).sum::<u64>();
    }
    Ok((began.elapsed().as_secs_f64(), records))
}
