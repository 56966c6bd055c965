//! Which source a file belongs to: the organization that keeps the record, as far as the file names it.

use ::records::ccda::Custodian;
use ::records::files::Server;
use aws_lc_rs::digest::{SHA256, digest};
use domain::SourceId;

use crate::sealing::bound;

/// The source of everything that names no organization.
pub const FILES: SourceId = SourceId(*b"tributary/df");

/// What [`FILES`] is called.
const FILES_NAME: &str = "Files you added";

/// A source as a file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub id: SourceId,
    pub name: String,
}

impl Origin {
    pub fn unnamed() -> Origin {
        Origin { id: FILES, name: FILES_NAME.to_owned() }
    }

    /// Of what tells nothing and clashes with what is in the ones before it: the first is [`FILES`] itself.
    pub fn unnamed_but(number: usize) -> Origin {
        match number {
            0 | 1 => Origin::unnamed(),
            more => Origin { id: id("files", &more.to_string()), name: format!("{FILES_NAME} ({more})") },
        }
    }

    /// A server is what its address says, and is called by its host.
    pub fn of_server(server: &Server) -> Origin {
        Origin { id: id("server", &server.base), name: server.host.clone() }
    }

    /// The same name in other letters is the same organization.
    pub fn named(name: &str) -> Origin {
        let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let folded = words.map(str::to_lowercase).collect::<Vec<_>>().join(" ");
        match folded.is_empty() {
            true => Origin::unnamed(),
            false => Origin { id: id("name", &folded), name: tidy(name) },
        }
    }

    pub fn of_custodian(custodian: Option<&Custodian>) -> Origin {
        let Some(Custodian { name, id: told }) = custodian else { return Origin::unnamed() };
        let name = name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        match (told.as_deref().filter(|told| !told.is_empty()), name) {
            (Some(told), name) => Origin { id: id("id", told), name: name.map_or_else(|| FILES_NAME.to_owned(), tidy) },
            (None, Some(name)) => Origin::named(name),
            (None, None) => Origin::unnamed(),
        }
    }
}

/// A name as it may be shown anywhere, a terminal included.
fn tidy(name: &str) -> String {
    let plain: String = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same on every installation.
fn id(how: &str, what: &str) -> SourceId {
    let hash = digest(&SHA256, &bound(&[b"source of files v1", how.as_bytes(), what.as_bytes()]));
    let mut id = [0; 12];
    id.copy_from_slice(&hash.as_ref()[..12]);
    SourceId(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_organization_is_one_source() {
        let custodian = |name: Option<&str>, id: Option<&str>| {
            Origin::of_custodian(Some(&Custodian { name: name.map(str::to_owned), id: id.map(str::to_owned) })).id
        };
        assert_eq!(custodian(Some("Riverbend Clinic"), Some("1.2^3")), custodian(Some("RIVERBEND"), Some("1.2^3")));
        assert_ne!(
            custodian(Some("Riverbend Clinic"), Some("1.2^3")),
            custodian(Some("Riverbend Clinic"), Some("1.2^4"))
        );
        assert_eq!(custodian(Some("Riverbend  Clinic"), None), Origin::named("RIVERBEND CLINIC.").id);
        assert_eq!(custodian(None, None), FILES);
        assert_eq!(custodian(Some(" "), Some("")), FILES);
        assert_eq!(Origin::of_custodian(None), Origin::unnamed());
    }
}
