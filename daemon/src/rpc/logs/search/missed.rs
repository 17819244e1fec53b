//! What was not searched, for people. Pure.

/// Of how many jobs.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// The log is not read to its end.
    pub(super) unread: usize,
    /// The same, and the cloud does not have the job any more.
    pub(super) gone: usize,
    /// Lines were dropped to keep the limits, or meanwhile.
    pub(super) dropped: usize,
    /// Stored lines cannot be read.
    pub(super) damaged: usize,
}

impl Missed {
    /// Empty where nothing was missed.
    pub(super) fn note(&self) -> String {
        let some = |jobs: usize, one: &str, many: &str| match jobs {
            0 => None,
            1 => Some(one.to_owned()),
            jobs => Some(many.replace("{}", &jobs.to_string())),
        };
        let notes = [
            some(
                self.unread,
                "the log of one job is not stored to its end: `paictl logs` of it reads the rest",
                "the logs of {} jobs are not stored to their ends: `paictl logs` of a job reads the rest",
            ),
            some(
                self.gone,
                "the log of one job is not stored to its end, and the cloud does not have that job any more",
                "the logs of {} jobs are not stored to their ends, and the cloud does not have those jobs any more",
            ),
            some(
                self.dropped,
                "lines of one job were dropped and not searched",
                "lines of {} jobs were dropped and not searched",
            ),
            some(
                self.damaged,
                "some stored lines of one job are damaged and were passed over",
                "some stored lines of {} jobs are damaged and were passed over",
            ),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        notes.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_tells_of_all_that_was_not_searched() {
        assert_eq!(Missed::default().note(), "");
        let unread = Missed {
            unread: 1,
            ..Missed::default()
        };
        insta::assert_snapshot!(unread.note(), @"the log of one job is not stored to its end: `paictl logs` of it reads the rest");
        let all = Missed {
            unread: 2,
            gone: 1,
            dropped: 3,
            damaged: 1,
        };
        insta::assert_snapshot!(all.note(), @"the logs of 2 jobs are not stored to their ends: `paictl logs` of a job reads the rest; the log of one job is not stored to its end, and the cloud does not have that job any more; lines of 3 jobs were dropped and not searched; some stored lines of one job are damaged and were passed over");
    }
}
