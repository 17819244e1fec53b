//! Reads one pod's log up to the present, window by window. What was read is committed with how far it was read, so that a
//! daemon that dies in between reads on where the store is.

mod anchor;

use std::time::Duration;

use super::window::{
    self, Found, MAX_LINES, Search, Try, Window, has_shrunk, lacks, merge, recount,
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
/// The anchor is left behind by so much, and by so many lines or bytes, before it is moved: moving costs some calls.
const MOVE_AFTER_S: i64 = 60;
const MOVE_AFTER_LINES: usize = 100;
const MOVE_AFTER_BYTES: usize = 64 << 10;
/// Lines that the backend showed and does not show any more are taken for gone after this.
const GONE_AFTER: Duration = Duration::from_secs(120);
/// A part of a log that seems to lack lines is taken as it is after this: late lines may look like that.
const BELIEVED_AFTER: Duration = Duration::from_secs(15);

/// A window without lines is believed when it was asked for so often.
const ASKED_OF_NOTHING: u32 = 2;

/// Halving a window of a hundred years takes fewer.
const STEPS_MAX: u32 = 64;

const TOO_MANY: &str = "more lines were written in one second than the backend gives out";
const GONE: &str = "the backend does not show lines any more that it had shown";

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Everything that the backend shows is stored.
    Present,
    /// The same, and it showed nothing: that alone proves nothing.
    Nothing,
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
    /// For so long answers have lacked lines.
    pub(super) lacking_for: Duration,
    /// By how many seconds the backend's clock is ahead of ours, as far as is known.
    pub(super) ahead: i64,
}

/// What comes after a window that was read.
enum Next {
    Try(Try),
    End(End),
    /// The anchor may have moved: the window that is likely to bring something, `None` up to the present.
    On(Option<i64>),
}

