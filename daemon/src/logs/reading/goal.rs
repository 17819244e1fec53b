//! Goals other than the present: what is settled, and the beginning of the next segment.

use super::{BELIEVED_AFTER, End, Goal, MOVE_AFTER_BYTES, MOVE_AFTER_LINES, Reading, SETTLING};
use crate::{
    logs::window::{Window, has_shrunk, lacks, recount},
    model::Fault,
};

const CONTRADICTORY: &str = "the answers of the backend contradict each other";

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
        now - self.young_s() - 1
    }

    /// For so many seconds a line may appear late.
    pub(super) fn young_s(&self) -> i64 {
        let young = self.lag + SETTLING;
        i64::try_from(young.as_secs()).unwrap_or(i64::MAX)
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
    /// this second alone: whether the ends of windows count matters to both alike. What is read here is not read again, so
    /// everything must be said twice.
    pub(super) async fn meet(
        &mut self,
        answer: Window,
        second: i64,
        stored: &mut impl FnMut(),
    ) -> Result<End, Fault> {
        let is_believed = self.lacking_for >= BELIEVED_AFTER;
        let again = self.fetch(self.track.anchor, Some(second)).await?;
        if answer.prints != again.prints && !is_believed {
            return Ok(End::Lacking);
        }
        let is_more = again.lines.len() > answer.lines.len() && !again.is_full(false);
        let mut answer = if is_more { again } else { answer };
        let mut theirs = self.fetch(second, Some(second)).await?.prints;
        if theirs.is_empty() && !answer.lines.is_empty() {
            theirs = self.fetch(second, Some(second)).await?.prints;
        }
        if !answer.prints.ends_with(&theirs) {
            if !is_believed {
                return Ok(End::Lacking);
            }
            self.commit(Vec::new(), Some((second, second, CONTRADICTORY)))
                .await?;
        }
        let ours = answer.lines.len().saturating_sub(theirs.len());
        answer.lines.truncate(ours);
        answer.prints.truncate(ours);
        if has_shrunk(&self.track, &answer.prints) && !is_believed {
            return Ok(End::Lacking);
        }
        if self.store(answer, second, true).await? {
            stored();
        }
        Ok(End::Met)
    }
}
