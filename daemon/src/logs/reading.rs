//! Reads one pod's log up to the present, window by window. What was read is committed with how far it was read, so that a
//! daemon that dies in between reads on where the store is.

use std::time::Duration;

use super::window::{self, MAX_LINES, advance, is_full, merge, narrower, print};
use crate::{
    journal::LogBatch,
    model::{Fault, LogStream, NewLine, Track},
    provider::{LogLines, LogWindow, Priority},
    scope::Scope,
};

/// For so long after the backend's own lag a line may still appear among others.
const SETTLING: Duration = Duration::from_secs(20);
/// The anchor is left behind by so much before it is moved: moving costs two calls.
const MOVE_AFTER_S: i64 = 60;

const TOO_MANY: &str = "more lines were written in one second than the backend gives out";

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Everything that the backend shows is stored.
    Present,
    /// There are more lines than can be told apart while they are this young.
    Behind,
}

/// One pod's log, as a reading goes on.
pub(super) struct Reading<'a> {
    pub(super) scope: &'a Scope,
    /// The backend's id of the job.
    pub(super) job: &'a str,
    pub(super) stream: &'a LogStream,
    pub(super) track: Track,
    pub(super) lag: Duration,
    pub(super) priority: Priority,
}

impl Reading<'_> {
    /// Reads to the present. `stored` is called after each commit.
    pub(super) async fn run(mut self, mut stored: impl FnMut()) -> Result<End, Fault> {
        let mut to = None;
        let mut larger = LogLines::default();
        loop {
            let anchor = self.track.anchor;
            let small = to.is_some_and(|to| to <= anchor + 1);
            let answer = self.fetch(anchor, to).await?;
            let (now, settled) = self.seconds(&answer);
            let full = is_full(&answer.lines, small);
            match narrower(anchor, to.unwrap_or(now)).filter(|_| full) {
                Some(middle) => {
                    to = Some(middle);
                    larger = answer;
                    continue;
                }
                None if full && anchor > settled => return Ok(End::Behind),
                None if full => {
                    self.pass_over(&answer).await?;
                    stored();
                    to = None;
                    continue;
                }
                None => {}
            }
            if to == Some(anchor) && answer.lines.is_empty() {
                self.pass_over_nothing(&larger).await?;
                stored();
                to = None;
                continue;
            }
            if self.store(&answer.lines, to.is_none()).await? {
                stored();
            }
            match to {
                None => {
                    if settled - anchor >= MOVE_AFTER_S && self.catch_up(settled).await? {
                        stored();
                    }
                    return Ok(End::Present);
                }
                Some(end) if end > settled => return Ok(End::Behind),
                Some(end) => {
                    self.move_to(end, answer.lines.len()).await?;
                    let next = end + 2 * (end - anchor).max(1);
                    to = (next < now).then_some(next);
                }
            }
        }
    }

    /// The backend's present second, and the last one in which nothing appears late any more.
    fn seconds(&self, answer: &LogLines) -> (i64, i64) {
        let local = self.scope.clock.wall_ms().div_euclid(1000);
        let now = answer.server_second.unwrap_or(local);
        let young = self.lag + SETTLING;
        // Where the two clocks differ, the slower one is right about what is settled.
        let settled = now.min(local) - i64::try_from(young.as_secs()).unwrap_or(i64::MAX) - 1;
        (now.max(local), settled)
    }

    async fn fetch(&self, from: i64, to: Option<i64>) -> Result<LogLines, Fault> {
        let window = LogWindow {
            job: self.job.to_owned(),
            pod_id: self.stream.key.pod_id.clone(),
            pod_uid: self.stream.key.pod_uid.clone(),
            from,
            to,
            max_lines: MAX_LINES,
        };
        self.scope.provider.pod_logs(window, self.priority).await
    }

    /// Stores what is new in a window that begins at the anchor; false when nothing is.
    async fn store(&mut self, lines: &[String], open: bool) -> Result<bool, Fault> {
        let new = self.new_lines(lines, open);
        if new.is_empty() {
            return Ok(false);
        }
        self.commit(new, None).await?;
        Ok(true)
    }

    fn new_lines(&mut self, lines: &[String], open: bool) -> Vec<NewLine> {
        let prints: Vec<u64> = lines.iter().map(|line| print(line.as_bytes())).collect();
        let found = merge(&mut self.track, &prints, open);
        let line = |found: window::Found| {
            Some(NewLine {
                text: lines.get(found.place)?.clone().into_bytes(),
                second: None,
                late: found.late,
            })
        };
        found.into_iter().filter_map(line).collect()
    }

    /// Reads once more what is settled, and moves the anchor there; true when a late line was found.
    async fn catch_up(&mut self, settled: i64) -> Result<bool, Fault> {
        if self.track.zone.is_empty() {
            self.track.anchor = settled;
            self.commit(Vec::new(), None).await?;
            return Ok(false);
        }
        let answer = self.fetch(self.track.anchor, Some(settled)).await?;
        if is_full(&answer.lines, false) {
            // Tried again, in smaller windows, when the next look finds too many.
            return Ok(false);
        }
        let late = self.store(&answer.lines, false).await?;
        self.move_to(settled, answer.lines.len()).await?;
        Ok(late)
    }

    /// Moves the anchor to about `end`, up to which the window had `to_end` lines. How many of these the new anchor leaves
    /// behind is counted with windows that end alike, so that it does not matter whether their ends count.
    async fn move_to(&mut self, end: i64, to_end: usize) -> Result<(), Fault> {
        let anchor = self.track.anchor;
        if end == anchor {
            // The window had lines, so both its ends count.
            advance(&mut self.track, anchor + 1, to_end, 0);
        } else {
            let new = (end - 1).max(anchor + 1);
            let answer = self.fetch(new, Some(end)).await?;
            advance(&mut self.track, new, to_end, answer.lines.len());
        }
        self.commit(Vec::new(), None).await
    }

    /// The smallest window is empty, and one of two seconds is overfull. Either the first second has no lines, or the backend
    /// leaves an end of its windows out: then it answers every window of one second with nothing.
    async fn pass_over_nothing(&mut self, larger: &LogLines) -> Result<(), Fault> {
        let next = self.track.anchor + 1;
        let answer = self.fetch(next, Some(next)).await?;
        if answer.lines.is_empty() {
            return self.pass_over(larger).await;
        }
        self.track.anchor = next;
        self.commit(Vec::new(), None).await
    }

    /// Leaves a second behind of which the backend does not give out everything.
    async fn pass_over(&mut self, answer: &LogLines) -> Result<(), Fault> {
        let second = self.track.anchor;
        let new = self.new_lines(&answer.lines, true);
        self.track = Track {
            anchor: second + 1,
            zone: Vec::new(),
        };
        self.commit(new, Some((second, second, TOO_MANY))).await
    }

    async fn commit(
        &self,
        lines: Vec<NewLine>,
        gap: Option<(i64, i64, &'static str)>,
    ) -> Result<(), Fault> {
        let batch = LogBatch {
            lines,
            track: self.track.clone(),
            gap,
        };
        let logs = self.scope.journal.logs();
        logs.commit(self.stream.id, batch).await?;
        Ok(())
    }
}
