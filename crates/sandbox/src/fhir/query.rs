//! A search as it was asked: what it must name, what it may name, what is ignored with a warning.

use super::dates::Wanted;
use super::kinds::{Include, Kind, Param};
use super::matching;
use super::outcome::Refusal;

const DEFAULT_COUNT: usize = 50;
const LARGEST_COUNT: usize = 100;
/// Asked of every server, and without effect here.
const SILENT: &[&str] = &["_format", "_pretty"];

/// A search that can be run.
#[derive(Debug)]
pub struct Query {
    pub ids: Option<Vec<String>>,
    pub filters: Vec<(&'static Param, String)>,
    pub last_updated: Vec<Wanted>,
    pub includes: Vec<&'static Include>,
    pub provenance: bool,
    pub count: usize,
    /// Sentences about what was ignored.
    pub warnings: Vec<String>,
}

/// How strict this server is today.
#[derive(Debug, Default)]
pub struct Habits {
    pub status_required: bool,
    pub intent_list_refused: bool,
    pub include_refused: bool,
    pub last_updated_ignored: bool,
    /// `Prefer: handling=strict`.
    pub strict: bool,
}

impl Query {
    pub fn parse(
        kind: &'static Kind,
        patient: &str,
        pairs: &[(String, String)],
        habits: &Habits,
    ) -> Result<Query, Refusal> {
        let mut query = Query {
            ids: None,
            filters: Vec::new(),
            last_updated: Vec::new(),
            includes: Vec::new(),
            provenance: false,
            count: DEFAULT_COUNT,
            warnings: Vec::new(),
        };
        let mut named_patient = kind.shared || kind.name == "Patient";
        for (name, value) in pairs.iter().filter(|(name, _)| !SILENT.contains(&name.as_str())) {
            if value.is_empty() {
                return Err(Refusal::bad_value(format!("{name} has no value")));
            }
            match name.as_str() {
                "patient" | "subject" if !kind.shared && kind.name != "Patient" => {
                    is_self(value, patient)?;
                    named_patient = true;
                }
                "_id" => query.ids = Some(matching::split(value).into_iter().map(str::to_owned).collect()),
                "_count" => query.count = count(value)?,
                "_lastUpdated" if habits.last_updated_ignored => {}
                "_lastUpdated" => query.last_updated.push(wanted(name, value)?),
                "_include" | "_revinclude" if habits.include_refused => {
                    return Err(Refusal::bad_value(format!("{name} is not supported")));
                }
                "_include" => query.include(kind, value),
                "_revinclude" if value == "Provenance:target" => query.provenance = true,
                _ => query.filter(kind, name, value, habits)?,
            }
        }
        if query.ids.is_none() {
            query.check(kind, named_patient, habits)?;
        }
        Ok(query)
    }

    fn include(&mut self, kind: &Kind, value: &str) {
        let found = value
            .split_once(':')
            .filter(|(source, _)| *source == kind.name)
            .and_then(|(_, name)| kind.includes.iter().find(|include| include.name == name));
        match found {
            Some(include) => self.includes.push(include),
            None => self.warnings.push(format!("_include={value} is not supported and was ignored")),
        }
    }

    fn filter(&mut self, kind: &'static Kind, name: &str, value: &str, habits: &Habits) -> Result<(), Refusal> {
        if let Some((base, modifier)) = name.split_once(':')
            && kind.param(base).is_some()
        {
            return Err(Refusal::bad_value(format!("the modifier {modifier} of {base} is not supported")));
        }
        let Some(param) = kind.param(name) else {
            let sentence = format!("{name} is not a search parameter of {}", kind.name);
            if habits.strict {
                return Err(Refusal::bad_value(sentence));
            }
            self.warnings.push(format!("{sentence} and was ignored"));
            return Ok(());
        };
        if !matching::acceptable(param.compare, value) {
            return Err(Refusal::bad_value(format!("{name} has a value that cannot be searched for")));
        }
        if name == "intent" && value.contains(',') && habits.intent_list_refused {
            return Err(Refusal::bad_value("intent takes one value"));
        }
        self.filters.push((param, value.to_owned()));
        Ok(())
    }

