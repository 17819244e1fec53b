//! Up to which revision complete looks tell the whole truth: what the backend had by then must have been shown since, however
//! late its lists are. Counted on the monotonic clock, for the wall clock may be set. Pure.

use std::{collections::VecDeque, time::Duration};

use crate::sys::clock::Mono;

/// Complete looks that are younger than the lag, and what the older ones settle.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// When each began, and the newest revision by then.
    young: VecDeque<(Mono, u64)>,
    /// `None` until there were looks for as long as the lag.
    rev: Option<u64>,
}

impl Settled {
    /// A complete look that began then was answered. `lag` is for how long lists may not show a new job.
    pub(super) fn note(&mut self, began: Mono, rev: u64, lag: Duration) {
        self.young.push_back((began, rev));
        while let Some((first, rev)) = self.young.front().copied()
            && first + lag <= began
        {
            self.rev = Some(rev);
            self.young.pop_front();
        }
    }

    /// Whether what the backend had at this revision must have been shown by now. `old` is what the wall clock says of it: it
    /// counts only up to the first minute of a daemon, for what an earlier one had stored.
    pub(super) fn shows(&self, rev: u64, old: bool) -> bool {
        match (self.rev, self.young.front()) {
            (Some(settled), _) => rev <= settled,
            (None, Some((_, first))) => rev <= *first && old,
            (None, None) => old,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_settles_what_was_there_a_lag_before_it_began() {
        let (mut settled, lag) = (Settled::default(), Duration::from_secs(60));
        let looks = [
            (0, 5),
            (10, 7),
            (59, 8),
            (60, 9),
            (69, 9),
            (300, 20),
            (301, 21),
        ];
        let revs = looks.map(|(at, rev)| {
            settled.note(Duration::from_secs(at), rev, lag);
            (0..30).rev().find(|rev| settled.shows(*rev, false))
        });
        let after = [None, None, None, Some(5), Some(5), Some(9), Some(9)];
        assert_eq!(revs, after);
    }

    #[test]
    fn in_the_first_minute_the_wall_clock_tells_of_what_an_earlier_daemon_had_stored() {
        let mut settled = Settled::default();
        settled.note(Duration::from_secs(9), 5, Duration::from_secs(60));
        assert!(settled.shows(5, true));
        assert!(!settled.shows(5, false));
        assert!(!settled.shows(6, true), "it was made since");
    }
}
