use proptest::prelude::*;
use url::Url;

use super::*;
use crate::platforms::{ATHENA, EPIC, GENERIC, ORACLE};

fn smart(capabilities: &[&str]) -> SmartConfiguration {
    let url = Url::parse("https://login.riverbend.example/authorize").unwrap();
    SmartConfiguration {
        capabilities: capabilities.iter().map(|text| (*text).to_owned()).collect(),
        ..SmartConfiguration::minimal(url.clone(), url)
    }
}

#[test]
fn both_dialects_compare_equal() {
    for (one, two) in [
        ("patient/Observation.read", "patient/Observation.rs"),
        ("patient/*.read", "patient/*.rs"),
        ("user/Practitioner.write", "user/Practitioner.cud"),
        ("patient/Goal.*", "patient/Goal.cruds"),
    ] {
        assert_eq!(Scope::parse(one), Scope::parse(two), "{one}");
        assert_eq!(Scope::parse(two).render(Dialect::V1), one);
        assert_eq!(Scope::parse(one).render(Dialect::V2), two);
    }
}

#[test]
fn what_is_no_resource_scope_stays_as_it_is() {
    for text in [
        "openid",
        "launch/patient",
        "patient/Observation.sr",
        "patient/.rs",
        "patient/Ob-x.rs",
        "patient/Goal.",
        "patient/Goal",
        "/.",
        "fhirUser",
        "https://x.example/y.rs",
    ] {
        assert_eq!(Scope::parse(text), Scope::Other(text.to_owned()));
        assert_eq!(Scope::parse(text).render(Dialect::V1), text);
    }
}

#[test]
fn the_dialect_is_pinned_or_spoken() {
    for (pinned, capabilities, dialect) in [
        (None, &["permission-v2", "permission-v1"][..], Dialect::V2),
        (None, &["permission-v1"], Dialect::V1),
        (None, &[], Dialect::V1),
        (Some(Dialect::V1), &["permission-v2"], Dialect::V1),
        (Some(Dialect::V2), &[], Dialect::V2),
    ] {
        assert_eq!(Phrase::first(&GENERIC, pinned, &smart(capabilities)).dialect, dialect);
    }
}

#[test]
fn the_request_follows_the_platform() {
    let generic = Phrase { dialect: Dialect::V2, style: Style::Wildcard }.parameter(&GENERIC, Version::R4);
    for scope in ["openid", "fhirUser", "launch/patient", "offline_access", "patient/*.rs"] {
        assert!(generic.split(' ').any(|have| have == scope), "{scope} in {generic}");
    }
    let oracle = Phrase { dialect: Dialect::V1, style: Style::Explicit }.parameter(&ORACLE, Version::R4);
    assert!(oracle.contains("user/Practitioner.read") && oracle.contains("patient/Condition.read"));
    assert!(!oracle.contains('*') && !oracle.contains(".rs"));
    let athena = Phrase { dialect: Dialect::V2, style: Style::Explicit }.parameter(&ATHENA, Version::R4);
    assert!(!athena.contains("Binary") && athena.contains("patient/DocumentReference.rs"));
}

#[test]
fn invalid_scope_leads_through_the_other_dialect_to_the_least() {
    let mut tried = vec![Phrase { dialect: Dialect::V2, style: Style::Wildcard }];
    while let Some(next) = Phrase::after(&GENERIC, None, &tried) {
        tried.push(next);
    }
    let names: Vec<(Dialect, Style)> = tried.iter().map(|phrase| (phrase.dialect, phrase.style)).collect();
    use Dialect::{V1, V2};
    use Style::{Explicit, Minimal, Wildcard};
    assert_eq!(names, [(V2, Wildcard), (V1, Wildcard), (V2, Explicit), (V1, Explicit), (V2, Minimal), (V1, Minimal)]);

    let pinned = [Phrase { dialect: V1, style: Explicit }];
    let next = Phrase::after(&ORACLE, Some(V1), &pinned).unwrap();
    assert_eq!((next.dialect, next.style), (V1, Minimal));
    assert_eq!(Phrase::after(&ORACLE, Some(V1), &[pinned[0], next]), None);
    assert_eq!(Phrase::after(&EPIC, None, &[]), None);
}

#[test]
fn refused_types_are_those_without_any_reading() {
    let asked = Scopes::parse("openid patient/Goal.rs patient/Condition.rs patient/Observation.rs patient/Device.rs");
    let granted = Scopes::parse(
        "openid patient/Goal.read patient/Device.s patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
    );
    assert_eq!(asked.refused_kinds(&granted), ["Condition", "Device"]);
    let wildcard = Scopes::parse("patient/*.rs");
    assert_eq!(wildcard.refused_kinds(&wildcard), Vec::<String>::new());
    assert!(wildcard.refused_kinds(&granted).contains(&"Immunization".to_owned()));
    // Rights that come with the registration are not named in the answer.
    assert_eq!(asked.refused_kinds(&Scopes::parse("openid fhirUser")), Vec::<String>::new());
}

#[test]
fn part_of_a_type_covers_its_category_only() {
    let granted = Scopes::parse(
        "patient/Observation.rs?category=http://x|laboratory patient/Condition.rs?category=http%3A//x%7Cproblem-list-item",
    );
    let observations = granted.reading("Observation");
    assert!(observations.covers(Some("laboratory")) && !observations.covers(Some("vital-signs")));
    assert!(!observations.covers(None));
    assert!(granted.reading("Condition").covers(Some("problem-list-item")));
    assert!(Reading::All.covers(None) && !Reading::Nothing.covers(Some("laboratory")));
}

proptest! {
    #[test]
    fn any_text_parses_and_renders_back(text in "[ -~]{0,80}") {
        let scopes = Scopes::parse(&text);
        prop_assert_eq!(&Scopes::parse(&scopes.render(Dialect::V2)), &scopes);
    }
}

#[test]
fn an_old_server_is_asked_for_types_by_the_names_it_knows() {
    let named = Phrase { dialect: Dialect::V1, style: Style::Explicit }.parameter(&GENERIC, Version::Dstu2);
    let has = |scope: &str| named.split(' ').any(|one| one == scope);
    assert!(has("patient/MedicationOrder.read") && has("patient/DiagnosticOrder.read") && has("patient/Goal.read"));
    for newer in ["MedicationRequest", "ServiceRequest", "CareTeam", "PractitionerRole"] {
        assert!(!named.contains(newer), "{newer}");
    }
    let all = Phrase { dialect: Dialect::V1, style: Style::Wildcard }.parameter(&GENERIC, Version::Dstu2);
    assert!(all.contains("patient/*.read"));
}
