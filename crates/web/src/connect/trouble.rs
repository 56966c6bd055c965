//! When a login did not end in a connection: what happened, who can mend it, what to do.

use askama::Template;
use axum::response::Response;
use domain::{Actor, SourceId, Step, Trouble};
use engine::authorizations::LoginState;

use super::failure::Failure;
use super::frame::Frame;
use super::policy::see_other;
use super::visitor::Visitor;
use crate::i18n::Key;

/// What a screen says about a group of codes.
#[derive(Debug, PartialEq, Eq)]
struct Story {
    title: Key,
    text: Key,
    /// Whether the same person may try the same source again at once.
    again: bool,
}

static DENIED: Story = Story { title: Key("trouble-denied"), text: Key("trouble-denied-text"), again: true };
static NOTHING: Story = Story { title: Key("trouble-nothing"), text: Key("trouble-nothing-text"), again: true };
static SILENT: Story = Story { title: Key("trouble-silent"), text: Key("trouble-silent-text"), again: true };
static LATE: Story = Story { title: Key("trouble-late"), text: Key("trouble-late-text"), again: true };
static INTERRUPTED: Story =
    Story { title: Key("trouble-interrupted"), text: Key("trouble-interrupted-text"), again: true };
static UNSURE: Story = Story { title: Key("trouble-unsure"), text: Key("trouble-unsure-text"), again: true };
static UNREGISTERED: Story =
    Story { title: Key("trouble-unregistered"), text: Key("trouble-unregistered-text"), again: false };
static NOBODY: Story = Story { title: Key("trouble-nobody"), text: Key("trouble-nobody-text"), again: true };
static SIGNED_OUT: Story =
    Story { title: Key("trouble-signed-out"), text: Key("trouble-signed-out-text"), again: true };
static UNREADABLE: Story =
    Story { title: Key("trouble-unreadable"), text: Key("trouble-unreadable-text"), again: false };
static GENERAL: Story = Story { title: Key("trouble-general"), text: Key("trouble-general-text"), again: true };

fn story(code: &str) -> &'static Story {
    match code {
        "access_denied" => &DENIED,
        "invalid_scope" | "nothing_granted" => &NOTHING,
        "temporarily_unavailable"
        | "server_error"
        | "provider_unavailable"
        | "provider_timeout"
        | "provider_unreachable"
        | "provider_broke_off" => &SILENT,
        "timed_out" | "expired" | "login_expired" | "invalid_grant" => &LATE,
        "login_interrupted" => &INTERRUPTED,
        "issuer_mismatch" | "browser_mismatch" | "state_mismatch" => &UNSURE,
        code if code.starts_with("id_token_") => &UNSURE,
        "not_registered" | "unauthorized_client" | "invalid_client" | "invalid_request" => &UNREGISTERED,
        "context_missing" => &NOBODY,
        "login_required" => &SIGNED_OUT,
        "unsupported_response_type"
        | "answer_ambiguous"
        | "code_missing"
        | "fhir_version_unsupported"
        | "insecure_address"
        | "too_large"
        | "token_refused" => &UNREADABLE,
        code if code.starts_with("token_answer_") || code.starts_with("discovery_") => &UNREADABLE,
        _ => &GENERAL,
    }
}

fn who(actor: Actor) -> Key {
    match actor {
        Actor::Person => Key("mended-by-person"),
        Actor::Provider => Key("mended-by-provider"),
        Actor::Integrator => Key("mended-by-integrator"),
        Actor::Operator => Key("mended-by-operator"),
        Actor::Us => Key("mended-by-us"),
    }
}

#[derive(Template)]
#[template(path = "connect/trouble.html")]
struct Screen {
    frame: Frame,
    text: String,
    who: String,
    again: bool,
    source: Option<SourceId>,
    endpoint: String,
    choose: String,
    other: String,
    leave: String,
    reference: String,
}

pub async fn trouble(mut visitor: Visitor) -> Result<Response, Failure> {
    if let Step::SignIn { source, endpoint } = visitor.visit.session.step.clone() {
        let state = visitor.engine.login_state(&visitor.visit).await.map_err(|error| visitor.failure(error))?;
        if let LoginState::Trouble(trouble) = state {
            super::signin::trip(&mut visitor, Some(source), Some(endpoint), trouble).await?;
        }
    }
    let Step::Trouble { source, endpoint, trouble, reference } = visitor.visit.session.step.clone() else {
        return Ok(see_other(&visitor.to_step(&visitor.visit.session.step)));
    };
    Ok(visitor.show(&screen(&visitor, source, endpoint, &trouble, &reference).await))
}

async fn screen(
    visitor: &Visitor,
    source: Option<SourceId>,
    endpoint: Option<String>,
    trouble: &Trouble,
    reference: &str,
) -> Screen {
    let texts = visitor.texts;
    let provider = match source {
        Some(source) => visitor.source_name(source).await,
        None => texts.t("the-provider"),
    };
    let story = story(&trouble.code);
    Screen {
        frame: visitor.frame(texts.t1(story.title.0, "provider", &provider)).back(visitor.to("search")),
        text: texts.t1(story.text.0, "provider", &provider),
        who: texts.t2(who(trouble.actor).0, "provider", &provider, "app", &visitor.visit.app.name),
        again: story.again && source.is_some(),
        source,
        endpoint: endpoint.unwrap_or_default(),
        choose: visitor.to("choose"),
        other: visitor.to("search"),
        leave: visitor.to("close"),
        reference: spoken(reference),
    }
}

/// Groups of four, as a person reads it over the phone.
pub fn spoken(reference: &str) -> String {
    let letters: Vec<char> = reference.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_own_story() {
        let cells = [
            ("access_denied", &DENIED),
            ("nothing_granted", &NOTHING),
            ("provider_timeout", &SILENT),
            ("invalid_grant", &LATE),
            ("login_interrupted", &INTERRUPTED),
            ("issuer_mismatch", &UNSURE),
            ("id_token_nonce", &UNSURE),
            ("not_registered", &UNREGISTERED),
            ("context_missing", &NOBODY),
            ("login_required", &SIGNED_OUT),
            ("token_answer_malformed", &UNREADABLE),
            ("answer_ambiguous", &UNREADABLE),
            ("something_new", &GENERAL),
        ];
        for (code, expected) in cells {
            assert_eq!(story(code), expected, "{code}");
        }
    }

    #[test]
    fn references_are_read_in_groups_of_four() {
        assert_eq!(spoken("7K3Q-9F2M-1"), "7K3Q 9F2M 1");
        assert_eq!(spoken(""), "");
    }
}
