//! Encryption at rest: a master key wraps one data key per person; every value is bound to its row.
//!
//! There is no plaintext mode. A sealed value is `1 ‖ nonce ‖ ciphertext ‖ tag` (AES-256-GCM); what it
//! belongs to (table, person, row, column) is authenticated with it, so it opens nowhere else.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad as Authenticated, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{HumanId, Secret};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::{Zeroize, Zeroizing};

use crate::Engine;
use crate::keys::random;

const FORMAT: u8 = 1;
const KEY_LEN: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    #[error("a sealed value does not open: wrong key, wrong place, or damaged")]
    DoesNotOpen,
}

#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error("{0} cannot be read or created")]
    File(String, #[source] std::io::Error),
    #[error("the master key file {0} can be read by others; it must have mode 0600")]
    Permissions(String),
    #[error("the master key must be 64 hex digits or 44 characters of base64")]
    Malformed,
    #[error("the master key command failed")]
    Command,
}

/// 32 bytes that open everything else.
#[derive(Clone)]
pub struct MasterKey(pub(crate) Secret<Vec<u8>>);

impl MasterKey {
    /// Reads the file, or creates it with mode 0600 and a fresh key.
    ///
    /// # Errors
    /// When the file cannot be read or created, others can read it, or it holds no key.
    pub fn from_file(path: &Path) -> Result<MasterKey, MasterKeyError> {
        let failed = |error| MasterKeyError::File(path.display().to_string(), error);
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path).map_err(failed)?;
                File::open(path).map_err(failed)?
            }
            Err(error) => return Err(failed(error)),
        };
        if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
            return Err(MasterKeyError::Permissions(path.display().to_string()));
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed)?;
        MasterKey::from_text(&text)
    }

    /// From its text form (an environment variable).
    ///
    /// # Errors
    /// When the text is not 32 bytes in hex or base64.
    pub fn from_text(text: &str) -> Result<MasterKey, MasterKeyError> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text).map_err(|_| MasterKeyError::Malformed)?,
            44 => STANDARD.decode(text).map_err(|_| MasterKeyError::Malformed)?,
            _ => return Err(MasterKeyError::Malformed),
        };
        match bytes.len() {
            KEY_LEN => Ok(MasterKey(Secret::new(bytes))),
            _ => Err(MasterKeyError::Malformed),
        }
    }

    /// From the standard output of a command, e.g. of a key management service.
    ///
    /// # Errors
    /// When the command cannot be run, fails, or prints no key.
    pub fn from_command(command: &str) -> Result<MasterKey, MasterKeyError> {
        let output = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|_| MasterKeyError::Command)?;
        let printed = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(MasterKeyError::Command);
        }
        MasterKey::from_text(std::str::from_utf8(&printed).map_err(|_| MasterKeyError::Malformed)?)
    }

    /// A key of its own for each use, so that no two uses can be confused.
    fn subkey(&self, purpose: &[u8]) -> SealingKey {
        let mut bytes = [0; KEY_LEN];
        Salt::new(HKDF_SHA256, b"tributary master key")
            .extract(self.0.expose())
            .expand(&[purpose], HKDF_SHA256)
            .and_then(|output| output.fill(&mut bytes))
            .expect("HKDF-SHA256 gives 32 bytes");
        let key = SealingKey::new(&bytes);
        bytes.zeroize();
        key
    }
}

/// Writes a fresh key beside `path` and links it into place: readers see the whole file or none,
/// and of two processes that create it at once, one wins.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = folder.join(format!(".master-key-{}", hex::encode(random::<8>())));
    let key = Zeroizing::new(random::<KEY_LEN>());
    let text = Zeroizing::new(format!("{}\n", hex::encode(*key)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => File::open(folder)?.sync_all(),
    }
}

/// The place a value belongs to. It does not open anywhere else.
#[derive(Clone, Copy)]
pub(crate) struct Aad<'a> {
    pub table: &'static str,
    /// The row within the person's part of the table, e.g. the hex id.
    pub row: &'a str,
    pub column: &'static str,
}

impl Aad<'_> {
    fn bytes(&self, owner: &[u8]) -> Vec<u8> {
        bound(&[self.table.as_bytes(), owner, self.row.as_bytes(), self.column.as_bytes()])
    }
}

