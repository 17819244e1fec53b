//! Which lines of a job were searched, and which were not. Pure.

use std::collections::HashMap;

use crate::{journal::LogPage, logs::has_hole, model::LogStream};

/// How far the logs of a job were searched.
#[derive(Debug, Clone, Default)]
pub(super) struct Searched {
    /// By log, the number of the last line that was searched. Lines are never stored behind one with a higher number.
    up_to: HashMap<i64, u64>,
    /// Logs with lines that were passed over, and why.
    lost: HashMap<i64, Lost>,
}

/// What was read of the logs of a job when its reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// Everything that the backend had.
    Whole,
    /// The same, so late that the backend may not have had it any more.
    Late,
    /// Not everything.
    Part,
}

/// Why lines that were stored could not be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// They had been dropped before they were reached.
    Dropped,
    /// The file is damaged.
    Damaged,
}

impl Searched {
    /// The first log with lines that were not searched, and the number behind which they begin.
    pub(super) fn next<'a>(&self, streams: &'a [LogStream]) -> Option<(&'a LogStream, u64)> {
        streams
            .iter()
            .map(|stream| (stream, self.number(stream)))
            .find(|(stream, number)| stream.last > *number)
    }

    /// What follows the searched lines of a log is searched with this page. Without lines there is nothing up to its present end.
    pub(super) fn add(&mut self, stream: &LogStream, page: &LogPage) {
        let before = self.number(stream);
        let last = page.lines.last().map_or(stream.last, |line| line.number);
        let has_all = page.lines.len() as u64 == last.saturating_sub(before);
        // Of gaps, only pieces that cannot be read were asked for.
        let lost = match page.gaps.is_empty() {
            false => Some(Lost::Damaged),
            true => (!has_all).then_some(Lost::Dropped),
        };
        if let Some(lost) = lost {
            self.lost.insert(stream.id, lost);
        }
        self.up_to.insert(stream.id, last);
    }

    /// What of the logs of a job was not searched, for people; `None` where all of it was. These are all that will be stored.
    pub(super) fn lacks(&self, streams: &[LogStream], read: Read) -> Option<&'static str> {
        let lost = |why| {
            let mut all = streams.iter();
            all.any(|stream| self.lost.get(&stream.id) == Some(&why))
        };
        let is_part = read == Read::Part;
        if is_part && streams.iter().all(|stream| stream.last == 0) {
            Some("its log could not be read")
        } else if is_part || has_hole(streams) || lost(Lost::Damaged) {
            Some("a part of its log could not be read")
        } else if lost(Lost::Dropped) {
            Some("lines of its log were dropped")
        } else if (read == Read::Late && is_silent(streams))
            || streams.iter().any(|stream| stream.gap > 0)
        {
            Some("lines of its log may be missing")
        } else {
            None
        }
    }

    fn number(&self, stream: &LogStream) -> u64 {
        self.up_to.get(&stream.id).copied().unwrap_or(0)
    }
}

