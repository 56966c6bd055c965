//! Logins that do not end in a connection: nothing is lost, and everybody knows who must act.

use domain::{Actor, Step};
use engine::authorizations::{CallbackError, LoginState};
use engine::connect::ConnectError;
use url::Url;

use crate::house::{BROWSER, House, Share, callback, trouble};

const CLINIC: &str = "Starfleet Medical";
const SLUG: &str = "starfleet-medical";

#[tokio::test(flavor = "multi_thread")]
async fn saying_no_is_not_an_error_of_ours() {
    let house = House::open().await;
    for (share, code) in [(Share::Deny, "access_denied"), (Share::Only(&[]), "nothing_granted")] {
        // Nobody logs in twice in a millisecond.
        house.clock.advance(std::time::Duration::from_secs(1));
        let visit = house.visit("ada").await;
        let away = house.begin(&visit, CLINIC).await;
        let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
        assert_eq!(house.engine.login_state(&visit).await.expect("a state"), LoginState::Waiting);
        let back = house.sign_in(&away, "demouser", &share).await;
        let completed = house.complete(&back).await.expect("a login of ours");
        let got = completed.result.expect_err("nothing was shared");
        assert_eq!((got.code.as_str(), got.actor), (code, Actor::Person));
        assert!(completed.again.is_none());
        let visit = house.engine.visit(&visit.ticket).await.expect("the visit goes on");
        assert_eq!(trouble(&visit), Some(code));
        assert_eq!(house.engine.login_state(&visit).await.expect("a state"), LoginState::Trouble(got));
        assert!(visit.connections.is_empty());
    }
    let visit = house.visit("ada").await;
    assert!(house.connect(&visit, CLINIC, "demouser").await.result.is_ok(), "she may change her mind");
}

#[tokio::test(flavor = "multi_thread")]
async fn sharing_a_part_is_reading_a_part() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::Only(&["AllergyIntolerance", "offline_access"])).await;
    house.complete(&back).await.expect("a login of ours").result.expect("a connection");
    house.run_jobs().await;
    let counts = house.counts("ada").await;
    assert!(counts["allergies"] > 0 && counts["vitals"] == 0, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_serves_once_and_only_the_browser_that_left() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    let refused = |result| matches!(result, Err(CallbackError::UnknownState));
    for browser in [None, Some("browser-of-eve")] {
        assert!(refused(house.engine.complete(callback(&back), browser).await.map(|_| ())), "{browser:?}");
    }
    for state in ["", "nonsense", &"A".repeat(80), visit.ticket.as_str()] {
        let mut foreign = callback(&back);
        foreign.state = Some(state.to_owned());
        assert!(refused(house.engine.complete(foreign, Some(BROWSER)).await.map(|_| ())), "{state}");
    }
    // None of that has used it up.
    assert!(house.complete(&back).await.expect("a login of ours").result.is_ok());
    assert!(refused(house.complete(&back).await.map(|_| ())), "replayed");

    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    house.clock.advance(std::time::Duration::from_secs(15 * 60));
    assert!(refused(house.complete(&back).await.map(|_| ())), "late");
    house.fault(SLUG, None, "state_wrong", Some(1)).await;
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    assert!(refused(house.complete(&back).await.map(|_| ())), "not ours");
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    assert!(matches!(visit.session.step, Step::SignIn { .. }), "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_has_a_name_and_someone_to_act() {
    let house = House::open().await;
    let table: [(&str, Option<&str>, &str, Actor); 8] = [
        ("iss_wrong", None, "issuer_mismatch", Actor::Provider),
        ("id_token_wrong_nonce", None, "id_token_nonce", Actor::Person),
        ("id_token_wrong_audience", None, "id_token_audience", Actor::Provider),
        ("id_token_unknown_key", None, "id_token_unknown_key", Actor::Provider),
        ("invalid_client", None, "invalid_client", Actor::Operator),
        ("status:503", Some("token"), "provider_unavailable", Actor::Us),
        ("status:404", Some("Patient"), "patient_not_found", Actor::Provider),
        ("status:401", Some("Patient"), "grant_unusable", Actor::Provider),
    ];
    for (fault, path, code, actor) in table {
        let visit = house.visit("ada").await;
        house.fault(SLUG, path, fault, Some(1)).await;
        let completed = house.connect(&visit, CLINIC, "demouser").await;
        let got = completed.result.expect_err(fault);
        assert_eq!((got.code.as_str(), got.actor), (code, actor), "{fault}");
        let visit = house.engine.visit(&visit.ticket).await.expect("the visit goes on");
        let Step::Trouble { reference, .. } = &visit.session.step else { panic!("{fault}: {:?}", visit.session.step) };
        assert_eq!(reference.len(), 9, "{reference}");
        assert!(visit.connections.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_servers_are_understood() {
    for habit in [
        "well_known_404",
        "relative_urls",
        "missing_capability",
        "no_patient",
        "no_scope",
        "no_id_token",
        "no_expires_in",
        "token_lowercase",
    ] {
        let house = House::open().await;
        house.fault(SLUG, None, habit, None).await;
        let visit = house.visit("ada").await;
        let completed = house.connect(&visit, CLINIC, "demouser").await;
        assert!(completed.result.is_ok(), "{habit}: {:?}", completed.result);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_dialect_is_tried_before_giving_up() {
    let house = House::open().await;
    house.fault(SLUG, None, "scope_v1_only", None).await;
    let visit = house.visit("ada").await;
    let first = house.connect(&visit, CLINIC, "demouser").await;
    assert_eq!(first.result.expect_err("v2 is not spoken").code, "nothing_granted");
    let away: Url = first.again.expect("the same question in v1");
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    assert!(house.complete(&back).await.expect("a login of ours").result.is_ok());
    // The next person is asked in the right words at once.
    let visit = house.visit("ben").await;
    assert!(house.connect(&visit, CLINIC, "demouser").await.result.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_our_registration_or_out_of_reach() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let unknown = house.source("Pinecrest").await;
    assert!(matches!(house.engine.choose(&visit, unknown, None).await, Err(ConnectError::NotRegistered)));
    let visit = house.engine.choose(&visit, house.source("Riverbend Clinic").await, None).await.expect("a choice");
    house.fault("riverbend", Some(".well-known/smart-configuration"), "status:503", None).await;
    let begun = house.engine.begin(&visit, engine::connect::Display::Page, BROWSER).await;
    assert!(matches!(begun, Err(ConnectError::Trouble(trouble)) if trouble.code == "provider_unavailable"));
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    assert_eq!(trouble(&visit), Some("provider_unavailable"));
}