    fn check(&self, kind: &Kind, named_patient: bool, habits: &Habits) -> Result<(), Refusal> {
        let has = |name: &str| self.filters.iter().any(|(param, _)| param.name == name);
        if !named_patient {
            return Err(Refusal::missing_parameter(format!("a search of {} needs patient or _id", kind.name)));
        }
        if !kind.needs.is_empty() && !kind.needs.iter().any(|name| has(name)) {
            return Err(Refusal::missing_parameter(format!(
                "a search of {} needs {}",
                kind.name,
                kind.needs.join(" or ")
            )));
        }
        if habits.status_required && kind.param("status").is_some() && !has("status") {
            return Err(Refusal::missing_parameter(format!("a search of {} needs status", kind.name)));
        }
        Ok(())
    }
}

/// `id` or `Patient/id`, and nobody else.
fn is_self(value: &str, patient: &str) -> Result<(), Refusal> {
    let id = value.rsplit("Patient/").next().unwrap_or(value);
    if id == patient { Ok(()) } else { Err(Refusal::forbidden("the token is about another patient")) }
}

fn count(value: &str) -> Result<usize, Refusal> {
    let count: usize = value.parse().map_err(|_| Refusal::bad_value("_count is not a number"))?;
    Ok(count.min(LARGEST_COUNT))
}

fn wanted(name: &str, value: &str) -> Result<Wanted, Refusal> {
    Wanted::parse(value).ok_or_else(|| Refusal::bad_value(format!("{name} is not a date")))
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;

    fn verdict(kind: &str, query: &str, habits: &Habits) -> Result<usize, u16> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).expect("a query");
        let parsed = Query::parse(kinds::find(kind).expect("known"), "p1", &pairs, habits);
        parsed.map(|query| query.warnings.len()).map_err(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn searches_are_refused_for_what_they_leave_out() {
        let table = [
            ("Observation", "patient=p1&category=laboratory", Ok(0)),
            ("Observation", "patient=Patient/p1&code=http://loinc.org|718-7", Ok(0)),
            ("Observation", "patient=p1", Err(400)),
            ("Observation", "category=laboratory", Err(400)),
            ("Observation", "_id=a,b", Ok(0)),
            ("Observation", "patient=p2&category=laboratory", Err(403)),
            ("MedicationRequest", "patient=p1", Err(400)),
            ("MedicationRequest", "patient=p1&intent=order,plan&_include=MedicationRequest:medication", Ok(0)),
            ("MedicationRequest", "patient=p1&intent=order&_include=MedicationRequest:requester", Ok(1)),
            ("CarePlan", "patient=p1", Err(400)),
            ("CarePlan", "patient=p1&category=assess-plan", Ok(0)),
            ("Condition", "patient=p1", Ok(0)),
            ("Condition", "patient=p1&colour=red&shape=round", Ok(2)),
            ("Condition", "patient=p1&code:not=1", Err(400)),
            ("Condition", "patient=p1&onset-date=soon", Err(400)),
            ("Condition", "patient=p1&_lastUpdated=soon", Err(400)),
            ("Condition", "patient=p1&_count=many", Err(400)),
            ("Condition", "patient=p1&category=", Err(400)),
            ("Patient", "", Ok(0)),
            ("Practitioner", "name=ng", Ok(0)),
        ];
        for (kind, query, expected) in table {
            assert_eq!(verdict(kind, query, &Habits::default()), expected, "{kind}?{query}");
        }
    }

    #[test]
    fn habits_make_it_stricter() {
        let status = Habits { status_required: true, ..Habits::default() };
        assert_eq!(verdict("CareTeam", "patient=p1", &status), Err(400));
        assert_eq!(verdict("CareTeam", "patient=p1&status=active", &status), Ok(0));
        let intent = Habits { intent_list_refused: true, ..Habits::default() };
        assert_eq!(verdict("MedicationRequest", "patient=p1&intent=order,plan", &intent), Err(400));
        let include = Habits { include_refused: true, ..Habits::default() };
        assert_eq!(verdict("Condition", "patient=p1&_revinclude=Provenance:target", &include), Err(400));
        let strict = Habits { strict: true, ..Habits::default() };
        assert_eq!(verdict("Condition", "patient=p1&colour=red", &strict), Err(400));
    }
}
