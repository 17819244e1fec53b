//! What a follow tells beside lines: how far behind its reading is, and that the job has ended.

use std::time::Duration;

use pai_proto::v1::{FollowLogsResponse, LogJobEnded, Stale, follow_logs_response::Frame};

use super::{Following, frame};
use crate::{
    logs::{Missing, Progress},
    model::{Fault, Job},
    rpc::{convert, frames::Sink},
    sys::clock::Mono,
};

/// So far behind the present a follow may be without a word.
const BEHIND_MS: i64 = 5_000;
/// Between two words on a log that is behind.
const AGAIN: Duration = Duration::from_secs(30);
/// Between two words on one that cannot be read.
const FAILING: Duration = Duration::from_secs(120);

/// When it was last told that the log is not read to the present, where it is not.
#[derive(Debug, Default)]
pub(super) struct Told(Option<Mono>);

impl Told {
    /// Whether it is told now; the same `again` after so long.
    fn is_due(&mut self, stale: bool, again: Duration, now: Mono) -> bool {
        let is_due = match self.0 {
            None => stale,
            Some(told) => !stale || now.saturating_sub(told) >= again,
        };
        if is_due {
            self.0 = stale.then_some(now);
        }
        is_due
    }
}

impl Following {
    /// Tells that the log is not read to the present, or that a part for which lines are held up cannot be read: again and again,
    /// and once that it is not so any more.
    pub(super) async fn tell_staleness(
        &mut self,
        progress: &Progress,
        is_held_up: bool,
        sink: &Sink<FollowLogsResponse>,
    ) {
        let fault = progress.fault.as_ref();
        let fault = fault.or(progress.hole_fault.as_ref().filter(|_| is_held_up));
        let (reason, failed) = (self.why_stale(progress, fault), fault.is_some());
        let now = self.running.scope.clock.mono();
        let again = if failed { FAILING } else { AGAIN };
        if !self.told_stale.is_due(reason.is_some(), again, now) {
            return;
        }
        let stale = reason.map(|reason| Stale {
            since_ms: Some(progress.read_ms),
            reason,
            behind: !failed && progress.missing == Missing::Young,
        });
        let stale = stale.unwrap_or_default();
        sink.send(frame(Frame::Stale(stale))).await;
    }

    fn why_stale(&self, progress: &Progress, fault: Option<&Fault>) -> Option<String> {
        let is_long_ago = self.told_stale.0.is_some() || self.behind_ms(progress) >= BEHIND_MS;
        match fault {
            Some(fault) => Some(fault.to_string()),
            None if progress.missing.is_shown() && is_long_ago => Some(progress.missing.note()),
            None => None,
        }
    }

    fn behind_ms(&self, progress: &Progress) -> i64 {
        self.running.scope.clock.wall_ms() - progress.read_ms
    }

    /// Tells once that the job has ended where more of its log is to come.
    pub(super) async fn tell_end(
        &mut self,
        progress: &Progress,
        is_held_up: bool,
        sink: &Sink<FollowLogsResponse>,
    ) -> Result<(), Fault> {
        if self.once || self.told_end {
            return Ok(());
        }
        let (scope, uid) = (&self.running.scope, self.job.uid.clone());
        let job = scope.journal.read(move |reader| reader.job(&uid)).await?;
        let Some(job) = job.filter(Job::has_ended) else {
            return Ok(());
        };
        self.told_end = true;
        let is_unread = progress.fault.is_some() || progress.missing.is_shown() || is_held_up;
        let ended = LogJobEnded {
            job: Some(convert::job(&job, scope.looks.get().old_since_ms())),
            behind: is_unread || self.behind_ms(progress) >= BEHIND_MS,
        };
        sink.send(frame(Frame::JobEnded(Box::new(ended)))).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_is_told_again_and_again_and_its_return_once() {
        let told = |again| {
            let mut told = Told::default();
            let mut at = |seconds, stale| {
                told.is_due(stale, again, Mono::default() + Duration::from_secs(seconds))
            };
            [
                at(0, false),
                at(1, true),
                at(30, true),
                at(31, true),
                at(60, true),
                at(61, true),
                at(62, false),
                at(63, false),
                at(64, true),
            ]
        };
        let (yes, no) = (true, false);
        assert_eq!(told(AGAIN), [no, yes, no, yes, no, yes, yes, no, yes]);
        assert_eq!(told(FAILING), [no, yes, no, no, no, no, yes, no, yes]);
    }
}
