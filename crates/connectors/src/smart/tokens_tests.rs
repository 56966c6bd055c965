use aws_lc_rs::encoding::AsDer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proptest::prelude::*;
use serde_json::json;
use url::Url;

use super::*;
use crate::http::Body;
use crate::platforms::{ATHENA, GENERIC, ORACLE, VERADIGM};
use crate::smart::client_auth::{ClientAuth, SigningAlg};
use crate::smart::id_token::{Expected, IdTokenError, Keys, verify};
use crate::smart::patient::{self, ContextMissing, Whose, whose};

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

fn rsa() -> String {
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem(der.as_ref())
}

fn ec() -> String {
    let rng = aws_lc_rs::rand::SystemRandom::new();
    let alg = &aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
    pem(aws_lc_rs::signature::EcdsaKeyPair::generate_pkcs8(alg, &rng).unwrap().as_ref())
}

fn smart() -> SmartConfiguration {
    let url = |path: &str| Url::parse(&format!("https://login.riverbend.example/{path}")).unwrap();
    SmartConfiguration {
        revocation_endpoint: Some(url("revoke")),
        ..SmartConfiguration::minimal(url("authorize"), url("token"))
    }
}

fn moment() -> Moment {
    Moment { now: Timestamp::parse("2026-11-01T12:00:00Z").unwrap(), jti: "jti-1".into() }
}

fn client(auth: ClientAuth) -> Client {
    Client { id: "tribu tary".into(), auth }
}

fn form(request: &Request) -> Vec<(String, String)> {
    let Some(Body::Form(form)) = &request.body else { panic!("no form") };
    form.clone()
}

