use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use domain::{HumanId, Profile, RowId, SecretPolicy, TokenKind};

use super::{Aad, MasterKey, MasterKeyError, SealingError};
use crate::OpenError;
use crate::handles::Purpose;
use crate::open::testing::{HERE, House, MASTER_KEY, token};

const ADA: HumanId = HumanId([1; 16]);
const GRACE: HumanId = HumanId([2; 16]);
const PLACE: Aad<'static> = Aad { table: "records", row: "vitals/1", column: "body" };

#[tokio::test]
async fn a_sealed_value_opens_only_in_its_place() {
    let house = House::open().await;
    let wrapped = house.engine.inner.root.new_data_key(ADA);
    let key = house.engine.data_key(ADA, &wrapped).unwrap();
    for plain in [b"".as_slice(), b"72 bpm", &[7; 100_000]] {
        let sealed = key.seal(PLACE, plain);
        assert_eq!(key.open(PLACE, &sealed).unwrap(), plain);
        assert_eq!(sealed.len(), plain.len() + 1 + 12 + 16);
        assert_ne!(sealed, key.seal(PLACE, plain), "no two are alike");
        for elsewhere in [
            Aad { table: "resources", ..PLACE },
            Aad { row: "vitals/2", ..PLACE },
            Aad { row: "", ..PLACE },
            Aad { column: "report", ..PLACE },
            Aad { table: "recordsvitals", row: "/1", ..PLACE },
        ] {
            assert!(matches!(key.open(elsewhere, &sealed), Err(SealingError::DoesNotOpen)));
        }
        for at in [0, 1, 12, 13, sealed.len() - 1] {
            let mut damaged = sealed.clone();
            damaged[at.min(sealed.len() - 1)] ^= 1;
            assert!(key.open(PLACE, &damaged).is_err(), "byte {at}");
        }
        for length in [0, 1, 13, 28, sealed.len() - 1] {
            assert!(key.open(PLACE, &sealed[..length.min(sealed.len() - 1)]).is_err());
        }
    }
}

#[tokio::test]
async fn people_have_keys_of_their_own() {
    let house = House::open().await;
    let engine = &house.engine;
    let (ada, grace) = (engine.inner.root.new_data_key(ADA), engine.inner.root.new_data_key(GRACE));
    let sealed = engine.data_key(ADA, &ada).unwrap().seal(PLACE, b"72 bpm");
    assert!(engine.data_key(GRACE, &grace).unwrap().open(PLACE, &sealed).is_err());
    assert!(engine.data_key(GRACE, &ada).is_err(), "a wrapped key copied to another person");
    assert!(engine.data_key(ADA, &grace).is_err());
    // A new key under the same id counts at once, although the old one was just in use.
    let anew = engine.inner.root.new_data_key(ADA);
    assert!(engine.data_key(ADA, &anew).unwrap().open(PLACE, &sealed).is_err());
    assert!(engine.data_key(ADA, &ada).unwrap().open(PLACE, &sealed).is_ok());

    let profile = Profile { client_user_id: "ada".to_owned(), email: None, extra_scopes: Vec::new() };
    let key = engine.data_key(ADA, &ada).unwrap();
    let sealed = key.seal_json(PLACE, &profile);
    assert_eq!(key.open_json::<Profile>(PLACE, &sealed).unwrap(), profile);
    assert!(matches!(key.open_json::<Vec<u8>>(PLACE, &sealed), Err(SealingError::DoesNotOpen)));
}

