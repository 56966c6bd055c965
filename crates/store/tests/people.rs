//! Apps, humans, tokens, visits, authorizations and connections.

mod support;

use std::time::Duration;

use domain::{ConnectionId, RowId, SecretPolicy, Status, TokenKind};
use store::authorizations::{self, AuthorizationRow};
use store::connect::{self, SessionRow};
use store::connections::{self, NewConnection, Synced};
use store::humans::{self, NewHuman};
use store::tokens::{self, NewToken};
use store::{Error, apps};
use support::{ADA, BEN, CLINIC, NOON, app, commit, human, minutes, on_both, people};

const RIVERBEND: ConnectionId = ConnectionId([0x51; 12]);

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_stored_changed_and_gets_a_new_secret() {
    on_both(async |db| {
        assert_eq!(apps::find(&db, CLINIC).await, Ok(None));
        commit(&db, |batch| apps::insert(batch, &app(), &[7; 32])).await.unwrap();
        let stored = apps::find(&db, CLINIC).await.unwrap().unwrap();
        assert_eq!(
            (&stored.app, stored.secret_hash, stored.previous, stored.updated_at),
            (&app(), [7; 32], None, NOON)
        );
        assert_eq!(apps::list(&db).await.unwrap(), [stored]);
        assert_eq!(commit(&db, |batch| apps::insert(batch, &app(), &[9; 32])).await, Err(Error::Conflict));

        commit(&db, |batch| apps::rotate_secret(batch, CLINIC, &[8; 32], minutes(60), minutes(1))).await.unwrap();
        let rotated = apps::find(&db, CLINIC).await.unwrap().unwrap();
        assert_eq!((rotated.secret_hash, rotated.previous), ([8; 32], Some(([7; 32], minutes(60)))));

        let mut quiet = app();
        quiet.session_secret_policy = SecretPolicy::Optional;
        (quiet.origins, quiet.callbacks) = (vec![], vec![]);
        (quiet.strict_type, quiet.admin_api, quiet.disabled_at) = (false, true, Some(minutes(2)));
        commit(&db, |batch| apps::update(batch, &quiet, minutes(2))).await.unwrap();
        let updated = apps::find(&db, CLINIC).await.unwrap().unwrap();
        assert_eq!((updated.app, updated.secret_hash, updated.updated_at), (quiet.clone(), [8; 32], minutes(2)));

        quiet.client_id.0[0] = 0;
        assert_eq!(commit(&db, |batch| apps::update(batch, &quiet, NOON)).await, Err(Error::Conflict));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_human_comes_goes_and_comes_back() {
    on_both(async |db| {
        people(&db).await;
        let ada = humans::find_by_key(&db, CLINIC, &human(ADA).user_key).await.unwrap().unwrap();
        assert_eq!(humans::find(&db, ADA).await.unwrap().as_ref(), Some(&ada));
        assert_eq!(
            (ada.human_id, ada.revision, ada.connected, ada.deleted_at, ada.first_connected_at),
            (ADA, 0, 0, None, None)
        );
        assert_eq!(
            (ada.wrapped_key, ada.profile, ada.user_id),
            (vec![1; 60], b"sealed profile".to_vec(), human(ADA).user_id)
        );

        let twin = NewHuman { human_id: domain::HumanId([9; 16]), ..human(ADA) };
        let done = commit(&db, |batch| humans::insert_if_absent(batch, &twin)).await.unwrap();
        assert_eq!(done[0].changed, 0);
        assert_eq!(humans::count(&db, CLINIC).await, Ok(2));
        let list = humans::list(&db, CLINIC, 1, 10).await.unwrap();
        assert_eq!(list.iter().map(|human| human.human_id).collect::<Vec<_>>(), [BEN]);

        assert_eq!(commit(&db, |batch| humans::revive(batch, ADA, NOON)).await, Err(Error::Conflict));
        commit(&db, |batch| {
            humans::update_profile(batch, ADA, b"another", minutes(1));
            humans::mark_connected(batch, ADA, minutes(1));
            humans::mark_connected(batch, ADA, minutes(2));
            humans::mark_deleted(batch, ADA, minutes(3));
            humans::mark_deleted(batch, ADA, minutes(4));
            humans::bump_revision(batch, ADA);
        })
        .await
        .unwrap();
        let ada = humans::find(&db, ADA).await.unwrap().unwrap();
        assert_eq!((ada.profile, ada.revision), (b"another".to_vec(), 3));
        assert_eq!(
            (ada.first_connected_at, ada.deleted_at, ada.updated_at),
            (Some(minutes(1)), Some(minutes(3)), minutes(4))
        );
        commit(&db, |batch| humans::revive(batch, ADA, minutes(5))).await.unwrap();
        assert_eq!(humans::find(&db, ADA).await.unwrap().unwrap().deleted_at, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_found_with_its_human_until_it_is_pruned() {
    on_both(async |db| {
        people(&db).await;
        let token = |hash, minutes: u64| NewToken {
            human_id: ADA,
            hash: [hash; 32],
            kind: TokenKind::Access,
            client_id: CLINIC,
            secretless: hash == 2,
            issued_at: NOON,
            expires_at: NOON + Duration::from_secs(60 * minutes),
        };
        commit(&db, |batch| {
            for token in [token(1, 10), token(2, 20), NewToken { human_id: BEN, ..token(3, 5) }] {
                tokens::insert(batch, &token);
            }
        })
        .await
        .unwrap();
        let found = tokens::find(&db, ADA, &[1; 32]).await.unwrap().unwrap();
        assert_eq!((found.kind, found.client_id, found.expires_at), (TokenKind::Access, CLINIC, minutes(10)));
        assert!(!found.secretless && tokens::find(&db, ADA, &[2; 32]).await.unwrap().unwrap().secretless);
        assert_eq!((found.human.user_id, found.human.deleted_at, found.revoked_at), (human(ADA).user_id, None, None));
        assert_eq!(found.human.wrapped_key, vec![1; 60]);
        assert_eq!(tokens::find(&db, BEN, &[1; 32]).await, Ok(None), "a token belongs to one human");

        commit(&db, |batch| tokens::revoke(batch, ADA, &[1; 32], minutes(1))).await.unwrap();
        commit(&db, |batch| tokens::revoke_all(batch, ADA, minutes(2))).await.unwrap();
        for (hash, revoked) in [(1, minutes(1)), (2, minutes(2))] {
            assert_eq!(tokens::find(&db, ADA, &[hash; 32]).await.unwrap().unwrap().revoked_at, Some(revoked));
        }
        assert_eq!(tokens::find(&db, BEN, &[3; 32]).await.unwrap().unwrap().revoked_at, None);
        assert_eq!(commit(&db, |batch| tokens::prune(batch, minutes(20))).await.unwrap()[0].changed, 2);
        assert!(tokens::find(&db, ADA, &[2; 32]).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_kind_is_read_back() {
    on_both(async |db| {
        people(&db).await;
        for (hash, kind) in (0..).zip(TokenKind::ALL) {
            let token = NewToken {
                human_id: ADA,
                hash: [hash; 32],
                kind,
                client_id: CLINIC,
                secretless: false,
                issued_at: NOON,
                expires_at: minutes(1),
            };
            commit(&db, |batch| tokens::insert(batch, &token)).await.unwrap();
            assert_eq!(tokens::find(&db, ADA, &[hash; 32]).await.unwrap().unwrap().kind, kind);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_updates_of_a_visit_one_wins() {
    on_both(async |db| {
        let visit = |id: u8, opened| SessionRow {
            human_id: ADA,
            id: RowId([id; 16]),
            client_id: CLINIC,
            owner: id.to_string(),
            version: 0,
            opened_at: minutes(opened),
            updated_at: minutes(opened),
            ended_at: None,
            state: b"search".to_vec(),
        };
        commit(&db, |batch| (connect::insert(batch, &visit(2, 1)), connect::insert(batch, &visit(1, 5))))
            .await
            .unwrap();
        let second = SessionRow { id: RowId([9; 16]), ..visit(1, 6) };
        assert_eq!(
            commit(&db, |batch| connect::insert(batch, &second)).await,
            Err(Error::Conflict),
            "one owner, two open"
        );
        assert_eq!(connect::latest(&db, ADA, "1").await.unwrap(), Some(visit(1, 5)));
        assert_eq!(connect::latest(&db, BEN, "1").await.unwrap(), None);
        assert_eq!(connect::latest_without(&db, ADA, "3").await.unwrap(), Some(visit(1, 5)));
        assert_eq!(connect::latest_without(&db, ADA, "2").await.unwrap(), None);

        let next = SessionRow { state: b"sign in".to_vec(), updated_at: minutes(6), ..visit(1, 5) };
        commit(&db, |batch| connect::update(batch, &next)).await.unwrap();
        assert_eq!(commit(&db, |batch| connect::update(batch, &next)).await, Err(Error::Conflict));
        let ended = SessionRow { version: 1, ended_at: Some(minutes(7)), ..next };
        commit(&db, |batch| connect::update(batch, &ended)).await.unwrap();
        let expected = SessionRow { version: 2, ..ended };
        assert_eq!(connect::find(&db, ADA, RowId([1; 16])).await.unwrap(), Some(expected));
        assert_eq!(commit(&db, |batch| connect::prune(batch, minutes(3))).await.unwrap()[0].changed, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_is_claimed_once_and_in_time() {
    on_both(async |db| {
        let started = |id, created| AuthorizationRow {
            human_id: ADA,
            id: RowId([id; 16]),
            session_id: RowId([9; 16]),
            source_hash: [4; 32],
            created_at: minutes(created),
            expires_at: minutes(created + 10),
            used_at: None,
            body: b"verifier".to_vec(),
            outcome: None,
        };
        commit(&db, |batch| [started(1, 0), started(2, 5)].map(|row| authorizations::insert(batch, &row)))
            .await
            .unwrap();
        let latest = authorizations::latest_for_session(&db, ADA, RowId([9; 16])).await.unwrap();
        assert_eq!(latest, Some(started(2, 5)));

        let claim =
            async |id, at| commit(&db, |batch| authorizations::claim(batch, ADA, RowId([id; 16]), minutes(at))).await;
        assert_eq!(claim(1, 10).await, Err(Error::Conflict), "expired");
        let tries: Vec<_> = (0..8)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    commit(&db, |batch| authorizations::claim(batch, ADA, RowId([2; 16]), minutes(6))).await
                })
            })
            .collect();
        let mut claimed = 0;
        for attempt in tries {
            claimed += u32::from(attempt.await.unwrap().is_ok());
        }
        assert_eq!(claimed, 1);
        commit(&db, |batch| authorizations::set_outcome(batch, ADA, RowId([2; 16]), b"connected")).await.unwrap();
        let expected =
            AuthorizationRow { used_at: Some(minutes(6)), outcome: Some(b"connected".to_vec()), ..started(2, 5) };
        assert_eq!(authorizations::find(&db, ADA, RowId([2; 16])).await.unwrap(), Some(expected));
        assert_eq!(commit(&db, |batch| authorizations::prune(batch, minutes(11))).await.unwrap()[0].changed, 1);
    })
    .await;
}

fn riverbend() -> NewConnection {
    NewConnection {
        human_id: ADA,
        id: RIVERBEND,
        client_id: CLINIC,
        source_hash: [4; 32],
        account_hash: [5; 32],
        body: b"source".to_vec(),
        grant_sealed: Some(b"grant".to_vec()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_account_again_is_the_same_connection() {
    on_both(async |db| {
        people(&db).await;
        let put = async |connection: NewConnection, at| {
            commit(&db, |batch| connections::put(batch, &connection, minutes(at))).await
        };
        let ada = async || connections::find(&db, ADA, RIVERBEND).await.unwrap().unwrap();
        let connected = async || humans::find(&db, ADA).await.unwrap().unwrap().connected;

        put(riverbend(), 0).await.unwrap();
        let first = ada().await;
        assert_eq!((first.status, first.connected_since, first.report.clone()), (Status::Active, NOON, None));
        assert_eq!(connections::find_by_account(&db, ADA, &[5; 32]).await.unwrap(), Some(first.clone()));
        assert_eq!(connected().await, 1);

        let since = minutes(3);
        commit(&db, |batch| connections::set_status(batch, ADA, RIVERBEND, Status::NeedsLogin { since }, minutes(4)))
            .await
            .unwrap();
        assert_eq!((ada().await.status, ada().await.updated_at), (Status::NeedsLogin { since }, minutes(4)));
        put(NewConnection { body: b"moved".to_vec(), ..riverbend() }, 5).await.unwrap();
        let again = ada().await;
        assert_eq!((again.status, again.connected_since, again.body), (Status::Active, NOON, b"moved".to_vec()));

        let gone = Status::Disconnected { at: minutes(6) };
        commit(&db, |batch| {
            connections::set_status(batch, ADA, RIVERBEND, gone, minutes(6));
            connections::set_grant(batch, ADA, RIVERBEND, None, minutes(6));
        })
        .await
        .unwrap();
        assert_eq!((ada().await.status, ada().await.grant_sealed, connected().await), (gone, None, 0));
        put(riverbend(), 7).await.unwrap();
        assert_eq!((ada().await.connected_since, connected().await), (minutes(7), 1));

        let elsewhere = NewConnection { id: ConnectionId([6; 12]), ..riverbend() };
        assert_eq!(put(elsewhere.clone(), 8).await, Err(Error::Conflict), "sealed for another id");
        put(NewConnection { account_hash: [6; 32], ..elsewhere }, 8).await.unwrap();
        let list = connections::list(&db, ADA).await.unwrap();
        assert_eq!(list.iter().map(|row| row.id).collect::<Vec<_>>(), [RIVERBEND, ConnectionId([6; 12])]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_keeps_the_times_it_does_not_know() {
    on_both(async |db| {
        commit(&db, |batch| connections::put(batch, &riverbend(), NOON)).await.unwrap();
        let report =
            |text: &str| Synced { report: text.into(), last_synced_at: None, oldest_at: None, newest_at: None };
        let done = Synced {
            last_synced_at: Some(minutes(2)),
            oldest_at: Some(minutes(-9)),
            newest_at: Some(minutes(1)),
            ..report("done")
        };
        for synced in [done, report("reading")] {
            commit(&db, |batch| connections::set_report(batch, ADA, RIVERBEND, &synced, minutes(3))).await.unwrap();
        }
        let row = connections::find(&db, ADA, RIVERBEND).await.unwrap().unwrap();
        assert_eq!((row.report, row.last_synced_at), (Some(b"reading".to_vec()), Some(minutes(2))));
        assert_eq!((row.oldest_at, row.newest_at), (Some(minutes(-9)), Some(minutes(1))));
        let missing = commit(&db, |batch| connections::set_report(batch, BEN, RIVERBEND, &report("x"), NOON));
        assert_eq!(missing.await, Err(Error::Conflict));

        let gone = Status::Disconnected { at: minutes(4) };
        commit(&db, |batch| connections::set_status(batch, ADA, RIVERBEND, gone, minutes(4))).await.unwrap();
        let late = commit(&db, |batch| connections::set_report(batch, ADA, RIVERBEND, &report("late"), minutes(5)));
        assert_eq!(late.await, Err(Error::Conflict), "nothing more is stored for who has left");
    })
    .await;
}
