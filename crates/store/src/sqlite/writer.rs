use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;

use super::statements::Statements;
use crate::{Batch, Done, Error};

/// As many batches as wait, up to this many, share one transaction and so one sync of the disk.
const GROUP: usize = 256;

/// How often a transaction is tried to begin while another process writes, with the busy timeout each.
const ATTEMPTS: usize = 3;

pub struct Write {
    pub batch: Batch,
    pub answer: oneshot::Sender<Result<Vec<Done>, Error>>,
}

pub struct Writer(Sender<Write>);

impl Writer {
    pub fn start(mut statements: Statements) -> Result<Writer, Error> {
        let (sender, receiver) = channel();
        thread::Builder::new()
            .name("sqlite-write".into())
            .spawn(move || serve(&receiver, &mut statements))
            .map_err(|error| Error::Unavailable(format!("cannot start a SQLite thread: {error}")))?;
        Ok(Writer(sender))
    }

    pub fn send(&self, write: Write) {
        // When the thread is gone, the dropped answer tells the caller.
        let _ = self.0.send(write);
    }
}

fn serve(queue: &Receiver<Write>, statements: &mut Statements) {
    while let Ok(first) = queue.recv() {
        let group: Vec<Write> = [first].into_iter().chain(queue.try_iter().take(GROUP - 1)).collect();
        let results = commit(statements, &group);
        for (write, result) in group.into_iter().zip(results) {
            // The caller may have gone away; the batch is committed all the same.
            let _ = write.answer.send(result);
        }
    }
}

/// One result per batch, known only after the transaction that holds them all is on disk.
fn commit(statements: &mut Statements, group: &[Write]) -> Vec<Result<Vec<Done>, Error>> {
    let all = |error: Error| group.iter().map(|_| Err(error.clone())).collect();
    if let Err(error) = begin(statements) {
        return all(error);
    }
    let mut results = Vec::with_capacity(group.len());
    for write in group {
        let result = apply(statements, &write.batch);
        // Some failures, such as a full disk, end the whole transaction and not just the savepoint;
        // what came before in it is then lost too.
        if let Err(error) = &result
            && statements.idle()
        {
            return all(error.clone());
        }
        results.push(result);
    }
    match statements.run("COMMIT", &[]) {
        Ok(_) => results,
        Err(error) => {
            let _ = statements.run("ROLLBACK", &[]);
            tracing::error!(%error, batches = group.len(), "SQLite commit failed");
            // A batch that had failed by itself keeps its own reason.
            results.into_iter().map(|result| result.and(Err(error.clone()))).collect()
        }
    }
}

fn begin(statements: &mut Statements) -> Result<(), Error> {
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match statements.run("BEGIN IMMEDIATE", &[]) {
            Err(Error::Unavailable(_)) if left > 0 => {}
            begun => return begun.map(drop),
        }
    }
}

fn apply(statements: &mut Statements, batch: &Batch) -> Result<Vec<Done>, Error> {
    statements.run("SAVEPOINT batch", &[])?;
    let done = run(statements, batch);
    if done.is_err() {
        // Fails only when the transaction is gone altogether, which the caller looks for.
        let _ = statements.run("ROLLBACK TO batch", &[]);
    }
    let released = statements.run("RELEASE batch", &[]);
    done.and_then(|done| released.map(|_| done))
}

fn run(statements: &mut Statements, batch: &Batch) -> Result<Vec<Done>, Error> {
    let mut all = Vec::with_capacity(batch.len());
    for statement in &batch.0 {
        let done = statements.run(statement.sql, &statement.params)?;
        if !statement.expect.met(done.changed) {
            return Err(Error::Conflict);
        }
        all.push(done);
    }
    Ok(all)
}
