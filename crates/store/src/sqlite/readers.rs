use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::statements::Statements;
use crate::{Error, Row, Value};

pub struct Read {
    pub sql: &'static str,
    pub params: Vec<Value>,
    pub answer: oneshot::Sender<Result<Vec<Row>, Error>>,
}

/// Threads with a connection each and one queue for all, so that no read waits behind a slow one
/// while another thread is free.
pub struct Readers(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Read>,
    idle: usize,
    closed: bool,
}

impl Readers {
    pub fn start(connect: impl Fn() -> Result<Connection, Error>) -> Result<Readers, Error> {
        let readers = Readers(Arc::default());
        for number in 0..thread::available_parallelism().map_or(2, usize::from).clamp(2, 8) {
            let (queue, connection) = (readers.0.clone(), connect()?);
            thread::Builder::new()
                .name(format!("sqlite-read-{number}"))
                .spawn(move || serve(&queue, &connection))
                .map_err(|error| Error::Unavailable(format!("cannot start a SQLite thread: {error}")))?;
        }
        Ok(readers)
    }

    pub fn send(&self, read: Read) {
        let mut state = self.0.lock();
        state.waiting.push_back(read);
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.0.wake.notify_one();
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.wake.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Read> {
        let mut state = self.lock();
        loop {
            if let Some(read) = state.waiting.pop_front() {
                return Some(read);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

fn serve(queue: &Queue, connection: &Connection) {
    let mut statements = Statements::new(connection);
    while let Some(read) = queue.next() {
        let rows = statements.run(read.sql, &read.params).map(|done| done.rows);
        // The asker may have gone away; nobody else wants the answer.
        let _ = read.answer.send(rows);
    }
}
