//! Generates a population and tells how long it took: `cargo run --release --example population -- 2000`.
//! With a directory as a second argument, the first ten people are written there as JSON lines.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::time::Instant;

use sandbox::people::{Hospital, Person, Population, STARFLEET_MEDICAL, STARFLEET_PHARMACY, STARFLEET_SEED, staff};
use sandbox::people::{starfleet_medical, starfleet_pharmacy};

const HOSPITAL: Hospital<'static> =
    Hospital { name: "Riverbend Hospital", organization_id: "riverbend", city: "Riverbend", state: "OR", zip: "97000" };
const TODAY: &str = "2026-03-31";

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(200);
    let started = Instant::now();
    let people = Population::generate(1, count, &HOSPITAL, TODAY).people;
    let took = started.elapsed();
    let resources: usize = people.iter().map(|person| person.resources.len()).sum();
    println!("{count} people, {resources} resources in {took:.2?}, {:.2?} per person", took / count.max(1) as u32);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in people.iter().flat_map(|person| &person.resources) {
        *kinds.entry(resource.kind).or_default() += 1;
    }
    for (kind, total) in kinds {
        println!("{kind:22} {:8.1} per person", total as f64 / count as f64);
    }
    if let Some(directory) = arguments.next() {
        write(&directory, &people)?;
    }
    Ok(())
}

fn write(directory: &str, people: &[Person]) -> std::io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut lines = fs::File::create(format!("{directory}/resources.ndjson"))?;
    let demo = [starfleet_medical(TODAY), starfleet_pharmacy(TODAY)].concat();
    let staff =
        [staff(1, &HOSPITAL), staff(STARFLEET_SEED, &STARFLEET_MEDICAL), staff(STARFLEET_SEED, &STARFLEET_PHARMACY)]
            .concat();
    let chosen: Vec<&Person> = people.iter().take(10).chain(&demo).collect();
    for resource in chosen.iter().flat_map(|person| &person.resources).chain(&staff) {
        writeln!(lines, "{}", resource.json)?;
    }
    for person in chosen {
        for binary in person.binaries.iter().filter(|binary| binary.content_type == "application/xml") {
            fs::write(format!("{directory}/{}-{}.xml", person.username, binary.id), &binary.bytes)?;
        }
    }
    Ok(())
}
