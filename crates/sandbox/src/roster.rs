//! Who can log in at a hospital, and their charts, written when first needed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::hospitals::{Hospital, Roster as Kind};
use crate::people::{self, Person, Resource};

/// The password of everyone.
pub const PASSWORD: &str = "password";
/// The code that passes the second step.
pub const SECOND_STEP_CODE: &str = "000000";
/// Logins that exist to fail, with what they show.
pub const ERROR_LOGINS: &[(&str, &str)] = &[
    ("wrongpassword", "is always refused"),
    ("locked", "has a locked account"),
    ("mfa", "is asked for a second step; 000000 passes"),
    ("maintenance", "finds the portal closed"),
    ("nodata", "has a record with nothing in it"),
];
/// Charts held at a time; a chart of many decades takes some megabytes.
const CHARTS: usize = 64;

/// A person by the place they have in the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Account {
    Person(usize),
    NoData,
}

/// A person's record, indexed.
pub struct Chart {
    pub person: Person,
    by_kind: HashMap<&'static str, Vec<usize>>,
    by_id: HashMap<(&'static str, String), usize>,
}

pub struct Roster {
    hospital: &'static Hospital,
    seed: u64,
    count: usize,
    today: String,
    names: OnceLock<HashMap<String, usize>>,
    charts: Mutex<Charts>,
    staff: OnceLock<Vec<Resource>>,
}

#[derive(Default)]
struct Charts {
    held: HashMap<Account, Arc<Chart>>,
    order: VecDeque<Account>,
}

impl Chart {
    fn new(person: Person) -> Chart {
        let mut by_kind: HashMap<&'static str, Vec<usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        for (index, resource) in person.resources.iter().enumerate() {
            by_kind.entry(resource.kind).or_default().push(index);
            by_id.insert((resource.kind, resource.id.clone()), index);
        }
        Chart { person, by_kind, by_id }
    }

    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.by_kind.get(kind).into_iter().flatten().map(|index| &self.person.resources[*index])
    }

    pub fn find(&self, kind: &'static str, id: &str) -> Option<&Resource> {
        self.by_id.get(&(kind, id.to_owned())).map(|index| &self.person.resources[*index])
    }
}

impl Roster {
    pub fn new(hospital: &'static Hospital, seed: u64, count: usize, today: String) -> Roster {
        Roster {
            hospital,
            // Each hospital has its own people; the demonstration people come with their staff.
            seed: if hospital.roster != Kind::Population { people::STARFLEET_SEED } else { own_seed(hospital, seed) },
            count: if hospital.roster == Kind::Population { count } else { 1 },
            today,
            names: OnceLock::new(),
            charts: Mutex::default(),
            staff: OnceLock::new(),
        }
    }

    /// The account behind a user name.
    pub fn find(&self, username: &str) -> Option<Account> {
        match username {
            "nodata" => return Some(Account::NoData),
            "mfa" => return (self.count > 0).then_some(Account::Person(0)),
            _ => {}
        }
        self.names().get(username).copied().map(Account::Person)
    }

    /// A few who can log in: user name and full name.
    pub fn sample(&self, count: usize) -> Vec<(String, String)> {
        let login = |index| {
            let chart = self.chart(Account::Person(index));
            (chart.person.username.clone(), format!("{} {}", chart.person.given, chart.person.family))
        };
        (0..count.min(self.count)).map(login).collect()
    }

    pub fn chart(&self, account: Account) -> Arc<Chart> {
        if let Some(chart) = self.charts.lock().expect("no holder panics").held.get(&account) {
            return chart.clone();
        }
        let chart = Arc::new(Chart::new(match account {
            Account::Person(index) => self.person(index),
            Account::NoData => self.nodata(),
        }));
        let mut charts = self.charts.lock().expect("no holder panics");
        if charts.held.insert(account, chart.clone()).is_none() {
            charts.order.push_back(account);
        }
        if charts.order.len() > CHARTS
            && let Some(oldest) = charts.order.pop_front()
        {
            charts.held.remove(&oldest);
        }
        chart
    }

    /// Clinicians, buildings and others that every chart refers to.
    pub fn staff(&self) -> &[Resource] {
        self.staff.get_or_init(|| people::staff(self.seed, &self.place()))
    }

    /// The user names of the first people.
    pub fn usernames(&self, count: usize) -> Vec<String> {
        let mut first: Vec<(&String, &usize)> = self.names().iter().filter(|(_, index)| **index < count).collect();
        first.sort_by_key(|(_, index)| **index);
        first.into_iter().map(|(name, _)| name.clone()).collect()
    }

    /// Names are known without the records behind them.
    fn names(&self) -> &HashMap<String, usize> {
        let name = |index| match self.hospital.roster {
            Kind::Population => Person::username_of(self.seed, index),
            _ => self.person(index).username,
        };
        self.names.get_or_init(|| (0..self.count).map(|index| (name(index), index)).collect())
    }

    fn person(&self, index: usize) -> Person {
        match self.hospital.roster {
            Kind::Population => Person::generate(self.seed, index, &self.place(), &self.today),
            Kind::StarfleetMedical => people::starfleet_medical(&self.today).swap_remove(index),
            Kind::StarfleetPharmacy => people::starfleet_pharmacy(&self.today).swap_remove(index),
        }
    }

    /// The same person everywhere, registered at this hospital.
    fn nodata(&self) -> Person {
        let mut person = people::nodata(&self.today);
        let place = self.place();
        let organization = format!("Organization/{}", place.organization_id);
        let patient = &mut person.resources[0].json;
        patient["identifier"][0]["system"] = json!(format!("https://{}.example/mrn", place.organization_id));
        patient["managingOrganization"] = json!({"reference": organization, "display": place.name});
        person
    }

    fn place(&self) -> people::Hospital<'static> {
        let address = self.hospital.address;
        match self.hospital.roster {
            Kind::StarfleetMedical => people::STARFLEET_MEDICAL,
            Kind::StarfleetPharmacy => people::STARFLEET_PHARMACY,
            Kind::Population => people::Hospital {
                name: self.hospital.name,
                organization_id: self.hospital.slug,
                city: address.city,
                state: address.state,
                zip: address.zip,
            },
        }
    }
}

fn own_seed(hospital: &Hospital, seed: u64) -> u64 {
    hospital.slug.bytes().fold(seed, |seed, byte| seed.rotate_left(5) ^ u64::from(byte))
}