impl Reading<'_> {
    /// Reads to the present. `stored` is called after each commit.
    pub(super) async fn run(mut self, mut stored: impl FnMut()) -> Result<End, Fault> {
        let mut to = None;
        let mut overfull = Window::default();
        let mut search = Search::new(self.track.anchor);
        let mut steps = 0;
        // Of the newest settled window without lines: its end, and how often it was asked for.
        let mut empty = (i64::MIN, 0);
        loop {
            let anchor = self.track.anchor;
            if anchor != search.anchor() {
                search = Search::new(anchor);
                (steps, empty) = (0, (i64::MIN, 0));
            }
            steps += 1;
            if steps > STEPS_MAX {
                tracing::warn!(pod = %self.stream.key.pod_id, anchor, "a log's windows contradict each other");
                return Ok(End::Lacking);
            }
            let answer = self.fetch(anchor, to).await?;
            let (now, settled) = self.seconds(&answer);
            let small = to.is_some_and(|to| to <= anchor + 1);
            if let Some(end) = to.filter(|end| *end <= settled && answer.is_empty()) {
                let times = if empty.0 == end { empty.1 } else { 0 };
                empty = (end, times + 1);
            }
            let next = match (answer.is_full(small), to) {
                (true, _) => {
                    overfull = answer;
                    Next::Try(search.is_full(to.unwrap_or(now)))
                }
                (false, None) => Next::End(self.present(answer, now, settled, &mut stored).await?),
                (false, Some(end)) => {
                    let next = self
                        .part(answer, end, settled, &mut search, &mut stored)
                        .await?;
                    match next {
                        Next::On(Some(end)) if end >= now => Next::On(None),
                        next => next,
                    }
                }
            };
            to = match next {
                Next::End(end) => return Ok(end),
                Next::On(to) => to,
                Next::Try(Try::Until(end)) => Some(end),
                Next::Try(Try::Present) => None,
                // What can be read of what is too young is stored.
                Next::Try(Try::Enough(fits)) if fits.unwrap_or(anchor) > settled => {
                    return Ok(End::Behind);
                }
                // The next larger one is overfull.
                Next::Try(Try::Enough(Some(end)))
                    if empty.0 != end || empty.1 < ASKED_OF_NOTHING =>
                {
                    Some(end)
                }
                Next::Try(Try::Enough(None)) => {
                    self.pass_over(std::mem::take(&mut overfull)).await?;
                    stored();
                    None
                }
                Next::Try(Try::Enough(Some(end))) if end > anchor => {
                    self.go_to(end).await?;
                    Some(end + 1)
                }
                // Nothing can be settled before the next second is.
                Next::Try(Try::Enough(Some(_))) if anchor >= settled => return Ok(End::Behind),
                Next::Try(Try::Enough(Some(_))) => {
                    self.pass_over_nothing(std::mem::take(&mut overfull))
                        .await?;
                    stored();
                    None
                }
            };
        }
    }

    /// A window to the present that holds everything.
    async fn present(
        &mut self,
        answer: Window,
        now: i64,
        settled: i64,
        stored: &mut impl FnMut(),
    ) -> Result<End, Fault> {
        let anchor = self.track.anchor;
        if has_shrunk(&self.track, &answer.prints) {
            if self.lacking_for < GONE_AFTER {
                return Ok(End::Lacking);
            }
            let new = self.lines(answer, |track, prints| merge(track, prints, true));
            self.commit(new, Some((anchor, now, GONE))).await?;
            stored();
            return Ok(End::Present);
        }
        let (nothing, bytes) = (answer.lines.is_empty(), answer.bytes);
        if self.store(answer, true).await? {
            stored();
        }
        let much = self.track.zone.len() > MOVE_AFTER_LINES || bytes > MOVE_AFTER_BYTES;
        if settled - anchor >= MOVE_AFTER_S && much && self.catch_up(settled).await? {
            stored();
        }
        Ok(match nothing {
            true => End::Nothing,
            false => End::Present,
        })
    }

    /// A window to this second that holds everything. The anchor moves only with lines: that there are none proves nothing.
    async fn part(
        &mut self,
        answer: Window,
        end: i64,
        settled: i64,
        search: &mut Search,
        stored: &mut impl FnMut(),
    ) -> Result<Next, Fault> {
        let (anchor, count) = (self.track.anchor, answer.lines.len());
        if lacks(&self.track, &answer.prints) {
            if self.lacking_for < BELIEVED_AFTER {
                return Ok(Next::End(End::Lacking));
            }
            let new = self.lines(answer, recount);
            self.commit(new, None).await?;
            stored();
        } else if self.store(answer, false).await? {
            stored();
        }
        if end > settled || count == 0 {
            return Ok(Next::Try(search.fits(end)));
        }
        Ok(match self.move_to(end, count).await? {
            true => Next::On(Some(end + 2 * (end - anchor).max(1))),
            false => Next::End(End::Lacking),
        })
    }

    /// The backend's present second, and the last one in which nothing appears late any more.
    fn seconds(&mut self, answer: &Window) -> (i64, i64) {
        let local = self.scope.clock.wall_ms().div_euclid(1000);
        if let Some(theirs) = answer.server_second {
            self.ahead = theirs - local;
        }
        let now = local + self.ahead;
        let young = self.lag + SETTLING;
        let settled = now - i64::try_from(young.as_secs()).unwrap_or(i64::MAX) - 1;
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
        let provider = self.scope.provider();
        let answer = provider.pod_logs(window, self.priority).await?;
        let bytes = window::bytes(&answer.lines);
        Ok(aside(bytes, || Window::of(answer)).await)
    }

    /// Stores what is new in a window that begins at the anchor; false when nothing is.
    async fn store(&mut self, answer: Window, open: bool) -> Result<bool, Fault> {
        let new = self.lines(answer, |track, prints| merge(track, prints, open));
        if new.is_empty() {
            return Ok(false);
        }
        self.commit(new, None).await?;
        Ok(true)
    }

    /// The lines of a window that this finds to be new.
    fn lines(
        &mut self,
        answer: Window,
        find: impl FnOnce(&mut Track, &[u64]) -> Vec<Found>,
    ) -> Vec<NewLine> {
        let found = find(&mut self.track, &answer.prints);
        let mut lines = answer.lines;
        let line = |found: Found| {
            Some(NewLine {
                text: std::mem::take(lines.get_mut(found.place)?).into_bytes(),
                second: None,
                late: found.late,
            })
        };
        found.into_iter().filter_map(line).collect()
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
