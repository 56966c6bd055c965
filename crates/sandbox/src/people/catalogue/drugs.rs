//! Drugs as they are ordered: RxNorm code, dose, route and schedule.

use crate::people::codes::Code;

#[derive(Debug, PartialEq)]
pub(in crate::people) struct Drug {
    pub code: Code,
    /// Amount, unit as read, unit in UCUM.
    pub dose: (f64, &'static str, &'static str),
    pub route: Code,
    pub sig: &'static str,
    pub schedule: Schedule,
    /// Units dispensed, the days they last, refills.
    pub supply: (i64, i64, i64),
}

#[derive(Debug, PartialEq)]
pub(in crate::people) enum Schedule {
    /// So often per so many of a UCUM time unit.
    Every(i64, i64, &'static str),
    /// At most so often per day, for a reason.
    AsNeeded(i64, Code),
}

use Schedule::{AsNeeded, Every};

const ORAL: Code = Code::snomed("26643006", "Oral route");
const INHALED: Code = Code::snomed("447694001", "Respiratory tract route");
const SUBCUTANEOUS: Code = Code::snomed("34206005", "Subcutaneous route");
const INTRAMUSCULAR: Code = Code::snomed("78421000", "Intramuscular route");

const TABLET: (f64, &str, &str) = (1.0, "tablet", "{tbl}");
const CAPSULE: (f64, &str, &str) = (1.0, "capsule", "{cap}");

const PAIN: Code = Code::snomed("22253000", "Pain");
const WHEEZE: Code = Code::snomed("56018004", "Wheezing");

type Dose = (f64, &'static str, &'static str);

const fn oral(
    rxnorm: &'static str,
    name: &'static str,
    dose: Dose,
    sig: &'static str,
    schedule: Schedule,
    supply: (i64, i64, i64),
) -> Drug {
    Drug { code: Code::rxnorm(rxnorm, name), dose, route: ORAL, sig, schedule, supply }
}

const DAILY: Schedule = Every(1, 1, "d");
const TWICE: Schedule = Every(2, 1, "d");
const NINETY: (i64, i64, i64) = (90, 90, 3);

#[rustfmt::skip]
mod table {
    use super::*;

