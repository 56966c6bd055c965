//! The registry of sections, and the walk over them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Origin;
use super::context::{Context, Current};
use super::fields::Fields;
use super::losses::{Entry, Fate, LossReason, SectionReport, brief, counted, what};
use super::narrative;
use super::node::Node;
use super::{
    advance_directives, allergies, care_teams, categories, diagnoses, encounters, family_history, functional_status,
    goals, health_concerns, imaging, immunizations, instructions, medical_equipment, medications, notes, payers,
    physical_exam, plan_of_treatment, problems, procedures, results, social_history, vital_signs,
};

/// Keys of the resources an act became, or why it became none.
pub type Read = Result<Vec<String>, LossReason>;

/// Turns one act into resources.
pub type Reader = for<'a> fn(&mut Context<'a>, Node<'a>) -> Read;

/// A section whose entries can be read.
pub struct Section {
    pub id: &'static str,
    /// Template roots, with and without required entries.
    pub templates: &'static [&'static str],
    pub loinc: &'static [&'static str],
    /// Words of a title, lower case, for sections that carry neither.
    pub titles: &'static [&'static str],
    /// Entry templates and who reads them, wherever they stand. Of several on one act the first here wins.
    pub entries: &'static [(&'static str, Reader)],
    /// Reads acts that claim no known template; says `Template` to what it cannot read either.
    pub other: Reader,
}

pub static SECTIONS: &[&Section] = &[
    &problems::SECTION,
    &problems::HISTORY,
    &allergies::SECTION,
    &medications::SECTION,
    &medications::ADMISSION,
    &medications::DISCHARGE,
    &medications::ADMINISTERED,
    &immunizations::SECTION,
    &results::SECTION,
    &vital_signs::SECTION,
    &social_history::SECTION,
    &functional_status::FUNCTIONAL,
    &functional_status::MENTAL,
    &procedures::SECTION,
    &procedures::OPERATIVE,
    &medical_equipment::SECTION,
    &encounters::SECTION,
    &diagnoses::SECTION,
    &notes::SECTION,
    &imaging::SECTION,
    &physical_exam::SECTION,
    &plan_of_treatment::PLAN,
    &plan_of_treatment::ASSESSMENT_AND_PLAN,
    &plan_of_treatment::PLANNED_PROCEDURE,
    &plan_of_treatment::INTERVENTIONS,
    &goals::SECTION,
    &health_concerns::CONCERNS,
    &health_concerns::OUTCOMES,
    &health_concerns::NUTRITION,
    &instructions::SECTION,
    &instructions::DISCHARGE,
    &family_history::SECTION,
    &payers::SECTION,
    &care_teams::SECTION,
    &advance_directives::SECTION,
];

/// `Section.other` for sections that read nothing but their templates.
pub fn unknown<'a>(_: &mut Context<'a>, _: Node<'a>) -> Read {
    Err(LossReason::Template)
}

/// An Entry Reference: stands for an act told elsewhere in the document, by its id.
pub const REFERENCE: &str = "2.16.840.1.113883.10.20.22.4.122";

/// Reads a nested act. One that became nothing is noted among the lost parts of the entry, by itself and not with what
/// is inside it. A reference is no loss.
pub fn part<'a>(cx: &mut Context<'a>, act: Node<'a>, read: impl FnOnce(&mut Context<'a>, Node<'a>) -> Read) -> Read {
    let before = cx.lost.len();
    let made = read(cx, act);
    if let Err(reason) = made {
        cx.lost.truncate(before);
        if !act.is_a(REFERENCE) {
            cx.lost.push((act, reason));
        }
    }
    made
}

/// Reads several nested acts: keys of all that could be read, or the first reason when none could.
pub fn each<'a>(
    cx: &mut Context<'a>,
    acts: impl Iterator<Item = Node<'a>>,
    mut read: impl FnMut(&mut Context<'a>, Node<'a>) -> Read,
) -> Read {
    let (mut keys, mut reason) = (Vec::new(), None);
    for act in acts {
        match part(cx, act, &mut read) {
            Ok(more) => keys.extend(more),
            Err(lost) => reason = reason.or(Some(lost)),
        }
    }
    if keys.is_empty() { Err(reason.unwrap_or(LossReason::Empty)) } else { Ok(keys) }
}

