//! Where the end of a long log begins, for those who want to see that first.

use super::Reading;
use crate::model::Fault;

/// Windows back from the present that are tried, in seconds beyond the lag: each is likely to hold enough where the one before
/// had too little.
const SPANS_S: [i64; 5] = [10, 60, 600, 7_200, 604_800];

impl Reading<'_> {
    /// From which second on the last lines lie, so many that the largest window that one answer holds has them, or `wanted` of
    /// them. None of them is stored. `None` where everything may as well be read from the anchor on.
    pub(in crate::logs) async fn last_lines(&mut self, wanted: u64) -> Result<Option<i64>, Fault> {
        let lag = i64::try_from(self.lag.as_secs()).unwrap_or(0);
        let newest = self.scope.journal.logs().newest_second(self.stream.id);
        let read_to = newest.await?.unwrap_or(0).max(self.track.anchor);
        let mut best = None;
        for span in SPANS_S {
            let from = self.supposed_now() + self.ahead - lag - span;
            if from <= read_to {
                return Ok(best.map(|(from, _)| from));
            }
            let window = self.fetch(from, None).await?;
            self.seconds(&window);
            if window.is_full(false) {
                // Too much for one answer: what was found before, if anything.
                let found = best.filter(|(_, lines)| *lines > 0);
                return Ok(Some(found.map_or(from, |(from, _)| from)));
            }
            best = Some((from, window.lines.len()));
            if window.lines.len() as u64 >= wanted {
                break;
            }
        }
        Ok(best.map(|(from, _)| from))
    }
}
