//! What an outage withholds: the run ends with what is there, and asks again by itself.

use std::time::Duration;

use domain::{Actor, Outcome, SyncState, Timestamp, Trouble};
use store::Batch;

use super::{Run, State, Stop};
use crate::jobs::{JobError, Verdict};
use crate::keys::random;

/// Until the first time, doubled for each one more.
const FIRST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// Begun no later than this after the start of the sync.
const PERSISTENCE: Duration = Duration::from_secs(24 * 3600);
/// Runs in which something beside the plan may be put off before that is an outage.
const PUT_OFF: u32 = 4;

impl State {
    /// Notes that an outage ended a stream, and not before when it may be asked for again.
    pub(super) fn out(&mut self, id: &str, resource: &str, code: &str, wait: Option<Duration>) {
        self.stream(id, resource).outcome = Outcome::Failed { code: code.to_owned() };
        self.position.again.insert(id.to_owned());
        self.wait = self.wait.max(wait);
    }

    /// Whether something beside the plan need not be asked for any more in this round.
    pub(super) fn is_out(&self, id: &str) -> bool {
        self.position.again.contains(id)
    }

    /// Puts off something beside the plan to the next run; not for ever.
    pub(super) fn put_off(&mut self, id: &str, resource: &str, code: &str, after: Duration) {
        if self.put_off.insert(id.to_owned()) {
            *self.position.put_off.entry(id.to_owned()).or_default() += 1;
        }
        match self.position.put_off[id] {
            ..PUT_OFF => self.postponed = self.postponed.max(Some(after)),
            _ => self.out(id, resource, code, Some(after)),
        }
    }

    /// Begins another round: what an outage ended waits to be read.
    pub(super) fn reopen(&mut self) {
        let again = std::mem::take(&mut self.position.again);
        for stream in self.report.streams.iter_mut().filter(|stream| again.contains(&stream.id)) {
            stream.outcome = Outcome::Waiting;
        }
        self.position.put_off.clear();
        (self.report.state, self.report.ended_at, self.report.again_at) = (SyncState::Reading, None, None);
    }

    /// How long to wait before the next round; `None` when there is nothing to wait for, or no more patience.
    fn next_round(&self, now: Timestamp) -> Option<Duration> {
        let started = self.report.started_at.unwrap_or(now);
        let patient = !self.position.again.is_empty() && now < started + PERSISTENCE;
        let [byte] = random::<1>();
        let wait = pause(self.position.rounds);
        patient.then(|| (wait + wait * u32::from(byte) / 1024).max(self.wait.unwrap_or_default()))
    }

    /// What the end of a run is called. Where an outage left nothing at all, that is a failure.
    fn outcome(&self, trouble: Option<&Trouble>, final_round: bool) -> SyncState {
        let some = self.report.streams.iter().any(|stream| stream.outcome == Outcome::Done);
        let code = trouble.map_or("provider_unavailable", |trouble| &trouble.code);
        match trouble {
            _ if some && !final_round => SyncState::Done,
            None if some || self.position.again.is_empty() => SyncState::Done,
            // We have stopped trying, or have nothing to show: it is the provider who must act.
            _ => SyncState::Failed(Trouble::new(code, Actor::Provider)),
        }
    }
}

fn pause(rounds: u32) -> Duration {
    (FIRST * (1 << rounds.min(10))).min(LONGEST)
}

impl Run {
    /// The end of a run: for good, or until what an outage withheld is asked for again.
    pub(super) async fn settle(&self, trouble: Option<&Trouble>) -> Result<Verdict, Stop> {
        let now = self.engine.now();
        let (again, outcome) = self.with_state(|state| {
            let again = state.next_round(now);
            for stream in &mut state.report.streams {
                // Nothing was left of it to ask for.
                if stream.outcome.is_open() {
                    stream.outcome = Outcome::Done;
                }
            }
            state.report.again_at = again.map(|after| now + after);
            state.position.rounds += 1;
            (again, state.outcome(trouble, again.is_none()))
        });
        let shown = self.map(outcome).await?;
        let Some(after) = again else { return Ok(Verdict::Done(shown)) };
        self.commit(shown, |_| {}).await?;
        Ok(Verdict::Later(after))
    }

    /// The provider gives no token: the streams that are not over stay where they are.
    pub(super) async fn interrupted(&self, trouble: Trouble) -> Result<Verdict, JobError> {
        self.with_state(|state| {
            for (id, resource) in state.unfinished() {
                state.out(&id, &resource, &trouble.code, None);
            }
            // A run that was cut off before it began has nothing to name.
            state.position.again.insert(String::new());
        });
        self.settle(Some(&trouble)).await.map_err(job)
    }

    /// Shows what was read before nothing more could be.
    pub(super) async fn cut_short(&self, trouble: Trouble) -> Result<Verdict, JobError> {
        self.with_state(|state| {
            for (id, resource) in state.unfinished() {
                state.stream(&id, &resource).outcome = Outcome::Failed { code: trouble.code.clone() };
            }
            state.position.again.clear();
        });
        match self.map(SyncState::Failed(trouble)).await {
            Ok(batch) => Ok(Verdict::Done(batch)),
            Err(Stop::Job(error)) => Err(error),
            Err(Stop::NeedsLogin | Stop::Trouble(_)) => Ok(Verdict::Done(Batch::new())),
        }
    }
}

/// Mapping asks nobody for anything, so only the job itself can fail.
fn job(stop: Stop) -> JobError {
    match stop {
        Stop::Job(error) => error,
        Stop::NeedsLogin | Stop::Trouble(_) => JobError::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_come_later_and_later() {
        let minutes: Vec<u64> = (0..9).map(|rounds| pause(rounds).as_secs() / 60).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 80, 160, 320, 360, 360]);
    }
}
