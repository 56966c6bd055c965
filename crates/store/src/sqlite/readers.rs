use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::coop::consume_budget;

use super::statements::Statements;
use super::{blocking, stopped};
use crate::{Error, Row, Value};

/// Connections that read, in two groups: reads of one row by its key run where they are asked for,
/// because they take a few microseconds and a change of thread takes longer; all others run on
/// tokio's blocking threads, which end when nothing is to do.
pub struct Readers {
    points: Pool,
    lists: Arc<Pool>,
    /// One permit per connection for lists, so that a permit is a promise of a free one.
    free: Arc<Semaphore>,
}

struct Pool(Vec<Mutex<Statements>>);

impl Readers {
    /// `connect` gives a connection that waits for locks, or one that does not.
    pub fn new(connect: impl Fn(bool) -> Result<Statements, Error>) -> Result<Readers, Error> {
        let count = available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let pool = |patient| (0..count).map(|_| connect(patient).map(Mutex::new)).collect::<Result<_, _>>().map(Pool);
        Ok(Readers { points: pool(false)?, lists: Arc::new(pool(true)?), free: Arc::new(Semaphore::new(count)) })
    }

    /// For statements that find at most one row by its key.
    pub async fn point(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        // A task that only reads would otherwise never let others have its thread.
        consume_budget().await;
        let found = self.points.any().run(sql, &params);
        match found {
            // Another process recovers or checkpoints; wait for it, but not here.
            Err(Error::Unavailable(_)) => self.list(sql, params).await,
            found => Ok(found?.rows),
        }
    }

    pub async fn list(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        let permit = self.free.clone().acquire_owned().await.map_err(|_| stopped())?;
        let lists = self.lists.clone();
        blocking(move || {
            let rows = lists.any().run(sql, &params).map(|done| done.rows);
            drop(permit);
            rows
        })
        .await
    }
}

impl Pool {
    /// A free connection, or the first when none is.
    fn any(&self) -> MutexGuard<'_, Statements> {
        let free = self.0.iter().find_map(|slot| match slot.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        free.unwrap_or_else(|| self.0[0].lock().unwrap_or_else(PoisonError::into_inner))
    }
}
