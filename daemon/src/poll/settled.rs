//! Up to which revision complete looks tell the whole truth: what the backend had by then must have been shown since, however
//! late its lists are. Counted on the monotonic clock, for the wall clock may be set. Pure.

use std::{collections::VecDeque, time::Duration};

use crate::sys::clock::Mono;

/// Complete looks that are younger than the lag, and what the older ones settle.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// When each began, and the newest revision by then.
    young: VecDeque<(Mono, u64)>,
    rev: u64,
}

impl Settled {
    /// A complete look that began then was answered. `lag` is for how long lists may not show a new job.
    pub(super) fn note(&mut self, began: Mono, rev: u64, lag: Duration) {
        self.young.push_back((began, rev));
        while let Some((first, rev)) = self.young.front().copied()
            && first + lag <= began
        {
            self.rev = rev;
            self.young.pop_front();
        }
    }

    /// Zero until there were looks for as long as the lag.
    pub(super) fn rev(&self) -> u64 {
        self.rev
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_settles_what_was_there_a_lag_before_it_began() {
        let (mut settled, lag) = (Settled::default(), Duration::from_secs(60));
        let revs = [
            (0, 5),
            (10, 7),
            (59, 8),
            (60, 9),
            (69, 9),
            (300, 20),
            (301, 21),
        ]
        .map(|(at, rev)| {
            settled.note(Duration::from_secs(at), rev, lag);
            settled.rev()
        });
        assert_eq!(revs, [0, 0, 0, 5, 5, 9, 9]);
    }
}
