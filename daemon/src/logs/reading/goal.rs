//! Goals other than the present: what is settled, and the beginning of the next segment.

use super::{BELIEVED_AFTER, End, Goal, MOVE_AFTER_BYTES, MOVE_AFTER_LINES, Reading, SETTLING};
use crate::{
    logs::window::{Window, has_shrunk, lacks, recount},
    model::Fault,
};

impl Reading<'_> {
    /// Where the largest window ends; `None` is the present. The end where there is nothing to read.
    pub(super) fn limit(&self) -> Result<Option<i64>, End> {
        let settled = self.settled_at(self.supposed_now() + self.ahead);
        match self.goal {
            Goal::Present => Ok(None),
            Goal::Settled if settled <= self.track.anchor => Err(End::Present),
            Goal::Settled => Ok(Some(settled)),
            Goal::Segment(second) if second > settled => Err(End::Behind),
            Goal::Segment(second) => Ok(Some(second)),
        }
    }

    /// The backend's present second, as far as is known without asking.
    pub(super) fn supposed_now(&self) -> i64 {
        self.scope.now_ms().div_euclid(1000)
    }

    /// The last second in which nothing appears late any more.
    pub(super) fn settled_at(&self, now: i64) -> i64 {
        let young = self.lag + SETTLING;
        now - i64::try_from(young.as_secs()).unwrap_or(i64::MAX) - 1
    }

    /// A window to a settled second that holds everything. The anchor moves where much lies behind it.
    pub(super) async fn settled(
        &mut self,
        answer: Window,
        limit: i64,
        stored: &mut impl FnMut(),
    ) -> Result<End, Fault> {
        let (count, bytes) = (answer.lines.len(), answer.bytes);
        if lacks(&self.track, &answer.prints) {
            if self.lacking_for < BELIEVED_AFTER {
                return Ok(End::Lacking);
            }
            let new = self.lines(answer, limit, recount);
            self.commit(new, None).await?;
            stored();
        } else if self.store(answer, limit, false).await? {
            stored();
        }
        if count == 0 {
            return Ok(End::Nothing);
        }
        if count > MOVE_AFTER_LINES || bytes > MOVE_AFTER_BYTES {
            self.move_to(limit, count).await?;
        }
        Ok(End::Present)
    }

    /// A window up to the second in which the next segment begins. Which of its lines that one has is counted with a window of
    /// this second alone: whether the ends of windows count matters to both alike.
    pub(super) async fn meet(
        &mut self,
        mut answer: Window,
        second: i64,
        stored: &mut impl FnMut(),
    ) -> Result<End, Fault> {
        // That there are none must be said twice.
        if answer.lines.is_empty() {
            answer = self.fetch(self.track.anchor, Some(second)).await?;
        }
        let mut theirs = self.fetch(second, Some(second)).await?.lines.len();
        if theirs == 0 && !answer.lines.is_empty() {
            theirs = self.fetch(second, Some(second)).await?.lines.len();
        }
        let Some(ours) = answer.lines.len().checked_sub(theirs) else {
            return Ok(End::Lacking);
        };
        answer.lines.truncate(ours);
        answer.prints.truncate(ours);
        if has_shrunk(&self.track, &answer.prints) && self.lacking_for < BELIEVED_AFTER {
            return Ok(End::Lacking);
        }
        if self.store(answer, second, true).await? {
            stored();
        }
        Ok(End::Met)
    }
}
