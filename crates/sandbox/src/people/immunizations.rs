//! Vaccinations, given at the yearly visits when they are due.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::calendar::{local, months_between, plus_days};
use super::catalogue::vaccines::{COVID, INFLUENZA_HIGH_DOSE, INFLUENZA_QUADRIVALENT, INFLUENZA_TRIVALENT, VACCINES};
use super::chart::Chart;
use super::codes::{Code, hl7, quantity};
use super::encounters::Visit;
use super::imperfections::VACCINE_DECLINED;
use super::life::Life;
use super::staff::{self, Role};

/// A dose as it is given.
struct Dose {
    cvx: Code,
    series: &'static str,
    milliliters: f64,
    number: Option<usize>,
}

/// Gives what came due between the yearly visit before and this one; what came before the first visit is unknown.
pub(super) fn write(chart: &mut Chart<'_>, life: &Life, visit: &Visit, before: Option<Date>) {
    let day = visit.day();
    let age = months_between(life.birth, day);
    let since = before.map_or(age, |before| months_between(life.birth, before));
    for vaccine in VACCINES {
        if !(vaccine.years.0..=vaccine.years.1).contains(&day.year()) {
            continue;
        }
        let due = vaccine.due.iter().position(|month| since < *month && *month <= age);
        if let Some(number) = due {
            give(
                chart,
                visit,
                Dose { cvx: vaccine.cvx, series: vaccine.series, milliliters: vaccine.dose, number: Some(number + 1) },
            );
        }
    }
    let season = matches!(day.month(), 9..=12 | 1 | 2);
    if age >= 6 && season && chart.chance(850) {
        let cvx = match day.year() {
            _ if age >= 65 * 12 && day.year() >= 2020 && day.year() <= 2023 => INFLUENZA_HIGH_DOSE,
            2014..=2023 => INFLUENZA_QUADRIVALENT,
            _ => INFLUENZA_TRIVALENT,
        };
        give(chart, visit, Dose { cvx, series: "Influenza", milliliters: 0.5, number: None });
    }
    if age >= 18 * 12 && matches!(day.year(), 2021 | 2022) {
        give(
            chart,
            visit,
            Dose { cvx: COVID, series: "COVID-19", milliliters: 0.3, number: Some(day.year() as usize - 2020) },
        );
    }
}

fn give(chart: &mut Chart<'_>, visit: &Visit, dose: Dose) {
    let id = chart.next_id("imm");
    let declined = chart.chance(VACCINE_DECLINED);
    let mut body = json!({
        "status": if declined { "not-done" } else { "completed" },
        "vaccineCode": dose.cvx.concept(),
        "patient": chart.subject(),
        "encounter": visit.reference(),
        "occurrenceDateTime": local(visit.at),
        "recorded": local(visit.at),
        "primarySource": true,
        "location": { "reference": format!("Location/{}", staff::CLINIC) },
    });
    if declined {
        body["statusReason"] = hl7("v3-ActReason", "PATOBJ", "patient objection");
    } else {
        given(chart, visit, &dose, &mut body);
    }
    chart.add("Immunization", &id, visit.signed(), "us-core-immunization", body);
}

fn given(chart: &mut Chart<'_>, visit: &Visit, dose: &Dose, body: &mut Value) {
    let lot = chart.days(1000, 9999);
    let arm = chart.pick(&[("LA", "left arm"), ("RA", "right arm")]);
    body["lotNumber"] = json!(format!("TR{lot}"));
    body["expirationDate"] = json!(plus_days(visit.day(), 200).to_string());
    body["site"] = hl7("v3-ActSite", arm.0, arm.1);
    body["route"] = hl7("v3-RouteOfAdministration", "IM", "Injection, intramuscular");
    body["doseQuantity"] = quantity(json!(dose.milliliters), "mL", "mL");
    body["performer"] = json!([{ "function": hl7("v2-0443", "AP", "Administering Provider"), "actor": Role::FamilyDoctor.reference(chart.seed) }]);
    if let Some(number) = dose.number {
        body["protocolApplied"] = json!([{ "series": dose.series, "doseNumberPositiveInt": number }]);
    }
}
