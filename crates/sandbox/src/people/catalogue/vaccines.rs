//! Vaccines and the ages at which they are due.

use crate::people::codes::Code;

pub(in crate::people) struct Vaccine {
    pub cvx: Code,
    /// Ages in months at which a dose is due.
    pub due: &'static [i64],
    /// The first and the last year in which it is given.
    pub years: (i16, i16),
    pub series: &'static str,
    pub dose: f64,
}

const ALWAYS: (i16, i16) = (1900, 9999);

#[rustfmt::skip]
pub(in crate::people) static VACCINES: &[Vaccine] = &[
    Vaccine { cvx: Code::cvx("08", "Hep B, adolescent or pediatric"), due: &[1, 2, 6], years: (1992, 9999), series: "Hepatitis B", dose: 0.5 },
    Vaccine { cvx: Code::cvx("119", "rotavirus, monovalent"), due: &[2, 4], years: (2008, 9999), series: "Rotavirus", dose: 1.0 },
    Vaccine { cvx: Code::cvx("20", "DTaP"), due: &[2, 4, 6, 16, 50], years: (1997, 9999), series: "DTaP", dose: 0.5 },
    Vaccine { cvx: Code::cvx("49", "Hib (PRP-OMP)"), due: &[2, 4, 13], years: (1991, 9999), series: "Hib", dose: 0.5 },
    Vaccine { cvx: Code::cvx("10", "IPV"), due: &[2, 4, 12, 50], years: (1997, 9999), series: "Polio", dose: 0.5 },
    Vaccine { cvx: Code::cvx("133", "Pneumococcal conjugate PCV 13"), due: &[2, 4, 6, 13], years: (2010, 2022), series: "Pneumococcal conjugate", dose: 0.5 },
    Vaccine { cvx: Code::cvx("03", "MMR"), due: &[12, 50], years: ALWAYS, series: "MMR", dose: 0.5 },
    Vaccine { cvx: Code::cvx("21", "varicella"), due: &[13, 50], years: (1996, 9999), series: "Varicella", dose: 0.5 },
    Vaccine { cvx: Code::cvx("83", "Hep A, ped/adol, 2 dose"), due: &[14, 20], years: (2006, 9999), series: "Hepatitis A", dose: 0.5 },
    Vaccine { cvx: Code::cvx("62", "HPV, quadrivalent"), due: &[134, 140], years: (2007, 2015), series: "HPV", dose: 0.5 },
    Vaccine { cvx: Code::cvx("165", "HPV9"), due: &[134, 140], years: (2016, 9999), series: "HPV", dose: 0.5 },
    Vaccine { cvx: Code::cvx("114", "meningococcal MCV4P"), due: &[134, 194], years: (2005, 9999), series: "Meningococcal", dose: 0.5 },
    Vaccine { cvx: Code::cvx("115", "Tdap"), due: &[133, 324], years: (2006, 9999), series: "Tetanus", dose: 0.5 },
    Vaccine { cvx: Code::cvx("113", "Td (adult) preservative free"), due: &[444, 564, 684, 804, 924], years: ALWAYS, series: "Tetanus", dose: 0.5 },
    Vaccine { cvx: Code::cvx("187", "zoster recombinant"), due: &[602, 606], years: (2018, 9999), series: "Zoster", dose: 0.5 },
    Vaccine { cvx: Code::cvx("33", "pneumococcal polysaccharide PPV23"), due: &[782], years: (1984, 2021), series: "Pneumococcal", dose: 0.5 },
    Vaccine { cvx: Code::cvx("216", "Pneumococcal conjugate PCV20"), due: &[782], years: (2022, 9999), series: "Pneumococcal", dose: 0.5 },
];

pub(in crate::people) const INFLUENZA_TRIVALENT: Code = Code::cvx("140", "Influenza, split virus, trivalent, PF");
pub(in crate::people) const INFLUENZA_QUADRIVALENT: Code = Code::cvx("150", "Influenza, split virus, quadrivalent, PF");
pub(in crate::people) const INFLUENZA_HIGH_DOSE: Code = Code::cvx("197", "Influenza, high-dose, quadrivalent, PF");
pub(in crate::people) const COVID: Code = Code::cvx("208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose");
