//! What sort of examination a result comes from → categories of Observation and DiagnosticReport.
//!
//! The guide goes by the class of a LOINC code, which a document does not hold. So what it does hold decides: templates
//! of imaging, codes that name a sort of service, the radiology part of CPT, and names as LOINC forms them. A result
//! that says nothing of the kind is a laboratory's, as a section of results is meant to be.

use serde_json::Value;

use super::concepts::coded;
use super::context::Context;
use super::node::Node;
use super::section::Section;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Laboratory,
    Imaging,
    /// Neither of the two: endoscopy, electrocardiography and the like.
    Procedure,
    Exam,
}

impl Sort {
    /// Code of the observation category.
    pub fn observation(self) -> &'static str {
        match self {
            Sort::Laboratory => "laboratory",
            Sort::Imaging => "imaging",
            Sort::Procedure => "procedure",
            Sort::Exam => "exam",
        }
    }

    /// Category of a report; US Core has none for what is neither laboratory nor radiology in general.
    pub fn report(self) -> Option<Value> {
        match self {
            Sort::Laboratory => Some(coded(SERVICE, "LAB", Some("Laboratory"))),
            Sort::Imaging => Some(coded(LOINC, "LP29684-5", Some("Radiology"))),
            Sort::Procedure | Sort::Exam => None,
        }
    }
}

const LOINC: &str = "http://loinc.org";
const CPT: &str = "http://www.ama-assn.org/go/cpt";
const SERVICE: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
/// The same as CDA documents name it.
const SERVICE_OID: &str = "urn:oid:2.16.840.1.113883.12.74";
const SNOMED: &str = "http://snomed.info/sct";
/// Templates of imaging reports all begin so.
const DICOM: &str = "2.16.840.1.113883.10.20.6.";

/// What an act of this code says itself.
pub fn of_act(act: Node<'_>, code: Option<&Value>) -> Option<Sort> {
    if act.templates().any(|root| root.starts_with(DICOM)) {
        return Some(Sort::Imaging);
    }
    by_concept(code?)
}

/// What a section says of all that stands in it.
pub fn of_section<'a>(cx: &Context<'a>, section: Node<'a>, known: Option<&Section>) -> Option<Sort> {
    if known.is_some_and(|known| known.id == "imaging") {
        return Some(Sort::Imaging);
    }
    let title = section.child("title").and_then(Node::text).unwrap_or_default().to_lowercase();
    let has = |word: &str| title.split(|letter: char| !letter.is_alphanumeric()).any(|part| part.starts_with(word));
    let by_title = || (has("radiolog") || has("imaging")).then_some(Sort::Imaging).filter(|_| !has("lab"));
    let code = section.child("code").map(|code| cx.concept(code));
    code.and_then(|code| by_concept(&code)).or_else(by_title)
}

/// By its codes, else by its names.
fn by_concept(concept: &Value) -> Option<Sort> {
    let codings = concept["coding"].as_array().map_or(&[][..], Vec::as_slice);
    let word = |coding: &'_ Value, name: &str| coding[name].as_str().unwrap_or_default().to_owned();
    let by_code = codings.iter().find_map(|coding| by_code(&word(coding, "system"), &word(coding, "code")));
    let names = || codings.iter().map(|coding| word(coding, "display")).chain([word(concept, "text")]);
    by_code.or_else(|| names().any(|name| is_imaging(&name)).then_some(Sort::Imaging))
}

