//! Reads one pod's log up to the present, window by window. What was read is committed with how far it was read, so that a
//! daemon that dies in between reads on where the store is.

use std::time::Duration;

use super::window::{
    self, MAX_LINES, Search, Try, Window, advance, has_shrunk, merge, narrower, shows,
};
use crate::{
    journal::LogBatch,
    model::{Fault, LogStream, NewLine, Track},
    provider::{LogWindow, Priority},
    scope::Scope,
};
use aliyun::aside;

/// For so long after the backend's own lag a line may still appear among others.
const SETTLING: Duration = Duration::from_secs(20);
/// The anchor is left behind by so much, and by so many lines, before it is moved: moving costs some calls.
const MOVE_AFTER_S: i64 = 60;
const MOVE_AFTER_LINES: usize = 100;

/// Halving a window of a hundred years takes fewer.
const STEPS_MAX: u32 = 64;

const TOO_MANY: &str = "more lines were written in one second than the backend gives out";
const GONE: &str = "the backend does not show lines any more that it had shown";

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Everything that the backend shows is stored.
    Present,
    /// There are more lines than can be told apart while they are this young.
    Behind,
    /// The answer lacks lines that were shown before: nothing is made of it.
    Lacking,
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
    /// Answers have lacked lines for so long that they are taken for gone.
    pub(super) gives_up: bool,
    /// Where the anchor was before it went over windows without lines, while the zone has some: these lie behind it now,
    /// unless those answers lacked them. Nothing of this is committed before an answer shows it.
    pub(super) unproven: Option<i64>,
}

