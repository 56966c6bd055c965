//! Names to draw from, and how an index becomes a name that nobody else in the population has.

use super::chart::mix;

const WOMEN: &[&str] = &[
    "Ada",
    "Alba",
    "Annika",
    "Beatriz",
    "Bronwen",
    "Carys",
    "Celestine",
    "Delphine",
    "Dilnoza",
    "Edda",
    "Eilidh",
    "Esme",
    "Fenna",
    "Fiorella",
    "Gita",
    "Greta",
    "Hanneke",
    "Ilse",
    "Imani",
    "Ingrid",
    "Isaura",
    "Jolanta",
    "Kaia",
    "Keiko",
    "Lavinia",
    "Leilani",
    "Linnea",
    "Maelys",
    "Malia",
    "Marisol",
    "Mireille",
    "Nalani",
    "Niamh",
    "Noor",
    "Odette",
    "Oksana",
    "Paloma",
    "Petra",
    "Rosalind",
    "Sanna",
    "Saoirse",
    "Sunniva",
    "Tamsin",
    "Thandiwe",
    "Una",
    "Vesna",
    "Wilhelmina",
    "Xochitl",
    "Yara",
    "Zinnia",
];

const MEN: &[&str] = &[
    "Alaric", "Anselm", "Arjun", "Bastian", "Bram", "Caspian", "Cormac", "Dario", "Desmond", "Eino", "Emeka",
    "Evander", "Farid", "Florian", "Gideon", "Goran", "Hamish", "Hideo", "Ignacio", "Ivo", "Jarek", "Joaquin",
    "Kelechi", "Kjell", "Lachlan", "Leopold", "Lorcan", "Magnus", "Mateo", "Milo", "Nikolai", "Olumide", "Orson",
    "Pascal", "Phineas", "Quillon", "Rafferty", "Ruben", "Santiago", "Soren", "Tadeo", "Teodor", "Tobias", "Ulrich",
    "Valentin", "Viggo", "Wendell", "Xavi", "Yusuf", "Zoltan",
];

const FAMILIES: &[&str] = &[
    "Abernethy",
    "Achterberg",
    "Adeyinka",
    "Alderwick",
    "Amsel",
    "Arrowsmith",
    "Ashgrove",
    "Auclair",
    "Bajwa",
    "Barrowby",
    "Bellweather",
    "Birchall",
    "Blomqvist",
    "Bracegirdle",
    "Brightwater",
    "Calloway",
    "Carrasquillo",
    "Castellane",
    "Chikezie",
    "Coppersmith",
    "Dalgaard",
    "Dashwood",
    "Delacourt",
    "Demirci",
    "Dunleavy",
    "Eastbrook",
    "Eichhorn",
    "Ellingsworth",
    "Escamilla",
    "Fairweather",
    "Farquharson",
    "Featherstone",
    "Fjeldstad",
    "Fontaine",
    "Gallowglass",
    "Garrowby",
    "Giordani",
    "Goldfinch",
    "Grünewald",
    "Guerrero",
    "Halvorsen",
    "Hartwell",
    "Hazelhurst",
    "Holloway",
    "Hoshino",
    "Ibarra",
    "Inglewood",
    "Ironside",
    "Iwasaki",
    "Jankowiak",
    "Jessamine",
    "Kalinowski",
    "Karlsrud",
    "Kettleborough",
    "Kirwan",
    "Kowalczyk",
    "Lambourne",
    "Larkspur",
    "Leclair",
    "Lindqvist",
    "Lockhart",
    "Lumley",
    "Macalister",
    "Marchetti",
    "Marigold",
    "Meadowcroft",
    "Merriweather",
    "Mbatha",
    "Moorcroft",
    "Muñoz",
    "Nakagawa",
    "Netherby",
    "Nightingall",
    "Norrington",
    "Nwachukwu",
    "Oakenfold",
    "Obradovic",
    "Okonjo",
    "Ormsby",
    "Overstreet",
    "Pallister",
    "Papadakis",
    "Pemberton",
    "Pettigrew",
    "Quarrington",
    "Quillfeather",
    "Rademaker",
    "Ravenscroft",
    "Redmayne",
    "Rosewarne",
    "Rutherglen",
    "Sakamoto",
    "Sandoval",
    "Satterthwaite",
    "Shackleford",
    "Silverthorn",
    "Skarsgard",
    "Sørlie",
    "Stonebridge",
    "Summerhayes",
    "Tavistock",
    "Thistlewood",
    "Thorncroft",
    "Tillinghast",
    "Trevelyan",
    "Tsukuda",
    "Underhill",
    "Vandermeer",
    "Varga",
    "Verhoeven",
    "Villaseñor",
    "Waverly",
    "Weatherby",
    "Westerholm",
    "Whitlock",
    "Wojtas",
    "Wrenfield",
    "Yarborough",
    "Yellowlees",
    "Zapatero",
];

const STREETS: &[&str] = &[
    "Alder Court",
    "Birch Lane",
    "Canal Street",
    "Cider Mill Road",
    "Dovecote Lane",
    "Elm Terrace",
    "Ferry Road",
    "Garnet Avenue",
    "Harbor View",
    "Juniper Way",
    "Lantern Hill",
    "Maple Crescent",
    "Orchard Street",
    "Quarry Road",
    "Sycamore Drive",
    "Willow Bend",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sex {
    Female,
    Male,
}

pub(super) struct Name {
    pub given: &'static str,
    pub middle: &'static str,
    pub family: &'static str,
    pub sex: Sex,
    pub username: String,
}

/// The name of the person at `index`: all pairs are used once, in an order the seed decides, before any returns.
pub(super) fn person(seed: u64, index: usize) -> Name {
    let givens = WOMEN.len() + MEN.len();
    let pairs = givens * FAMILIES.len();
    // A step coprime with the number of pairs (a prime larger than any factor of it) visits each pair once.
    let pair = (mix(seed, u64::MAX) as usize % pairs + index % pairs * 7919) % pairs;
    let (number, family) = (pair % givens, FAMILIES[pair / givens]);
    let round = index / pairs;
    let (sex, given) = match number.checked_sub(WOMEN.len()) {
        None => (Sex::Female, WOMEN[number]),
        Some(number) => (Sex::Male, MEN[number]),
    };
    let table = if sex == Sex::Female { WOMEN } else { MEN };
    let middle = table[(pair + 17) % table.len()];
    let mut username = format!("{}.{}", plain(given), plain(family));
    if round > 0 {
        username.push_str(&(round + 1).to_string());
    }
    Name { given, middle, family, sex, username }
}

/// The name of a member of staff: given, family.
pub(super) fn clinician(seed: u64, number: usize) -> (&'static str, &'static str) {
    let draw = mix(seed ^ 0x5eed, number as u64) as usize;
    let table = if draw.is_multiple_of(2) { WOMEN } else { MEN };
    (table[draw / 2 % table.len()], FAMILIES[(draw / 256) % FAMILIES.len()])
}

pub(super) fn street(draw: usize) -> String {
    format!("{} {}", 100 + draw / STREETS.len() % 880, STREETS[draw % STREETS.len()])
}

/// A name as it is typed into a login form.
fn plain(name: &str) -> String {
    name.chars()
        .map(|letter| match letter {
            'ü' => 'u',
            'ñ' => 'n',
            'ø' => 'o',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}
