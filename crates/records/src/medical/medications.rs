//! Medicines ordered, dispensed or reported.

use std::time::Duration;

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code, GPI, NDC, RXNORM};
use crate::courses::Courses;
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::drugs::{self, Drug};
use crate::fhir::{Concept, Element, Resource};
use crate::people::{self, Patient};
use crate::sig::{self, Frequency};
use crate::text::capitalised;

pub static KIND: Kind = Kind {
    id: "medications",
    title: "Medications",
    description: "Medicines you take or have taken, with dose and prescriber.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Medication {
    name: String,
    product_name: Option<String>,
    common_brand_name: Option<String>,
    instructions: String,
    dosage_info: Option<String>,
    ndc_code: Option<String>,
    generic_product_indicator: Option<String>,
    pub status: Option<String>,
    details: Option<Details>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    expiration: Option<Timestamp>,
    pub refills_remaining: Option<i64>,
    refills_total: Option<String>,
    provider: Option<String>,
    #[serde(rename = "providerID")]
    provider_id: Option<String>,
    pharmacy: Option<Pharmacy>,
    patient: Patient,
    codes: Vec<Code>,
}

#[derive(Default, PartialEq, Serialize)]
struct Details {
    frequency: Option<Frequency>,
    route: Option<String>,
    strength: Option<Strength>,
    dosage: Option<Dosage>,
}

#[derive(PartialEq, Serialize)]
struct Strength {
    number: String,
    unit: Option<String>,
}

#[derive(PartialEq, Serialize)]
struct Dosage {
    form: Option<String>,
    value: Option<String>,
}

#[derive(Serialize)]
struct Pharmacy {
    #[serde(rename = "iD")]
    id: Option<String>,
    name: Option<String>,
    address: Option<String>,
    phone: Option<String>,
}

/// "Drug treatment unknown" and "no drug therapy".
const NONE_KNOWN: &[&str] = &["182904002", "182849000"];
/// Stands where the name of a prescriber would.
const REPORTED: &str = "reported";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let courses = Courses::of(chart);
    for request in chart.of_kind("MedicationRequest") {
        let row = match of_request(chart, &courses, request, drafts.now) {
            Ok(_) if courses.is_repeated(request) => Err(SkipReason::Duplicate),
            row => row,
        };
        add(chart, &courses, drafts, request, row);
    }
    for kind in ["MedicationStatement", "MedicationDispense", "MedicationAdministration"] {
        for taken in chart.of_kind(kind) {
            let row =
                if courses.is_told(taken) { Err(SkipReason::Duplicate) } else { of_other(chart, taken, drafts.now) };
            add(chart, &courses, drafts, taken, row);
        }
    }
}

fn add(
    chart: &Chart,
    courses: &Courses<'_>,
    drafts: &mut Drafts,
    resource: Resource<'_>,
    row: Result<Medication, SkipReason>,
) {
    match row {
        Ok(row) => {
            // Itself, its drug, what was dispensed and stated, and the orders it repeats.
            let drug = chart.resolve(resource, resource.get("medicationReference"));
            let lineage = [resource].into_iter().chain(drug).chain(courses.followers(chart, resource)).collect();
            let facts = Facts {
                key: resource.key.to_owned(),
                at: row.start_date,
                to: row.end_date,
                lineage,
                codes: &row.codes,
            };
            drafts.push(&KIND, facts, &row);
        }
        Err(reason) => drafts.skip(resource, reason),
    }
}

pub(crate) fn screen(resource: Resource<'_>) -> Result<(), SkipReason> {
    match resource.status() {
        "entered-in-error" => return Err(SkipReason::EnteredInError),
        "draft" | "cancelled" | "preparation" | "declined" => return Err(SkipReason::Inactive),
        "not-taken" | "not-done" => return Err(SkipReason::NotDone),
        _ => {}
    }
    if resource.flag("doNotPerform") == Some(true) {
        return Err(SkipReason::DoNotPerform);
    }
    match resource.str("intent") {
        Some("proposal" | "option") => Err(SkipReason::Inactive),
        _ => Ok(()),
    }
}

