use std::time::Duration;

use domain::tokens::Refusal;
use domain::{App, HumanId, Secret, SecretPolicy, TokenKind};
use futures_util::future::join_all;

use super::{AuthError, IssueError, Issued};
use crate::limits::RateLimits;
use crate::open::testing::{Client, HERE, House, NO_LIMITS, human_id, token};

const USER_TOKENS: [TokenKind; 3] = [TokenKind::Session, TokenKind::Id, TokenKind::Access];
const DAY: Duration = Duration::from_secs(86_400);

fn refused(result: Result<Issued, IssueError>) -> Refusal {
    match result {
        Err(IssueError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

#[tokio::test]
async fn the_first_session_creates_the_person_and_later_ones_find_them() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let first = house.ask(&client, TokenKind::Session, "ada").await.unwrap();
    let Issued::Session { ref session_token, expires_in, .. } = first else { panic!("no session") };
    assert_eq!(expires_in, 3600);
    assert!(session_token.expose().starts_with("hst-") && session_token.expose().len() == 4 + 43);
    let second = house.ask(&client, TokenKind::Session, "ada").await.unwrap();
    assert_eq!(human_id(&first), human_id(&second));
    assert_ne!(token(&first), token(&second));
    assert_ne!(human_id(&first), house.person(&client, "grace").await);
    let other = house.client(SecretPolicy::Required).await;
    assert_ne!(human_id(&first), house.person(&other, "ada").await, "another app's user of the same name");
}

#[tokio::test]
async fn every_state_of_a_user_has_its_tokens() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    for kind in [TokenKind::Id, TokenKind::Access] {
        assert_eq!(refused(house.ask(&client, kind, "ada").await), Refusal::UserUnknown);
    }
    let ada = house.person(&client, "ada").await;
    for kind in [TokenKind::Id, TokenKind::Access] {
        assert_eq!(refused(house.ask(&client, kind, "ada").await), Refusal::NoConnectedSource);
    }
    let riverbend = house.connect(ada, 7, "Riverbend Clinic").await;
    assert_eq!(refused(house.ask(&client, TokenKind::Session, "ada").await), Refusal::SessionNotAllowed);
    let Issued::Id { id_token, id_refresh_token, human_id, expires_in } =
        house.ask(&client, TokenKind::Id, "ada").await.unwrap()
    else {
        panic!("no id token")
    };
    assert_eq!((human_id, expires_in), (ada, 86_400));
    assert!(id_token.expose().starts_with("hid-") && id_refresh_token.expose().starts_with("idrt-"));
    let Issued::Access { access_token, refresh_token, human_id, expires_in } =
        house.ask(&client, TokenKind::Access, "ada").await.unwrap()
    else {
        panic!("no access token")
    };
    assert_eq!((human_id, expires_in), (ada, 86_400));
    assert!(access_token.expose().starts_with("hat-"));
    assert!(refresh_token.expose().starts_with("atrt-") && refresh_token.expose().len() == 5 + 43);

    house.disconnect(ada, riverbend).await;
    for kind in USER_TOKENS {
        house.ask(&client, kind, "ada").await.unwrap();
    }
}

#[tokio::test]
async fn a_secret_that_is_there_is_always_checked() {
    let house = House::open().await;
    for policy in [SecretPolicy::Required, SecretPolicy::Optional] {
        let client = house.client(policy).await;
        let ada = house.person(&client, "ada").await;
        house.connect(ada, 7, "Riverbend Clinic").await;
        for (kind, secret) in USER_TOKENS.into_iter().flat_map(|kind| [(kind, "0".repeat(40)), (kind, String::new())]) {
            for user in ["ada", "nobody"] {
                let mut request = client.request(kind, user);
                request.client_secret = Some(Secret::new(secret.clone()));
                assert!(
                    matches!(house.engine.issue(request).await, Err(IssueError::WrongSecret)),
                    "{kind:?} {policy:?}"
                );
            }
        }
        for client_id in ["0".repeat(40), String::new(), "x".to_owned(), client.app.client_id.to_hex().to_uppercase()] {
            let mut request = client.request(TokenKind::Session, "ada");
            request.client_id = client_id;
            assert!(matches!(house.engine.issue(request).await, Err(IssueError::UnknownClient)));
        }
    }
}

#[tokio::test]
async fn without_a_secret_only_where_the_app_allows_it() {
    let house = House::limited(RateLimits { secretless_sessions: 3, ..NO_LIMITS }).await;
    let without = |client: &Client, kind, user: &str| {
        let mut request = client.request(kind, user);
        request.client_secret = None;
        request.client_user_email = Some("stranger@example.org".to_owned());
        house.engine.issue(request)
    };
    let strict = house.client(SecretPolicy::Required).await;
    let open = house.client(SecretPolicy::Optional).await;
    for kind in USER_TOKENS {
        assert!(matches!(without(&strict, kind, "ada").await, Err(IssueError::SecretRequired)));
    }
    for kind in [TokenKind::Id, TokenKind::Access] {
        assert!(matches!(without(&open, kind, "ada").await, Err(IssueError::SecretRequired)));
    }
    let mut request = open.request(TokenKind::Session, "ada");
    request.client_user_email = Some("ada@example.org".to_owned());
    let ada = human_id(&house.engine.issue(request).await.unwrap());
    assert_eq!(human_id(&without(&open, TokenKind::Session, "ada").await.unwrap()), ada);
    let riverbend = house.connect(ada, 7, "Riverbend Clinic").await;
    assert_eq!(refused(without(&open, TokenKind::Session, "ada").await), Refusal::SessionNotAllowed);
    let profile = house.engine.profile(&house.access(&open, "ada").await).await.unwrap();
    assert_eq!(profile.email.as_deref(), Some("ada@example.org"), "a stranger changed it");

    house.disconnect(ada, riverbend).await;
    without(&open, TokenKind::Session, "ada").await.unwrap();
    match without(&open, TokenKind::Session, "grace").await {
        Err(IssueError::Limited(limited)) => assert_eq!(limited.retry_after, Duration::from_secs(20)),
        other => panic!("expected a limit, not {other:?}"),
    }
    house.ask(&open, TokenKind::Session, "grace").await.unwrap();
    house.clock.advance(Duration::from_secs(20));
    without(&open, TokenKind::Session, "grace").await.unwrap();
}

#[tokio::test]
async fn wrong_secrets_make_an_address_wait() {
    let house = House::limited(RateLimits { bad_secrets: 2, ..NO_LIMITS }).await;
    let client = house.client(SecretPolicy::Required).await;
    for _ in 0..2 {
        let mut request = client.request(TokenKind::Session, "ada");
        request.client_secret = Some(Secret::new("wrong".to_owned()));
        assert!(matches!(house.engine.issue(request).await, Err(IssueError::WrongSecret)));
    }
    let wrong = |address: &str| {
        let client_secret = Some(Secret::new("wrong".to_owned()));
        let request = client.request(TokenKind::Session, "ada");
        house.engine.issue(super::TokenRequest { client_secret, address: address.parse().unwrap(), ..request })
    };
    assert!(matches!(wrong("127.0.0.1").await, Err(IssueError::Limited(_))));
    house.ask(&client, TokenKind::Session, "ada").await.expect("neighbours who guess lock nobody out");
    assert!(matches!(wrong("192.0.2.1").await, Err(IssueError::WrongSecret)));
    house.clock.advance(Duration::from_secs(30));
    assert!(matches!(wrong("127.0.0.1").await, Err(IssueError::WrongSecret)));
}

#[tokio::test]
async fn a_request_without_a_type_is_for_a_session() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let untyped = || super::TokenRequest { kind: None, ..client.request(TokenKind::Session, "ada") };
    assert!(matches!(house.engine.issue(untyped()).await.unwrap(), Issued::Session { .. }));
    house.engine.update_app(&App { strict_type: true, ..client.app.clone() }).await.unwrap();
    assert!(matches!(house.engine.issue(untyped()).await, Err(IssueError::TypeRequired)));
}

