//! What a hospital has promised, one JSON line per fact, so that a restart breaks no promise.
//!
//! A fact is written before it is answered. Tokens are written as hashes only.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::grants::{Grant, GrantId, TokenHash};
use super::keys::Key;
use super::scopes::Scope;

/// One thing that stays true after a restart.
#[derive(Clone, Deserialize, Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub enum Fact {
    Key(Key),
    Granted {
        id: GrantId,
        grant: Grant,
    },
    /// One answer of the token endpoint: in one line, so that no half of it can be lost.
    Issued(Issued),
    AccessRevoked {
        token: TokenHash,
    },
    GrantRevoked {
        id: GrantId,
    },
}

/// What one answer gave out, and the refresh token that was used up for it.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub struct Issued {
    pub grant: GrantId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spent: Option<TokenHash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<TokenHash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<IssuedAccess>,
}

#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub struct IssuedAccess {
    pub token: TokenHash,
    pub scopes: Vec<Scope>,
    pub expires: i64,
}

/// Why a folder cannot hold what hospitals promise.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the ledger {0} cannot be opened")]
    File(PathBuf, #[source] io::Error),
    #[error("line {line} of the ledger {path} cannot be read")]
    Line { path: PathBuf, line: usize, source: serde_json::Error },
}

/// A fact could not be written, so it must not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server cannot write down what it promises")]
pub struct Unwritten;

/// The journal of one hospital, or none.
#[derive(Default)]
pub struct Ledger(Option<Mutex<Journal>>);

struct Journal {
    file: File,
    /// Bytes of whole lines.
    length: u64,
}

impl Ledger {
    /// The ledger at `path` with what it says; what no longer matters at `now` is dropped from the file first.
    pub fn open(path: &Path, now: i64) -> Result<(Ledger, Vec<Fact>), LedgerError> {
        let failed = |error| LedgerError::File(path.to_owned(), error);
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed)?,
        };
        let facts =
            parse(&bytes).map_err(|(line, source)| LedgerError::Line { path: path.to_owned(), line, source })?;
        let facts = compacted(facts, now);
        let text = lines(&facts).map_err(failed)?;
        let file = replace(path, &text).map_err(failed)?;
        Ok((Ledger(Some(Mutex::new(Journal { file, length: text.len() as u64 }))), facts))
    }

    /// Hands facts to the operating system, and to the disk those that cannot be had again.
    pub fn write(&self, facts: &[Fact]) -> Result<(), Unwritten> {
        let Some(journal) = &self.0 else { return Ok(()) };
        let mut journal = journal.lock().expect("no holder of the journal panics");
        journal.append(facts).map_err(|error| {
            tracing::error!(%error, "a hospital cannot write to its ledger");
            Unwritten
        })
    }

    #[cfg(test)]
    pub fn on(file: File) -> Ledger {
        Ledger(Some(Mutex::new(Journal { file, length: 0 })))
    }
}

impl Journal {
    fn append(&mut self, facts: &[Fact]) -> io::Result<()> {
        let text = lines(facts)?;
        let mut written = self.file.write_all(&text);
        if facts.iter().any(Fact::lasts) {
            written = written.and_then(|()| self.file.sync_data());
        }
        match written {
            Ok(()) => self.length += text.len() as u64,
            // Half a line would spoil the next one.
            Err(_) => self.file.set_len(self.length)?,
        }
        written
    }
}

impl Fact {
    /// Whether losing it would cost more than asking for another access token.
    fn lasts(&self) -> bool {
        match self {
            Fact::Key(_) | Fact::GrantRevoked { .. } | Fact::AccessRevoked { .. } => true,
            Fact::Issued(issued) => issued.refresh.is_some() || issued.spent.is_some(),
            Fact::Granted { .. } => false,
        }
    }
}

