//! What to do after a lost answer. Pure: the rule of invariant 4.

use std::time::Duration;

/// After a lost answer the job is looked up by its name at these times after the send.
pub const LOOKS: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(40),
];

/// A request is sent at most this often; the answer was lost each time.
pub const SENDS_MAX: u32 = 3;

/// The next step of an unconfirmed submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Look it up this long after the last send.
    LookAfter(Duration),
    /// Every look was answered and empty: send it again.
    SendAgain,
    /// It is not there, and it is not to be sent again.
    GiveUp(Why),
}

/// Why a submit is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody stopped it meanwhile.
    Stopped,
    /// A secret that was given with the call is not stored, or the profile that it refers to is gone.
    CannotBeRepeated,
    /// It was sent [`SENDS_MAX`] times.
    TooOften,
}

/// Decides. `empty_looks` counts only looks that were answered: one that failed is not an empty look.
pub fn next(empty_looks: u32, sends: u32, stop_wanted: bool, can_repeat: bool) -> Next {
    if let Some(at) = LOOKS.get(empty_looks as usize) {
        return Next::LookAfter(*at);
    }
    if stop_wanted {
        return Next::GiveUp(Why::Stopped);
    }
    if !can_repeat {
        return Next::GiveUp(Why::CannotBeRepeated);
    }
    match sends < SENDS_MAX {
        true => Next::SendAgain,
        false => Next::GiveUp(Why::TooOften),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sent_again_only_after_all_looks_were_empty() {
        for looks in 0..5 {
            assert_eq!(
                next(looks, 1, false, true),
                Next::LookAfter(LOOKS[looks as usize])
            );
        }
        assert_eq!(next(5, 1, false, true), Next::SendAgain);
        assert_eq!(next(5, SENDS_MAX, false, true), Next::GiveUp(Why::TooOften));
    }

    #[test]
    fn a_stopped_or_unrepeatable_submit_is_looked_for_and_never_sent_again() {
        for looks in 0..5 {
            assert!(matches!(next(looks, 1, true, false), Next::LookAfter(_)));
        }
        assert_eq!(next(5, 1, true, true), Next::GiveUp(Why::Stopped));
        assert_eq!(
            next(5, 1, false, false),
            Next::GiveUp(Why::CannotBeRepeated)
        );
    }
}
