//! Which streams a first sync reads: what everybody is asked for, less what this server has not
//! and this grant does not open.

use super::capability::Capability;
use super::dstu2;
use super::scopes::{Reading, Scopes};
use super::streams::{Query, Stream, TEMPLATES, Template, Variant, ladder};
use super::version::Version;
use crate::platforms::{Docref, Platform};

/// The streams to read, in order, and what is not asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub streams: Vec<Stream>,
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// A stream's id.
    pub id: String,
    pub resource: String,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The person or the provider did not share it.
    NotGranted,
    /// The server does not have it.
    NotOffered,
}

impl Why {
    pub fn code(self) -> &'static str {
        match self {
            Why::NotGranted => "not_granted",
            Why::NotOffered => "not_offered",
        }
    }
}

/// Plans a first sync. The same arguments give the same plan, so a resumed sync finds its streams by id.
pub fn plan(platform: &Platform, capability: &Capability, granted: &Scopes, patient: &str) -> Plan {
    let mut plan = Plan { streams: vec![], left_out: vec![] };
    plan.streams.push(Stream {
        id: "patient".into(),
        resource: "Patient".into(),
        page_size: 1,
        variants: vec![Variant { legs: vec![Query::Read(patient.to_owned())], lenient: false }],
    });
    let old = capability.version() == Ok(Version::Dstu2);
    for template in if old { dstu2::TEMPLATES } else { TEMPLATES } {
        for category in categories(platform, template, old) {
            plan.add(platform, capability, granted, template, category);
        }
        if template.kind == "DocumentReference" && !old {
            plan.add_docref(platform, capability, granted);
        }
    }
    // Claims are the largest part of a payer's record and unknown to hospitals: only where they are listed.
    if capability.resources.contains_key("ExplanationOfBenefit") {
        plan.add(platform, capability, granted, &CLAIMS, None);
    }
    plan
}

const CLAIMS: Template = Template {
    id: "explanations-of-benefit",
    kind: "ExplanationOfBenefit",
    categories: &[],
    plain: true,
    parameters: &[],
};

fn categories(platform: &Platform, template: &Template, old: bool) -> Vec<Option<&'static str>> {
    let more = match template.kind {
        "Observation" if !old => platform.observation_categories,
        "CarePlan" => platform.careplan_categories,
        _ => &[],
    };
    let mut all: Vec<Option<&'static str>> = Vec::new();
    for code in template.categories.iter().chain(more) {
        if !all.contains(&Some(code)) {
            all.push(Some(code));
        }
    }
    if template.plain && (old || !platform.category_only.contains(&template.kind)) {
        all.push(None);
    }
    all
}

impl Plan {
    fn add(
        &mut self,
        platform: &Platform,
        capability: &Capability,
        granted: &Scopes,
        template: &Template,
        category: Option<&str>,
    ) {
        let id = match category {
            Some(code) => format!("{}-{}", template.id, code.to_ascii_lowercase()),
            None => template.id.to_owned(),
        };
        let page = if template.kind == "ExplanationOfBenefit" { 50 } else { u32::MAX };
        let stream = Stream {
            id,
            resource: template.kind.to_owned(),
            page_size: platform.page_size(template.kind).min(page),
            variants: match capability.version() {
                Ok(Version::Dstu2) => dstu2::ladder(template, category),
                _ => ladder(platform, capability, template, category),
            },
        };
        self.judge(stream, capability, granted, category);
    }

    fn add_docref(&mut self, platform: &Platform, capability: &Capability, granted: &Scopes) {
        let wanted = match platform.docref {
            Docref::Always => true,
            Docref::IfListed => capability.operates("DocumentReference", "docref"),
            Docref::Never => false,
        };
        if wanted {
            let stream = Stream {
                id: "documents-docref".into(),
                resource: "DocumentReference".into(),
                page_size: platform.page_size("DocumentReference"),
                variants: vec![Variant { legs: vec![Query::Operation("docref".into())], lenient: false }],
            };
            self.judge(stream, capability, granted, None);
        }
    }

    fn judge(&mut self, stream: Stream, capability: &Capability, granted: &Scopes, category: Option<&str>) {
        // Rights that come with the registration are not named in the answer.
        let reading = if granted.name_resources() { granted.reading(&stream.resource) } else { Reading::All };
        let why = if !capability.offers(&stream.resource) {
            Why::NotOffered
        } else if !reading.covers(category) {
            Why::NotGranted
        } else {
            return self.streams.push(stream);
        };
        self.left_out.push(LeftOut { id: stream.id, resource: stream.resource, why });
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
