use domain::tokens::Refusal;
use domain::{Profile, SecretPolicy, TokenKind};
use store::Batch;

use super::{HumanError, PROFILE};
use crate::open::testing::{House, human_id, token};
use crate::tokens::{AuthError, IssueError, Presented};

#[tokio::test]
async fn a_deleted_person_is_gone_at_once_and_may_come_back_with_nothing() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let (engine, app) = (&house.engine, client.app.client_id);
    let ada = house.person(&client, "ada").await;
    house.connect(ada, 7, "Riverbend Clinic").await;
    let access = house.ask(&client, TokenKind::Access, "ada").await.unwrap();
    let before = store::humans::find(engine.db(), ada).await.unwrap().unwrap();
    assert!(matches!(engine.delete_human(app, "nobody").await, Err(HumanError::Unknown)));

    for _ in 0..2 {
        engine.delete_human(app, "ada").await.unwrap();
        assert!(matches!(engine.authenticate(token(&access)).await, Err(AuthError::Invalid)));
        assert_eq!(engine.find_human(app, "ada").await.unwrap(), None);
        for kind in [TokenKind::Id, TokenKind::Access] {
            assert!(matches!(house.ask(&client, kind, "ada").await, Err(IssueError::Refused(Refusal::UserDeleted))));
        }
        assert!(store::connections::list(engine.db(), ada).await.unwrap().is_empty());
        assert!(store::jobs::next_due(engine.db()).await.unwrap().is_none(), "nothing is left to do");
        let row = store::humans::find(engine.db(), ada).await.unwrap().unwrap();
        assert_ne!(row.wrapped_key, before.wrapped_key, "what was sealed for them never opens again");
        let profile: Profile =
            engine.data_key(ada, &row.wrapped_key).unwrap().open_json(PROFILE, &row.profile).unwrap();
        assert_eq!((profile.client_user_id.as_str(), profile.email), ("", None));
    }

    let back = house.ask(&client, TokenKind::Session, "ada").await.unwrap();
    assert_eq!(human_id(&back), ada);
    assert!(engine.find_token(token(&back)).await.unwrap().is_some());
    assert!(engine.find_token(token(&access)).await.unwrap().is_none());
    assert!(matches!(
        house.ask(&client, TokenKind::Access, "ada").await,
        Err(IssueError::Refused(Refusal::NoConnectedSource))
    ));
    house.connect(ada, 7, "Riverbend Clinic").await;
    assert_eq!(engine.profile(&house.access(&client, "ada").await).await.unwrap().client_user_id, "ada");
}

#[tokio::test]
async fn an_interrupted_deletion_is_finished_by_its_job_and_never_undone() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let engine = &house.engine;
    let interrupt = async |user: &str| {
        let human_id = house.person(&client, user).await;
        house.connect(human_id, 7, "Riverbend Clinic").await;
        let mut batch = Batch::new();
        engine.mark_deleted(&mut batch, human_id, house.clock.now());
        engine.db().commit(batch).await.unwrap();
        human_id
    };
    let ada = interrupt("ada").await;
    assert_eq!(store::connections::list(engine.db(), ada).await.unwrap().len(), 1);
    assert_eq!(engine.run_due_jobs().await.unwrap(), 0, "not while the deletion itself may be at it");
    house.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(engine.run_due_jobs().await.unwrap(), 1);
    assert!(store::connections::list(engine.db(), ada).await.unwrap().is_empty());
    assert_eq!(engine.find_human(client.app.client_id, "ada").await.unwrap(), None);

    // They come back before the rest is erased: nothing returns, and nothing new is erased.
    let grace = interrupt("grace").await;
    let back = house.ask(&client, TokenKind::Session, "grace").await.unwrap();
    assert!(store::connections::list(engine.db(), grace).await.unwrap().is_empty());
    engine.erase_human(grace).await.unwrap();
    assert!(engine.find_token(token(&back)).await.unwrap().is_some());
    house.connect(grace, 7, "Riverbend Clinic").await;
    house.clock.advance(std::time::Duration::from_secs(60));
    engine.run_due_jobs().await.unwrap();
    assert_eq!(store::connections::list(engine.db(), grace).await.unwrap().len(), 1);
    assert!(Presented::read(token(&back)).is_some_and(|presented| presented.human_id == grace));
}

#[tokio::test]
async fn two_may_bring_a_deleted_person_back_at_once() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let ada = house.person(&client, "ada").await;
    house.engine.delete_human(client.app.client_id, "ada").await.unwrap();
    let requests = (0..8).map(|_| house.ask(&client, TokenKind::Session, "ada"));
    for issued in futures_util::future::join_all(requests).await {
        let issued = issued.unwrap();
        assert_eq!(human_id(&issued), ada);
        assert!(house.engine.find_token(token(&issued)).await.unwrap().is_some());
    }
}
