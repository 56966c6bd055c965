//! Names and units of vital signs.

use serde_json::{Number, Value};

/// A vital sign under its contract name.
pub struct Vital {
    pub name: &'static str,
    /// The LOINC code it is sent with.
    pub loinc: &'static str,
    also: &'static [&'static str],
    pub unit: &'static str,
    /// Imperial first, then metric.
    pub shown: &'static [&'static str],
}

const fn vital(
    name: &'static str,
    loinc: &'static str,
    also: &'static [&'static str],
    unit: &'static str,
    shown: &'static [&'static str],
) -> Vital {
    Vital { name, loinc, also, unit, shown }
}

static VITALS: &[Vital] = &[
    vital("Systolic blood pressure", "8480-6", &["8459-0", "8460-8", "8461-6"], "mm[Hg]", &["mm[Hg]"]),
    vital("Diastolic blood pressure", "8462-4", &["8453-3", "8454-1", "8455-8"], "mm[Hg]", &["mm[Hg]"]),
    vital("Heart rate", "8867-4", &[], "/min", &["/min"]),
    vital("Body height", "8302-2", &["3137-7", "8306-3", "8308-9"], "cm", &["[in_i]", "cm"]),
    vital("Body weight", "29463-7", &["3141-9", "3142-7"], "kg", &["[lb_av]", "kg"]),
    vital("Body mass index (BMI) [Ratio]", "39156-5", &[], "kg/m2", &["kg/m2"]),
    vital("Oxygen saturation", "59408-5", &["2708-6"], "%", &["%"]),
    vital(
        "Body temperature",
        "8310-5",
        &["8331-1", "8332-5", "8333-3", "8328-7", "8329-5", "8330-3"],
        "Cel",
        &["[degF]", "Cel"],
    ),
    vital("Respiratory rate", "9279-1", &[], "/min", &["/min"]),
    vital("Head circumference", "9843-4", &["8287-5"], "cm", &["[in_i]", "cm"]),
];

/// Codes that announce a panel of vital signs.
pub const PANELS: &[&str] = &["85354-9", "55284-4", "85353-1", "8716-3", "34565-2"];

pub fn find(loinc: &str) -> Option<&'static Vital> {
    VITALS.iter().find(|vital| vital.loinc == loinc || vital.also.contains(&loinc))
}

/// UCUM for the ways units are written; an unknown unit has none.
pub fn ucum(unit: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &[&str])] = &[
        ("mm[Hg]", &["mmhg", "mm hg", "mm[hg]"]),
        ("kPa", &["kpa"]),
        (
            "/min",
            &[
                "/min",
                "bpm",
                "beats/min",
                "{beats}/min",
                "beats/minute",
                "{breaths}/min",
                "breaths/min",
                "{resp}/min",
                "/minute",
                "per minute",
            ],
        ),
        ("Cel", &["cel", "c", "°c", "degc", "deg c", "celsius", "degrees celsius"]),
        ("[degF]", &["[degf]", "f", "°f", "degf", "deg f", "fahrenheit", "degrees fahrenheit"]),
        ("[lb_av]", &["[lb_av]", "lb", "lbs", "pound", "pounds", "lb_av"]),
        ("[oz_av]", &["[oz_av]", "oz", "ounces"]),
        ("kg", &["kg", "kilogram", "kilograms"]),
        ("g", &["g", "gram", "grams"]),
        ("[in_i]", &["[in_i]", "in", "in_i", "inch", "inches", "\"", "[in_us]"]),
        ("[ft_i]", &["[ft_i]", "ft", "feet", "foot"]),
        ("cm", &["cm", "centimeter", "centimeters", "centimetre"]),
        ("mm", &["mm"]),
        ("m", &["m", "meter", "metre"]),
        ("%", &["%", "percent", "pct", "%{saturation}", "%{oxygen}", "% o2"]),
        ("kg/m2", &["kg/m2", "kg/m^2", "kg/m²", "kg/(m^2)", "kg/sq m"]),
    ];
    let unit = unit.trim().to_lowercase();
    KNOWN.iter().find(|(_, written)| written.contains(&unit.as_str())).map(|(code, _)| *code)
}

/// A value in another unit, when both measure the same thing.
pub fn convert(value: f64, from: &str, to: &str) -> Option<f64> {
    if from == to {
        return Some(value);
    }
    if let Some((one, other)) = (length(from).zip(length(to))).or(mass(from).zip(mass(to))) {
        return Some(value * one / other);
    }
    match (from, to) {
        ("Cel", "[degF]") => Some(value * 1.8 + 32.0),
        ("[degF]", "Cel") => Some((value - 32.0) / 1.8),
        ("kPa", "mm[Hg]") => Some(value * 7.50062),
        _ => None,
    }
}

/// Centimetres in a unit.
fn length(unit: &str) -> Option<f64> {
    Some(match unit {
        "mm" => 0.1,
        "cm" => 1.0,
        "m" => 100.0,
        "[in_i]" => 2.54,
        "[ft_i]" => 30.48,
        _ => return None,
    })
}

/// Kilograms in a unit.
fn mass(unit: &str) -> Option<f64> {
    Some(match unit {
        "g" => 0.001,
        "kg" => 1.0,
        "[lb_av]" => 0.453_592_37,
        "[oz_av]" => 0.453_592_37 / 16.0,
        _ => return None,
    })
}

/// A JSON number with at most two decimals; whole numbers without a fraction.
pub fn number(value: f64) -> Value {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 && rounded.abs() < 9e15 {
        return Value::from(rounded as i64);
    }
    Number::from_f64(rounded).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        for (value, from, to, expected) in [
            (165.0, "cm", "[in_i]", "64.96"),
            (100.0, "[lb_av]", "kg", "45.36"),
            (80.0, "kg", "[lb_av]", "176.37"),
            (3500.0, "g", "kg", "3.5"),
            (98.6, "[degF]", "Cel", "37"),
            (37.0, "Cel", "[degF]", "98.6"),
            (16.0, "kPa", "mm[Hg]", "120.01"),
        ] {
            assert_eq!(number(convert(value, from, to).unwrap()).to_string(), expected, "{value} {from}");
        }
        assert_eq!(convert(1.0, "kg", "cm"), None);
        assert_eq!(ucum("MM HG"), Some("mm[Hg]"));
        assert_eq!(ucum("furlong"), None);
    }
}
