//! Which orders, statements and dispenses tell of one course of one medicine.

use std::collections::{HashMap, HashSet};

use domain::Timestamp;

use crate::chart::Chart;
use crate::codes::RXNORM;
use crate::fhir::{Resource, Span};
use crate::medical::medications::{drug_code, screen};
use crate::sig;

/// What belongs to which order of a chart.
#[derive(Default)]
pub struct Courses<'a> {
    /// Statements and dispenses that name no order, and repeated orders, by the key of the order they belong to.
    joined: HashMap<&'a str, Vec<Resource<'a>>>,
    /// Keys of statements and dispenses that are told with an order.
    told: HashSet<&'a str>,
    /// Keys of orders that a later one repeats.
    repeated: HashSet<&'a str>,
}

/// One order of a coded drug.
struct Order<'a> {
    order: Resource<'a>,
    span: Span,
}

impl<'a> Courses<'a> {
    pub fn of(chart: &'a Chart) -> Courses<'a> {
        let mut courses = Courses::default();
        let mut orders: HashMap<&str, Vec<Order<'a>>> = HashMap::new();
        for order in chart.of_kind("MedicationRequest").filter(|order| screen(*order).is_ok()) {
            if let Some(drug) = rxnorm(chart, order) {
                orders.entry(drug).or_default().push(Order { order, span: ordered(order) });
            }
        }
        for (kind, member) in [("MedicationStatement", "basedOn"), ("MedicationDispense", "authorizingPrescription")] {
            for taken in chart.of_kind(kind) {
                courses.place(chart, taken, member, &orders);
            }
        }
        for same in orders.into_values().filter(|same| same.len() > 1) {
            courses.repetitions(same);
        }
        courses
    }

    /// Statements, dispenses and repeated orders that belong to an order, those that name it first.
    pub fn followers(&self, chart: &'a Chart, order: Resource<'_>) -> Vec<Resource<'a>> {
        ["MedicationDispense", "MedicationStatement"]
            .into_iter()
            .flat_map(|kind| chart.of_prescription(order, kind))
            .chain(self.joined.get(order.key).into_iter().flatten().copied())
            .collect()
    }

    pub fn is_told(&self, taken: Resource<'_>) -> bool {
        self.told.contains(taken.key)
    }

    pub fn is_repeated(&self, order: Resource<'_>) -> bool {
        self.repeated.contains(order.key)
    }

    /// With the order it names; without one, with the newest order of the same drug at that time.
    fn place(&mut self, chart: &'a Chart, taken: Resource<'a>, member: &str, orders: &HashMap<&str, Vec<Order<'a>>>) {
        let mut named = taken.each(member).peekable();
        if named.peek().is_some() {
            let is_order = |it: &Resource<'_>| it.kind == "MedicationRequest" && screen(*it).is_ok();
            if named.filter_map(|order| chart.resolve(taken, order)).any(|order| is_order(&order)) {
                self.told.insert(taken.key);
            }
            return;
        }
        if screen(taken).is_err() {
            return;
        }
        let span = spent(taken);
        let same = rxnorm(chart, taken).and_then(|drug| orders.get(drug)).into_iter().flatten();
        if let Some(found) = same.filter(|it| meet(it.span, span)).max_by_key(|it| it.span.start) {
            self.joined.entry(found.order.key).or_default().push(taken);
            self.told.insert(taken.key);
        }
    }

    /// The same drug ordered with the same words at several visits is one course: the newest order tells it.
    fn repetitions(&mut self, mut orders: Vec<Order<'a>>) {
        orders.sort_by_key(|it| std::cmp::Reverse(it.span.start));
        let mut newest: Vec<(String, &Order<'a>)> = Vec::new();
        for order in &orders {
            let sig = sig::instructions(&order.order.each("dosageInstruction").collect::<Vec<_>>());
            let later = newest.iter().find(|(words, later)| {
                *words == sig && meet(later.span, order.span) && are_of_two_visits(later.order, order.order)
            });
            match later {
                Some((_, later)) => {
                    self.joined.entry(later.order.key).or_default().push(order.order);
                    self.repeated.insert(order.order.key);
                }
                None => newest.push((sig, order)),
            }
        }
    }
}

fn rxnorm<'a>(chart: &'a Chart, resource: Resource<'a>) -> Option<&'a str> {
    let drug = chart.resolve(resource, resource.get("medicationReference"));
    drug_code(resource, drug).code_of(RXNORM)
}

/// From when to when an order holds; one in force has no end until it is given one.
fn ordered(order: Resource<'_>) -> Span {
    let bounds = order.first("dosageInstruction").get("timing").get("repeat").period("boundsPeriod");
    let validity = order.get("dispenseRequest").period("validityPeriod");
    let start = bounds.start.or_else(|| order.date("authoredOn"));
    let open = matches!(order.status(), "active" | "on-hold");
    Span { start, end: bounds.end.or(validity.end).or_else(|| start.filter(|_| !open)) }
}

/// From when to when a statement or dispense holds.
fn spent(taken: Resource<'_>) -> Span {
    let effective = taken.when("effective");
    let told = ["dateAsserted", "whenHandedOver", "whenPrepared"].into_iter().find_map(|name| taken.date(name));
    let start = effective.start.or(told);
    let open = taken.kind == "MedicationStatement" && matches!(taken.status(), "active" | "intended" | "on-hold");
    Span { start, end: effective.end.or_else(|| start.filter(|_| !open)) }
}

/// Whether two spans share a moment; a span without a start is nowhere.
fn meet(one: Span, other: Span) -> bool {
    let before = |start: Option<Timestamp>, end: Option<Timestamp>| {
        start.is_some_and(|start| end.is_none_or(|end| start <= end))
    };
    before(one.start, other.end) && before(other.start, one.end)
}

fn are_of_two_visits(one: Resource<'_>, other: Resource<'_>) -> bool {
    let visit = |order: Resource<'_>| order.get("encounter").0.get("reference").map(ToString::to_string);
    visit(one).zip(visit(other)).is_some_and(|(one, other)| one != other)
}