impl Reading<'_> {
    /// Reads to the present. `stored` is called after each commit.
    pub(super) async fn run(mut self, mut stored: impl FnMut()) -> Result<End, Fault> {
        let mut to = None;
        let mut larger = Window::default();
        let (mut before, mut steps) = (self.track.anchor, 0);
        let mut search = Search::default();
        loop {
            let anchor = self.track.anchor;
            if anchor != before {
                (before, steps) = (anchor, 0);
                search = Search::default();
            }
            steps += 1;
            if steps > STEPS_MAX {
                tracing::warn!(pod = %self.stream.key.pod_id, anchor, "a log's windows contradict each other");
                return Ok(End::Behind);
            }
            let small = to.is_some_and(|to| to <= anchor + 1);
            let answer = self.fetch(anchor, to).await?;
            let (now, settled) = self.seconds(&answer);
            let full = answer.is_full(small);
            if !self.is_proven_by(&answer, full).await? {
                return Ok(End::Lacking);
            }
            let tried = full.then(|| search.is_full(to.unwrap_or(now))).flatten();
            if let Some(next) = tried {
                match next {
                    Try::Until(end) => to = Some(end),
                    Try::Present | Try::Enough => return Ok(End::Behind),
                }
                continue;
            }
            match narrower(anchor, to.unwrap_or(now)).filter(|_| full) {
                Some(middle) => {
                    to = Some(middle);
                    larger = answer;
                    continue;
                }
                None if full && anchor > settled => return Ok(End::Behind),
                None if full => {
                    self.pass_over(answer).await?;
                    stored();
                    to = None;
                    continue;
                }
                None => {}
            }
            if to == Some(anchor) && anchor < settled && answer.lines.is_empty() {
                self.pass_over_nothing(std::mem::take(&mut larger)).await?;
                stored();
                to = None;
                continue;
            }
            if to.is_none() && has_shrunk(&self.track, &answer.prints) {
                if !self.gives_up {
                    return Ok(End::Lacking);
                }
                let new = self.new_lines(answer, true);
                self.commit(new, Some((anchor, now, GONE))).await?;
                stored();
                return Ok(End::Present);
            }
            let count = answer.lines.len();
            if self.store(answer, to.is_none()).await? {
                stored();
            }
            match to {
                None => {
                    let far = settled - anchor >= MOVE_AFTER_S;
                    if far
                        && self.track.zone.len() > MOVE_AFTER_LINES
                        && self.catch_up(settled).await?
                    {
                        stored();
                    }
                    return Ok(End::Present);
                }
                // Its lines are stored, and the anchor stays.
                Some(end) if end > settled || end == anchor && count == 0 => match search.fits(end)
                {
                    Try::Until(end) => to = Some(end),
                    Try::Present => to = None,
                    Try::Enough => return Ok(End::Behind),
                },
                Some(end) => {
                    match count {
                        // The larger window was full a moment ago: its lines lie behind this one.
                        0 => self.go_over_nothing(end).await?,
                        to_end => self.move_to(end, to_end).await?,
                    }
                    let next = end + 2 * (end - anchor).max(1);
                    to = (next < now).then_some(next);
                }
            }
        }
    }

    /// Moves the anchor over seconds without lines.
    async fn go_over_nothing(&mut self, end: i64) -> Result<(), Fault> {
        let before = std::mem::replace(&mut self.track.anchor, end);
        if self.track.zone.is_empty() {
            return self.commit(Vec::new(), None).await;
        }
        self.unproven.get_or_insert(before);
        Ok(())
    }

    /// False when the zone's lines are not where they must be if there was nothing in what was gone over.
    async fn is_proven_by(&mut self, answer: &Window, full: bool) -> Result<bool, Fault> {
        let (Some(before), false) = (self.unproven, answer.lines.is_empty()) else {
            return Ok(true);
        };
        if shows(&self.track.zone, &answer.prints) {
            self.unproven = None;
            self.commit(Vec::new(), None).await?;
        } else if !full && self.gives_up {
            self.unproven = None;
            self.track.zone.clear();
            let gap = (before, self.track.anchor, GONE);
            self.commit(Vec::new(), Some(gap)).await?;
        }
        // A full one may have been cut at either end.
        Ok(full || self.unproven.is_none())
    }

    /// The backend's present second, and the last one in which nothing appears late any more.
    fn seconds(&self, answer: &Window) -> (i64, i64) {
        let local = self.scope.clock.wall_ms().div_euclid(1000);
        let now = answer.server_second.unwrap_or(local);
        let young = self.lag + SETTLING;
        // Where the two clocks differ, the slower one is right about what is settled.
        let settled = now.min(local) - i64::try_from(young.as_secs()).unwrap_or(i64::MAX) - 1;
        (now.max(local), settled)
    }

    async fn fetch(&self, from: i64, to: Option<i64>) -> Result<Window, Fault> {
        let window = LogWindow {
            job: self.job.to_owned(),
            pod_id: self.stream.key.pod_id.clone(),
            pod_uid: self.stream.key.pod_uid.clone(),
            from,
            to,
            max_lines: MAX_LINES,
        };
        let answer = self.scope.provider.pod_logs(window, self.priority);
        let answer = answer.await?;
        let bytes = window::bytes(&answer.lines);
        Ok(aside(bytes, || Window::of(answer)).await)
    }

    /// Stores what is new in a window that begins at the anchor; false when nothing is.
    async fn store(&mut self, answer: Window, open: bool) -> Result<bool, Fault> {
        let new = self.new_lines(answer, open);
        if new.is_empty() {
            return Ok(false);
        }
        self.commit(new, None).await?;
        Ok(true)
    }

    fn new_lines(&mut self, answer: Window, open: bool) -> Vec<NewLine> {
        let found = merge(&mut self.track, &answer.prints, open);
        let mut lines = answer.lines;
        let line = |found: window::Found| {
            Some(NewLine {
                text: std::mem::take(lines.get_mut(found.place)?).into_bytes(),
                second: None,
                late: found.late,
            })
        };
        found.into_iter().filter_map(line).collect()
    }

    /// Reads once more what is settled, and moves the anchor there; true when a late line was found.
    async fn catch_up(&mut self, settled: i64) -> Result<bool, Fault> {
        let answer = self.fetch(self.track.anchor, Some(settled)).await?;
        if answer.lines.is_empty() || answer.is_full(false) {
            // Where there are too many the next look reads smaller windows.
            return Ok(false);
        }
        let to_end = answer.lines.len();
        let late = self.store(answer, false).await?;
        self.move_to(settled, to_end).await?;
        Ok(late)
    }

    /// Moves the anchor towards `end`, up to which the window had `to_end` lines, as far as at least one of them stays in
    /// the zone. How many the new anchor leaves behind is counted with windows that end alike, so that it does not matter
    /// whether their ends count.
    async fn move_to(&mut self, end: i64, to_end: usize) -> Result<(), Fault> {
        let anchor = self.track.anchor;
        let mut back = 1;
        let mut new = end - back;
        while new > anchor {
            let kept = self.fetch(new, Some(end)).await?.lines.len();
            if kept > 0 {
                advance(&mut self.track, new, to_end, kept);
                return self.commit(Vec::new(), None).await;
            }
            back *= 2;
            new = end - back;
        }
        // All of them lie in the first seconds: the anchor goes on without one.
        let next = anchor + 1;
        let kept = match end > next {
            true => self.fetch(next, Some(end)).await?.lines.len(),
            false if end == anchor => 0,
            false => self.fetch(end, Some(end)).await?.lines.len(),
        };
        advance(&mut self.track, next, to_end, kept);
        self.commit(Vec::new(), None).await
    }

    /// The smallest window is empty, and one of two seconds is overfull. Either the first second has no lines, or the backend
    /// leaves an end of its windows out: then it answers every window of one second with nothing.
    async fn pass_over_nothing(&mut self, larger: Window) -> Result<(), Fault> {
        let next = self.track.anchor + 1;
        let answer = self.fetch(next, Some(next)).await?;
        if answer.lines.is_empty() {
            return self.pass_over(larger).await;
        }
        self.go_over_nothing(next).await
    }

    /// Leaves a second behind of which the backend does not give out everything.
    async fn pass_over(&mut self, answer: Window) -> Result<(), Fault> {
        let second = self.track.anchor;
        let new = self.new_lines(answer, true);
        self.unproven = None;
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
