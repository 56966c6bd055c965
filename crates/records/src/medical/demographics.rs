//! Who a person is, as each source has it.

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::{Chart, is_replaced};
use crate::codes::{Code, RACE, SNOMED, SNOMED_LIFE};
use crate::dates;
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Coding, Concept, Element, Resource};
use crate::people::{self, Address, Name};

pub static KIND: Kind = Kind {
    id: "demographics",
    title: "Demographics",
    description: "Your name, address, date of birth and similar details.",
    form: Form::List,
    order: Order::OldestCreatedFirst,
    source_in_head: false,
    dated: false,
    resources: &["Patient"],
    from_fhir,
};

/// The facts shared with the profile.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    name: Option<Name>,
    address: Option<Address>,
    dob: Option<String>,
    dob_date_time: Option<Timestamp>,
    gender: Option<String>,
    language: Option<String>,
    marital_status: Option<String>,
    race: Option<String>,
    ethnicity: Option<String>,
    gender_codes: Vec<Code>,
    marital_status_codes: Vec<Code>,
    race_codes: Vec<Code>,
    ethnicity_codes: Vec<Code>,
    language_codes: Vec<Code>,
}

#[derive(Serialize)]
struct Demographics {
    #[serde(flatten)]
    person: Person,
    provider: Option<Provider>,
}

#[derive(Serialize)]
struct Provider {
    organization: Option<String>,
    phone: Option<String>,
    address: Option<Address>,
}

const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-";

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for patient in chart.of_kind("Patient") {
        if is_replaced(patient) {
            drafts.skip(patient, SkipReason::Superseded);
            continue;
        }
        let row = Demographics { person: person(patient), provider: provider(chart, patient) };
        drafts.push(&KIND, Facts { key: patient.key.to_owned(), lineage: vec![patient], ..Facts::default() }, &row);
    }
}

pub(super) fn person(patient: Resource<'_>) -> Person {
    let born = patient.str("birthDate");
    let gender = patient.str("gender").map(str::to_lowercase).or_else(|| sex(patient).map(str::to_owned));
    let marital = patient.concept("maritalStatus");
    let language = language(patient);
    Person {
        name: Name::of(people::best_name(patient))
            .or_else(|| people::full_name(patient).map(|name| Name::whole(&name))),
        address: Address::of(people::best_address(patient)),
        dob: born.and_then(dates::birthday),
        dob_date_time: born.and_then(dates::instant),
        gender_codes: gender_codes(patient, gender.as_deref()),
        gender,
        language_codes: snomed((language.as_deref() == Some("eng")).then_some("315570003")),
        language,
        marital_status: marital_status(marital),
        marital_status_codes: snomed(marital_word(marital).and_then(|(_, code)| code)),
        race: group(patient, "race"),
        race_codes: group_codes(patient, "race"),
        ethnicity: group(patient, "ethnicity"),
        ethnicity_codes: group_codes(patient, "ethnicity"),
    }
}

