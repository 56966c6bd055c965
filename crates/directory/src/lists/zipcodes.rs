//! `USPS, ST, NAME, ZCTA5, LAT, LON`: a point for every ZIP and town.

use serde::{Deserialize, Serialize};

use super::{List, ListError, Table, cell};
use crate::listings::Reason;
use crate::places;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Absent for the point of a town as a whole.
    pub zip: Option<String>,
    pub city: String,
    pub state: String,
    /// Degrees, WGS 84.
    pub lat: f64,
    pub lon: f64,
}

pub(super) fn read(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let table = Table::of(bytes);
    let columns = ["zcta5", "name", "st", "lat", "lon"].map(|name| table.column(name));
    for (line, row) in table.rows {
        list.rows += 1;
        match row.as_deref().and_then(|row| point(row, columns)) {
            Some(point) => list.points.push(point),
            None => list.rejected.add(Reason::Shape, || format!("line {line}")),
        }
    }
    Ok(())
}

fn point(row: &[String], [zip, city, state, lat, lon]: [Option<usize>; 5]) -> Option<Point> {
    let degrees = |column| cell(row, column).and_then(|text| text.parse::<f64>().ok());
    let (lat, lon) = places::point(degrees(lat), degrees(lon));
    Some(Point {
        zip: cell(row, zip).and_then(places::zip5),
        city: cell(row, city)?.to_owned(),
        state: places::state(cell(row, state)?)?.to_owned(),
        lat: lat?,
        lon: lon?,
    })
}
