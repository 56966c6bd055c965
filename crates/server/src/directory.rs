//! `tributary directory …`

use clap::Subcommand;
use engine::directory::Found;
use serde_json::{Value, json};
use url::Url;

use crate::Failure;
use crate::place::Place;

#[derive(Subcommand)]
pub enum Directory {
    /// Read User-access Brands bundles; a bundle with a fault changes nothing.
    Import {
        /// Files or URLs.
        #[arg(required = true)]
        from: Vec<String>,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Search as the widget does.
    Search {
        text: String,
        #[arg(long, default_value_t = 10)]
        limit: usize,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
}

impl Directory {
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Directory::Import { from, json, place } => {
                let (_, engine) = place.engine().await?;
                for name in from {
                    let imported = match Url::parse(&name) {
                        Ok(url) if matches!(url.scheme(), "http" | "https") => engine.import_bundle_url(&url).await?,
                        _ => engine.import_bundle_file(name.as_ref()).await?,
                    };
                    if json {
                        println!(
                            "{}",
                            json!({ "from": name, "brands": imported.brands, "endpoints": imported.endpoints, "unchanged": imported.unchanged })
                        );
                    } else if imported.unchanged {
                        println!("{name}: unchanged since the last import");
                    } else {
                        println!("{name}: {} brands, {} endpoints", imported.brands, imported.endpoints);
                    }
                }
            }
            Directory::Search { text, limit, json, place } => {
                let (_, engine) = place.engine().await?;
                let found = engine.search_directory(&text, limit);
                if json {
                    let rows: Vec<_> = found.iter().map(row).collect();
                    println!("{}", json!({ "results": rows }));
                } else if found.is_empty() {
                    println!("Nothing matches. The directory holds {} providers.", engine.count_brands());
                } else {
                    for hit in found {
                        let row = row(&hit);
                        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
                        println!("{}  {}  {} {}", text("id"), text("name"), text("city"), text("state"));
                    }
                }
            }
        }
        Ok(())
    }
}

fn row(found: &Found) -> Value {
    let place = found.brand.locations.first();
    json!({
        "id": found.brand.id, "name": found.brand.name, "city": place.and_then(|place| place.city.as_deref()),
        "state": place.and_then(|place| place.state.as_deref()), "why": found.why,
    })
}
