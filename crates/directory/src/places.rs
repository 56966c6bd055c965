//! Places as they are compared: state, town, five digits of the ZIP.

use crate::brands::Location;
use crate::names;

/// States, the federal district and the territories that have providers in the lists.
pub const STATES: &[(&str, &str)] = &[
    ("AL", "Alabama"),
    ("AK", "Alaska"),
    ("AS", "American Samoa"),
    ("AZ", "Arizona"),
    ("AR", "Arkansas"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DE", "Delaware"),
    ("DC", "District of Columbia"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("GU", "Guam"),
    ("HI", "Hawaii"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("IA", "Iowa"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("ME", "Maine"),
    ("MD", "Maryland"),
    ("MA", "Massachusetts"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MS", "Mississippi"),
    ("MO", "Missouri"),
    ("MT", "Montana"),
    ("NE", "Nebraska"),
    ("NV", "Nevada"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NY", "New York"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("MP", "Northern Mariana Islands"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("PR", "Puerto Rico"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VT", "Vermont"),
    ("VI", "Virgin Islands"),
    ("VA", "Virginia"),
    ("WA", "Washington"),
    ("WV", "West Virginia"),
    ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
];

/// The two letters of a state given by its letters or its name.
pub(crate) fn state(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let mut states = STATES.iter();
    states
        .find(|(code, name)| code.eq_ignore_ascii_case(text) || name.eq_ignore_ascii_case(text))
        .map(|(code, _)| *code)
}

/// `314056015` and `31405-6015` → `31405`. Zeros that a spreadsheet ate come back.
pub(crate) fn zip5(zip: &str) -> Option<String> {
    let zip = zip.trim();
    let start = zip.split_once('-').map_or(zip, |(start, _)| start);
    if start.is_empty() || !start.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match start.len() {
        3..=5 => Some(format!("{start:0>5}")),
        8 | 9 => format!("{start:0>9}").get(..5).map(str::to_owned),
        _ => None,
    }
}

/// `314056015` → `31405-6015`, `2045` → `02045`; what is no ZIP stays.
pub(crate) fn shown_zip(zip: &str) -> Option<String> {
    let zip = zip.trim();
    let digits: String = zip.chars().filter(|c| *c != '-').collect();
    let Some(five) = zip5(zip) else { return (!zip.is_empty()).then(|| zip.to_owned()) };
    let digits = if digits.len() > 5 { format!("{digits:0>9}") } else { five.clone() };
    Some(match digits.get(5..).filter(|rest| rest.len() == 4) {
        Some(rest) => format!("{five}-{rest}"),
        None => five,
    })
}

/// The ways in which a location says where it is, each enough to tell that another is at the same place.
pub(crate) fn keys(location: &Location) -> impl Iterator<Item = String> {
    let zip = location.zip.as_deref().and_then(zip5);
    let town = location.city.as_deref().zip(location.state.as_deref().and_then(state));
    let town = town.map(|(city, state)| format!("{} {state}", names::fold(city))).filter(|town| town.len() > 3);
    zip.into_iter().chain(town)
}

/// Degrees on earth, and not the point where both are nought.
pub(crate) fn point(lat: Option<f64>, lon: Option<f64>) -> (Option<f64>, Option<f64>) {
    match (lat, lon) {
        (Some(lat), Some(lon)) if lat.abs() <= 90.0 && lon.abs() <= 180.0 && (lat, lon) != (0.0, 0.0) => {
            (Some(lat), Some(lon))
        }
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zips() {
        for (zip, five, shown) in [
            ("314056015", Some("31405"), "31405-6015"),
            ("31405-6015", Some("31405"), "31405-6015"),
            ("01730", Some("01730"), "01730"),
            ("1730", Some("01730"), "01730"),
            ("17301234", Some("01730"), "01730-1234"),
            ("K1A 0B1", None, "K1A 0B1"),
            ("1", None, "1"),
        ] {
            assert_eq!((zip5(zip).as_deref(), shown_zip(zip).as_deref()), (five, Some(shown)), "{zip}");
        }
        assert_eq!(shown_zip(" "), None);
    }
}