fn field(request: &Request, name: &str) -> Option<String> {
    form(request).into_iter().find(|(have, _)| have == name).map(|(_, value)| value)
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[test]
fn each_client_proves_itself_its_own_way() {
    let code = secret("c1");
    let verifier = secret("v1");
    let ask = |auth| {
        let code = Code { code: &code, redirect_uri: "https://us.example/back", verifier: Some(&verifier) };
        exchange(&smart(), &client(auth), code, &moment()).unwrap()
    };
    let public = ask(ClientAuth::None);
    assert_eq!(
        public.body.as_ref().unwrap().encoded(),
        "grant_type=authorization_code&code=c1&redirect_uri=https%3A%2F%2Fus.example%2Fback&code_verifier=v1&client_id=tribu+tary"
    );
    let basic = ask(ClientAuth::Basic { secret: secret("p:w") });
    assert_eq!(field(&basic, "client_id"), None);
    let header = &basic.headers.iter().find(|(name, _)| *name == "authorization").unwrap().1;
    assert_eq!(STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap(), b"tribu+tary:p%3Aw");
    let post = ask(ClientAuth::Post { secret: secret("p:w") });
    assert_eq!(field(&post, "client_secret").as_deref(), Some("p:w"));
    assert!(!format!("{post:?} {basic:?}").contains("p:w"));
}

#[test]
fn assertions_are_signed_for_the_token_endpoint() {
    for (alg, key, algorithm) in
        [(SigningAlg::RS384, rsa(), Algorithm::RS384), (SigningAlg::ES384, ec(), Algorithm::ES384)]
    {
        let key_pem = secret(&key);
        let client = client(ClientAuth::PrivateKeyJwt { alg, kid: "k1".into(), key_pem });
        let request = revoke(&smart(), &client, &secret("r1"), &moment()).unwrap().unwrap();
        assert_eq!(request.url.path(), "/revoke");
        assert_eq!(field(&request, "client_id"), None);
        let assertion = field(&request, "client_assertion").unwrap();
        let header = jsonwebtoken::decode_header(&assertion).unwrap();
        assert_eq!((header.alg, header.kid.as_deref()), (algorithm, Some("k1")));
        let claims: serde_json::Value = jsonwebtoken::dangerous::insecure_decode_claims(&assertion).unwrap();
        assert_eq!(
            claims,
            json!({"iss": "tribu tary", "sub": "tribu tary", "aud": "https://login.riverbend.example/token",
                   "iat": 1_793_534_400, "exp": 1_793_534_640, "jti": "jti-1"})
        );
    }
    let broken = ClientAuth::PrivateKeyJwt { alg: SigningAlg::RS384, kid: "k".into(), key_pem: secret("nonsense") };
    let error = revoke(&smart(), &client(broken), &secret("r1"), &moment()).unwrap_err();
    assert_eq!((error.code(), error.who_must_act()), ("client_key_unusable", Actor::Operator));
}

#[test]
fn refresh_repeats_what_the_platform_wants() {
    let basic = client(ClientAuth::Basic { secret: secret("s") });
    let ask = |platform| refresh(platform, &smart(), &basic, &secret("r1"), "openid", &moment()).unwrap();
    let plain = ask(&GENERIC);
    assert_eq!((field(&plain, "scope"), field(&plain, "client_id")), (None, None));
    let athena = ask(&ATHENA);
    assert_eq!(field(&athena, "scope").as_deref(), Some("openid"));
    assert_eq!(field(&athena, "client_id").as_deref(), Some("tribu tary"));
    let no_endpoint = SmartConfiguration { revocation_endpoint: None, ..smart() };
    assert!(revoke(&no_endpoint, &basic, &secret("r1"), &moment()).unwrap().is_none());
}

#[test]
fn secrets_are_sent_where_the_server_reads_them() {
    for (methods, name) in [
        (&[][..], "client_secret_basic"),
        (&["client_secret_post"], "client_secret_post"),
        (&["client_secret_post", "client_secret_basic"], "client_secret_basic"),
        (&["private_key_jwt"], "client_secret_basic"),
    ] {
        let smart = SmartConfiguration {
            token_endpoint_auth_methods_supported: methods.iter().map(|m| (*m).to_owned()).collect(),
            ..smart()
        };
        assert_eq!(ClientAuth::with_secret(&smart, secret("s")).method(), name);
    }
}

fn answer(status: u16, body: impl Into<String>) -> Answer {
    let url = smart().token_endpoint;
    Answer { status, headers: vec![], body: body.into().into_bytes(), url, truncated: false }
}

#[test]
fn reads_lean_and_full_answers() {
    let lean = Tokens::read(&answer(200, r#"{"access_token":"a","token_type":"bearer"}"#), "asked").unwrap();
    assert_eq!((lean.expires_in.as_secs(), lean.scope.as_str()), (300, "asked"));
    assert_eq!((lean.refresh, lean.id_token, lean.patient), (None, None, None));

    let full = r#"{"access_token":"a","token_type":"BEARER","expires_in":"570","scope":"openid","refresh_token":"r",
        "id_token":"i","patient":"ada","ah_practice":"a-1.Practice-80000","need_patient_banner":false}"#;
    let full = Tokens::read(&answer(200, full), "asked").unwrap();
    assert_eq!((full.expires_in.as_secs(), full.scope.as_str(), full.patient.as_deref()), (570, "openid", Some("ada")));
    assert_eq!(full.refresh, Some(secret("r")));
    assert!(!format!("{full:?}").contains("\"r\""));
}

#[test]
fn a_shared_host_wants_the_practice_named() {
    for given in ["Organization/a-1.Practice-80000", "80000"] {
        let body = json!({"access_token": "a", "ah_practice": given}).to_string();
        let tokens = Tokens::read(&answer(200, body), "").unwrap();
        assert_eq!(tokens.tenant(&ATHENA), Some(("ah-practice", "Organization/a-1.Practice-80000".to_owned())));
        assert_eq!(tokens.tenant(&GENERIC), None);
    }
}

#[test]
fn errors_say_who_must_act() {
    use TokenError::*;
    let cerner = r#"{"error":"urn:cerner:error:authorization-server:oauth2:token:empty-scopes"}"#;
    for (status, body, error, actor) in [
        (400, r#"{"error":"invalid_grant"}"#, InvalidGrant, Actor::Person),
        (401, r#"{"error":"invalid_client"}"#, InvalidClient, Actor::Operator),
        (401, "", InvalidClient, Actor::Operator),
        (400, r#"{"error":"unauthorized_client"}"#, UnauthorizedClient, Actor::Operator),
        (400, r#"{"error":"invalid_scope"}"#, InvalidScope, Actor::Operator),
        (400, cerner, NothingGranted, Actor::Person),
        (200, r#"{"error":"invalid_grant"}"#, InvalidGrant, Actor::Person),
        (404, "<html>", Refused(404), Actor::Operator),
        (503, "", Unavailable(503), Actor::Us),
        (429, "{}", Unavailable(429), Actor::Us),
        (200, "<html>", Malformed, Actor::Provider),
        (200, "[]", Malformed, Actor::Provider),
        (200, r#"{"access_token":""}"#, Malformed, Actor::Provider),
        (200, r#"{"access_token":"a b"}"#, Malformed, Actor::Provider),
        (200, r#"{"access_token":7}"#, Malformed, Actor::Provider),
        (200, r#"{"access_token":"a","token_type":"mac"}"#, NotBearer, Actor::Provider),
    ] {
        let got = Tokens::read(&answer(status, body), "").unwrap_err();
        assert_eq!((got, got.who_must_act()), (error, actor), "{status} {body}");
    }
    let huge = json!({"access_token": "a".repeat(100_000)}).to_string();
    assert_eq!(Tokens::read(&answer(200, huge), ""), Err(TooLarge));
}

#[test]
fn an_id_token_must_pass_every_check() {
    let key = EncodingKey::from_rsa_pem(rsa().as_bytes()).unwrap();
    let other = EncodingKey::from_rsa_pem(rsa().as_bytes()).unwrap();
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    jwk.common.key_id = Some("k1".into());
    let keys = Keys::read(&answer(200, json!({"keys": [{"kty": "weird"}, jwk]}).to_string())).unwrap();
    let now = moment().now;
    let good = json!({"iss": "https://login.riverbend.example/", "sub": "u1", "aud": ["tributary"], "nonce": "n1",
        "exp": now.seconds() + 60, "fhirUser": "Patient/ada"});
    let sign = |claims: &serde_json::Value, kid: &str, key: &EncodingKey, alg: Algorithm| {
        let header = Header { kid: Some(kid.into()), ..Header::new(alg) };
        secret(&jsonwebtoken::encode(&header, claims, key).unwrap())
    };
    let expected = Expected { issuer: "https://login.riverbend.example", client_id: "tributary", nonce: "n1", now };
    let with = |member: &str, value: serde_json::Value| {
        let mut claims = good.clone();
        claims[member] = value;
        verify(&sign(&claims, "k1", &key, Algorithm::RS256), &keys, expected)
    };
    assert_eq!(with("sub", json!("u2")).unwrap().fhir_user.as_deref(), Some("Patient/ada"));
    assert!(with("aud", json!("tributary")).is_ok());
    assert_eq!(with("iss", json!("https://evil.example")), Err(IdTokenError::Issuer));
    assert_eq!(with("aud", json!("someone")), Err(IdTokenError::Audience));
    assert_eq!(with("aud", json!(7)), Err(IdTokenError::Audience));
    assert_eq!(with("azp", json!("someone")), Err(IdTokenError::Audience));
    assert_eq!(with("exp", json!(now.seconds() - 121)), Err(IdTokenError::Expired));
    assert!(with("exp", json!(now.seconds() - 60)).is_ok());
    assert_eq!(with("exp", json!("tomorrow")), Err(IdTokenError::Malformed));
    assert_eq!(with("nonce", json!("n2")), Err(IdTokenError::Nonce));

    let forged = sign(&good, "k1", &other, Algorithm::RS256);
    assert_eq!(verify(&forged, &keys, expected), Err(IdTokenError::Signature));
    let unknown = sign(&good, "k9", &key, Algorithm::RS256);
    assert_eq!(verify(&unknown, &keys, expected), Err(IdTokenError::UnknownKey));
    let hmac = sign(&good, "k1", &EncodingKey::from_secret(b"public"), Algorithm::HS256);
    assert_eq!(verify(&hmac, &keys, expected), Err(IdTokenError::Algorithm));
    assert_eq!(verify(&secret("a.b.c"), &keys, expected), Err(IdTokenError::Malformed));
}

#[test]
fn the_patient_is_found_in_order() {
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"local_patient_id":"v7"}"#);
    let tokens = |patient: Option<&str>| Tokens {
        access: secret(&format!("h.{claims}.s")),
        ..Tokens::read(&answer(200, json!({"access_token": "a", "patient": patient}).to_string()), "").unwrap()
    };
    let known = |id: &str| Whose::Known(id.to_owned());
    let child = Some("https://fhir.riverbend.example/r4/Patient/parent");
    assert_eq!(whose(&GENERIC, &tokens(Some("child")), child, 0).0, known("child"));
    assert_eq!(whose(&ORACLE, &tokens(None), child, 0).0, known("parent"));
    assert_eq!(whose(&ORACLE, &tokens(None), Some("RelatedPerson/7"), 0), (Whose::Introspect, 3));
    assert_eq!(whose(&ORACLE, &tokens(None), Some("RelatedPerson/7"), 3).0, Whose::Unknown);
    assert_eq!(whose(&VERADIGM, &tokens(None), None, 0).0, known("v7"));
    assert_eq!(whose(&GENERIC, &tokens(None), None, 3).0, Whose::Search);

    assert_eq!(patient::of_introspection(&answer(200, r#"{"active":true,"patient":"ada"}"#)).as_deref(), Some("ada"));
    assert_eq!(patient::of_introspection(&answer(200, r#"{"active":false,"patient":"ada"}"#)), None);
    let entry = |id: &str| json!({"resource": {"resourceType": "Patient", "id": id}});
    let found = |entries: Vec<serde_json::Value>| {
        patient::of_search(&answer(200, json!({"resourceType": "Bundle", "entry": entries}).to_string()))
    };
    assert_eq!(found(vec![entry("ada")]), Ok("ada".to_owned()));
    assert_eq!(found(vec![entry("ada"), entry("ben")]), Err(ContextMissing));
    assert_eq!(found(vec![]), Err(ContextMissing));
    assert_eq!(patient::of_fhir_user("Practitioner/7"), None);
    assert_eq!(patient::of_fhir_user("../Patient/.."), None);
}

proptest! {
    #[test]
    fn hostile_answers_never_panic(body in proptest::collection::vec(any::<u8>(), 0..400), token in ".{0,80}") {
        let raw = Answer { body, ..answer(200, "") };
        let _ = (Tokens::read(&raw, ""), Keys::read(&raw), patient::of_search(&raw), patient::of_introspection(&raw));
        let expected = Expected { issuer: "", client_id: "", nonce: "", now: moment().now };
        prop_assert!(verify(&secret(&token), &Keys::default(), expected).is_err());
        let _ = patient::of_fhir_user(&token);
    }
}
