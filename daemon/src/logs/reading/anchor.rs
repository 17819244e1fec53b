//! Moving the anchor. It leaves behind only what is settled and stored.

use super::{ASKED_OF_NOTHING, BELIEVED_AFTER, Reading, TOO_MANY};
use crate::{
    logs::window::{Window, advance, end_in, is_end, lacks, merge},
    model::{Fault, Track},
};

impl Reading<'_> {
    /// Reads once more what is settled, and moves the anchor there; true when a late line was found.
    pub(super) async fn catch_up(&mut self, settled: i64) -> Result<bool, Fault> {
        let answer = self.fetch(self.track.anchor, Some(settled)).await?;
        // Where there are too many the next look reads smaller windows.
        let is_whole = !answer.is_full(false) && !lacks(&self.track, &answer.prints);
        if answer.lines.is_empty() || !is_whole {
            return Ok(false);
        }
        let to_end = answer.lines.len();
        let late = self.store(answer, settled, false).await?;
        self.move_to(settled, to_end).await?;
        Ok(late)
    }

    /// Moves the anchor towards `end`, up to which the window had `to_end` lines, as far as at least one of them stays in
    /// the zone. How many the new anchor leaves behind is counted with windows that end alike, so that it does not matter
    /// whether their ends count. False when no answer fits what the larger window showed.
    pub(super) async fn move_to(&mut self, end: i64, to_end: usize) -> Result<bool, Fault> {
        let anchor = self.track.anchor;
        let mut back = 1;
        while end - back > anchor {
            if self.move_if_shown(end - back, end, to_end, false).await? {
                return Ok(true);
            }
            back *= 2;
        }
        // All of them lie in the first seconds: the anchor goes on without one.
        let next = anchor + 1;
        if end == anchor {
            advance(&mut self.track, next, to_end, 0);
            self.commit(Vec::new(), None).await?;
            return Ok(true);
        }
        // That nothing is left must be said twice.
        Ok(self.move_if_shown(next, end, to_end, false).await?
            || self.move_if_shown(next, end, to_end, true).await?)
    }

    /// Moves the anchor where a window from there has just the lines that it must have; whether none are enough is said.
    async fn move_if_shown(
        &mut self,
        anchor: i64,
        end: i64,
        to_end: usize,
        may_be_none: bool,
    ) -> Result<bool, Fault> {
        let shown = self.fetch(anchor, Some(end)).await?.prints;
        let is_right = match shown.is_empty() {
            true => may_be_none,
            // Where they never are right they have changed for good.
            false => is_end(&self.track, to_end, &shown) || self.lacking_for >= BELIEVED_AFTER,
        };
        if is_right {
            advance(&mut self.track, anchor, to_end, shown.len());
            self.commit(Vec::new(), None).await?;
        }
        Ok(is_right)
    }

    /// Moves the anchor over seconds without lines.
    pub(super) async fn go_to(&mut self, anchor: i64) -> Result<(), Fault> {
        self.track.anchor = anchor;
        self.commit(Vec::new(), None).await
    }

    /// The smallest window is empty, and one of two seconds is overfull. Either the first second has no lines, or the backend
    /// leaves an end of its windows out: then it answers every window of one second with nothing.
    pub(super) async fn pass_over_nothing(&mut self, overfull: Window) -> Result<(), Fault> {
        let next = self.track.anchor + 1;
        for _ in 0..ASKED_OF_NOTHING {
            if !self.fetch(next, Some(next)).await?.is_empty() {
                return self.go_to(next).await;
            }
        }
        self.pass_over(overfull).await
    }

    /// Leaves a second behind of which the backend does not give out everything.
    pub(super) async fn pass_over(&mut self, answer: Window) -> Result<(), Fault> {
        let second = self.track.anchor;
        let later = self.stored_after(second).await?;
        let of_it = self.track.zone.len() - later.len();
        self.track.zone.truncate(of_it);
        let mut new = self.lines(answer, second, |track, prints| merge(track, prints, true));
        for line in &mut new {
            line.late |= !later.is_empty();
        }
        self.track = Track {
            anchor: second + 1,
            zone: later,
        };
        self.commit(new, Some((second, second, TOO_MANY))).await
    }

    /// The zone's lines that were filed after a second which was not overfull when they were read. Lines of that second with the
    /// texts of later ones look the same.
    async fn stored_after(&mut self, second: i64) -> Result<Vec<u64>, Fault> {
        let newest = self.scope.journal.logs().newest_second(self.stream.id);
        match newest.await? {
            Some(newest) if newest > second && !self.track.zone.is_empty() => {
                let shown = self.fetch(second + 1, Some(newest)).await?;
                Ok(end_in(&self.track.zone, &shown.prints).to_vec())
            }
            _ => Ok(Vec::new()),
        }
    }
}
