//! Laboratory panels and what they measure.

use super::diseases::Ailment;
use crate::people::codes::Code;

pub(in crate::people) struct Panel {
    pub loinc: Code,
    pub text: &'static str,
    pub analytes: &'static [Analyte],
}

pub(in crate::people) struct Analyte {
    pub loinc: Code,
    pub unit: &'static str,
    pub decimals: i32,
    /// The reference range.
    pub range: (f64, f64),
    /// Where a healthy person's values lie: mean and half width.
    pub usual: (f64, f64),
    /// How a disease moves the value: before it is treated, and after a year of treatment.
    pub moved_by: &'static [(Ailment, f64, f64)],
}

const fn analyte(
    loinc: &'static str,
    name: &'static str,
    unit: &'static str,
    decimals: i32,
    range: (f64, f64),
    usual: (f64, f64),
) -> Analyte {
    Analyte { loinc: Code::loinc(loinc, name), unit, decimals, range, usual, moved_by: &[] }
}

const fn moved(analyte: Analyte, moved_by: &'static [(Ailment, f64, f64)]) -> Analyte {
    Analyte { moved_by, ..analyte }
}

#[rustfmt::skip]
mod table {
    use super::*;

    pub(in crate::people) static METABOLIC: Panel = Panel { loinc: Code::loinc("24323-8", "Comprehensive metabolic 2000 panel - Serum or Plasma"), text: "Comprehensive metabolic panel", analytes: &[
        moved(analyte("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 0, (65.0, 99.0), (86.0, 9.0)), &[(Ailment::Diabetes, 92.0, 42.0)]),
        analyte("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", "mg/dL", 0, (7.0, 20.0), (13.0, 5.0)),
        moved(analyte("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 2, (0.57, 1.25), (0.88, 0.2)), &[(Ailment::KidneyDisease, 0.3, 0.3)]),
        moved(analyte("33914-3", "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)", "mL/min/{1.73_m2}", 0, (60.0, 200.0), (92.0, 16.0)), &[(Ailment::KidneyDisease, -22.0, -24.0)]),
        analyte("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", 1, (8.6, 10.3), (9.4, 0.5)),
        analyte("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 0, (135.0, 146.0), (140.0, 4.0)),
        analyte("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 1, (3.5, 5.3), (4.3, 0.6)),
        analyte("2075-0", "Chloride [Moles/volume] in Serum or Plasma", "mmol/L", 0, (98.0, 110.0), (103.0, 4.0)),
        analyte("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma", "mmol/L", 0, (20.0, 32.0), (26.0, 3.0)),
        analyte("2885-2", "Protein [Mass/volume] in Serum or Plasma", "g/dL", 1, (6.1, 8.1), (7.1, 0.6)),
        analyte("1751-7", "Albumin [Mass/volume] in Serum or Plasma", "g/dL", 1, (3.6, 5.1), (4.4, 0.4)),
        analyte("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", 1, (0.2, 1.2), (0.6, 0.3)),
        analyte("6768-6", "Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0, (33.0, 130.0), (72.0, 25.0)),
        analyte("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0, (10.0, 40.0), (22.0, 9.0)),
        moved(analyte("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0, (7.0, 46.0), (24.0, 12.0)), &[(Ailment::Obesity, 12.0, 10.0)]),
    ] };

    pub(in crate::people) static LIPIDS: Panel = Panel { loinc: Code::loinc("24331-1", "Lipid 1996 panel - Serum or Plasma"), text: "Lipid panel", analytes: &[
        moved(analyte("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 0, (0.0, 199.0), (178.0, 18.0)), &[(Ailment::Hyperlipidemia, 66.0, -4.0)]),
        moved(analyte("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", 0, (0.0, 149.0), (104.0, 35.0)), &[(Ailment::Hyperlipidemia, 70.0, 30.0), (Ailment::Diabetes, 45.0, 20.0)]),
        moved(analyte("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation", "mg/dL", 0, (0.0, 99.0), (96.0, 16.0)), &[(Ailment::Hyperlipidemia, 64.0, -12.0)]),
        moved(analyte("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", 0, (40.0, 90.0), (56.0, 10.0)), &[(Ailment::Obesity, -7.0, -5.0)]),
    ] };

    pub(in crate::people) static BLOOD_COUNT: Panel = Panel { loinc: Code::loinc("58410-2", "CBC panel - Blood by Automated count"), text: "Complete blood count", analytes: &[
        analyte("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 1, (3.8, 10.8), (6.8, 2.2)),
        analyte("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL", 2, (3.8, 5.8), (4.7, 0.4)),
        analyte("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 1, (11.7, 17.1), (14.2, 1.1)),
        analyte("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", 1, (35.0, 50.0), (42.0, 3.0)),
        analyte("787-2", "MCV [Entitic volume] by Automated count", "fL", 1, (80.0, 100.0), (89.5, 4.0)),
        analyte("786-4", "MCHC [Mass/volume] by Automated count", "g/dL", 1, (32.0, 36.0), (33.8, 0.7)),
        analyte("788-0", "Erythrocyte distribution width [Ratio] by Automated count", "%", 1, (11.0, 15.0), (13.1, 0.8)),
        analyte("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 0, (140.0, 400.0), (248.0, 60.0)),
    ] };

    pub(in crate::people) static HEMOGLOBIN_A1C: Panel = Panel { loinc: Code::loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), text: "Hemoglobin A1c", analytes: &[
        moved(analyte("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 1, (4.0, 5.6), (5.3, 0.2)), &[(Ailment::Diabetes, 3.4, 1.5)]),
    ] };

    pub(in crate::people) static THYROID: Panel = Panel { loinc: Code::loinc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), text: "Thyrotropin", analytes: &[
        moved(analyte("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "m[IU]/L", 2, (0.4, 4.5), (1.9, 0.9)), &[(Ailment::Hypothyroidism, 8.1, 0.6)]),
    ] };
}

pub(in crate::people) use table::*;