/// The sex recorded where no gender is.
fn sex(patient: Resource<'_>) -> Option<&'static str> {
    let recorded = ["sex", "birthsex"].into_iter().find_map(|name| {
        let extension = patient.extension(&format!("{US_CORE}{name}"));
        extension.str("valueCode").or_else(|| extension.concept("valueCoding").0.str("code"))
    })?;
    match recorded {
        "248153007" | "M" | "male" => Some("male"),
        "248152002" | "F" | "female" => Some("female"),
        _ => None,
    }
}

/// Inferred from the gender, then what the source codes of sex and of gender identity.
fn gender_codes(patient: Resource<'_>, gender: Option<&str>) -> Vec<Code> {
    let mut codes = snomed(match gender {
        Some("male") => Some("703117000"),
        Some("female") => Some("703118005"),
        _ => None,
    });
    let sex = patient.extension(&format!("{US_CORE}sex"));
    let recorded = sex.str("valueCode").or_else(|| sex.get("valueCoding").str("code"));
    let recorded = recorded.filter(|code| code.len() > 4 && code.bytes().all(|byte| byte.is_ascii_digit()));
    let identity = patient.extension(&format!("{US_CORE}genderIdentity")).concept("valueCodeableConcept");
    for code in recorded.into_iter().chain(identity.code_of(SNOMED)) {
        if !codes.iter().any(|known| known.code.as_deref() == Some(code)) {
            codes.push(Code::labelled(code, SNOMED_LIFE, false));
        }
    }
    codes
}

fn snomed(code: Option<&str>) -> Vec<Code> {
    code.map(|code| Code::labelled(code, SNOMED_LIFE, true)).into_iter().collect()
}

/// Plain words and, where there is one, the SNOMED CT code of a marital status.
fn marital_word(status: Concept<'_>) -> Option<(&'static str, Option<&'static str>)> {
    Some(match status.code()? {
        "M" | "87915002" => ("married", Some("87915002")),
        "S" | "125681006" => ("single", Some("125681006")),
        "D" | "20295000" => ("divorced", Some("20295000")),
        "W" | "33553000" => ("widowed", Some("33553000")),
        "L" | "13184001" => ("legally separated", Some("13184001")),
        "A" => ("annulled", None),
        "I" => ("interlocutory", None),
        "P" => ("polygamous", None),
        "T" => ("domestic partner", None),
        "U" => ("unmarried", None),
        _ => return None,
    })
}

/// The source's text, unless it merely repeats the code.
fn marital_status(status: Concept<'_>) -> Option<String> {
    status
        .text()
        .filter(|text| text.len() > 2)
        .or_else(|| marital_word(status).map(|(word, _)| word))
        .or_else(|| status.codings().filter(|coding| coding.code() != Some("UNK")).find_map(Coding::display))
        .map(str::to_lowercase)
}

/// The preferred language as ISO 639-2 where known.
fn language(patient: Resource<'_>) -> Option<String> {
    let preferred = patient.each("communication").find(|spoken| spoken.flag("preferred") == Some(true));
    let language = preferred.unwrap_or_else(|| patient.first("communication")).concept("language");
    let Some(tag) = language.code().map(str::to_ascii_lowercase) else {
        return language.text().map(str::to_lowercase).map(|word| match word.as_str() {
            "english" => "eng".to_owned(),
            "spanish" => "spa".to_owned(),
            _ => word,
        });
    };
    let short = tag.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.iter().find(|(two, _)| *two == short).map_or(Some(short), |(_, three)| Some(three)).map(str::to_owned)
}

const LANGUAGES: &[(&str, &str)] = &[
    ("am", "amh"),
    ("ar", "ara"),
    ("bn", "ben"),
    ("bs", "bos"),
    ("cs", "ces"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("es", "spa"),
    ("fa", "fas"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("ht", "hat"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("km", "khm"),
    ("ko", "kor"),
    ("ku", "kur"),
    ("lo", "lao"),
    ("mr", "mar"),
    ("my", "mya"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("no", "nor"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("ps", "pus"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("so", "som"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("sw", "swa"),
    ("ta", "tam"),
    ("te", "tel"),
    ("th", "tha"),
    ("ti", "tir"),
    ("tl", "tgl"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("vi", "vie"),
    ("zh", "zho"),
];

fn group(patient: Resource<'_>, name: &str) -> Option<String> {
    let extension = patient.extension(&format!("{US_CORE}{name}"));
    extension.extension("text").str("valueString").map(str::to_owned).or_else(|| {
        let names: Vec<&str> = group_codings(extension).filter_map(Coding::display).collect();
        (!names.is_empty()).then(|| names.join(", "))
    })
}

fn group_codes(patient: Resource<'_>, name: &str) -> Vec<Code> {
    let extension = patient.extension(&format!("{US_CORE}{name}"));
    group_codings(extension)
        .filter_map(Coding::code)
        .filter(|code| !matches!(*code, "UNK" | "ASKU" | "NI"))
        .map(|code| Code::labelled(code, RACE, true))
        .collect()
}

fn group_codings(extension: Element<'_>) -> impl Iterator<Item = Coding<'_>> {
    extension
        .each("extension")
        .filter(|part| matches!(part.str("url"), Some("ombCategory" | "detailed")))
        .map(|part| Coding(part.get("valueCoding")))
}

/// The practice the person belongs to.
fn provider(chart: &Chart, patient: Resource<'_>) -> Option<Provider> {
    let references = || patient.each("generalPractitioner").chain([patient.get("managingOrganization")]);
    let found = references().find_map(|reference| people::organization_of(chart, patient, reference));
    let provider = match found {
        Some(organization) => Provider {
            organization: organization.str("name").map(str::to_owned),
            phone: people::phone(organization),
            address: Address::of(people::best_address(organization)),
        },
        None => {
            let doctor = references().find_map(|reference| chart.resolve(patient, reference));
            Provider {
                organization: patient.get("managingOrganization").str("display").map(str::to_owned),
                phone: doctor.and_then(people::phone),
                address: doctor.and_then(|doctor| Address::of(people::best_address(doctor))),
            }
        }
    };
    (provider.organization.is_some() || provider.phone.is_some() || provider.address.is_some()).then_some(provider)
}
