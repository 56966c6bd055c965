//! A provider as the search lists it.

use domain::SourceId;
use engine::directory::Found;
use serde_json::{Value, json};

/// Number of quiet tints the style sheet knows.
const TINTS: u32 = 12;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub id: String,
    /// The name in pieces, with whether each piece is what the person typed.
    pub name: Vec<(String, bool)>,
    pub badge: Badge,
    pub city: Option<String>,
    pub state: Option<String>,
    pub more_places: u64,
    pub portal: Option<String>,
    /// What matched when the name did not.
    pub why: Option<String>,
    pub doors: Vec<Door>,
    /// Nobody has published where it can be connected.
    pub closed: bool,
}

/// One of several places to log in at the same provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    pub endpoint: String,
    pub name: String,
}

/// Initials on a tint that always is the same for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    pub initials: String,
    pub tint: u32,
}

impl Badge {
    pub fn of(name: &str) -> Badge {
        let words = name.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
        let initials: String = words
            .filter(|word| !matches!(word.to_ascii_lowercase().as_str(), "of" | "and" | "the" | "at" | "for"))
            .filter_map(|word| word.chars().next())
            .take(2)
            .flat_map(char::to_uppercase)
            .collect();
        let sum = name.bytes().fold(5381u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(byte));
        Badge { initials, tint: sum % TINTS }
    }
}

impl Card {
    pub fn of(found: &Found) -> Card {
        let brand = &found.brand;
        let place = brand.locations.iter().find(|place| place.city.is_some());
        // A portal may list old and new endpoints; the directory puts what to use first.
        let doors: Vec<Door> = brand
            .portals
            .iter()
            .filter_map(|portal| {
                let endpoint = portal.endpoints.first()?;
                Some(Door { endpoint: endpoint.address.to_string(), name: portal.name.clone() })
            })
            .collect();
        let portal = brand.portals.first().map(|portal| portal.name.clone());
        Card {
            name: pieces(&brand.name, &found.matched),
            city: place.and_then(|place| place.city.clone()),
            state: place.and_then(|place| place.state.clone()),
            more_places: (brand.locations.len() as u64).saturating_sub(1),
            portal: portal.filter(|portal| doors.len() < 2 && !portal.is_empty() && *portal != brand.name),
            why: found.why.clone(),
            closed: brand.portals.is_empty(),
            doors: if doors.len() > 1 { doors } else { vec![] },
            ..Card::plain(brand.id, &brand.name)
        }
    }

    pub fn plain(id: SourceId, name: &str) -> Card {
        Card {
            id: id.to_string(),
            name: vec![(name.to_owned(), false)],
            badge: Badge::of(name),
            city: None,
            state: None,
            more_places: 0,
            portal: None,
            why: None,
            closed: false,
            doors: vec![],
        }
    }

    pub fn to_json(&self) -> Value {
        let name: String = self.name.iter().map(|(text, _)| text.as_str()).collect();
        json!({ "id": self.id, "name": name, "city": self.city, "state": self.state, "portal": self.portal, "why": self.why, "connectable": !self.closed })
    }
}

/// Cuts a name at the matched byte ranges; ranges that do not fit the text are passed over.
fn pieces(name: &str, matched: &[(usize, usize)]) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for &(from, to) in matched {
        if from < at || to <= from || !name.is_char_boundary(from) || !name.is_char_boundary(to) {
            continue;
        }
        if from > at {
            pieces.push((name[at..from].to_owned(), false));
        }
        pieces.push((name[from..to].to_owned(), true));
        at = to;
    }
    if at < name.len() {
        pieces.push((name[at..].to_owned(), false));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_they_match() {
        let cut = |ranges: &[(usize, usize)]| {
            let pieces = pieces("Größe Clinic", ranges);
            pieces.iter().map(|(text, hit)| if *hit { format!("[{text}]") } else { text.clone() }).collect::<String>()
        };
        assert_eq!(cut(&[]), "Größe Clinic");
        assert_eq!(cut(&[(0, 7)]), "[Größe] Clinic");
        assert_eq!(cut(&[(0, 2), (8, 14)]), "[Gr]öße [Clinic]");
        assert_eq!(cut(&[(0, 3), (5, 4), (8, 99)]), "Größe Clinic");
    }

    #[test]
    fn a_badge_belongs_to_a_name() {
        assert_eq!(Badge::of("Hospital of the Upper Valley").initials, "HU");
        assert_eq!(Badge::of("St. Luke's").initials, "SL");
        assert_eq!(Badge::of("Riverbend"), Badge::of("Riverbend"));
        assert_eq!(Badge::of("").initials, "");
    }
}
