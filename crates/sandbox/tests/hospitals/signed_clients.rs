use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sandbox::{Client, ClientAuth};
use serde_json::{Value, json};

use crate::app::{App, DEMO, EVERYTHING, REDIRECT, VERIFIER};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An application with a key, and the address its public part is read from.
async fn signer() -> (App, EncodingKey) {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
    let key = EncodingKey::from_ec_der(document.as_ref());
    let mut public = Jwk::from_encoding_key(&key, Algorithm::ES384).expect("a public part");
    public.common.key_id = Some("k1".to_owned());
    let set = json!(JwkSet { keys: vec![public] });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let jwks_url = format!("http://{}/jwks.json", listener.local_addr().expect("bound"));
    let router = axum::Router::new().route("/jwks.json", axum::routing::get(async move || axum::Json(set.clone())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Client {
        client_id: "signed".to_owned(),
        name: "Ada's Notebook".to_owned(),
        auth: ClientAuth::PrivateKeyJwt { jwks_url },
        redirect_uris: vec![REDIRECT.to_owned()],
        scopes: String::new(),
    };
    (App::start_with(vec![client]).await, key)
}

fn header() -> Header {
    Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES384) }
}

fn claims(app: &App, jti: &str) -> Value {
    json!({"iss": "signed", "sub": "signed", "aud": format!("{}/{DEMO}/token", app.base), "exp": app.now() + 240, "jti": jti})
}

async fn redeem(app: &App, assertion: &str) -> (u16, Value) {
    let code = app.code(DEMO, "signed", EVERYTHING, |_| true).await.redirected("code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    let answer = app.post(&format!("/{DEMO}/token"), &form, &[]).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_signed_client_is_known_by_its_key_and_signs_each_time_anew() {
    let (app, key) = signer().await;
    let assertion = jsonwebtoken::encode(&header(), &claims(&app, "j1"), &key).expect("signed");
    let (status, tokens) = redeem(&app, &assertion).await;
    assert_eq!(status, 200, "{tokens}");
    assert!(tokens["refresh_token"].is_string());
    assert_eq!(redeem(&app, &assertion).await.1["error"], "invalid_client");
}

#[tokio::test]
async fn a_bad_assertion_is_no_proof() {
    let (app, key) = signer().await;
    let stranger = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
    let stranger = EncodingKey::from_ec_der(stranger.as_ref());
    let small = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
    let small = EncodingKey::from_ec_der(small.as_ref());
    let with = |name: &str, value: Value| {
        let mut claims = claims(&app, "j2");
        claims[name] = value;
        claims
    };
    let unknown = Header { kid: Some("k2".to_owned()), ..header() };
    let cases = [
        ("another key", header(), claims(&app, "j2"), &stranger),
        (
            "another algorithm",
            Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES256) },
            claims(&app, "j2"),
            &small,
        ),
        ("an unknown kid", unknown, claims(&app, "j2"), &key),
        ("no kid", Header { kid: None, ..header() }, claims(&app, "j2"), &key),
        ("another audience", header(), with("aud", json!(app.base)), &key),
        ("another subject", header(), with("sub", json!("public")), &key),
        ("expired", header(), with("exp", json!(app.now())), &key),
        ("too long", header(), with("exp", json!(app.now() + 301)), &key),
        ("no jti", header(), with("jti", json!("")), &key),
    ];
    for (case, header, claims, key) in cases {
        let assertion = jsonwebtoken::encode(&header, &claims, key).expect("signed");
        let (status, answer) = redeem(&app, &assertion).await;
        assert_eq!((status, answer["error"].as_str()), (401, Some("invalid_client")), "{case}");
    }
    assert_eq!(redeem(&app, "nonsense").await.1["error"], "invalid_client");
}
