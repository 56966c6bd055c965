//! Places as people type them, and how far one is from another.

use crate::brands::Location;
use crate::places::STATES;

/// Degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub lat: f32,
    pub lon: f32,
}

impl Point {
    /// Kilometres over ground, good to a percent; enough to say which is nearer.
    pub fn distance(self, other: Point) -> f32 {
        const KM_PER_DEGREE: f32 = 111.2;
        let north = self.lat - other.lat;
        let east = (self.lon - other.lon + 540.0).rem_euclid(360.0) - 180.0;
        let east = east * ((self.lat + other.lat) / 2.0).to_radians().cos();
        KM_PER_DEGREE * north.hypot(east)
    }

    pub(super) fn of(location: &Location) -> Option<Point> {
        let point = Point { lat: location.lat? as f32, lon: location.lon? as f32 };
        (point.lat.abs() <= 90.0 && point.lon.abs() <= 180.0).then_some(point)
    }
}

/// Site, city, state, ZIP and the state's name, so that each of them is found.
pub(super) fn text(location: &Location) -> String {
    let state = location.state.as_deref();
    let zip = location.zip.as_deref().map(|zip| zip.get(..5).unwrap_or(zip));
    let parts = [location.name.as_deref(), location.city.as_deref(), state, zip, state.and_then(state_name)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `IA` → `Iowa`.
fn state_name(code: &str) -> Option<&'static str> {
    STATES.iter().find(|(short, _)| short.eq_ignore_ascii_case(code)).map(|(_, long)| *long)
}

/// `OH - Broadway Family Medicine` → `OH` and the rest, as one vendor writes its customers.
pub(super) fn led_by_state(name: &str) -> Option<(&str, &str)> {
    let (state, rest) = name.split_once(" - ")?;
    (state_name(state).is_some() && !rest.trim().is_empty()).then_some((state, rest))
}
