//! Illnesses and injuries that pass: where they are seen, how long they last, what helps.

use super::drugs::{self, Drug};
use super::operations::{self, Operation};
use crate::people::codes::Code;
use crate::people::encounters::Class;

pub(in crate::people) struct Illness {
    pub snomed: Code,
    pub icd10: Code,
    pub text: &'static str,
    pub class: Class,
    /// How many days until it has passed, at least and at most.
    pub days: (i64, i64),
    /// How often it is drawn, in relation to the others.
    pub weight: u32,
    /// The youngest and the oldest it befalls.
    pub ages: (i64, i64),
    pub drug: Option<&'static Drug>,
    pub test: Test,
    pub operation: Option<&'static Operation>,
    /// Degrees Celsius above the usual.
    pub fever: f64,
    pub complaint: &'static str,
    pub finding: &'static str,
    pub plan: &'static str,
}

/// What is looked for at the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::people) enum Test {
    None,
    Strep,
    Urinalysis,
    BloodCount,
    ChestImage,
    AnkleImage,
    WristImage,
}

#[rustfmt::skip]
pub(in crate::people) static ILLNESSES: &[Illness] = &[
    Illness { snomed: Code::snomed("54150009", "Upper respiratory infection"), icd10: Code::icd10("J06.9", "Acute upper respiratory infection, unspecified"), text: "Acute upper respiratory infection", class: Class::Virtual, days: (6, 12), weight: 22, ages: (2, 95), drug: None, test: Test::None, operation: None, fever: 0.3, complaint: "Runny nose, sore throat and cough for three days.", finding: "Throat slightly red, lungs clear.", plan: "Rest and fluids; return if short of breath." },
    Illness { snomed: Code::snomed("43878008", "Streptococcal sore throat"), icd10: Code::icd10("J02.0", "Streptococcal pharyngitis"), text: "Streptococcal pharyngitis", class: Class::Ambulatory, days: (8, 12), weight: 9, ages: (4, 45), drug: Some(&drugs::AMOXICILLIN), test: Test::Strep, operation: None, fever: 1.6, complaint: "Sore throat and fever since yesterday.", finding: "Tonsils enlarged with exudate, tender neck nodes.", plan: "Ten days of antibiotic; replace the toothbrush after two days." },
    Illness { snomed: Code::snomed("10509002", "Acute bronchitis"), icd10: Code::icd10("J20.9", "Acute bronchitis, unspecified"), text: "Acute bronchitis", class: Class::Ambulatory, days: (12, 22), weight: 12, ages: (15, 95), drug: Some(&drugs::AZITHROMYCIN), test: Test::None, operation: None, fever: 0.6, complaint: "Productive cough for a week, worse at night.", finding: "Scattered rhonchi that clear with coughing.", plan: "Fluids, humidified air; antibiotic because of the duration." },
    Illness { snomed: Code::snomed("36971009", "Sinusitis"), icd10: Code::icd10("J01.90", "Acute sinusitis, unspecified"), text: "Acute sinusitis", class: Class::Ambulatory, days: (10, 20), weight: 11, ages: (12, 90), drug: Some(&drugs::AMOXICILLIN), test: Test::None, operation: None, fever: 0.5, complaint: "Facial pressure and discolored discharge for ten days.", finding: "Tenderness over both cheeks.", plan: "Antibiotic, saline rinses." },
    Illness { snomed: Code::snomed("65363002", "Otitis media"), icd10: Code::icd10("H66.90", "Otitis media, unspecified, unspecified ear"), text: "Otitis media", class: Class::Ambulatory, days: (7, 14), weight: 14, ages: (2, 12), drug: Some(&drugs::AMOXICILLIN), test: Test::None, operation: None, fever: 1.2, complaint: "Ear pain and poor sleep.", finding: "Right eardrum red and bulging.", plan: "Antibiotic; recheck if not better in three days." },
    Illness { snomed: Code::snomed("38822007", "Cystitis"), icd10: Code::icd10("N30.00", "Acute cystitis without hematuria"), text: "Acute cystitis", class: Class::Ambulatory, days: (4, 8), weight: 11, ages: (18, 95), drug: Some(&drugs::NITROFURANTOIN), test: Test::Urinalysis, operation: None, fever: 0.1, complaint: "Burning and frequency for two days.", finding: "Mild suprapubic tenderness, no flank pain.", plan: "Five days of antibiotic, plenty of fluids." },
    Illness { snomed: Code::snomed("128045006", "Cellulitis"), icd10: Code::icd10("L03.116", "Cellulitis of left lower limb"), text: "Cellulitis of the left leg", class: Class::Ambulatory, days: (7, 14), weight: 4, ages: (18, 95), drug: Some(&drugs::CEPHALEXIN), test: Test::BloodCount, operation: None, fever: 0.8, complaint: "Red, warm, painful skin at the left shin.", finding: "Erythema of eight centimeters, no fluctuance.", plan: "Antibiotic, leg raised; border marked." },
    Illness { snomed: Code::snomed("25374005", "Gastroenteritis"), icd10: Code::icd10("A09", "Infectious gastroenteritis and colitis, unspecified"), text: "Gastroenteritis", class: Class::Emergency, days: (2, 6), weight: 6, ages: (2, 95), drug: None, test: Test::BloodCount, operation: None, fever: 0.9, complaint: "Vomiting and diarrhea since last night.", finding: "Abdomen soft, mucous membranes dry.", plan: "Oral rehydration; discharged after fluids were kept down." },
    Illness { snomed: Code::snomed("44465007", "Sprain of ankle"), icd10: Code::icd10("S93.401A", "Sprain of unspecified ligament of right ankle, initial encounter"), text: "Sprain of the right ankle", class: Class::Emergency, days: (14, 40), weight: 8, ages: (8, 70), drug: Some(&drugs::IBUPROFEN), test: Test::AnkleImage, operation: None, fever: 0.0, complaint: "Twisted the right ankle on the stairs.", finding: "Swelling at the outer ankle, able to bear weight.", plan: "Rest, ice, compression, elevation; brace for two weeks." },
    Illness { snomed: Code::snomed("263102004", "Fracture of distal end of radius"), icd10: Code::icd10("S52.501A", "Unspecified fracture of the lower end of right radius, initial encounter for closed fracture"), text: "Closed fracture of the right wrist", class: Class::Emergency, days: (42, 70), weight: 3, ages: (6, 95), drug: Some(&drugs::ACETAMINOPHEN), test: Test::WristImage, operation: Some(&operations::CAST), fever: 0.0, complaint: "Fell on the outstretched right hand.", finding: "Wrist swollen and tender, sensation intact.", plan: "Cast for six weeks, orthopedic follow-up." },
    Illness { snomed: Code::snomed("283371005", "Laceration of forearm"), icd10: Code::icd10("S51.812A", "Laceration without foreign body of left forearm, initial encounter"), text: "Laceration of the left forearm", class: Class::Emergency, days: (10, 18), weight: 4, ages: (5, 90), drug: None, test: Test::None, operation: Some(&operations::SUTURE), fever: 0.0, complaint: "Cut the left forearm on broken glass.", finding: "Clean wound of four centimeters, no tendon injury.", plan: "Sutured; stitches out in ten days." },
    Illness { snomed: Code::snomed("233604007", "Pneumonia"), icd10: Code::icd10("J18.9", "Pneumonia, unspecified organism"), text: "Community acquired pneumonia", class: Class::Inpatient, days: (14, 28), weight: 2, ages: (30, 95), drug: Some(&drugs::AZITHROMYCIN), test: Test::ChestImage, operation: None, fever: 2.0, complaint: "Fever, chills and shortness of breath.", finding: "Crackles over the right lower lobe.", plan: "Admitted for antibiotics and oxygen; switched to tablets before discharge." },
    Illness { snomed: Code::snomed("74400008", "Appendicitis"), icd10: Code::icd10("K35.80", "Unspecified acute appendicitis"), text: "Acute appendicitis", class: Class::Inpatient, days: (5, 12), weight: 1, ages: (8, 60), drug: Some(&drugs::OXYCODONE), test: Test::BloodCount, operation: Some(&operations::APPENDECTOMY), fever: 1.1, complaint: "Pain moving to the right lower abdomen.", finding: "Rebound tenderness in the right lower quadrant.", plan: "Laparoscopic appendectomy the same day; discharged in good condition." },
];
