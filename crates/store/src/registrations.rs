//! Our clients at providers.

use domain::Timestamp;

use crate::{Batch, Db, Error, Expect, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationRow {
    /// A FHIR base or a platform id.
    pub endpoint: String,
    /// Our id at the provider.
    pub client_id: String,
    /// How we authenticate there.
    pub auth: String,
    pub sealed: Vec<u8>,
    pub scopes: Option<String>,
    pub created_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT endpoint, client_id, auth, sealed, scopes, created_at FROM registrations ", $rest)
    };
}

pub async fn find(db: &Db, endpoint: &str) -> Result<Option<RegistrationRow>, Error> {
    db.find(select!("WHERE endpoint = $1"), [endpoint.into()], read).await
}

pub async fn list(db: &Db) -> Result<Vec<RegistrationRow>, Error> {
    db.list(select!("ORDER BY endpoint"), [], read).await
}

/// Replaces an earlier registration but keeps its creation time.
pub fn put(batch: &mut Batch, registration: &RegistrationRow) -> usize {
    const SQL: &str = "INSERT INTO registrations (endpoint, client_id, auth, sealed, scopes, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (endpoint) DO UPDATE SET client_id = excluded.client_id, auth = excluded.auth, sealed = excluded.sealed,
        scopes = excluded.scopes";
    let params = [
        registration.endpoint.as_str().into(),
        registration.client_id.as_str().into(),
        registration.auth.as_str().into(),
        registration.sealed.as_slice().into(),
        registration.scopes.as_deref().into(),
        registration.created_at.into(),
    ];
    batch.push(SQL, Expect::One, params)
}

pub fn delete(batch: &mut Batch, endpoint: &str) -> usize {
    batch.push("DELETE FROM registrations WHERE endpoint = $1", Expect::Any, [endpoint.into()])
}

fn read(mut row: Row) -> Result<RegistrationRow, Error> {
    Ok(RegistrationRow {
        endpoint: row.text(0)?,
        client_id: row.text(1)?,
        auth: row.text(2)?,
        sealed: row.bytes(3)?,
        scopes: row.opt_text(4)?,
        created_at: row.at(5)?,
    })
}
