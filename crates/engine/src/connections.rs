//! What is sealed beside a connection: the account it is, and how its sync went.

use domain::{Connection, ConnectionId, HumanId, SourceId, SyncReport};
use serde::{Deserialize, Serialize};
use store::connections::ConnectionRow;

use crate::Engine;
use crate::connect::Linked;
use crate::sealing::{Aad, DataKey, SealingError};

/// `connections.body`, opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub source: SourceId,
    pub source_name: String,
    /// The FHIR base; empty when everything came as files.
    pub endpoint: String,
    /// The person's record at the source.
    pub patient: String,
}

impl Account {
    /// Whether its data came as files, so that there is nobody to ask for more.
    pub(crate) fn is_files(&self) -> bool {
        self.endpoint.is_empty()
    }
}

/// Where a sealed column of a connection belongs.
fn aad<'a>(row: &'a str, column: &'static str) -> Aad<'a> {
    Aad { table: "connections", row, column }
}

pub(crate) fn seal_account(key: &DataKey, id: ConnectionId, account: &Account) -> Vec<u8> {
    key.seal_json(aad(&id.to_hex(), "body"), account)
}

pub(crate) fn open_account(key: &DataKey, row: &ConnectionRow) -> Result<Account, SealingError> {
    key.open_json(aad(&row.id.to_hex(), "body"), &row.body)
}

pub(crate) fn seal_report(key: &DataKey, id: ConnectionId, report: &SyncReport) -> Vec<u8> {
    key.seal_json(aad(&id.to_hex(), "report"), report)
}

/// The report of the last run; an empty one before the first.
pub(crate) fn open_report(key: &DataKey, row: &ConnectionRow) -> Result<SyncReport, SealingError> {
    match &row.report {
        Some(sealed) => key.open_json(aad(&row.id.to_hex(), "report"), sealed),
        None => Ok(SyncReport::default()),
    }
}

pub(crate) fn seal_grant<T: Serialize>(key: &DataKey, id: ConnectionId, grant: &T) -> Vec<u8> {
    key.seal_json(aad(&id.to_hex(), "grant"), grant)
}

pub(crate) fn open_grant<T: serde::de::DeserializeOwned>(
    key: &DataKey,
    row: &ConnectionRow,
) -> Result<Option<T>, SealingError> {
    row.grant_sealed.as_deref().map(|sealed| key.open_json(aad(&row.id.to_hex(), "grant"), sealed)).transpose()
}

pub(crate) fn link(key: &DataKey, row: &ConnectionRow) -> Result<Linked, SealingError> {
    let account = open_account(key, row)?;
    let connection = Connection {
        id: row.id,
        source: account.source,
        source_name: account.source_name,
        patient: account.patient,
        status: row.status,
        connected_since: row.connected_since,
    };
    Ok(Linked { connection, report: open_report(key, row)?, last_synced_at: row.last_synced_at })
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] SealingError),
}

impl Engine {
    /// The person's connections: those connected now, and those that were.
    pub(crate) async fn linked(
        &self,
        human_id: HumanId,
        key: &DataKey,
    ) -> Result<(Vec<Linked>, Vec<Linked>), LinkError> {
        let rows = store::connections::list(self.db(), human_id).await?;
        let linked = rows.iter().map(|row| link(key, row)).collect::<Result<Vec<Linked>, SealingError>>()?;
        Ok(linked.into_iter().partition(|linked| linked.connection.status.connected()))
    }

    /// By which the connections and records of a source are found.
    pub(crate) fn source_hash(&self, source: SourceId) -> store::Hash {
        self.hash_index("source", &source.0)
    }

    /// One account at one source always has the same id.
    pub(crate) fn account(&self, human_id: HumanId, source: SourceId, patient: &str) -> (store::Hash, ConnectionId) {
        let parts = [human_id.0.as_slice(), &source.0, patient.as_bytes()];
        let hash = self.hash_index("account", &crate::sealing::bound(&parts));
        let mut id = [0; 12];
        id.copy_from_slice(&self.hash_index("connection", &hash)[..12]);
        (hash, ConnectionId(id))
    }
}