/// Parts joined so that no two lists of parts give the same bytes.
pub(crate) fn bound(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// One AES-256-GCM key.
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    fn new(bytes: &[u8; KEY_LEN]) -> SealingKey {
        SealingKey(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("the key has 32 bytes")))
    }

    pub(crate) fn seal(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = random::<NONCE_LEN>();
        let mut out = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Authenticated::from(place),
                &mut out[1 + NONCE_LEN..],
            )
            .expect("whatever fits in memory can be sealed");
        out.extend_from_slice(tag.as_ref());
        out
    }

    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealingError> {
        let (head, body) = sealed.split_at_checked(1 + NONCE_LEN).ok_or(SealingError::DoesNotOpen)?;
        if head[0] != FORMAT {
            return Err(SealingError::DoesNotOpen);
        }
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(|_| SealingError::DoesNotOpen)?;
        let mut plain = body.to_vec();
        let length = match self.0.open_in_place(nonce, Authenticated::from(place), &mut plain) {
            Ok(opened) => opened.len(),
            Err(_) => return Err(SealingError::DoesNotOpen),
        };
        plain.truncate(length);
        Ok(plain)
    }
}

/// What the master key is used for; the master key itself seals nothing.
pub(crate) struct RootKeys {
    people: SealingKey,
    installation: SealingKey,
    pub handles: SealingKey,
}

impl RootKeys {
    pub(crate) fn of(master: &MasterKey) -> RootKeys {
        RootKeys {
            people: master.subkey(b"people v1"),
            installation: master.subkey(b"installation v1"),
            handles: master.subkey(b"handles v1"),
        }
    }

    /// Seals what belongs to the installation and to no person.
    pub(crate) fn seal(&self, aad: Aad<'_>, plain: &[u8]) -> Vec<u8> {
        self.installation.seal(&aad.bytes(b""), plain)
    }

    pub(crate) fn open(&self, aad: Aad<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealingError> {
        self.installation.open(&aad.bytes(b""), sealed)
    }

    /// A fresh data key for a person, wrapped.
    pub(crate) fn new_data_key(&self, human_id: HumanId) -> Vec<u8> {
        let bytes = Zeroizing::new(random::<KEY_LEN>());
        self.people.seal(&wrapping(human_id), bytes.as_slice())
    }

    fn unwrap(&self, human_id: HumanId, wrapped: &[u8]) -> Result<SealingKey, SealingError> {
        let bytes = Zeroizing::new(self.people.open(&wrapping(human_id), wrapped)?);
        Ok(SealingKey::new(bytes.as_slice().try_into().map_err(|_| SealingError::DoesNotOpen)?))
    }
}

fn wrapping(human_id: HumanId) -> Vec<u8> {
    bound(&[b"humans", &human_id.0, b"wrapped_key"])
}

/// A person's data key, ready for use; a cheap clone.
#[derive(Clone)]
pub(crate) struct DataKey {
    human_id: HumanId,
    wrapped: Arc<[u8]>,
    key: Arc<SealingKey>,
}

impl DataKey {
    pub(crate) fn seal(&self, aad: Aad<'_>, plain: &[u8]) -> Vec<u8> {
        self.key.seal(&aad.bytes(&self.human_id.0), plain)
    }

    pub(crate) fn open(&self, aad: Aad<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealingError> {
        self.key.open(&aad.bytes(&self.human_id.0), sealed)
    }

    /// Seals the JSON of one of our own types.
    pub(crate) fn seal_json<T: Serialize>(&self, aad: Aad<'_>, value: &T) -> Vec<u8> {
        let plain = Zeroizing::new(serde_json::to_vec(value).expect("our own types have a JSON form"));
        self.seal(aad, &plain)
    }

    /// A value of another shape than `T` counts as damaged.
    pub(crate) fn open_json<T: DeserializeOwned>(&self, aad: Aad<'_>, sealed: &[u8]) -> Result<T, SealingError> {
        let plain = Zeroizing::new(self.open(aad, sealed)?);
        serde_json::from_slice(&plain).map_err(|_| SealingError::DoesNotOpen)
    }
}

/// Unwrapped data keys of the people seen last.
pub(crate) type DataKeys = quick_cache::sync::Cache<HumanId, DataKey>;

/// At about a kilobyte each.
pub(crate) const DATA_KEYS: usize = 4096;

impl Engine {
    /// The person's data key. Take it once for many values.
    pub(crate) fn data_key(&self, human_id: HumanId, wrapped: &[u8]) -> Result<DataKey, SealingError> {
        // A person deleted and brought back has another key under the same id.
        if let Some(known) = self.inner.data_keys.get(&human_id).filter(|known| *known.wrapped == *wrapped) {
            return Ok(known);
        }
        let key = Arc::new(self.inner.root.unwrap(human_id, wrapped)?);
        let known = DataKey { human_id, wrapped: wrapped.into(), key };
        self.inner.data_keys.insert(human_id, known.clone());
        Ok(known)
    }
}

#[cfg(test)]
mod tests;