fn find(section: Node<'_>) -> Option<&'static Section> {
    let by_template = SECTIONS.iter().find(|known| section.templates().any(|root| known.templates.contains(&root)));
    let code = section.code();
    let by_code = || SECTIONS.iter().find(|known| code.is_some_and(|code| known.loinc.contains(&code)));
    let title = section.child("title").and_then(Node::text).unwrap_or_default().to_lowercase();
    let by_title = || SECTIONS.iter().find(|known| code.is_none() && known.titles.iter().any(|words| title == *words));
    by_template.or_else(by_code).or_else(by_title).copied()
}

fn reader(act: Node<'_>, section: Option<&'static Section>) -> Option<Reader> {
    let among =
        |known: &'static Section| known.entries.iter().find(|(root, _)| act.is_a(root)).map(|(_, reader)| *reader);
    if act.name() == "observationMedia" {
        return Some(notes::media);
    }
    section
        .and_then(among)
        .or_else(|| SECTIONS.iter().find_map(|known| among(known)))
        .or_else(|| section.map(|section| section.other))
}

/// Reads an act inside another: by its template, whatever section that belongs to, else as `other` does.
pub fn by_template<'a>(cx: &mut Context<'a>, act: Node<'a>, other: Reader) -> Read {
    match reader(act, None) {
        Some(read) => read(cx, act),
        None => other(cx, act),
    }
}

/// Reads all sections, nested ones in their place. Returns the sections of the Composition.
pub fn read_all<'a>(cx: &mut Context<'a>, _origin: &Origin, reports: &mut Vec<SectionReport>) -> Vec<Value> {
    let Some(body) = cx.document.path(&["component", "structuredBody"]) else { return vec![] };
    read_inside(cx, body, reports)
}

fn read_inside<'a>(cx: &mut Context<'a>, parent: Node<'a>, reports: &mut Vec<SectionReport>) -> Vec<Value> {
    let sections = parent.children("component").filter_map(|component| component.child("section"));
    sections.map(|section| read_one(cx, section, reports)).filter(|section| !section.is_null()).collect()
}

fn read_one<'a>(cx: &mut Context<'a>, node: Node<'a>, reports: &mut Vec<SectionReport>) -> Value {
    let known = find(node);
    let sort = categories::of_section(cx, node, known);
    cx.section = Some(Current { node, known, sort });
    let title = node.child("title").and_then(Node::text);
    let mut report = SectionReport {
        code: node.code().map(brief),
        title: title.as_deref().map(brief),
        reader: known.map(|known| known.id.to_owned()),
        entries: vec![],
    };
    let (mut entries, mut listed) = (Vec::<Value>::new(), HashSet::new());
    for entry in node.children("entry") {
        let act = entry.act();
        let fate = match act.ok_or(LossReason::Empty).and_then(|act| read_entry(cx, act, known)) {
            Ok(keys) => {
                let new = keys.iter().filter(|key| listed.insert((*key).clone()));
                entries.extend(new.map(|key| Context::reference(key)));
                Fate::Mapped(keys)
            }
            Err(reason) => Fate::Lost(reason),
        };
        let lost = std::mem::take(&mut cx.lost);
        let parts = if matches!(fate, Fate::Mapped(_)) { counted(&lost) } else { vec![] };
        report.entries.push(Entry { what: act.map_or_else(|| "entry".to_owned(), what), fate, parts });
    }
    if entries.is_empty() {
        // What is told in words only is still a plan, or instructions.
        let told = match known.map(|known| known.id) {
            Some("plan_of_treatment" | "assessment_and_plan") => plan_of_treatment::told(cx, node),
            Some("instructions" | "discharge_instructions") => instructions::told(cx, node),
            _ => None,
        };
        entries.extend(told.map(|key| Context::reference(&key)));
    }
    let code = node.child("code").map_or(Value::Null, |code| cx.concept(code));
    let text = node.child("text").and_then(narrative::xhtml);
    reports.push(report);
    let nested = read_inside(cx, node, reports);
    cx.section = None;
    let mut out = Fields::new().with("title", title).with("code", code);
    match text {
        Some(div) => {
            out.set("text", json!({"status": "generated", "div": div}));
        }
        // A section must hold text, entries or sections; one that is empty says so.
        None if entries.is_empty() && nested.is_empty() => {
            out.set("text", json!({"status": "empty", "div": NOTHING}));
            out.set("emptyReason", super::concepts::coded(EMPTY_REASON, "unavailable", Some("Unavailable")));
        }
        None => {}
    }
    // Entries and an empty reason exclude each other; so they do here.
    out.with("entry", entries).with("section", nested).into()
}

const NOTHING: &str = "<div xmlns=\"http://www.w3.org/1999/xhtml\">–</div>";
const EMPTY_REASON: &str = "http://terminology.hl7.org/CodeSystem/list-empty-reason";

fn read_entry<'a>(cx: &mut Context<'a>, act: Node<'a>, known: Option<&'static Section>) -> Read {
    if act.null_flavor().is_some() && act.child("code").is_none_or(|code| code.attr("code").is_none()) {
        return Err(LossReason::Null);
    }
    let Some(read) = reader(act, known) else { return Err(LossReason::Section) };
    let mut keys = read(cx, act)?;
    keys.extend(notes::inside(cx, act));
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    if keys.is_empty() { Err(LossReason::Empty) } else { Ok(keys) }
}
