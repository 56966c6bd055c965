//! End users of an app.

use std::time::Duration;

use domain::{ClientId, HumanId, Profile, RowId, Timestamp, UserId, UserState};
use store::humans::{HumanRow, NewHuman};
use store::jobs::NewJob;
use store::{Batch, Hash};

use crate::Engine;
use crate::keys::random;
use crate::sealing::{Aad, SealingError, bound};
use crate::tokens::Access;

#[derive(Debug, thiserror::Error)]
pub enum HumanError {
    #[error("no such user")]
    Unknown,
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] SealingError),
}

/// The job that finishes a deletion which was interrupted.
pub(crate) const ERASE: &str = "erase-human";
/// Longer than a deletion takes.
const PATIENCE: Duration = Duration::from_secs(60);

const PROFILE: Aad<'static> = Aad { table: "humans", row: "", column: "profile" };

/// Where a stored person stands in the token endpoint's table.
pub(crate) fn state(human: &HumanRow) -> UserState {
    match human {
        HumanRow { deleted_at: Some(_), .. } => UserState::Deleted,
        HumanRow { connected: 1.., .. } => UserState::Connected,
        HumanRow { first_connected_at: Some(_), .. } => UserState::FormerlyConnected,
        _ => UserState::NeverConnected,
    }
}

impl Engine {
    /// The app's user with this key, unless deleted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find_human(&self, client_id: ClientId, client_user_id: &str) -> Result<Option<HumanId>, HumanError> {
        let found = store::humans::find_by_key(self.db(), client_id, &self.user_key(client_id, client_user_id)).await?;
        Ok(found.filter(|human| human.deleted_at.is_none()).map(|human| human.human_id))
    }

    /// What the integrator told us of the user.
    ///
    /// # Errors
    /// `Unknown` when the user was erased meanwhile.
    pub async fn profile(&self, access: &Access) -> Result<Profile, HumanError> {
        let human = store::humans::find(self.db(), access.human_id).await?.ok_or(HumanError::Unknown)?;
        Ok(self.data_key(human.human_id, &human.wrapped_key)?.open_json(PROFILE, &human.profile)?)
    }

    /// By what a person is found again without the integrator's key being stored in clear.
    pub(crate) fn user_key(&self, client_id: ClientId, client_user_id: &str) -> Hash {
        self.hash_index("client_user_id", &bound(&[&client_id.0, client_user_id.as_bytes()]))
    }

    /// A person with a data key of their own, sealed and ready to store.
    pub(crate) fn new_human(
        &self,
        human_id: HumanId,
        user_id: UserId,
        (client_id, user_key): (ClientId, Hash),
        profile: &Profile,
        created_at: Timestamp,
    ) -> Result<NewHuman, SealingError> {
        let wrapped_key = self.inner.root.new_data_key(human_id);
        let profile = self.data_key(human_id, &wrapped_key)?.seal_json(PROFILE, profile);
        Ok(NewHuman { human_id, client_id, user_key, user_id, wrapped_key, profile, created_at })
    }

    pub(crate) fn create_human(
        &self,
        batch: &mut Batch,
        client_id: ClientId,
        user_key: Hash,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<HumanId, SealingError> {
        let human_id = HumanId(random());
        let human = self.new_human(human_id, UserId(random()), (client_id, user_key), profile, now)?;
        store::humans::insert_if_absent(batch, &human);
        // Another request may have created the person first: then this batch must fail as a whole.
        store::humans::bump_revision(batch, human_id);
        Ok(human_id)
    }

    /// Brings a deleted person back under the same id, with a new data key and nothing else, also
    /// when their deletion was never finished. Fails the batch when they are back already.
    pub(crate) fn start_anew(
        &self,
        batch: &mut Batch,
        human: &HumanRow,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<(), SealingError> {
        let anew = self.new_human(
            human.human_id,
            human.user_id,
            (human.client_id, human.user_key),
            profile,
            human.created_at,
        )?;
        store::humans::revive(batch, human.human_id, now);
        store::humans::erase(batch, human.human_id);
        store::humans::insert_if_absent(batch, &anew);
        Ok(())
    }

    /// Stores what the integrator says now, when it is something new. Silence changes nothing.
    pub(crate) fn update_profile(
        &self,
        batch: &mut Batch,
        human: &HumanRow,
        told: Profile,
        now: Timestamp,
    ) -> Result<(), SealingError> {
        let key = self.data_key(human.human_id, &human.wrapped_key)?;
        let known: Profile = key.open_json(PROFILE, &human.profile)?;
        let extra_scopes = if told.extra_scopes.is_empty() { known.extra_scopes.clone() } else { told.extra_scopes };
        let current = Profile {
            client_user_id: told.client_user_id,
            email: told.email.or_else(|| known.email.clone()),
            extra_scopes,
        };
        if current != known {
            store::humans::update_profile(batch, human.human_id, &key.seal_json(PROFILE, &current), now);
        }
        Ok(())
    }

    /// Revokes tokens, revokes grants at the sources, erases records and resources; the row stays as a tombstone.
    ///
    /// What an interruption leaves undone, a job or the next call does.
    ///
    /// # Errors
    /// `Unknown` when the app never had such a user.
    pub async fn delete_human(&self, client_id: ClientId, client_user_id: &str) -> Result<(), HumanError> {
        let user_key = self.user_key(client_id, client_user_id);
        let human = store::humans::find_by_key(self.db(), client_id, &user_key).await?.ok_or(HumanError::Unknown)?;
        let mut batch = Batch::new();
        self.mark_deleted(&mut batch, human.human_id, self.now());
        self.db().commit(batch).await?;
        self.erase_human(human.human_id).await
    }

    /// The first half: nobody speaks for the person any more, and the rest is bound to happen.
    fn mark_deleted(&self, batch: &mut Batch, human_id: HumanId, now: Timestamp) {
        store::humans::mark_deleted(batch, human_id, now);
        store::tokens::revoke_all(batch, human_id, now);
        let (id, due_at) = (RowId(random()), now + PATIENCE);
        store::jobs::enqueue(
            batch,
            &NewJob { id, kind: ERASE, human_id: Some(human_id), subject: String::new(), due_at, created_at: now },
        );
    }

    /// The second half of a deletion. Does nothing for a person who is not deleted.
    pub(crate) async fn erase_human(&self, human_id: HumanId) -> Result<(), HumanError> {
        let human = store::humans::find(self.db(), human_id).await?.filter(|human| human.deleted_at.is_some());
        let Some(human) = human else { return Ok(()) };
        let key = self.data_key(human_id, &human.wrapped_key)?;
        for connection in store::connections::list(self.db(), human_id).await? {
            // As far as the source can be reached: our copy of the grant goes in any case.
            self.revoke_sealed(&key, &connection).await;
        }
        let now = self.now();
        let nobody = Profile { client_user_id: String::new(), email: None, extra_scopes: Vec::new() };
        let mut batch = Batch::new();
        self.start_anew(&mut batch, &human, &nobody, now)?;
        store::humans::mark_deleted(&mut batch, human_id, human.deleted_at.unwrap_or(now));
        match self.db().commit(batch).await {
            // They came back in the meantime, and with nothing: there is nothing left to erase.
            Ok(_) | Err(store::Error::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
