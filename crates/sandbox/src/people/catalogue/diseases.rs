//! Lasting diseases: when they begin, how common they are, and what is taken against them.

use super::drugs::{self, Drug};
use crate::people::codes::Code;

/// A lasting disease, for the rules that make vitals and labs follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::people) enum Ailment {
    Hypertension,
    Diabetes,
    Hyperlipidemia,
    Asthma,
    Hypothyroidism,
    Osteoarthritis,
    Depression,
    Reflux,
    Rhinitis,
    Obesity,
    KidneyDisease,
    Migraine,
}

pub(in crate::people) struct Disease {
    pub ailment: Ailment,
    pub snomed: Code,
    pub icd10: Code,
    pub text: &'static str,
    /// Of a thousand people who live through the years of onset.
    pub prevalence: u32,
    /// The ages between which it begins.
    pub onset: (i64, i64),
    /// What is taken against it: each is replaced by the next after about four years, the last one stays.
    pub steps: &'static [&'static Drug],
    /// What is taken beside the steps.
    pub beside: &'static [&'static Drug],
    /// Visits for it in a year; none means that the yearly visit covers it.
    pub follow_ups: i64,
    pub plan: &'static str,
}

#[rustfmt::skip]
pub(in crate::people) static DISEASES: &[Disease] = &[
    Disease { ailment: Ailment::Asthma, snomed: Code::snomed("195967001", "Asthma"), icd10: Code::icd10("J45.909", "Unspecified asthma, uncomplicated"), text: "Asthma", prevalence: 110, onset: (4, 30), steps: &[&drugs::FLUTICASONE], beside: &[&drugs::ALBUTEROL], follow_ups: 0, plan: "Continue the controller inhaler, review inhaler technique, keep the rescue inhaler at hand." },
    Disease { ailment: Ailment::Rhinitis, snomed: Code::snomed("61582004", "Allergic rhinitis"), icd10: Code::icd10("J30.9", "Allergic rhinitis, unspecified"), text: "Seasonal allergic rhinitis", prevalence: 160, onset: (6, 30), steps: &[&drugs::CETIRIZINE], beside: &[], follow_ups: 0, plan: "Antihistamine during the season, nasal saline rinses." },
    Disease { ailment: Ailment::Depression, snomed: Code::snomed("370143000", "Major depressive disorder"), icd10: Code::icd10("F32.9", "Major depressive disorder, single episode, unspecified"), text: "Major depressive disorder", prevalence: 140, onset: (19, 60), steps: &[&drugs::SERTRALINE], beside: &[], follow_ups: 1, plan: "Continue the medication, counseling every two weeks, repeat the questionnaire at the next visit." },
    Disease { ailment: Ailment::Migraine, snomed: Code::snomed("37796009", "Migraine"), icd10: Code::icd10("G43.909", "Migraine, unspecified, not intractable, without status migrainosus"), text: "Migraine", prevalence: 100, onset: (15, 40), steps: &[], beside: &[&drugs::IBUPROFEN], follow_ups: 0, plan: "Headache diary, regular sleep, treat attacks early." },
    Disease { ailment: Ailment::Obesity, snomed: Code::snomed("414916001", "Obesity"), icd10: Code::icd10("E66.9", "Obesity, unspecified"), text: "Obesity", prevalence: 300, onset: (20, 55), steps: &[], beside: &[], follow_ups: 0, plan: "Walk half an hour on most days, see the dietitian, weigh once a week." },
    Disease { ailment: Ailment::Hypertension, snomed: Code::snomed("59621000", "Essential hypertension"), icd10: Code::icd10("I10", "Essential (primary) hypertension"), text: "Essential hypertension", prevalence: 480, onset: (32, 68), steps: &[&drugs::LISINOPRIL_10, &drugs::LISINOPRIL_20], beside: &[], follow_ups: 1, plan: "Continue the medication, less salt, measure at home and bring the log." },
    Disease { ailment: Ailment::Hyperlipidemia, snomed: Code::snomed("55822004", "Hyperlipidemia"), icd10: Code::icd10("E78.5", "Hyperlipidemia, unspecified"), text: "Hyperlipidemia", prevalence: 400, onset: (35, 65), steps: &[&drugs::SIMVASTATIN, &drugs::ATORVASTATIN], beside: &[], follow_ups: 0, plan: "Continue the statin, repeat the lipid panel next year." },
    Disease { ailment: Ailment::Diabetes, snomed: Code::snomed("44054006", "Diabetes mellitus type 2"), icd10: Code::icd10("E11.9", "Type 2 diabetes mellitus without complications"), text: "Type 2 diabetes mellitus", prevalence: 190, onset: (38, 66), steps: &[&drugs::METFORMIN_500, &drugs::METFORMIN_1000], beside: &[], follow_ups: 2, plan: "Continue metformin, hemoglobin A1c every six months, yearly eye and foot examination." },
    Disease { ailment: Ailment::Hypothyroidism, snomed: Code::snomed("40930008", "Hypothyroidism"), icd10: Code::icd10("E03.9", "Hypothyroidism, unspecified"), text: "Hypothyroidism", prevalence: 90, onset: (28, 60), steps: &[&drugs::LEVOTHYROXINE], beside: &[], follow_ups: 0, plan: "Continue levothyroxine, TSH once a year." },
    Disease { ailment: Ailment::Reflux, snomed: Code::snomed("235595009", "Gastroesophageal reflux disease"), icd10: Code::icd10("K21.9", "Gastro-esophageal reflux disease without esophagitis"), text: "Gastroesophageal reflux disease", prevalence: 170, onset: (25, 65), steps: &[&drugs::OMEPRAZOLE], beside: &[], follow_ups: 0, plan: "Smaller evening meals, raise the head of the bed, try to taper the medication." },
    Disease { ailment: Ailment::Osteoarthritis, snomed: Code::snomed("239873007", "Osteoarthritis of knee"), icd10: Code::icd10("M17.9", "Osteoarthritis of knee, unspecified"), text: "Osteoarthritis of the knee", prevalence: 280, onset: (48, 72), steps: &[], beside: &[&drugs::NAPROXEN], follow_ups: 0, plan: "Strengthen the thigh muscles, pain relief as needed, physical therapy." },
    Disease { ailment: Ailment::KidneyDisease, snomed: Code::snomed("431856006", "Chronic kidney disease stage 2"), icd10: Code::icd10("N18.2", "Chronic kidney disease, stage 2 (mild)"), text: "Chronic kidney disease, stage 2", prevalence: 80, onset: (58, 78), steps: &[], beside: &[], follow_ups: 0, plan: "Avoid anti-inflammatory painkillers, creatinine once a year." },
];

impl Ailment {
    pub fn disease(self) -> &'static Disease {
        DISEASES.iter().find(|disease| disease.ailment == self).expect("every ailment is in the table")
    }
}
