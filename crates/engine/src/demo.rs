//! The shared fictional user behind the literal token `demo`.
//!
//! Old clients assert who it is, so everything that identifies it is fixed.

use ::records::{Chart, Draft, Head, Identity, Organization, Standing, Unreadable};
use domain::{ClientId, ConnectionId, HumanId, Profile, RecordId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use store::records::{Dates, NewRecord};
use store::resources::NewResource;
use store::{Batch, Hash};

use crate::Engine;
use crate::records::raw::{resource_aad, resource_row};
use crate::records::{record_aad, record_row};
use crate::sealing::DataKey;
use crate::tokens::Access;

const HUMAN: &str = "5dc2527186aaf9de560e5841f1a44bd6";
const USER: &str = "52e20cb2fff56aac62000001";
const EMAIL: &str = "demo@humanapi.co";
const CREATED_AT: &str = "2014-01-24T06:48:18.361Z";
const SOURCE: &str = "emr-1-320";
const CONNECTION: &str = "53c050ac51c69003200aa997";
pub(crate) const ORGANIZATION: &str = "53c050ac51c69003200aa998";
const ORGANIZATION_NAME: &str = "Starfleet Medical";

/// No app has this id, so the user belongs to none and no token is ever issued for it.
const NO_APP: ClientId = ClientId([0; 20]);
const SEEDED: &str = "demo-user-seeded-at";

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("a resource of the demo user cannot be read")]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] crate::sealing::SealingError),
}

impl Engine {
    /// Puts the demo user and their records into the store once; later calls change nothing.
    ///
    /// # Errors
    /// When a resource is not FHIR, or the records cannot be stored.
    pub async fn seed_demo_user(&self, resources: &[Vec<u8>]) -> Result<(), DemoError> {
        if store::settings::find(self.db(), SEEDED).await?.is_some() {
            return Ok(());
        }
        let key = self.demo_key().await?;
        let now = self.now();
        let mut chart = Chart::new();
        let mut batch = Batch::new();
        for resource in resources {
            chart.insert(resource)?;
            if let Some(row) = self.demo_resource(&key, resource) {
                store::resources::put(&mut batch, &row, now);
            }
        }
        let drafts = ::records::read(&chart, now).drafts;
        let identities = ::records::identify(CONNECTION, &drafts, |_, _| Standing::Unknown, |_| None);
        for (draft, identity) in drafts.iter().zip(identities) {
            // The contract has `[]` there.
            if draft.kind.id != "demographics" {
                store::records::put(&mut batch, &self.demo_record(&key, draft, &identity, now));
            }
        }
        store::humans::bump_revision(&mut batch, parse(HUMAN));
        store::settings::put(&mut batch, SEEDED, &now.to_iso());
        self.db().commit(batch).await?;
        Ok(())
    }

    /// Creates the user when missing. Whoever came first, the stored key counts.
    async fn demo_key(&self) -> Result<DataKey, DemoError> {
        let human_id: HumanId = parse(HUMAN);
        let profile =
            Profile { client_user_id: EMAIL.to_owned(), email: Some(EMAIL.to_owned()), extra_scopes: Vec::new() };
        let owner = (NO_APP, self.user_key(NO_APP, EMAIL));
        let created_at = Timestamp::parse(CREATED_AT).unwrap_or_default();
        let mut batch = Batch::new();
        store::humans::insert_if_absent(
            &mut batch,
            &self.new_human(human_id, parse(USER), owner, &profile, created_at)?,
        );
        self.db().commit(batch).await?;
        let stored = store::humans::find(self.db(), human_id).await?.ok_or(store::Error::Conflict)?;
        Ok(self.data_key(human_id, &stored.wrapped_key)?)
    }