    pub(in crate::people) static LISINOPRIL_10: Drug = oral("314076", "lisinopril 10 MG Oral Tablet", TABLET, "Take 1 tablet by mouth once daily", DAILY, NINETY);
    pub(in crate::people) static LISINOPRIL_20: Drug = oral("314077", "lisinopril 20 MG Oral Tablet", TABLET, "Take 1 tablet by mouth once daily", DAILY, NINETY);
    pub(in crate::people) static AMLODIPINE: Drug = oral("197361", "amlodipine 5 MG Oral Tablet", TABLET, "Take 1 tablet by mouth once daily", DAILY, NINETY);
    pub(in crate::people) static METFORMIN_500: Drug = oral("861007", "metformin hydrochloride 500 MG Oral Tablet", TABLET, "Take 1 tablet by mouth twice daily with meals", TWICE, (180, 90, 3));
    pub(in crate::people) static METFORMIN_1000: Drug = oral("861004", "metformin hydrochloride 1000 MG Oral Tablet", TABLET, "Take 1 tablet by mouth twice daily with meals", TWICE, (180, 90, 3));
    pub(in crate::people) static SIMVASTATIN: Drug = oral("312961", "simvastatin 20 MG Oral Tablet", TABLET, "Take 1 tablet by mouth every evening", DAILY, NINETY);
    pub(in crate::people) static ATORVASTATIN: Drug = oral("617311", "atorvastatin 40 MG Oral Tablet", TABLET, "Take 1 tablet by mouth once daily", DAILY, NINETY);
    pub(in crate::people) static LEVOTHYROXINE: Drug = oral("966222", "levothyroxine sodium 0.075 MG Oral Tablet", TABLET, "Take 1 tablet by mouth every morning on an empty stomach", DAILY, NINETY);
    pub(in crate::people) static SERTRALINE: Drug = oral("312941", "sertraline 50 MG Oral Tablet", TABLET, "Take 1 tablet by mouth once daily", DAILY, (30, 30, 11));
    pub(in crate::people) static OMEPRAZOLE: Drug = oral("198051", "omeprazole 20 MG Delayed Release Oral Capsule", CAPSULE, "Take 1 capsule by mouth daily before breakfast", DAILY, NINETY);
    pub(in crate::people) static CETIRIZINE: Drug = oral("1014678", "cetirizine hydrochloride 10 MG Oral Tablet", TABLET, "Take 1 tablet by mouth once daily during the season", DAILY, (90, 90, 1));
    pub(in crate::people) static NAPROXEN: Drug = oral("849574", "naproxen sodium 220 MG Oral Tablet", TABLET, "Take 1 tablet by mouth every 12 hours as needed for joint pain", AsNeeded(2, PAIN), (60, 30, 3));
    pub(in crate::people) static FOLIC_ACID: Drug = oral("310410", "folic acid 1 MG Oral Tablet", TABLET, "Take 1 tablet by mouth once daily", DAILY, (90, 90, 2));
    pub(in crate::people) static AMOXICILLIN: Drug = oral("308191", "amoxicillin 500 MG Oral Capsule", CAPSULE, "Take 1 capsule by mouth every 12 hours for 10 days", Every(1, 12, "h"), (20, 10, 0));
    pub(in crate::people) static AZITHROMYCIN: Drug = oral("308460", "azithromycin 250 MG Oral Tablet", TABLET, "Take 2 tablets on day one, then 1 tablet daily for 4 days", DAILY, (6, 5, 0));
    pub(in crate::people) static NITROFURANTOIN: Drug = oral("1648755", "nitrofurantoin, macrocrystals 25 MG / nitrofurantoin, monohydrate 75 MG Oral Capsule", CAPSULE, "Take 1 capsule by mouth twice daily for 5 days", TWICE, (10, 5, 0));
    pub(in crate::people) static CEPHALEXIN: Drug = oral("309114", "cephalexin 500 MG Oral Capsule", CAPSULE, "Take 1 capsule by mouth every 6 hours for 7 days", Every(1, 6, "h"), (28, 7, 0));
    pub(in crate::people) static PREDNISONE: Drug = oral("312615", "prednisone 20 MG Oral Tablet", (2.0, "tablet", "{tbl}"), "Take 2 tablets by mouth every morning for 5 days", DAILY, (10, 5, 0));
    pub(in crate::people) static ACETAMINOPHEN: Drug = oral("313782", "acetaminophen 325 MG Oral Tablet", (2.0, "tablet", "{tbl}"), "Take 2 tablets by mouth every 6 hours as needed for pain", AsNeeded(4, PAIN), (40, 5, 0));
    pub(in crate::people) static IBUPROFEN: Drug = oral("310965", "ibuprofen 200 MG Oral Tablet", (2.0, "tablet", "{tbl}"), "Take 2 tablets by mouth every 8 hours as needed for pain", AsNeeded(3, PAIN), (60, 10, 0));
    pub(in crate::people) static OXYCODONE: Drug = oral("1049221", "acetaminophen 325 MG / oxycodone hydrochloride 5 MG Oral Tablet", TABLET, "Take 1 tablet by mouth every 6 hours as needed for severe pain", AsNeeded(4, PAIN), (12, 3, 0));

    pub(in crate::people) static ALBUTEROL: Drug = Drug { code: Code::rxnorm("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"), dose: (2.0, "puff", "{puff}"), route: INHALED, sig: "Inhale 2 puffs every 4 hours as needed for wheezing", schedule: AsNeeded(6, WHEEZE), supply: (1, 30, 5) };
    pub(in crate::people) static FLUTICASONE: Drug = Drug { code: Code::rxnorm("895994", "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler"), dose: (2.0, "puff", "{puff}"), route: INHALED, sig: "Inhale 2 puffs twice daily, rinse mouth after use", schedule: TWICE, supply: (1, 30, 11) };
    pub(in crate::people) static GLARGINE: Drug = Drug { code: Code::rxnorm("311041", "insulin glargine 100 UNT/ML Injectable Solution"), dose: (14.0, "unit", "[iU]"), route: SUBCUTANEOUS, sig: "Inject 14 units under the skin at bedtime", schedule: DAILY, supply: (10, 60, 5) };
    pub(in crate::people) static EPINEPHRINE: Drug = Drug { code: Code::rxnorm("1870230", "NDA020800 0.3 ML epinephrine 1 MG/ML Auto-Injector"), dose: (0.3, "mg", "mg"), route: INTRAMUSCULAR, sig: "Inject 0.3 mg into the outer thigh for a severe allergic reaction", schedule: AsNeeded(2, Code::snomed("39579001", "Anaphylaxis")), supply: (2, 365, 1) };
}

pub(in crate::people) use table::*;
