//! What the ranking and a result need of every brand, one record after another in one file, so that nothing has to be
//! parsed or loaded: a table of fixed rows, then the records.

use domain::SourceId;
use tantivy::directory::OwnedBytes;

use super::{Point, Why};

/// Raised when the shape of records or the terms change; older folders are then built anew.
const MAGIC: &[u8; 12] = b"tributary\x001\n";
/// Bytes of one row: offset, latitude, longitude, number of points, prior, one to spare.
const ROW: usize = 16;
/// Longer texts are cut: nobody reads a name of this length.
const MAX_TEXT: usize = 1000;

/// One brand, on its way into the file.
pub(super) struct Draft {
    pub id: SourceId,
    /// How likely people mean it, from what it is.
    pub prior: u8,
    pub portals: u16,
    pub points: Vec<Point>,
    pub city: String,
    pub state: String,
    pub fields: Vec<DraftField>,
}

pub(super) struct DraftField {
    pub why: Why,
    pub text: String,
    pub folded: String,
}

#[derive(Default)]
pub(super) struct Writer {
    rows: Vec<u8>,
    records: Vec<u8>,
}

impl Writer {
    pub fn push(&mut self, card: &Draft) {
        let first = card.points.first();
        self.rows.extend((self.records.len() as u32).to_le_bytes());
        self.rows.extend(first.map_or(f32::NAN, |point| point.lat).to_le_bytes());
        self.rows.extend(first.map_or(f32::NAN, |point| point.lon).to_le_bytes());
        let points = &card.points[..card.points.len().min(usize::from(u16::MAX))];
        self.rows.extend((points.len() as u16).to_le_bytes());
        self.rows.extend([card.prior, 0]);
        for point in points {
            self.records.extend(point.lat.to_le_bytes());
            self.records.extend(point.lon.to_le_bytes());
        }
        self.records.extend(card.id.0);
        self.records.extend(card.portals.to_le_bytes());
        self.text(&card.city);
        self.text(&card.state);
        let fields = &card.fields[..card.fields.len().min(usize::from(u16::MAX))];
        self.records.extend((fields.len() as u16).to_le_bytes());
        for field in fields {
            self.records.push(field.why as u8);
            self.text(&field.text);
            self.text(&field.folded);
        }
    }

    fn text(&mut self, text: &str) {
        let text = &text[..text.floor_char_boundary(MAX_TEXT)];
        self.records.extend((text.len() as u16).to_le_bytes());
        self.records.extend(text.as_bytes());
    }

    pub fn finish(self, generation: &str) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend((generation.len() as u16).to_le_bytes());
        file.extend(generation.as_bytes());
        file.extend(((self.rows.len() / ROW) as u32).to_le_bytes());
        file.extend(self.rows);
        file.extend(self.records);
        file
    }
}

/// The file, opened.
pub(super) struct Cards {
    rows: OwnedBytes,
    records: OwnedBytes,
    pub generation: String,
}

pub(super) struct Row {
    pub point: Option<Point>,
    points: u16,
    pub prior: u8,
    offset: u32,
}

/// A record, borrowed from the file.
pub(super) struct Card<'a> {
    points: &'a [u8],
    pub id: SourceId,
    pub portals: u16,
    pub city: &'a str,
    pub state: &'a str,
    fields: u16,
    rest: &'a [u8],
}

#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub why: Why,
    pub text: &'a str,
    pub folded: &'a str,
}

impl Cards {
    /// `None` when the file is not of this version or was cut off.
    pub fn open(file: OwnedBytes) -> Option<Cards> {
        let mut rest = file.as_slice();
        if take(&mut rest, MAGIC.len())? != MAGIC {
            return None;
        }
        let generation = text(&mut rest)?.to_owned();
        let count = u32::from_le_bytes(array(&mut rest)?) as usize;
        let start = file.len() - rest.len();
        let table = count.checked_mul(ROW).filter(|table| *table <= rest.len())?;
        let rows = file.slice(start..start + table);
        let records = file.slice(start + table..file.len());
        Some(Cards { rows, records, generation })
    }

    pub fn len(&self) -> usize {
        self.rows.len() / ROW
    }

    pub fn row(&self, doc: u32) -> Option<Row> {
        let start = doc as usize * ROW;
        let mut row = self.rows.get(start..start + ROW)?;
        let offset = u32::from_le_bytes(array(&mut row)?);
        let point = Point { lat: f32::from_le_bytes(array(&mut row)?), lon: f32::from_le_bytes(array(&mut row)?) };
        let points = u16::from_le_bytes(array(&mut row)?);
        let [prior] = array(&mut row)?;
        Some(Row { point: (!point.lat.is_nan()).then_some(point), points, prior, offset })
    }

    /// Kilometres to the nearest place of a brand; `None` when no place of it is known.
    pub fn distance(&self, row: &Row, from: Point) -> Option<f32> {
        let first = row.point?;
        if row.points == 1 {
            return Some(first.distance(from));
        }
        let start = row.offset as usize;
        let mut points = self.records.get(start..start + usize::from(row.points) * 8)?;
        let mut nearest = f32::INFINITY;
        while let (Some(lat), Some(lon)) = (array(&mut points), array(&mut points)) {
            let point = Point { lat: f32::from_le_bytes(lat), lon: f32::from_le_bytes(lon) };
            nearest = nearest.min(point.distance(from));
        }
        Some(nearest)
    }

    pub fn card(&self, row: &Row) -> Option<Card<'_>> {
        let mut rest = self.records.get(row.offset as usize..)?;
        let points = take(&mut rest, usize::from(row.points) * 8)?;
        let id = SourceId(array(&mut rest)?);
        let portals = u16::from_le_bytes(array(&mut rest)?);
        let city = text(&mut rest)?;
        let state = text(&mut rest)?;
        let fields = u16::from_le_bytes(array(&mut rest)?);
        Some(Card { points, id, portals, city, state, fields, rest })
    }
}

impl<'a> Card<'a> {
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let mut rest = self.rest;
        (0..self.fields).map_while(move |_| {
            let [why] = array(&mut rest)?;
            Some(Field { why: Why::from_byte(why)?, text: text(&mut rest)?, folded: text(&mut rest)? })
        })
    }

    pub fn places(&self) -> usize {
        self.points.len() / 8
    }
}

fn take<'a>(from: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}

fn array<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    take(from, N)?.try_into().ok()
}

fn text<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    let length = u16::from_le_bytes(array(from)?);
    std::str::from_utf8(take(from, usize::from(length))?).ok()
}
