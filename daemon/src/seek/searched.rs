//! Which lines of a job were searched. Pure.

use std::collections::HashMap;

use crate::model::LogStream;

/// By log, the number of the last line that was searched. Lines are never stored behind one with a higher number.
#[derive(Debug, Clone, Default)]
pub(super) struct Searched(HashMap<i64, u64>);

impl Searched {
    /// The first log with lines that were not searched, and the number behind which they begin.
    pub(super) fn next<'a>(&self, streams: &'a [LogStream]) -> Option<(&'a LogStream, u64)> {
        streams
            .iter()
            .map(|stream| (stream, self.0.get(&stream.id).copied().unwrap_or(0)))
            .find(|(stream, number)| stream.last > *number)
    }

    /// Everything of a log up to this number was searched. None means that there is nothing up to its present end.
    pub(super) fn up_to(&mut self, stream: &LogStream, number: Option<u64>) {
        self.0.insert(stream.id, number.unwrap_or(stream.last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            complete: false,
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
        searched.up_to(&streams[1], Some(8));
        assert_eq!(next(&searched, &streams), Some((4, 8)));
        searched.up_to(&streams[1], Some(12));
        assert_eq!(next(&searched, &streams), Some((9, 0)));
        searched.up_to(&streams[2], Some(2));
        assert_eq!(next(&searched, &streams), None);
    }

    #[test]
    fn new_lines_and_new_logs_are_searched_and_no_line_twice() {
        let mut searched = Searched::default();
        searched.up_to(&stream(1, 5), Some(5));
        assert_eq!(next(&searched, &[stream(1, 5)]), None);
        let grown = [stream(1, 6), stream(2, 1)];
        assert_eq!(next(&searched, &grown), Some((1, 5)));
        searched.up_to(&grown[0], Some(6));
        assert_eq!(next(&searched, &grown), Some((2, 0)));
    }

    #[test]
    fn lines_that_were_deleted_meanwhile_are_passed_over() {
        let mut searched = Searched::default();
        let streams = [stream(1, 5)];
        searched.up_to(&streams[0], None);
        assert_eq!(next(&searched, &streams), None);
    }
}
