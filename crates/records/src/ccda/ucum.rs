//! Units as clinics write them → UCUM codes.

use std::borrow::Cow;

/// Signs and words that are no UCUM but can only mean one unit, lower case.
const MEANT: &[(&str, &str)] = &[
    ("lb", "[lb_av]"),
    ("lbs", "[lb_av]"),
    ("pounds", "[lb_av]"),
    ("oz", "[oz_av]"),
    ("in", "[in_i]"),
    ("inch", "[in_i]"),
    ("inches", "[in_i]"),
    ("ft", "[ft_i]"),
    ("feet", "[ft_i]"),
    ("mmhg", "mm[Hg]"),
    ("mm hg", "mm[Hg]"),
    ("f", "[degF]"),
    ("°f", "[degF]"),
    ("degf", "[degF]"),
    ("c", "Cel"),
    ("°c", "Cel"),
    ("degc", "Cel"),
    ("bpm", "/min"),
    ("beats/min", "/min"),
    ("breaths/min", "/min"),
    ("/minute", "/min"),
    ("percent", "%"),
    ("pct", "%"),
    ("mcg", "ug"),
    ("µg", "ug"),
    ("μg", "ug"),
    ("mcg/ml", "ug/mL"),
    ("mcg/dl", "ug/dL"),
    ("mg/dl", "mg/dL"),
    ("g/dl", "g/dL"),
    ("gm/dl", "g/dL"),
    ("ng/ml", "ng/mL"),
    ("ng/dl", "ng/dL"),
    ("pg/ml", "pg/mL"),
    ("mmol/l", "mmol/L"),
    ("umol/l", "umol/L"),
    ("meq/l", "meq/L"),
    ("iu", "[iU]"),
    ("iu/l", "[iU]/L"),
    ("iu/ml", "[iU]/mL"),
    ("miu/l", "m[iU]/L"),
    ("miu/ml", "m[iU]/mL"),
    ("uiu/ml", "u[iU]/mL"),
    ("k/ul", "10*3/uL"),
    ("k/mm3", "10*3/uL"),
    ("thou/mcl", "10*3/uL"),
    ("x10e3/ul", "10*3/uL"),
    ("10+3/ul", "10*3/uL"),
    ("10^3/ul", "10*3/uL"),
    ("m/ul", "10*6/uL"),
    ("x10e6/ul", "10*6/uL"),
    ("10+6/ul", "10*6/uL"),
    ("10^6/ul", "10*6/uL"),
    ("10x9cells/l", "10*9/L"),
    ("ml/min/1.73m2", "mL/min/{1.73_m2}"),
    ("ml/min/1.73 m2", "mL/min/{1.73_m2}"),
    ("grams", "g"),
    ("gram", "g"),
    ("gm", "g"),
    ("milligram", "mg"),
    ("milligrams", "mg"),
    ("milligram(s)", "mg"),
    ("milliliter", "mL"),
    ("milliliters", "mL"),
    ("milliliter(s)", "mL"),
    ("liter", "L"),
    ("liters", "L"),
    ("mg/actuat", "mg/{actuat}"),
    ("ug/actuat", "ug/{actuat}"),
    ("mcg/actuat", "ug/{actuat}"),
    ("tsp", "[tsp_us]"),
    ("tbsp", "[tbs_us]"),
    ("drop", "[drp]"),
    ("drops", "[drp]"),
    ("years", "a"),
    ("year", "a"),
    ("months", "mo"),
    ("month", "mo"),
    ("weeks", "wk"),
    ("week", "wk"),
    ("days", "d"),
    ("day", "d"),
    ("hours", "h"),
    ("hour", "h"),
    ("hr", "h"),
    ("minutes", "min"),
    ("minute", "min"),
];

/// Units that take a prefix, such as `m` in `mmol`.
const METRIC: &[&str] = &[
    "m", "s", "g", "L", "l", "mol", "eq", "osm", "U", "[iU]", "[IU]", "kat", "Pa", "bar", "m[Hg]", "m[H2O]", "Hz", "N",
    "J", "W", "A", "V", "Ohm", "Cel", "cal", "[Cal]", "Bq", "Gy", "Sv", "Ci", "K", "C", "cd", "lm", "lx", "B", "Np",
    "t", "ar", "u", "st", "dyn",
];
const PREFIXES: &[&str] =
    &["da", "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y"];