fn lines(facts: &[Fact]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for fact in facts {
        serde_json::to_writer(&mut text, fact)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// The facts of a journal. A last line that was torn was never answered, so it is no fact; any
/// other line that cannot be read is an error, with its number.
fn parse(bytes: &[u8]) -> Result<Vec<Fact>, (usize, serde_json::Error)> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.map(|(index, line)| serde_json::from_slice(line).map_err(|error| (index + 1, error))).collect()
}

/// The facts that still matter, in the same order.
fn compacted(facts: Vec<Fact>, now: i64) -> Vec<Fact> {
    let (mut ended, mut revoked, mut spent) = (HashSet::new(), HashSet::new(), HashSet::new());
    for fact in &facts {
        match fact {
            Fact::GrantRevoked { id } => drop(ended.insert(*id)),
            Fact::AccessRevoked { token } => drop(revoked.insert(token.clone())),
            Fact::Issued(issued) => spent.extend(issued.spent.clone()),
            Fact::Key(_) | Fact::Granted { .. } => {}
        }
    }
    let mut alive = HashSet::new();
    let mut kept: Vec<Fact> = facts
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Issued(issued) if !ended.contains(&issued.grant) => {
                let refresh = issued.refresh.filter(|token| !spent.contains(token));
                let access = issued.access.filter(|access| access.expires > now && !revoked.contains(&access.token));
                if refresh.is_some() || access.is_some() {
                    alive.insert(issued.grant);
                }
                let matters = refresh.is_some() || access.is_some() || issued.spent.is_some();
                matters.then_some(Fact::Issued(Issued { refresh, access, ..issued }))
            }
            Fact::Key(_) | Fact::Granted { .. } => Some(fact),
            Fact::Issued(_) | Fact::AccessRevoked { .. } | Fact::GrantRevoked { .. } => None,
        })
        .collect();
    kept.retain(|fact| match fact {
        Fact::Granted { id, .. } => alive.contains(id),
        Fact::Issued(issued) => alive.contains(&issued.grant),
        _ => true,
    });
    kept
}

/// Puts a file readable by its owner only in the place of another, whole or not at all.
fn replace(path: &Path, text: &[u8]) -> io::Result<File> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let next = path.with_extension("next");
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&next)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&next, path)?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::Account;

    fn granted(id: GrantId) -> Fact {
        Fact::Granted {
            id,
            grant: Grant::new("app", Account::Person(id), Scope::parse_list("openid patient/*.rs"), None),
        }
    }

    fn issued(grant: GrantId, spent: Option<&str>, refresh: Option<&str>, access: Option<(&str, i64)>) -> Fact {
        let access = access.map(|(token, expires)| IssuedAccess {
            token: TokenHash::of(token),
            scopes: vec![Scope::OpenId],
            expires,
        });
        Fact::Issued(Issued { grant, spent: spent.map(TokenHash::of), refresh: refresh.map(TokenHash::of), access })
    }

    #[test]
    fn wherever_the_last_line_is_torn_the_lines_before_it_hold() {
        let scopes = Scope::parse_list("patient/Observation.rs?code=a%26b+c%20%25 user/Goal.read");
        let facts = vec![
            Fact::Key(Key { kid: "k".into(), der: "AA==".into() }),
            Fact::Granted { id: 7, grant: Grant::new("app", Account::NoData, scopes, None) },
            issued(7, None, Some("r1"), Some(("a1", 100))),
            issued(7, Some("r1"), Some("r2"), Some(("a2", 200))),
        ];
        let text = lines(&facts).expect("text");
        assert_eq!(parse(&text).expect("whole"), facts);
        let last = lines(&facts[3..]).expect("text").len();
        for torn in 1..=last {
            assert_eq!(parse(&text[..text.len() - torn]).expect("readable"), facts[..3], "without {torn} bytes");
        }
        let spoilt = [text.as_slice(), b"{\"fact\":\n", &text].concat();
        assert_eq!(parse(&spoilt).expect_err("a line in the middle").0, 5);
    }

    #[test]
    fn only_what_still_matters_is_kept() {
        let facts = vec![
            Fact::Key(Key { kid: "k".into(), der: "AA==".into() }),
            granted(0),
            issued(0, None, Some("r1"), Some(("old", 100))),
            granted(1),
            issued(1, None, None, Some(("expired", 100))),
            granted(2),
            issued(2, None, Some("ended"), Some(("ended too", 900))),
            Fact::GrantRevoked { id: 2 },
            issued(0, Some("r1"), Some("r2"), Some(("new", 900))),
            granted(3),
            issued(3, None, None, Some(("taken back", 900))),
            Fact::AccessRevoked { token: TokenHash::of("taken back") },
        ];
        let key = facts[0].clone();
        let kept = compacted(facts, 100);
        assert_eq!(kept, [key, granted(0), issued(0, Some("r1"), Some("r2"), Some(("new", 900)))]);
        assert_eq!(compacted(kept.clone(), 100), kept);
    }
}
