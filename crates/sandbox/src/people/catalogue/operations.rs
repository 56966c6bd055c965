//! Procedures.

use crate::people::codes::Code;

#[derive(Debug)]
pub(in crate::people) struct Operation {
    pub snomed: Code,
    pub cpt: Option<Code>,
    pub text: &'static str,
    pub site: Option<Code>,
}

#[rustfmt::skip]
mod table {
    use super::*;

    pub(in crate::people) static APPENDECTOMY: Operation = Operation { snomed: Code::snomed("6025007", "Laparoscopic appendectomy"), cpt: Some(Code::cpt("44970", "Laparoscopy, surgical, appendectomy")), text: "Laparoscopic appendectomy", site: Some(Code::snomed("66754008", "Appendix structure")) };
    pub(in crate::people) static CAST: Operation = Operation { snomed: Code::snomed("274474001", "Bone immobilization"), cpt: Some(Code::cpt("29075", "Application, cast; elbow to finger (short arm)")), text: "Application of a short arm cast", site: Some(Code::snomed("74670003", "Wrist joint structure")) };
    pub(in crate::people) static SUTURE: Operation = Operation { snomed: Code::snomed("288086009", "Suture open wound"), cpt: Some(Code::cpt("12002", "Simple repair of superficial wounds, 2.6 cm to 7.5 cm")), text: "Suture of a wound", site: Some(Code::snomed("14975008", "Forearm structure")) };
    pub(in crate::people) static COLONOSCOPY: Operation = Operation { snomed: Code::snomed("73761001", "Colonoscopy"), cpt: Some(Code::cpt("45378", "Colonoscopy, flexible; diagnostic")), text: "Screening colonoscopy", site: Some(Code::snomed("71854001", "Colon structure")) };
    pub(in crate::people) static EYE_EXAM: Operation = Operation { snomed: Code::snomed("722161008", "Diabetic retinal eye exam"), cpt: Some(Code::cpt("92250", "Fundus photography with interpretation and report")), text: "Diabetic retinal examination", site: Some(Code::snomed("5665001", "Retinal structure")) };
    pub(in crate::people) static MAMMOGRAPHY: Operation = Operation { snomed: Code::snomed("24623002", "Screening mammography"), cpt: Some(Code::cpt("77067", "Screening mammography, bilateral")), text: "Screening mammography", site: Some(Code::snomed("76752008", "Breast structure")) };
    pub(in crate::people) static CHILDBIRTH: Operation = Operation { snomed: Code::snomed("66348005", "Childbirth"), cpt: Some(Code::cpt("59400", "Routine obstetric care including antepartum care, vaginal delivery and postpartum care")), text: "Vaginal delivery", site: None };
    pub(in crate::people) static KNEE_REPLACEMENT: Operation = Operation { snomed: Code::snomed("609588000", "Total knee replacement"), cpt: Some(Code::cpt("27447", "Arthroplasty, knee, condyle and plateau; medial and lateral compartments")), text: "Total replacement of the right knee", site: Some(Code::snomed("72696002", "Knee region structure")) };
}

pub(in crate::people) use table::*;