#[tokio::test]
async fn handles_serve_one_purpose_on_one_installation() {
    let house = House::open().await;
    let row = RowId([3; 16]);
    let ticket = house.engine.seal_handle(Purpose::Ticket, ADA, row);
    assert_eq!(house.engine.open_handle(Purpose::Ticket, &ticket), Some((ADA, row)));
    assert_eq!(house.engine.open_handle(Purpose::State, &ticket), None);
    assert!(ticket.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    for bad in [
        String::new(),
        "x".repeat(500),
        ticket[1..].to_owned(),
        format!("{ticket}A"),
        ticket.replacen(&ticket[20..21], "~", 1),
    ] {
        assert_eq!(house.engine.open_handle(Purpose::Ticket, &bad), None);
    }
    assert_eq!(house.beside(MASTER_KEY).await.unwrap().open_handle(Purpose::Ticket, &ticket), Some((ADA, row)));
}

#[tokio::test]
async fn another_master_key_is_noticed_at_the_door() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    house.person(&client, "ada").await;
    let other = MASTER_KEY.replace("00", "ff");
    assert!(matches!(house.beside(&other).await, Err(OpenError::WrongMasterKey)));
    let again = house.beside(MASTER_KEY).await.unwrap();
    let request = client.request(TokenKind::Session, "ada");
    assert_eq!(again.hash_index("x", b"y"), house.engine.hash_index("x", b"y"));
    again.issue(request).await.unwrap();
}

#[test]
fn the_master_key_file_is_made_once_and_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let made = MasterKey::from_file(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(MasterKey::from_file(&path).unwrap().0, made.0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft stays behind");
    for open in [0o640, 0o604, 0o644, 0o660] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(open)).unwrap();
        assert!(matches!(MasterKey::from_file(&path), Err(MasterKeyError::Permissions(_))), "{open:o}");
    }
    assert!(matches!(MasterKey::from_file(&folder.path().join("none/master.key")), Err(MasterKeyError::File(..))));

    let raced = folder.path().join("raced.key");
    let keys: Vec<MasterKey> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| MasterKey::from_file(&raced).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| key.0 == keys[0].0), "whoever came first, all have the same key");
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn master_keys_have_two_text_forms() {
    let hex = MasterKey::from_text(&format!("  {MASTER_KEY}\n")).unwrap();
    let base64 = MasterKey::from_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    assert_eq!(hex.0, base64.0);
    for bad in ["", "password", &MASTER_KEY[1..], &"g".repeat(64), &"A".repeat(44)] {
        assert!(matches!(MasterKey::from_text(bad), Err(MasterKeyError::Malformed)), "{bad}");
    }
    assert_eq!(MasterKey::from_command(&format!("echo {MASTER_KEY}")).unwrap().0, hex.0);
    assert!(matches!(MasterKey::from_command("exit 3"), Err(MasterKeyError::Command)));
    assert!(matches!(MasterKey::from_command("echo nothing"), Err(MasterKeyError::Malformed)));
}

/// Whoever has the files alone learns nothing of people, apps' secrets or tokens.
#[tokio::test]
async fn nothing_personal_is_in_the_files() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let mut markers = vec![
        client.secret.expose().clone(),
        "planted-user-1".to_owned(),
        "planted@example.org".to_owned(),
        "Plantedbrook".to_owned(),
    ];
    let mut request = client.request(TokenKind::Session, "planted-user-1");
    request.client_user_email = Some("planted@example.org".to_owned());
    let session = house.engine.issue(request).await.unwrap();
    markers.push(token(&session).to_owned());
    let human_id = crate::open::testing::human_id(&session);
    house.connect(human_id, 7, "Plantedbrook Clinic").await;
    for kind in [TokenKind::Id, TokenKind::Access] {
        markers.push(token(&house.ask(&client, kind, "planted-user-1").await.unwrap()).to_owned());
    }
    let issued = house.engine.issue_client_token(&client.app.client_id.to_hex(), &client.secret, HERE).await.unwrap();
    markers.push(issued.client_token.expose().clone());
    markers.push(
        house.engine.rotate_secret(client.app.client_id, std::time::Duration::ZERO).await.unwrap().expose().clone(),
    );
    markers.push(MASTER_KEY.to_owned());
    markers.push("PRIVATE KEY".to_owned());

    let mut bytes = Vec::new();
    for file in std::fs::read_dir(house.folder()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    assert!(found(&bytes, human_id.to_hex().as_bytes()), "the search looks at the right files");
    for marker in &markers {
        assert!(!found(&bytes, marker.as_bytes()), "found in clear: {marker}");
        if let Ok(raw) = hex::decode(marker) {
            assert!(!found(&bytes, &raw), "found as bytes: {marker}");
        }
    }
}

fn found(bytes: &[u8], marker: &[u8]) -> bool {
    bytes.windows(marker.len()).any(|window| window == marker)
}
