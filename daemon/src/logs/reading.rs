//! Reads a segment of one pod's log up to its goal, window by window. What was read is committed with how far it was read, so
//! that a daemon that dies in between reads on where the store is.

mod anchor;
mod goal;
mod jump;
mod late;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::window::{
    self, Found, MAX_LINES, Search, Try, Window, has_shrunk, lacks, merge, recount,
};
use crate::{
    journal::LogBatch,
    model::{Fault, LogStream, NewLine, Track},
    provider::{LogWindow, Priority},
    scope::Scope,
    sys::clock::Mono,
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
/// Calls that are as urgent as whoever waits for the log: one who reads much must not hold up those who read little.
const URGENT_CALLS: u32 = 6;

/// The reason of a gap in which lines are missing without a doubt.
pub const TOO_MANY: &str = "more lines were written in one second than the backend gives out";
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
    /// One answer does not hold what lies before the present; see [`Reading::may_jump`].
    Far,
    /// Everything up to the next segment is stored.
    Met,
    /// The time for it is over.
    Paused,
}

/// How far is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// To the present: what is young is read again the next time.
    Present,
    /// To the newest second in which nothing appears late any more: each line is read about once.
    Settled,
    /// To the second in which the next segment begins.
    Segment(i64),
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
    pub(super) goal: Goal,
    /// Where the first answer does not hold everything, say so ([`End::Far`]) instead of reading on.
    pub(super) may_jump: bool,
    /// When the job ended, Unix s of the backend's clock.
    pub(super) ended: Option<i64>,
    /// No call is made after this.
    pub(super) deadline: Option<Mono>,
    /// By how many seconds the backend's clock is ahead of what we take for its time, as far as is known.
    pub(super) ahead: i64,
    /// Calls of the look, over all pods.
    pub(super) calls: &'a AtomicU32,
}

/// What comes after a window that was read.
enum Next {
    Try(Try),
    End(End),
    /// The anchor may have moved: the window that is likely to bring something, `None` up to the present.
    On(Option<i64>),
}