pub(super) fn of_request(
    chart: &Chart,
    courses: &Courses<'_>,
    request: Resource<'_>,
    now: Timestamp,
) -> Result<Medication, SkipReason> {
    let dispense = request.get("dispenseRequest");
    let validity = dispense.period("validityPeriod");
    let followers = courses.followers(chart, request);
    let stated = |it: &&Resource<'_>| it.kind == "MedicationStatement" && screen(**it).is_ok();
    let statement = followers.iter().filter(stated).max_by_key(|statement| statement.date("dateAsserted"));
    let row = read(chart, request, request.each("dosageInstruction").collect())?;
    let allowed = dispense.decimal("numberOfRepeatsAllowed");
    let is_fill = |it: &&Resource<'_>| it.kind == "MedicationDispense" && it.status() == "completed";
    let filled = followers.iter().filter(is_fill).count() as i64;
    // The first fill is not a refill.
    let remaining = allowed
        .as_ref()
        .filter(|_| filled > 0)
        .and_then(|allowed| allowed.parse::<i64>().ok())
        .map(|allowed| (allowed - (filled - 1)).max(0));
    let requester = request.get("requester");
    let told = requester.is_absent()
        && (request.flag("reportedBoolean") == Some(true)
            || people::is_lay(chart, request, request.get("reportedReference")));
    let (provider, provider_id) = match prescriber(chart, request, requester) {
        (None, _) if told => (Some(REPORTED.to_owned()), None),
        found => found,
    };
    let end_date = row.end_date.or(validity.end);
    let status = statement.map_or(request.str("status"), |statement| statement.body.str("status"));
    Ok(Medication {
        status: status.map(|status| shown(status, end_date, now)),
        start_date: row.start_date.or_else(|| request.date("authoredOn")),
        end_date,
        expiration: validity.end,
        refills_remaining: remaining,
        refills_total: allowed,
        provider,
        provider_id,
        pharmacy: pharmacy(chart, request, dispense.get("performer")).or_else(|| filled_by(chart, &followers)),
        ..row
    })
}

