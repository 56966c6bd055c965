use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;

use domain::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::open::testing::House;
use crate::registrations::{ClientAuthentication, Registration};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn get(text: &str) -> Request {
    Request { timeout: Duration::from_millis(200), ..Request::get(url(text)) }
}

/// A name server that knows a few houses.
fn stub(name: String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>> {
    let (here, inside, out) = (Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 255, 255, 1), Ipv4Addr::new(192, 0, 2, 1));
    let found: std::io::Result<Vec<IpAddr>> = match name.as_str() {
        "here.example" => Ok(vec![here.into()]),
        "inside.example" => Ok(vec![inside.into()]),
        "both.example" => Ok(vec![here.into(), inside.into()]),
        "metadata.example" => Ok(vec![Ipv4Addr::new(169, 254, 169, 254).into()]),
        "examples.example" => Ok(vec![out.into()]),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    Box::pin(async move { found })
}

#[test]
fn only_encrypted_addresses_within_reach() {
    let contact = url("https://tributary.example");
    for (address, public, chosen, development) in [
        ("https://ehr.example/r4", true, true, true),
        ("https://93.184.216.34/r4", true, true, true),
        ("https://10.0.0.5/r4", false, true, true),
        ("https://[fc00::5]/r4", false, true, true),
        ("http://ehr.example/r4", false, false, true),
        ("https://127.0.0.1/r4", false, false, true),
        ("https://2130706433/r4", false, false, true),
        ("https://0x7f.1/r4", false, false, true),
        ("https://localhost/r4", false, false, true),
        ("https://ehr.localhost/r4", false, false, true),
        ("https://169.254.169.254/latest", false, false, true),
        ("https://[::1]/r4", false, false, true),
        ("https://[::ffff:127.0.0.1]/r4", false, false, true),
        ("ftp://ehr.example/r4", false, false, false),
        ("data:text/plain,x", false, false, false),
    ] {
        let (production, at_home) = (Http::new(&contact, false), Http::new(&contact, true));
        assert_eq!(production.public.permit(&url(address)).is_ok(), public, "{address}");
        assert_eq!(production.chosen.permit(&url(address)).is_ok(), chosen, "{address}");
        assert_eq!(at_home.public.permit(&url(address)).is_ok(), development, "{address}");
        assert_eq!(at_home.chosen.permit(&url(address)).is_ok(), development, "{address}");
    }
}

#[tokio::test]
async fn a_name_is_judged_by_where_it_leads() {
    let http = Http::with_lookup(&url("https://tributary.example"), false, stub);
    for (name, public, chosen) in [
        ("here.example", true, true),
        ("metadata.example", true, true),
        ("inside.example", true, false),
        ("both.example", true, false),
        ("examples.example", true, false),
        ("nowhere.example", false, false),
    ] {
        let request = get(&format!("https://{name}/document"));
        for (way, refused) in [(&http.public, public), (&http.chosen, chosen)] {
            let error = http.send_by(way, &request).await.unwrap_err();
            assert_eq!(error == SendError::Insecure, refused, "{name} {:?}: {error}", way.reach);
        }
    }
}

#[tokio::test]
async fn in_development_a_name_may_lead_here() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
    });
    let http = Http::with_lookup(&url("https://tributary.example"), true, stub);
    let request = Request::get(url(&format!("http://here.example:{port}/document")));
    assert_eq!(http.send_by(&http.public, &request).await.unwrap().body, b"hi");
}

#[tokio::test]
async fn a_document_in_the_private_network_must_be_at_a_registered_host() {
    let house = House::open().await;
    let request = get("https://10.255.255.1/document.xml");
    assert_eq!(house.engine.send_abroad(&request).await, Err(SendError::Insecure));
    let registration = Registration {
        endpoint: url("https://10.255.255.1:8443/r4"),
        platform: "generic".to_owned(),
        client_id: "tributary".to_owned(),
        authentication: ClientAuthentication::Basic(Secret::new("hush".to_owned())),
        scopes: None,
    };
    house.engine.put_registration(registration).await.unwrap();
    assert_ne!(house.engine.send_abroad(&request).await, Err(SendError::Insecure), "it is tried");
    assert_eq!(house.engine.send_abroad(&get("https://10.255.255.2/document.xml")).await, Err(SendError::Insecure));
}
