//! A person's connected sources, as the Data API lists them.

use ::directory::Brand;
use bytes::Bytes;
use domain::{Outcome, SourceId, Status, SyncReport, SyncState, Timestamp};
use serde_json::{Map, Value, json};
use store::Hash;
use store::connections::ConnectionRow;

use crate::Engine;
use crate::connections::{Account, open_account, open_report};
use crate::records::{ListQuery, Page, ReadError};
use crate::tokens::Access;

/// Minutes until a newly connected source has usually given everything.
const USUAL_MINUTES: u32 = 60;

impl Engine {
    /// `GET /v1/human/sources`: one element per connected account.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn list_sources(&self, access: &Access, query: &ListQuery) -> Result<Page, ReadError> {
        if access.demo {
            return Ok(Page::cut(&crate::demo::sources(access, query.source.as_deref()), query));
        }
        let accounts = self.connected(access).await?;
        let mut elements = Vec::with_capacity(accounts.len());
        for (row, account, report) in &accounts {
            if is_called(account, query.source.as_deref()) {
                elements.push(element(row, account, report).to_string());
            }
        }
        Ok(Page::cut(&elements, query))
    }

    /// `medical/organizations`: the providers the person is linked to.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn list_organizations(&self, access: &Access, query: &ListQuery) -> Result<Page, ReadError> {
        if access.demo {
            return Ok(Page::cut(&crate::demo::organizations(query.source.as_deref()), query));
        }
        let mut listed: Vec<SourceId> = Vec::new();
        let mut organizations = Vec::new();
        for (_, account, _) in &self.connected(access).await? {
            if is_called(account, query.source.as_deref()) && !listed.contains(&account.source) {
                listed.push(account.source);
                organizations.push(self.organization(account.source, Some(&account.source_name)).await?);
            }
        }
        let organizations: Vec<String> =
            organizations.into_iter().flatten().map(|organization| organization.to_string()).collect();
        Ok(Page::cut(&organizations, query))
    }

    /// Any provider of the directory, connected or not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find_organization(&self, access: &Access, id: SourceId) -> Result<Option<Bytes>, ReadError> {
        if access.demo && id.to_hex() == crate::demo::ORGANIZATION {
            return Ok(Some(crate::demo::organization().into()));
        }
        let mut found = self.organization(id, None).await?;
        if found.is_none() {
            // A source may have left the directory since the person connected it.
            let key = self.data_key(access.human_id, &access.wrapped_key)?;
            for row in store::connections::list(self.db(), access.human_id).await? {
                let account = open_account(&key, &row)?;
                if account.source == id {
                    found = self.organization(id, Some(&account.source_name)).await?;
                }
            }
        }
        Ok(found.map(|organization| organization.to_string().into()))
    }

    /// What the directory says of a provider, or at least what it was called when it was connected.
    async fn organization(&self, id: SourceId, name: Option<&str>) -> Result<Option<Value>, store::Error> {
        Ok(match self.find_brand(id).await? {
            Some(brand) => Some(organization(id, &brand)),
            None => name.map(|name| json!({ "id": id, "name": name })),
        })
    }

    async fn connected(&self, access: &Access) -> Result<Vec<(ConnectionRow, Account, SyncReport)>, ReadError> {
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        let mut accounts = Vec::new();
        for row in store::connections::list(self.db(), access.human_id).await? {
            if row.status.connected() {
                let (account, report) = (open_account(&key, &row)?, open_report(&key, &row)?);
                accounts.push((row, account, report));
            }
        }
        Ok(accounts)
    }

    /// The sources a filter names: one by its id, or those of the person's with that name. Sources
    /// that were disconnected count too: their records may have stayed.
    pub(crate) async fn sources_called(&self, access: &Access, name: &str) -> Result<Vec<Hash>, ReadError> {
        if access.demo {
            return Ok(self.demo_source_called(name).into_iter().collect());
        }
        if let Ok(id) = name.parse::<SourceId>() {
            return Ok(vec![self.source_hash(id)]);
        }
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        let mut hashes = Vec::new();
        for row in store::connections::list(self.db(), access.human_id).await? {
            if is_called(&open_account(&key, &row)?, Some(name)) && !hashes.contains(&row.source_hash) {
                hashes.push(row.source_hash);
            }
        }
        hashes.truncate(store::records::MAX_SOURCES);
        Ok(hashes)
    }
}

