//! Bringing a database to this release's form.

use store::Db;

use crate::Engine;

impl Engine {
    /// Applies what is pending and answers the names.
    pub async fn migrate(database: &str) -> Result<Vec<String>, store::Error> {
        Db::open(database).await?.migrate().await
    }

    pub async fn pending_migrations(database: &str) -> Result<Vec<String>, store::Error> {
        Db::open(database).await?.pending_migrations().await
    }
}