/// Who handed it out last, where the order names nobody.
fn filled_by(chart: &Chart, followers: &[Resource<'_>]) -> Option<Pharmacy> {
    let mut fills: Vec<_> =
        followers.iter().filter(|it| it.kind == "MedicationDispense" && screen(**it).is_ok()).collect();
    fills.sort_by_key(|fill| fill.date("whenHandedOver").or_else(|| fill.date("whenPrepared")));
    fills.into_iter().rev().find_map(|fill| {
        let actors = fill.each("performer").map(|performer| performer.get("actor"));
        actors.filter(|actor| is_organization(chart, *fill, *actor)).find_map(|actor| pharmacy(chart, *fill, actor))
    })
}

fn is_organization(chart: &Chart, fill: Resource<'_>, actor: Element<'_>) -> bool {
    people::organization_of(chart, fill, actor).is_some()
        || actor.str("type") == Some("Organization")
        || actor.str("reference").is_some_and(|target| target.contains("Organization/"))
}

/// What is active until a day that is over has been completed. The last day counts in full.
fn shown(status: &str, end: Option<Timestamp>, now: Timestamp) -> String {
    match status {
        "active" if end.is_some_and(|end| end + DAY <= now) => "Completed".to_owned(),
        status => capitalised(status),
    }
}

/// Name and id of who prescribed it. What someone says about themselves or a relative nobody prescribed.
fn prescriber(chart: &Chart, resource: Resource<'_>, agent: Element<'_>) -> (Option<String>, Option<String>) {
    if people::is_lay(chart, resource, agent) {
        return (Some(REPORTED.to_owned()), None);
    }
    (people::agent(chart, resource, agent), reference_id(agent))
}

/// A statement or dispense without an order, or what was given once during a visit.
fn of_other(chart: &Chart, taken: Resource<'_>, now: Timestamp) -> Result<Medication, SkipReason> {
    let dosages = taken.each("dosage").chain(taken.each("dosageInstruction")).collect();
    let row = read(chart, taken, dosages)?;
    let effective = taken.when("effective");
    let given = taken.kind == "MedicationAdministration";
    let performer = taken.first("performer").get("actor");
    let stated =
        || taken.date("dateAsserted").or_else(|| taken.date("whenHandedOver")).or_else(|| taken.date("whenPrepared"));
    let source = if given { performer } else { taken.get("informationSource") };
    let (provider, provider_id) = prescriber(chart, taken, source);
    let end_date = row.end_date.or(effective.end);
    Ok(Medication {
        status: taken.body.str("status").map(|status| shown(status, end_date, now)),
        start_date: row.start_date.or(effective.start).or_else(stated),
        end_date,
        provider,
        provider_id,
        pharmacy: if given { None } else { pharmacy(chart, taken, performer) },
        ..row
    })
}

/// What all four kinds of statement about a medicine share.
fn read(chart: &Chart, resource: Resource<'_>, dosages: Vec<Element<'_>>) -> Result<Medication, SkipReason> {
    screen(resource)?;
    let reference = resource.get("medicationReference");
    let drug = chart.resolve(resource, reference);
    let code = drug_code(resource, drug);
    if code.has_any(NONE_KNOWN) {
        return Err(SkipReason::NoneKnown);
    }
    let ingredient = drug.and_then(|drug| drug.body.first("ingredient").concept("itemCodeableConcept").name());
    let name = code.name().or_else(|| reference.str("display")).or(ingredient).ok_or_else(|| code.missing())?;
    let coded = code
        .codings()
        .find(|coding| coding.system().is_some_and(|uri| codes::same(uri, RXNORM)))
        .and_then(|coding| coding.display());
    let parsed = [coded, Some(name)].into_iter().flatten().map(drugs::parse).find(|drug| drug.strength.is_some());
    let parsed = parsed.unwrap_or_else(|| drugs::parse(name));
    let first = dosages.first().copied();
    let bounds = first.map(|dosage| dosage.get("timing").get("repeat").period("boundsPeriod")).unwrap_or_default();
    Ok(Medication {
        name: name.to_owned(),
        product_name: ingredient
            .map(str::to_owned)
            .or_else(|| parsed.ingredient.clone())
            .or_else(|| coded.map(str::to_owned)),
        common_brand_name: parsed.brand.clone(),
        instructions: sig::instructions(&dosages),
        dosage_info: first.and_then(sig::dose),
        ndc_code: code.code_of(NDC).map(str::to_owned),
        generic_product_indicator: code.code_of(GPI).map(str::to_owned),
        status: None,
        details: details(drug, first, parsed),
        start_date: bounds.start,
        end_date: bounds.end,
        expiration: None,
        refills_remaining: None,
        refills_total: None,
        provider: None,
        provider_id: None,
        pharmacy: None,
        patient: Patient::of(chart, resource, "subject"),
        codes: codes_of(code, drug),
    })
}

/// What medicine it is about: as coded, else as the medication it refers to is.
pub(crate) fn drug_code<'a>(resource: Resource<'a>, drug: Option<Resource<'a>>) -> Concept<'a> {
    let own = resource.concept("medicationCodeableConcept");
    match drug {
        Some(drug) if own.name().is_none() => drug.body.concept("code"),
        _ => own,
    }
}

fn codes_of(code: Concept<'_>, drug: Option<Resource<'_>>) -> Vec<Code> {
    let mut given = codes::given(code);
    let more = drug.map(|drug| codes::given(drug.body.concept("code"))).unwrap_or_default();
    given.extend(more.into_iter().filter(|extra| extra.code.is_some()));
    let mut seen: Vec<Code> = Vec::with_capacity(given.len());
    for code in given {
        if !seen.iter().any(|known| known.code == code.code && known.code_system == code.code_system) {
            seen.push(code);
        }
    }
    seen
}

fn details(drug: Option<Resource<'_>>, dosage: Option<Element<'_>>, parsed: Drug) -> Option<Details> {
    let amount = dosage.and_then(|dosage| dosage.first("doseAndRate").quantity("doseQuantity"));
    let form = drug
        .and_then(|drug| drug.body.concept("form").name())
        .map(|form| {
            form.split_whitespace().rev().find_map(drugs::form).map_or_else(|| form.to_lowercase(), str::to_owned)
        })
        .or_else(|| parsed.form.map(str::to_owned))
        .or_else(|| amount.as_ref().and_then(|amount| amount.unit).and_then(drugs::form).map(str::to_owned));
    let value = amount.map(|amount| amount.value);
    let details = Details {
        frequency: dosage.and_then(sig::frequency),
        route: dosage.and_then(|dosage| sig::route(dosage.concept("route"))),
        strength: drug
            .and_then(strength)
            .or(parsed.strength.map(|(number, unit)| Strength { number, unit: Some(unit) })),
        dosage: (form.is_some() || value.is_some()).then_some(Dosage { form, value }),
    };
    (details != Details::default()).then_some(details)
}

fn strength(drug: Resource<'_>) -> Option<Strength> {
    let strength = drug.first("ingredient").get("strength");
    let (over, under) = (strength.quantity("numerator")?, strength.quantity("denominator"));
    let unit = over.unit.or(over.code).map(str::to_owned);
    let unit = match under {
        Some(under) if under.number() == Some(1.0) && matches!(under.code.or(under.unit), Some("mL" | "ml")) => {
            unit.map(|unit| format!("{unit}/mL"))
        }
        _ => unit,
    };
    Some(Strength { number: over.value, unit })
}

fn reference_id(reference: Element<'_>) -> Option<String> {
    let target = reference.str("reference").filter(|target| !target.starts_with('#'));
    let id = target.and_then(|target| target.rsplit(['/', ':']).next());
    id.or_else(|| reference.get("identifier").str("value")).map(str::to_owned)
}

fn pharmacy(chart: &Chart, resource: Resource<'_>, reference: Element<'_>) -> Option<Pharmacy> {
    let found = people::organization_of(chart, resource, reference);
    let name = found.and_then(|found| found.body.str("name")).or_else(|| reference.str("display"))?;
    Some(Pharmacy {
        id: reference_id(reference),
        name: Some(name.to_owned()),
        address: found.and_then(people::flat_address),
        phone: found.and_then(people::phone),
    })
}