/// Whether there is no line of a pod, or of none.
fn is_silent(streams: &[LogStream]) -> bool {
    let has_lines = |one: &LogStream| {
        streams
            .iter()
            .any(|stream| stream.key == one.key && stream.last > 0)
    };
    streams.is_empty() || !streams.iter().all(has_lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogGap, LogLine};

    fn stream(id: i64, last: u64) -> LogStream {
        LogStream {
            id,
            key: crate::model::LogKey::default(),
            role: String::new(),
            segment: 0,
            attempt: 1,
            begin: 0,
            dropped: 0,
            last,
            gap: 0,
            complete: true,
        }
    }

    /// The lines with these numbers.
    fn page(numbers: impl IntoIterator<Item = u64>) -> LogPage {
        let line = |number| LogLine {
            number,
            text: Vec::new(),
            second: None,
            late: false,
        };
        LogPage {
            lines: numbers.into_iter().map(line).collect(),
            gaps: Vec::new(),
        }
    }

    /// The same, of a damaged file.
    fn damaged(numbers: impl IntoIterator<Item = u64>) -> LogPage {
        let gap = LogGap {
            id: u64::MAX,
            after: 1,
            from_second: 0,
            to_second: 0,
            reason: String::new(),
        };
        LogPage {
            gaps: vec![gap],
            ..page(numbers)
        }
    }

    fn next(searched: &Searched, streams: &[LogStream]) -> Option<(i64, u64)> {
        let next = searched.next(streams);
        next.map(|(stream, number)| (stream.id, number))
    }

    #[test]
    fn each_log_is_searched_from_its_first_line_to_its_last() {
        let mut searched = Searched::default();
        let streams = [stream(3, 0), stream(4, 12), stream(9, 2)];
        assert_eq!(next(&searched, &streams), Some((4, 0)), "3 has no lines");
        searched.add(&streams[1], &page(1..=8));
        assert_eq!(next(&searched, &streams), Some((4, 8)));
        searched.add(&streams[1], &page(9..=12));
        assert_eq!(next(&searched, &streams), Some((9, 0)));
        searched.add(&streams[2], &page(1..=2));
        assert_eq!(next(&searched, &streams), None);
    }

    #[test]
    fn new_lines_and_new_logs_are_searched_and_no_line_twice() {
        let mut searched = Searched::default();
        searched.add(&stream(1, 5), &page(1..=5));
        assert_eq!(next(&searched, &[stream(1, 5)]), None);
        let grown = [stream(1, 6), stream(2, 1)];
        assert_eq!(next(&searched, &grown), Some((1, 5)));
        searched.add(&grown[0], &page([6]));
        assert_eq!(next(&searched, &grown), Some((2, 0)));
    }

    #[test]
    fn lines_that_were_deleted_meanwhile_are_passed_over() {
        let mut searched = Searched::default();
        let streams = [stream(1, 5)];
        searched.add(&streams[0], &page([]));
        assert_eq!(next(&searched, &streams), None);
    }

    const PART: Option<&str> = Some("a part of its log could not be read");
    const DROPPED: Option<&str> = Some("lines of its log were dropped");

    #[test]
    fn of_a_log_that_was_read_and_searched_from_its_first_line_to_its_last_nothing_is_lacking() {
        let mut searched = Searched::default();
        assert_eq!(searched.lacks(&[], Read::Whole), None);
        assert_eq!(searched.lacks(&[stream(1, 0)], Read::Whole), None);
        searched.add(&stream(1, 5), &page(1..=3));
        searched.add(&stream(1, 5), &page(4..=5));
        let searched_before_that = LogStream {
            dropped: 5,
            ..stream(1, 5)
        };
        assert_eq!(searched.lacks(&[searched_before_that], Read::Whole), None);
    }

    #[test]
    fn what_the_backend_did_not_give_out_is_told_as_such() {
        let mut searched = Searched::default();
        let nothing = Some("its log could not be read");
        assert_eq!(searched.lacks(&[], Read::Part), nothing);
        assert_eq!(searched.lacks(&[stream(1, 0)], Read::Part), nothing);
        searched.add(&stream(1, 5), &page(1..=5));
        assert_eq!(searched.lacks(&[stream(1, 5)], Read::Part), PART);
        let begun = LogStream {
            complete: false,
            ..stream(1, 5)
        };
        assert_eq!(
            searched.lacks(&[begun, stream(2, 0)], Read::Whole),
            PART,
            "a hole"
        );
        let torn = LogStream {
            gap: 7,
            ..stream(1, 5)
        };
        let missing = Some("lines of its log may be missing");
        assert_eq!(searched.lacks(&[torn], Read::Whole), missing);
    }

    #[test]
    fn silence_proves_nothing_where_the_backend_may_have_forgotten() {
        let mut searched = Searched::default();
        searched.add(&stream(1, 5), &page(1..=5));
        let missing = Some("lines of its log may be missing");
        assert_eq!(searched.lacks(&[], Read::Late), missing);
        assert_eq!(searched.lacks(&[stream(1, 0)], Read::Late), missing);
        assert_eq!(searched.lacks(&[stream(1, 5)], Read::Late), None);
        let mut other = stream(2, 0);
        other.key.pod_id = "other".into();
        let both = [stream(1, 5), other];
        assert_eq!(searched.lacks(&both, Read::Late), missing);
        assert_eq!(searched.lacks(&both, Read::Whole), None);
        let parts = [stream(1, 5), stream(3, 0)];
        assert_eq!(searched.lacks(&parts, Read::Late), None);
    }

    #[test]
    fn what_was_stored_and_is_not_there_any_more_is_told_as_such() {
        for (read, lacks) in [
            (page(1..=9), None),
            (page(4..=9), DROPPED),
            (page([]), DROPPED),
            (damaged(4..=9), PART),
            (damaged([]), PART),
        ] {
            let mut searched = Searched::default();
            searched.add(&stream(1, 9), &read);
            assert_eq!(
                searched.lacks(&[stream(1, 9)], Read::Whole),
                lacks,
                "{read:?}"
            );
        }
    }

    #[test]
    fn what_was_lost_of_a_log_that_is_read_anew_matters_no_more() {
        let mut searched = Searched::default();
        searched.add(&stream(1, 9), &page([]));
        searched.add(&stream(2, 9), &page(1..=9));
        assert_eq!(searched.lacks(&[stream(2, 9)], Read::Whole), None);
    }
}
