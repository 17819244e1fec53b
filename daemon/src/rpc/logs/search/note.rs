//! What was not searched, for people.

/// Of so many jobs whose logs are not read to their ends, and so many of which stored lines cannot be read. Empty where nothing
/// is missing.
pub(super) fn of(unread: usize, damaged: usize) -> String {
    let unread = match unread {
        0 => None,
        1 => Some(
            "the log of one job is not stored to its end: `paictl logs` of it reads the rest"
                .into(),
        ),
        many => Some(format!(
            "the logs of {many} jobs are not stored to their ends: `paictl logs` of a job reads the rest"
        )),
    };
    let damaged = match damaged {
        0 => None,
        1 => Some("some stored lines of one job are damaged and were passed over".into()),
        many => Some(format!(
            "some stored lines of {many} jobs are damaged and were passed over"
        )),
    };
    let notes: Vec<String> = unread.into_iter().chain(damaged).collect();
    notes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_tells_of_all_that_was_not_searched() {
        assert_eq!(of(0, 0), "");
        insta::assert_snapshot!(of(1, 0), @"the log of one job is not stored to its end: `paictl logs` of it reads the rest");
        insta::assert_snapshot!(of(0, 1), @"some stored lines of one job are damaged and were passed over");
        insta::assert_snapshot!(of(2, 3), @"the logs of 2 jobs are not stored to their ends: `paictl logs` of a job reads the rest; some stored lines of 3 jobs are damaged and were passed over");
    }
}