#[tokio::test]
async fn user_keys_are_opaque() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let long = "é".repeat(127) + "x";
    let mut seen: Vec<HumanId> = Vec::new();
    for user in ["a b", "a+b", "a%20b", "../a/b", "A", "a", "🌾 ada", "ada@example.org", " ada", "ada", long.as_str()]
    {
        let human_id = house.person(&client, user).await;
        assert!(!seen.contains(&human_id), "{user}");
        seen.push(human_id);
        house.connect(human_id, 7, "Riverbend Clinic").await;
        assert_eq!(house.engine.profile(&house.access(&client, user).await).await.unwrap().client_user_id, user);
        assert_eq!(house.engine.find_human(client.app.client_id, user).await.unwrap(), Some(human_id));
    }
}

#[tokio::test]
async fn what_the_integrator_says_of_a_user_is_kept_and_written_only_when_new() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let ada = house.person(&client, "ada").await;
    let say = |email: Option<&str>, scopes: &[&str]| {
        let mut request = client.request(TokenKind::Session, "ada");
        request.client_user_email = email.map(str::to_owned);
        request.extra_scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        house.engine.issue(request)
    };
    let stored = || async { store::humans::find(house.engine.db(), ada).await.unwrap().unwrap() };
    say(Some("ada@example.org"), &["labs"]).await.unwrap();
    let first = stored().await;
    say(Some("ada@example.org"), &["labs"]).await.unwrap();
    say(None, &[]).await.unwrap();
    assert_eq!(stored().await, first);
    say(Some("ada@example.com"), &[]).await.unwrap();
    house.connect(ada, 7, "Riverbend Clinic").await;
    let profile = house.engine.profile(&house.access(&client, "ada").await).await.unwrap();
    assert_eq!((profile.email.as_deref(), profile.extra_scopes), (Some("ada@example.com"), vec!["labs".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_requests_at_once_are_for_one_person() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let other = house.beside(crate::open::testing::MASTER_KEY).await.unwrap();
    let requests = (0..64).map(|number| {
        let engine = if number % 2 == 0 { house.engine.clone() } else { other.clone() };
        let request = client.request(TokenKind::Session, "ada");
        tokio::spawn(async move { engine.issue(request).await })
    });
    let issued: Vec<Issued> = join_all(requests).await.into_iter().map(|one| one.unwrap().unwrap()).collect();
    let ada = human_id(&issued[0]);
    for one in &issued {
        assert_eq!(human_id(one), ada);
        assert!(house.engine.find_token(token(one)).await.unwrap().is_some());
    }
    assert_eq!(store::humans::count(house.engine.db(), client.app.client_id).await.unwrap(), 1);
}

#[tokio::test]
async fn tokens_end_and_serve_only_their_purpose() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let ada = house.person(&client, "ada").await;
    let riverbend = house.connect(ada, 7, "Riverbend Clinic").await;
    house.disconnect(ada, riverbend).await;
    let issued = [
        house.ask(&client, TokenKind::Session, "ada").await.unwrap(),
        house.ask(&client, TokenKind::Id, "ada").await.unwrap(),
        house.ask(&client, TokenKind::Access, "ada").await.unwrap(),
    ];
    let works = async |text: &str| match house.engine.authenticate(text).await {
        Ok(access) => access.human_id == ada,
        Err(AuthError::Invalid) => false,
        Err(error) => panic!("{error}"),
    };
    let access = token(&issued[2]);
    let Issued::Access { refresh_token, .. } = &issued[2] else { panic!("no access token") };
    let altered = access.to_owned() + "A";
    for text in [
        token(&issued[0]),
        token(&issued[1]),
        refresh_token.expose(),
        "",
        "hat-",
        "demo",
        "Demo",
        altered.as_str(),
        &access[4..],
    ] {
        assert!(!works(text).await);
    }
    assert!(works(access).await);
    house.clock.advance(DAY - Duration::from_millis(1));
    assert!(works(access).await);
    house.clock.advance(Duration::from_millis(1));
    assert!(!works(access).await);

    let fresh = house.ask(&client, TokenKind::Access, "ada").await.unwrap();
    assert!(works(token(&fresh)).await);
    house.engine.update_app(&App { disabled_at: Some(house.clock.now()), ..client.app.clone() }).await.unwrap();
    assert!(!works(token(&fresh)).await);
    assert!(matches!(house.ask(&client, TokenKind::Access, "ada").await, Err(IssueError::AppDisabled)));
}

#[tokio::test]
async fn a_new_secret_works_beside_the_previous_one_for_a_while() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    house.person(&client, "ada").await;
    let secret = house.engine.rotate_secret(client.app.client_id, Duration::from_secs(3600)).await.unwrap();
    assert_eq!(secret.expose().len(), 40);
    let newer = Client { app: client.app.clone(), secret };
    house.person(&client, "ada").await;
    house.person(&newer, "ada").await;
    house.clock.advance(Duration::from_secs(3600));
    house.person(&newer, "ada").await;
    assert!(matches!(house.ask(&client, TokenKind::Session, "ada").await, Err(IssueError::WrongSecret)));
    let unknown = domain::ClientId([9; 20]);
    assert!(matches!(house.engine.rotate_secret(unknown, DAY).await, Err(crate::apps::AppError::Unknown(_))));
}