    /// The resource as it came, for those who ask for the document behind a record.
    fn demo_resource(&self, key: &DataKey, resource: &[u8]) -> Option<NewResource> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Outline {
            resource_type: String,
            id: String,
        }
        let Outline { resource_type: kind, id } = serde_json::from_slice(resource).ok()?;
        let resource_key = self.resource_key(&kind, &id);
        Some(NewResource {
            human_id: parse(HUMAN),
            connection_id: connection(),
            hash: self.hash_index("resource body", resource),
            body: key.seal(resource_aad(&resource_row(connection(), &resource_key)), resource),
            resource_key,
            kind,
        })
    }

    fn demo_record(&self, key: &DataKey, draft: &Draft, identity: &Identity, now: Timestamp) -> NewRecord {
        let head = Head {
            id: &identity.id,
            source: SOURCE,
            created_at: now,
            updated_at: now,
            organization: Some(Organization { id: ORGANIZATION, name: ORGANIZATION_NAME }),
            ccd: identity.ccd.as_deref(),
            about: identity.about.as_deref(),
        };
        let body = ::records::compose(draft, &head);
        let id: RecordId = parse(&identity.id);
        NewRecord {
            human_id: parse(HUMAN),
            kind: draft.kind.id.to_owned(),
            id,
            connection_id: connection(),
            source_hash: self.demo_source_hash(),
            dates: match (draft.sort_at, draft.from, draft.to) {
                (Some(sort), Some(from), Some(to)) => Dates::Dated { sort, from, to },
                _ => Dates::Undated,
            },
            created_at: now,
            updated_at: now,
            content_hash: ::records::content_hash(draft),
            document_key: self.document_key(draft),
            fact_hash: None,
            body: key.seal(record_aad(&record_row(draft.kind.id, id)), &body),
        }
    }

    /// `None` as long as nobody seeded the user.
    pub(crate) async fn demo_access(&self) -> Result<Option<Access>, store::Error> {
        let human = store::humans::find(self.db(), parse(HUMAN)).await?;
        Ok(human.map(|human| Access {
            human_id: human.human_id,
            client_id: human.client_id,
            user_id: human.user_id,
            created_at: human.created_at,
            revision: human.revision,
            demo: true,
            wrapped_key: human.wrapped_key,
        }))
    }

    fn demo_source_hash(&self) -> Hash {
        self.hash_index("source", SOURCE.as_bytes())
    }

    pub(crate) fn demo_source_called(&self, name: &str) -> Option<Hash> {
        is_called(name).then(|| self.demo_source_hash())
    }
}

fn connection() -> ConnectionId {
    parse(CONNECTION)
}

fn is_called(name: &str) -> bool {
    let (wanted, full) = (name.to_lowercase(), ORGANIZATION_NAME.to_lowercase());
    wanted == SOURCE || wanted == ORGANIZATION || wanted == full || wanted == full.replace(' ', "")
}

/// The one element of the demo user's `sources`; none when the filter names another.
pub(crate) fn sources(access: &Access, filter: Option<&str>) -> Vec<String> {
    let since = access.created_at;
    let element = json!({
        "id": CONNECTION,
        "source": SOURCE,
        "sourceName": ORGANIZATION_NAME,
        "supportedDataTypes": [],
        "devices": [SOURCE],
        "connectedSince": since,
        "historySync": { "status": "completed" },
        "syncStatus": { "status": "ok", "details": "ok", "synchedAt": since },
        "resync": { "active": true },
        "expectedSyncDuration": Value::Null,
        "organization": {
            "id": ORGANIZATION,
            "name": ORGANIZATION_NAME,
            "href": format!("/medical/organizations/{ORGANIZATION}"),
        },
    });
    filter.is_none_or(is_called).then(|| element.to_string()).into_iter().collect()
}

pub(crate) fn organizations(filter: Option<&str>) -> Vec<String> {
    filter.is_none_or(is_called).then(organization).into_iter().collect()
}

pub(crate) fn organization() -> String {
    json!({ "id": ORGANIZATION, "name": ORGANIZATION_NAME }).to_string()
}

/// Reads one of the constants above, or an id we made ourselves.
fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed id")
}

#[cfg(test)]
mod tests;