fn by_code(system: &str, code: &str) -> Option<Sort> {
    let system = if system == SERVICE_OID { SERVICE } else { system };
    Some(match (system, code) {
        ("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory") => Sort::Laboratory,
        ("http://terminology.hl7.org/CodeSystem/observation-category", "imaging") => Sort::Imaging,
        ("http://terminology.hl7.org/CodeSystem/observation-category", "procedure") => Sort::Procedure,
        ("http://terminology.hl7.org/CodeSystem/observation-category", "exam") => Sort::Exam,
        // Diagnostic service sections of HL7 version 2.
        (SERVICE, "RAD" | "RX" | "CT" | "NMR" | "NMS" | "RUS" | "OUS" | "VUS" | "CUS" | "XRC") => Sort::Imaging,
        (SERVICE, "EC" | "EN" | "CTH" | "PF") => Sort::Procedure,
        (SERVICE, "LAB" | "CH" | "HM" | "MB" | "SR" | "IMM" | "SP" | "CP" | "TX" | "BLB") => Sort::Laboratory,
        // Radiology studies (set), diagnostic imaging study, its observation and impression; the class of a report.
        (LOINC, "18726-0" | "18748-4" | "18782-3" | "19005-8" | "LP29684-5") => Sort::Imaging,
        // Studies: bronchoscopy, catheterization, colonoscopy, endoscopy, stress test, sigmoidoscopy, EKG.
        (LOINC, "18744-3" | "18745-0" | "18746-8" | "18751-8" | "18752-6" | "18753-4" | "11524-6") => Sort::Procedure,
        // Imaging, radiography, computed tomography, magnetic resonance, ultrasonography.
        (SNOMED, "363679005" | "363680008" | "77477000" | "113091000" | "16310003") => Sort::Imaging,
        (CPT, code) => by_cpt(code)?,
        _ => return None,
    })
}

/// By the parts of CPT: diagnostic radiology, ultrasound, nuclear medicine, echocardiography; cardiography.
fn by_cpt(code: &str) -> Option<Sort> {
    Some(match code.parse::<u32>().ok().filter(|_| code.len() == 5)? {
        70010..=76999 | 77001..=77092 | 78012..=78999 | 93303..=93356 => Sort::Imaging,
        80047..=89398 => Sort::Laboratory,
        93000..=93278 => Sort::Procedure,
        _ => return None,
    })
}

/// Longer texts are no names.
const NAME: usize = 160;

/// Whether a name is one of imaging: a word for it, or a modality as LOINC abbreviates it before the part of the body or
/// the kind of view: "XR Chest 2 Views". A modality alone may mean something else, such as "CT DNA".
fn is_imaging(name: &str) -> bool {
    if name.len() > NAME {
        return false;
    }
    let lower = name.to_lowercase().replace("x-ray", "xray").replace("x ray", "xray");
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_word =
        |word: &&str| WORDS.contains(word) || word.starts_with("radiolog") || word.starts_with("echocardiogra");
    let is_named = || words.iter().any(is_word) || lower.contains("diagnostic imaging");
    let by_modality = || {
        let modality = name.split_whitespace().next().is_some_and(|first| MODALITIES.contains(&first));
        modality && words.iter().skip(1).any(|word| REGIONS.contains(word))
    };
    is_named() || by_modality()
}

const WORDS: &[&str] = &["xray", "mammogram", "mammography", "ultrasound", "ultrasonography", "sonogram"];
const MODALITIES: &[&str] =
    &["XR", "CT", "CTA", "MR", "MRI", "MRA", "US", "NM", "PET", "SPECT", "RF", "MG", "DXA", "XA"];
const REGIONS: &[&str] = &[
    "abdomen",
    "ankle",
    "aorta",
    "bladder",
    "bone",
    "brain",
    "breast",
    "cardiac",
    "chest",
    "contrast",
    "elbow",
    "extremity",
    "face",
    "femur",
    "finger",
    "foot",
    "forearm",
    "guidance",
    "hand",
    "head",
    "heart",
    "hip",
    "humerus",
    "joint",
    "kidney",
    "kidneys",
    "knee",
    "leg",
    "liver",
    "lung",
    "neck",
    "orbit",
    "orbits",
    "pelvis",
    "ribs",
    "shoulder",
    "sinuses",
    "skull",
    "spine",
    "thorax",
    "thyroid",
    "tibia",
    "toe",
    "uterus",
    "vessels",
    "view",
    "views",
    "wrist",
];

#[cfg(test)]
mod tests;
