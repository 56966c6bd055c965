//! Many streams, one river: a sync report as rows with a drawing beside them.

use domain::{Outcome, StreamReport, SyncReport};

use crate::i18n::Key;

/// Drawing units per row; the style sheet gives a row the same share of the height.
const ROW: f64 = 36.0;
const WIDTH: f64 = 200.0;
/// Where the streams have joined.
const JOINED: f64 = 150.0;

#[derive(Debug, Clone, PartialEq)]
pub struct River {
    pub rows: Vec<Row>,
    pub height: u32,
    pub width: u32,
    pub total: u64,
}

/// One kind of record.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub label: Key,
    pub count: u64,
    pub end: End,
    /// The outline of the stream, empty when it does not reach the river.
    pub path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Waiting,
    Reading,
    Done,
    Refused,
    Failed,
}

impl End {
    fn of(outcome: &Outcome) -> End {
        match outcome {
            Outcome::Waiting => End::Waiting,
            Outcome::Reading => End::Reading,
            Outcome::Done => End::Done,
            Outcome::Refused { .. } => End::Refused,
            Outcome::Failed { .. } => End::Failed,
        }
    }

    /// Several streams of one kind: what goes on outweighs what is over, and something outweighs nothing.
    fn join(self, other: End) -> End {
        let weight = |end: End| match end {
            End::Refused => 0,
            End::Failed => 1,
            End::Done => 2,
            End::Waiting => 3,
            End::Reading => 4,
        };
        if weight(other) > weight(self) { other } else { self }
    }

    pub fn class(self) -> &'static str {
        match self {
            End::Waiting => "waiting",
            End::Reading => "reading",
            End::Done => "done",
            End::Refused => "refused",
            End::Failed => "failed",
        }
    }

    fn flows(self) -> bool {
        !matches!(self, End::Refused | End::Failed)
    }
}

/// What a person calls it.
fn label(stream: &StreamReport) -> Key {
    match stream.resource.as_str() {
        "Patient" | "RelatedPerson" => Key("record-patient"),
        "Condition" => Key("record-conditions"),
        "AllergyIntolerance" => Key("record-allergies"),
        "MedicationRequest"
        | "MedicationStatement"
        | "MedicationDispense"
        | "MedicationAdministration"
        | "MedicationOrder" => Key("record-medications"),
        "Immunization" => Key("record-immunizations"),
        "Observation" if stream.id.contains("lab") => Key("record-labs"),
        "Observation" if stream.id.contains("vital") => Key("record-vitals"),
        "Observation" => Key("record-observations"),
        "DiagnosticReport" => Key("record-reports"),
        "Encounter" | "Appointment" => Key("record-encounters"),
        "Procedure" | "ServiceRequest" => Key("record-procedures"),
        "DocumentReference" | "Binary" | "Composition" => Key("record-documents"),
        "CarePlan" | "CareTeam" | "Goal" => Key("record-plans"),
        "Coverage" | "ExplanationOfBenefit" => Key("record-coverage"),
        "Device" => Key("record-devices"),
        _ => Key("record-other"),
    }
}

impl River {
    pub fn of(report: &SyncReport) -> River {
        let mut rows: Vec<Row> = Vec::new();
        for stream in &report.streams {
            let (label, end) = (label(stream), End::of(&stream.outcome));
            match rows.iter_mut().find(|row| row.label == label) {
                Some(row) => {
                    row.count += stream.received;
                    row.end = row.end.join(end);
                }
                None => rows.push(Row { label, count: stream.received, end, path: String::new() }),
            }
        }
        draw(&mut rows);
        let total = rows.iter().map(|row| row.count).sum();
        River { height: (rows.len() as f64 * ROW) as u32, width: WIDTH as u32, rows, total }
    }
}

/// From a hairline to a third of a row, by the order of magnitude.
fn width(row: &Row) -> f64 {
    if row.count == 0 { 1.0 } else { (2.0 + 3.0 * (row.count as f64).log10()).min(ROW / 3.0) }
}

/// Streams leave their rows level, bend, and run on side by side.
fn draw(rows: &mut [Row]) {
    let all: f64 = rows.iter().filter(|row| row.end.flows()).map(width).sum();
    let mut at = (rows.len() as f64 * ROW - all) / 2.0;
    for (index, row) in rows.iter_mut().enumerate() {
        if !row.end.flows() {
            continue;
        }
        let wide = width(row);
        let top = index as f64 * ROW + (ROW - wide) / 2.0;
        let bend = JOINED / 2.0;
        let (bottom, low) = (top + wide, at + wide);
        row.path = format!(
            "M0 {top:.1}C{bend} {top:.1} {bend} {at:.1} {JOINED} {at:.1}L{WIDTH} {at:.1}L{WIDTH} {low:.1}L{JOINED} {low:.1}C{bend} {low:.1} {bend} {bottom:.1} 0 {bottom:.1}Z"
        );
        at = low;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(id: &str, resource: &str, received: u64, outcome: Outcome) -> StreamReport {
        StreamReport { id: id.into(), resource: resource.into(), received, dropped: 0, outcome }
    }

    #[test]
    fn streams_of_one_kind_flow_together() {
        let refused = Outcome::Refused { code: "403".into() };
        let report = SyncReport {
            streams: vec![
                stream("conditions-problem-list-item", "Condition", 3, Outcome::Done),
                stream("conditions-health-concern", "Condition", 0, refused.clone()),
                stream("observations-laboratory", "Observation", 1000, Outcome::Reading),
                stream("documents", "DocumentReference", 0, refused),
            ],
            ..SyncReport::default()
        };
        let river = River::of(&report);
        let seen: Vec<_> =
            river.rows.iter().map(|row| (row.label.0, row.count, row.end, row.path.is_empty())).collect();
        assert_eq!(
            seen,
            [
                ("record-conditions", 3, End::Done, false),
                ("record-labs", 1000, End::Reading, false),
                ("record-documents", 0, End::Refused, true),
            ]
        );
        assert_eq!((river.total, river.height), (1003, 108));
    }

    #[test]
    fn a_stream_widens_with_its_count() {
        let row = |count| Row { label: Key("record-labs"), count, end: End::Done, path: String::new() };
        assert!(width(&row(0)) < width(&row(1)));
        assert!(width(&row(10)) < width(&row(100)));
        assert!(width(&row(u64::MAX)) <= ROW / 3.0);
    }

    #[test]
    fn an_empty_report_draws_nothing() {
        assert_eq!(River::of(&SyncReport::default()).height, 0);
    }
}