/// Units that stand alone.
const PLAIN: &[&str] = &[
    "%",
    "10*",
    "10^",
    "[pi]",
    "[ppth]",
    "[ppm]",
    "[ppb]",
    "[pptr]",
    "deg",
    "'",
    "''",
    "min",
    "h",
    "d",
    "a",
    "wk",
    "mo",
    "[in_i]",
    "[ft_i]",
    "[yd_i]",
    "[mi_i]",
    "[degF]",
    "[lb_av]",
    "[oz_av]",
    "[gr]",
    "[dr_av]",
    "[stone_av]",
    "[gal_us]",
    "[qt_us]",
    "[pt_us]",
    "[foz_us]",
    "[tsp_us]",
    "[tbs_us]",
    "[cup_us]",
    "[drp]",
    "[diop]",
    "[pH]",
    "[HPF]",
    "[LPF]",
    "[CFU]",
    "[PFU]",
    "[APL'U]",
    "[GPL'U]",
    "[MPL'U]",
    "[EU]",
    "[arb'U]",
    "[USP'U]",
    "[AU]",
    "[BAU]",
    "[RFU]",
    "[ELU]",
    "[Ch]",
    "[MET]",
    "[S]",
    "[psi]",
    "[todd'U]",
    "[D'ag'U]",
    "[hnsf'U]",
    "[mclg'U]",
    "[ka'U]",
    "[tb'U]",
    "[Amb'a'1'U]",
    "[PRU]",
    "[anti'Xa'U]",
];

/// The code of a unit: the unit itself when it is one, else the one it can only mean.
pub fn code(unit: &str) -> Option<Cow<'_, str>> {
    let lower = unit.to_lowercase();
    if let Some((_, code)) = MEANT.iter().find(|(meant, _)| *meant == lower)
        // `M` and `L` are read as written when they are units already, such as `mg/dL`.
        && *code != unit
    {
        return Some(Cow::Borrowed(code));
    }
    is_code(unit).then_some(Cow::Borrowed(unit))
}

/// Whether a text is a term of units met in health records: `mL/min/{1.73_m2}`, `10*3/uL`, `{score}`.
fn is_code(text: &str) -> bool {
    let text = text.strip_prefix('/').unwrap_or(text);
    text.is_ascii() && !text.is_empty() && parts(text).is_some_and(|parts| parts.iter().all(|part| is_term(part)))
}

/// The terms between `.` and `/` that stand outside of brackets and braces.
fn parts(text: &str) -> Option<Vec<&str>> {
    let (mut out, mut from, mut inside) = (Vec::new(), 0, None);
    for (at, letter) in text.char_indices() {
        match (inside, letter) {
            (None, '{') => inside = Some('}'),
            (None, '[') => inside = Some(']'),
            (Some(end), letter) if letter == end => inside = None,
            (Some(_), '{' | '[') => return None,
            (None, '.' | '/') => {
                out.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[from..]);
    inside.is_none().then_some(out)
}

fn is_term(term: &str) -> bool {
    let (unit, annotation) = term.split_once('{').map_or((term, None), |(unit, rest)| (unit, Some(rest)));
    if annotation.is_some_and(|rest| !rest.ends_with('}') || rest.matches('}').count() != 1) {
        return false;
    }
    if unit.is_empty() {
        return annotation.is_some();
    }
    if unit.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    if let Some(power) = unit.strip_prefix("10*").or_else(|| unit.strip_prefix("10^")) {
        return power.is_empty() || is_power(power);
    }
    let stem = unit.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let stem = if stem.len() < unit.len() { stem.trim_end_matches(['+', '-']) } else { stem };
    PLAIN.contains(&stem)
        || METRIC.contains(&stem)
        || PREFIXES.iter().any(|prefix| stem.strip_prefix(prefix).is_some_and(|rest| METRIC.contains(&rest)))
}

fn is_power(power: &str) -> bool {
    let digits = power.strip_prefix(['+', '-']).unwrap_or(power);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_codes_or_stay_words() {
        for (unit, expected) in [
            ("mg/dL", Some("mg/dL")),
            ("mm[Hg]", Some("mm[Hg]")),
            ("mL/min/{1.73_m2}", Some("mL/min/{1.73_m2}")),
            ("10*3/uL", Some("10*3/uL")),
            ("{score}", Some("{score}")),
            ("/min", Some("/min")),
            ("kg/m2", Some("kg/m2")),
            ("g.m-2", Some("g.m-2")),
            ("%", Some("%")),
            ("[iU]/mL", Some("[iU]/mL")),
            ("mmHg", Some("mm[Hg]")),
            ("x10E3/uL", Some("10*3/uL")),
            ("mcg", Some("ug")),
            ("mMol/L", Some("mmol/L")),
            ("C", Some("Cel")),
            ("tab(s)", None),
            ("Inhaler", None),
            ("md/dL", None),
            ("mg/3ml", None),
            ("xyz", None),
            ("{open", None),
            ("mg/", None),
            ("µmol", None),
            ("", None),
        ] {
            assert_eq!(code(unit).as_deref(), expected, "{unit}");
        }
    }
}