#[tokio::test]
async fn the_admin_api_has_signed_tokens() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let id = client.app.client_id.to_hex();
    let issued = house.engine.issue_client_token(&id, &client.secret, HERE).await.unwrap();
    assert_eq!(issued.expires_in, 86_400);
    let text = issued.client_token.expose();
    let header = jsonwebtoken::decode_header(text).unwrap();
    let jwks = house.engine.jwks();
    let published = jwks["keys"].as_array().unwrap();
    assert_eq!(
        published.iter().map(|key| key["alg"].as_str().unwrap()).collect::<Vec<_>>(),
        ["RS256", "RS384", "ES384"]
    );
    assert_eq!((header.alg, header.kid.as_deref()), (jsonwebtoken::Algorithm::RS256, published[0]["kid"].as_str()));
    assert!(published.iter().all(|key| key.get("d").is_none() && key["use"] == "sig"));

    let access = house.engine.authenticate_admin(text).await.unwrap();
    assert_eq!(
        (access.client_id, access.scopes),
        (client.app.client_id, vec!["appuser:write".to_owned(), "appuser:read".to_owned()])
    );
    let beside = house.beside(crate::open::testing::MASTER_KEY).await.unwrap();
    assert!(beside.authenticate_admin(text).await.is_ok(), "another process has the same keys");
    let foreign = House::open().await;
    assert!(foreign.engine.authenticate_admin(text).await.is_err());
    for forged in [format!("{text}A"), text.replacen('.', ".e", 1), String::new(), "a.b.c".to_owned()] {
        assert!(house.engine.authenticate_admin(&forged).await.is_err());
    }
    house.clock.advance(DAY);
    assert!(house.engine.authenticate_admin(text).await.is_err());

    let wrong = Secret::new("0".repeat(40));
    assert!(matches!(house.engine.issue_client_token(&id, &wrong, HERE).await, Err(IssueError::WrongSecret)));
    house.engine.update_app(&App { admin_api: false, ..client.app.clone() }).await.unwrap();
    assert!(matches!(house.engine.issue_client_token(&id, &client.secret, HERE).await, Err(IssueError::AdminApiOff)));
}
