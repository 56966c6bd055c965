//! `tributary directory …`

use std::path::Path;

use clap::Subcommand;
use domain::SourceId;
use engine::directory::{Changed, Explained, Feed, Found, PUBLISHERS, Search};
use serde_json::{Value, json};
use url::Url;

use crate::Failure;
use crate::place::Place;

#[derive(Subcommand)]
pub enum Directory {
    /// Read lists of providers: everything in them, or nothing.
    ///
    /// Takes SMART User-access Brands bundles, FHIR bundles of endpoints, vendors' endpoint lists, lists of facilities
    /// and payers, and a table of ZIPs, packed with gzip or not. What a list is shows in its content. Listings of one
    /// organization become one brand; `tributary directory explain ID` says why.
    ///
    /// May run beside a running server, which finds what is new within 5 seconds.
    #[command(after_help = "Examples:
  tributary directory import https://open.epic.com/Endpoints/Brands
  tributary directory import lists/

Exit codes: 0 read, 1 nothing changed because something could not be read, 2 wrong usage.")]
    Import {
        /// Files, folders with all that is below them, or URLs.
        #[arg(required = true)]
        from: Vec<String>,
        /// Believe a list that has lost more than half of what it held.
        #[arg(long)]
        shrunk: bool,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Search as the widget does.
    Search {
        text: String,
        /// A ZIP: of equally good results the nearer come first.
        #[arg(long, value_name = "ZIP")]
        near: Option<String>,
        #[arg(long, default_value_t = 10)]
        limit: usize,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// List where vendors publish the endpoints of those who use their systems.
    ///
    /// What is a bundle or a list can be given to `tributary directory import`; a page leads people to one.
    Publishers {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Say which listings a provider was made of, and why they are one.
    Explain {
        /// The id that a search shows, or one the provider had before.
        id: SourceId,
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
            Directory::Import { from, shrunk, json, place } => {
                let (_, engine) = place.engine().await?;
                let imported = engine.import_lists(&feeds(&from)?, shrunk).await?;
                if json {
                    println!("{}", machine(&imported.unchanged, imported.changed.as_ref(), engine.count_brands()));
                    return Ok(());
                }
                for name in &imported.unchanged {
                    println!("{name}: unchanged since the last import");
                }
                if let Some(changed) = &imported.changed {
                    print!("{}", changed.report);
                    println!("{} new, {} changed, {} gone", changed.new, changed.updated, changed.gone);
                }
            }
            Directory::Search { text, near, limit, json, place } => {
                let (_, engine) = place.engine().await?;
                let search = Search { near: near.as_deref(), ..Search::of(&text, limit) };
                let found = engine.search_directory(&search).await?;
                if json {
                    let rows: Vec<_> = found.iter().map(row).collect();
                    println!("{}", json!({ "results": rows }));
                } else if found.is_empty() {
                    println!("Nothing matches. The directory holds {} providers.", engine.count_brands());
                } else {
                    found.iter().for_each(|found| println!("{}", line(found)));
                }
            }
            Directory::Publishers { json } => {
                if json {
                    let known = PUBLISHERS
                        .iter()
                        .map(|it| json!({ "vendor": it.vendor, "form": it.form.word(), "address": it.address }));
                    println!("{}", Value::Array(known.collect()));
                } else {
                    PUBLISHERS.iter().for_each(|it| println!("{:24}  {:6}  {}", it.vendor, it.form.word(), it.address));
                }
            }
            Directory::Explain { id, json, place } => {
                let (_, engine) = place.engine().await?;
                let Some(explained) = engine.explain_brand(id).await? else {
                    return Err(format!("the directory has no provider {id}").into());
                };
                match json {
                    true => println!("{}", explanation(&explained)),
                    false => print!("{}", told(&explained)),
                }
            }
        }
        Ok(())
    }
}

fn feeds(from: &[String]) -> Result<Vec<Feed>, Failure> {
    let mut feeds = Vec::new();
    for name in from {
        match Url::parse(name) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => feeds.push(Feed::Url(url)),
            _ => gather(Path::new(name), &mut feeds)?,
        }
    }
    match feeds.is_empty() {
        true => Err("there are no lists to read".into()),
        false => Ok(feeds),
    }
}

/// A file, or in a folder all lists below it; what is written about them is left.
fn gather(path: &Path, feeds: &mut Vec<Feed>) -> Result<(), Failure> {
    if !path.is_dir() {
        feeds.push(Feed::File(path.to_owned()));
        return Ok(());
    }
    let failed = |error| format!("{}: {error}", path.display());
    let entries = std::fs::read_dir(path).map_err(failed)?;
    let mut entries = entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>, Failure>>()?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_list = [".json", ".ndjson", ".csv", ".gz"].iter().any(|end| name.ends_with(end));
        if !name.starts_with('.') && (entry.is_dir() || is_list) {
            gather(&entry, feeds)?;
        }
    }
    Ok(())
}

fn machine(unchanged: &[String], changed: Option<&Changed>, brands: usize) -> Value {
    let mut out = json!({ "unchanged": unchanged, "brands": brands });
    if let Some(changed) = changed {
        out["report"] = json!(changed.report);
        out["new"] = changed.new.into();
        out["changed"] = changed.updated.into();
        out["gone"] = changed.gone.into();
    }
    out
}

fn line(found: &Found) -> String {
    let row = row(found);
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut line = format!("{}  {}  {} {}", text("id"), text("name"), text("city"), text("state"));
    if let Some(why) = &found.why {
        line.push_str(&format!("  ({why})"));
    }
    if found.brand.portals.is_empty() {
        line.push_str("  [cannot be connected yet]");
    }
    line
}

fn row(found: &Found) -> Value {
    let place = found.brand.locations.first();
    json!({
        "id": found.brand.id, "name": found.brand.name, "city": place.and_then(|place| place.city.as_deref()),
        "state": place.and_then(|place| place.state.as_deref()), "why": found.why,
        "portals": found.brand.portals.len(), "kilometres": found.kilometres.map(|far| (far * 10.0).round() / 10.0),
    })
}

fn explanation(explained: &Explained) -> Value {
    json!({ "brand": *explained.brand, "former": explained.former, "listings": explained.evidence })
}

fn told(explained: &Explained) -> String {
    let brand = &explained.brand;
    let mut out = format!("{}  {}\n", brand.id, brand.name);
    let mut add = |what: &str, texts: Vec<String>| {
        if !texts.is_empty() {
            out.push_str(&format!("{what}: {}\n", texts.join("; ")));
        }
    };
    add("also known as", brand.aliases.clone());
    add("formerly", brand.former_names.clone());
    add("formerly under the ids", explained.former.iter().map(|id| id.to_hex()).collect());
    add("portals", brand.portals.iter().map(|portal| portal.name.clone()).collect());
    for one in &explained.evidence {
        let same = if one.same.is_empty() { String::new() } else { format!(" ({})", one.same) };
        out.push_str(&format!("  {} {:?} in {}: {}{same}\n", one.key, one.name, one.list, one.rule.words()));
    }
    if explained.evidence.is_empty() {
        out.push_str("  one listing alone\n");
    }
    out
}
