//! People who exist only here: a hospital's patients with decades of coherent US Core records.

mod allergies;
mod calendar;
mod care_plans;
mod catalogue;
mod ccda;
mod chart;
mod codes;
mod conditions;
mod coverage;
mod encounters;
mod family;
mod immunizations;
mod imperfections;
mod labs;
mod life;
mod markup;
mod medications;
mod names;
mod notes;
mod patients;
mod pdf;
mod procedures;
mod provenance;
mod radiology;
mod social_history;
mod staff;
mod starfleet;
mod visits;
mod vitals;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use staff::staff;
pub use starfleet::{
    STARFLEET_MEDICAL, STARFLEET_PHARMACY, STARFLEET_SEED, nodata, starfleet_medical, starfleet_pharmacy,
};

/// One hospital's patients, generated from a seed; the same seed gives the same bytes.
pub struct Population {
    pub people: Vec<Person>,
}

/// One patient and everything the hospital wrote down about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The FHIR id of the Patient.
    pub id: String,
    pub given: String,
    pub family: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// The name to log in with, such as `ada.lindqvist`; unique within a population.
    pub username: String,
    /// The Patient first, then the record in the order in which it was written.
    pub resources: Vec<Resource>,
    /// What `Binary/{id}` attachments of the resources point to.
    pub binaries: Vec<Binary>,
}

/// One FHIR resource with the facts a server indexes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub kind: &'static str,
    pub id: String,
    /// The instant in `meta.lastUpdated`, always in UTC, so that it sorts as text.
    pub last_updated: String,
    pub json: Value,
}

/// The bytes of an attachment.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    pub id: String,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Where the people are treated.
#[derive(Clone, Copy, Debug)]
pub struct Hospital<'a> {
    pub name: &'a str,
    pub organization_id: &'a str,
    pub city: &'a str,
    pub state: &'a str,
    pub zip: &'a str,
}

impl Population {
    /// `today` is the last simulated day (YYYY-MM-DD): time is an argument, never the clock.
    /// The people are independent of each other, so they are generated on all processors.
    pub fn generate(seed: u64, count: usize, hospital: &Hospital<'_>, today: &str) -> Population {
        let workers = std::thread::available_parallelism().map_or(1, |n| n.get()).min(count.max(1));
        let share = count.div_ceil(workers);
        let people = std::thread::scope(|scope| {
            let crews: Vec<_> = (0..workers)
                .map(|worker| {
                    let range = worker * share..((worker + 1) * share).min(count);
                    scope.spawn(move || {
                        range.map(|index| Person::generate(seed, index, hospital, today)).collect::<Vec<_>>()
                    })
                })
                .collect();
            crews.into_iter().flat_map(|crew| crew.join().expect("generating a person does not panic")).collect()
        });
        Population { people }
    }
}

impl Person {
    /// A person whose record is generated alone: cost of one, not of the population.
    pub fn generate(seed: u64, index: usize, hospital: &Hospital<'_>, today: &str) -> Person {
        life::write(seed, index, hospital, calendar::day(today))
    }
    /// The login of the person at `index`, without writing their record.
    pub fn username_of(seed: u64, index: usize) -> String {
        names::person(seed, index).username
    }
}
