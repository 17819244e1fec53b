//! Where the end of a long log begins, for those who want to see that first.

use super::Reading;
use crate::model::Fault;

/// Windows back from the present that are tried, in seconds beyond the lag: each is likely to hold enough where the one before
/// had too little.
const SPANS_S: [i64; 5] = [10, 60, 600, 7_200, 604_800];

/// Windows between one that holds too little and one that holds too much.
const STEPS: u32 = 6;

impl Reading<'_> {
    /// From which second on the last lines lie, so many that the largest window that one answer holds has them, or `wanted` of
    /// them. None of them is stored. `None` where everything may as well be read from the anchor on.
    pub(in crate::logs) async fn last_lines(&mut self, wanted: u64) -> Result<Option<i64>, Fault> {
        let lag = i64::try_from(self.lag.as_secs()).unwrap_or(0);
        let newest = self.scope.journal.logs().newest_second(self.stream.id);
        let read_to = newest.await?.unwrap_or(0).max(self.track.anchor);
        let mut little = None;
        for span in SPANS_S {
            let last = self.supposed_now() + self.ahead - lag;
            // Nothing is likely to lie behind the end.
            let from = self.ended.map_or(last, |ended| ended.min(last)) - span;
            let holds = match from <= read_to {
                true => None,
                false => self.held_since(from).await?,
            };
            match holds {
                None => {
                    let from = self.between(from.max(read_to), little, wanted).await?;
                    return Ok(Some(from).filter(|from| *from > read_to));
                }
                Some(lines) if lines >= wanted => return Ok(Some(from)),
                Some(_) => little = Some(from),
            }
        }
        Ok(little)
    }

    /// Between a second from which on there is too much for one answer, and one from which on there is too little.
    async fn between(
        &mut self,
        mut much: i64,
        little: Option<i64>,
        wanted: u64,
    ) -> Result<i64, Fault> {
        let Some(mut little) = little else {
            return Ok(much);
        };
        for _ in 0..STEPS {
            let middle = much + (little - much) / 2;
            if middle == much {
                break;
            }
            match self.held_since(middle).await? {
                None => much = middle,
                Some(lines) if lines >= wanted => return Ok(middle),
                Some(_) => little = middle,
            }
        }
        Ok(much)
    }

    /// How many lines a window from this second to the present has; `None` where it does not hold them all.
    async fn held_since(&mut self, from: i64) -> Result<Option<u64>, Fault> {
        let window = self.fetch(from, None).await?;
        self.seconds(&window);
        let lines = window.lines.len() as u64;
        Ok((!window.is_full(false)).then_some(lines))
    }
}