impl Reading<'_> {
    /// Reads to the goal. `stored` is called after each commit.
    pub(super) async fn run(&mut self, mut stored: impl FnMut()) -> Result<End, Fault> {
        // What cannot be stored is not asked for.
        self.scope.journal.logs().has_room()?;
        let mut limit = match self.limit() {
            Ok(limit) => limit,
            Err(end) => return Ok(end),
        };
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
            if matches!(self.goal, Goal::Segment(second) if anchor >= second) {
                return Ok(End::Met);
            }
            if self
                .deadline
                .is_some_and(|over| self.scope.clock.mono() >= over)
            {
                return Ok(End::Paused);
            }
            steps += 1;
            if steps > STEPS_MAX {
                tracing::warn!(pod = %self.stream.key.pod_id, anchor, "a log's windows contradict each other");
                return Ok(End::Lacking);
            }
            let end = to.or(limit);
            let answer = self.fetch(anchor, end).await?;
            let (now, settled) = self.seconds(&answer);
            if self.goal != Goal::Present && limit.is_some_and(|limit| limit > settled) {
                // Our clock is ahead of theirs.
                limit = match self.limit() {
                    Ok(limit) => limit,
                    Err(end) => return Ok(end),
                };
                continue;
            }
            let small = end.is_some_and(|end| end <= anchor + 1);
            if let Some(end) = to.filter(|end| *end <= settled && answer.is_empty()) {
                let times = if empty.0 == end { empty.1 } else { 0 };
                empty = (end, times + 1);
            }
            let next = match (answer.is_full(small), to) {
                (true, _) if self.may_jump => return Ok(End::Far),
                (true, _) => {
                    overfull = answer;
                    Next::Try(search.is_full(end.unwrap_or(now)))
                }
                (false, None) => Next::End(match (self.goal, limit) {
                    (Goal::Settled, Some(limit)) => {
                        self.settled(answer, limit, &mut stored).await?
                    }
                    (Goal::Segment(second), _) => self.meet(answer, second, &mut stored).await?,
                    _ => self.present(answer, now, settled, &mut stored).await?,
                }),
                (false, Some(end)) => {
                    let next = self
                        .part(answer, end, settled, &mut search, &mut stored)
                        .await?;
                    match next {
                        Next::On(Some(end)) if end >= limit.unwrap_or(now) => Next::On(None),
                        next => next,
                    }
                }
            };
            self.may_jump = false;
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
                    // What the window to the limit holds may belong to others.
                    Some(end + 1).filter(|next| limit.is_none_or(|limit| *next < limit))
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
            let filed_by = self.filed_by(now);
            let new = self.lines(answer, filed_by, |track, prints| merge(track, prints, true));
            self.commit(new, Some((anchor, now, GONE))).await?;
            stored();
            return Ok(End::Present);
        }
        let (nothing, bytes) = (answer.lines.is_empty(), answer.bytes);
        if self.store(answer, self.filed_by(now), true).await? {
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
            let new = self.lines(answer, end, recount);
            self.commit(new, None).await?;
            stored();
        } else if self.store(answer, end, false).await? {
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
        let supposed = self.supposed_now();
        if let Some(theirs) = answer.server_second {
            self.ahead = theirs - supposed;
        }
        let now = supposed + self.ahead;
        (now.max(supposed), self.settled_at(now))
    }

    /// By which second a line was filed that an answer of this second shows: after the end of a job nothing comes that is not
    /// merely late.
    fn filed_by(&self, now: i64) -> i64 {
        let last = self.ended.map(|ended| ended + self.young_s());
        last.map_or(now, |last| now.min(last.max(self.track.anchor)))
    }

    async fn fetch(&mut self, from: i64, to: Option<i64>) -> Result<Window, Fault> {
        let window = LogWindow {
            job: self.job.to_owned(),
            pod_id: self.stream.key.pod_id.clone(),
            pod_uid: self.stream.key.pod_uid.clone(),
            from,
            to,
            max_lines: MAX_LINES,
        };
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        let priority = match self.priority {
            Priority::Interactive if before >= URGENT_CALLS => Priority::Bulk,
            priority => priority,
        };
        let provider = self.scope.provider();
        let answer = provider.pod_logs(window, priority).await?;
        let bytes = window::bytes(&answer.lines);
        Ok(aside(bytes, || Window::of(answer)).await)
    }

    /// Stores what is new in a window that begins at the anchor and ends with this second; false when nothing is.
    async fn store(&mut self, answer: Window, end: i64, open: bool) -> Result<bool, Fault> {
        let mut track = self.track.clone();
        let found = merge(&mut track, &answer.prints, open);
        if found.is_empty() {
            self.track = track;
            return Ok(false);
        }
        let late: Vec<_> = found
            .iter()
            .filter(|line| line.late)
            .map(|line| line.place)
            .collect();
        let mut seconds = self.filed_at(&late, end).await.into_iter();
        self.track = track;
        let mut new = new_lines(answer, end, found);
        for line in new.iter_mut().filter(|line| line.late) {
            line.second = seconds.next().or(line.second);
        }
        self.commit(new, None).await?;
        Ok(true)
    }

    /// The lines of a window that this finds to be new.
    fn lines(
        &mut self,
        answer: Window,
        end: i64,
        find: impl FnOnce(&mut Track, &[u64]) -> Vec<Found>,
    ) -> Vec<NewLine> {
        let found = find(&mut self.track, &answer.prints);
        new_lines(answer, end, found)
    }

    pub(super) async fn commit(
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

/// The lines that were found in a window that ends with this second.
fn new_lines(answer: Window, end: i64, found: Vec<Found>) -> Vec<NewLine> {
    let mut lines = answer.lines;
    let line = |found: Found| {
        Some(NewLine {
            text: std::mem::take(lines.get_mut(found.place)?).into_bytes(),
            second: Some(end),
            late: found.late,
        })
    };
    found.into_iter().filter_map(line).collect()
}