/// By id, or by name in lower case, with or without its spaces.
fn is_called(account: &Account, source: Option<&str>) -> bool {
    let Some(wanted) = source.map(str::to_lowercase) else { return true };
    let name = account.source_name.to_lowercase();
    account.source.to_hex() == wanted || name == wanted || name.replace(' ', "") == wanted
}

fn element(row: &ConnectionRow, account: &Account, report: &SyncReport) -> Value {
    let mut history = Map::new();
    history.insert("status".to_owned(), if row.last_synced_at.is_some() { "completed" } else { "not_started" }.into());
    insert(&mut history, "oldestDate", row.oldest_at);
    let (status, details) = sync_status(row, report);
    let mut sync = Map::new();
    sync.insert("status".to_owned(), status.into());
    sync.insert("details".to_owned(), details.into());
    insert(&mut sync, "synchedAt", row.last_synced_at);
    insert(&mut sync, "newestDate", row.newest_at);
    json!({
        "id": row.id,
        "source": account.source,
        "sourceName": account.source_name,
        "supportedDataTypes": [],
        "devices": [account.source],
        "connectedSince": row.connected_since,
        "historySync": history,
        "syncStatus": sync,
        // Whether the source can be read again on demand: not before that is offered.
        "resync": { "active": false },
        "expectedSyncDuration": USUAL_MINUTES,
        "organization": {
            "id": account.source,
            "name": account.source_name,
            "href": format!("/medical/organizations/{}", account.source),
        },
    })
}

fn insert(object: &mut Map<String, Value>, name: &str, at: Option<Timestamp>) {
    if let Some(at) = at {
        object.insert(name.to_owned(), at.to_iso().into());
    }
}

fn sync_status(row: &ConnectionRow, report: &SyncReport) -> (&'static str, &'static str) {
    if matches!(row.status, Status::NeedsLogin { .. }) {
        return ("error", "credentialsRequired");
    }
    let empty = report.records.iter().all(|(_, count)| *count == 0);
    let failed = report.streams.iter().any(|stream| matches!(stream.outcome, Outcome::Failed { .. }));
    match &report.state {
        SyncState::Waiting | SyncState::Reading => ("inProgress", "ok"),
        // What an outage withheld is asked for again by itself.
        SyncState::Done if report.again_at.is_some() => ("inProgress", "ok"),
        SyncState::Done if empty && failed => ("error", "sourceUnavailable"),
        SyncState::Done if empty => ("noDataAvailable", "ok"),
        SyncState::Done => ("ok", "ok"),
        SyncState::Failed(trouble) => match trouble.actor {
            domain::Actor::Person => ("error", "userActionRequired"),
            domain::Actor::Provider => ("error", "sourceUnavailable"),
            domain::Actor::Integrator | domain::Actor::Operator | domain::Actor::Us => ("error", "internalError"),
        },
    }
}

fn organization(id: SourceId, brand: &Brand) -> Value {
    let mut organization = Map::new();
    organization.insert("id".to_owned(), id.to_hex().into());
    organization.insert("name".to_owned(), brand.name.as_str().into());
    if let Some(location) = brand.locations.first() {
        let parts = [&location.line, &location.city, &location.state, &location.zip];
        let address: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        if !address.is_empty() {
            organization.insert("address".to_owned(), address.join(", ").into());
        }
    }
    if let Some(website) = &brand.website {
        organization.insert("website".to_owned(), website.as_str().into());
    }
    Value::Object(organization)
}
