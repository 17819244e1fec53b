//! Where a follow begins in the logs of a pod. Pure.

use super::cursor::Place;
use crate::model::LogStream;

/// Nothing of this log is delivered.
pub(super) const LEFT_OUT: u64 = u64::MAX;

/// What somebody wants to begin with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Begin {
    /// So many last lines.
    pub(super) tail: Option<u64>,
    /// This line of the newest attempt, counted from 1.
    pub(super) from_number: Option<u64>,
    /// Lines that may have been filed in this second or later.
    pub(super) since: Option<i64>,
}

impl Begin {
    /// Whether it is the first line.
    pub(super) fn is_first(&self) -> bool {
        self.tail.is_none() && self.from_number.is_none() && self.since.is_none()
    }

    /// Whether where to begin may lie before a part of a pod's log that is not read yet.
    pub(super) fn lies_before_hole(&self, streams: &[LogStream]) -> bool {
        let hole = |pair: &[LogStream]| pair[0].key == pair[1].key && !pair[0].complete;
        let Some(hole) = streams.windows(2).rposition(hole) else {
            return false;
        };
        let behind = streams[hole + 1..].iter().map(stored).sum::<u64>();
        self.from_number.is_some() || self.tail.is_some_and(|tail| behind < tail)
    }

    /// Where to begin in each of a pod's logs, which come in the order in which they were written. `before` are, of each log,
    /// the numbers before the lines since the wanted second.
    pub(super) fn places(&self, streams: &[LogStream], before: &[u64]) -> Vec<u64> {
        let newest = streams.last().map_or(0, |stream| stream.attempt);
        // Counted through the segments.
        let mut before_it = self.from_number.map(|number| number.saturating_sub(1));
        let mut places: Vec<u64> = streams
            .iter()
            .map(|stream| match &mut before_it {
                None => 0,
                Some(_) if stream.attempt != newest => LEFT_OUT,
                Some(left) => {
                    let place = stream.last.min(*left);
                    *left -= place;
                    place
                }
            })
            .collect();
        if self.since.is_some() {
            for ((place, before), stream) in places.iter_mut().zip(before).zip(streams) {
                // What was dropped may have been filed since then, too.
                let is_cut = *before <= stream.dropped;
                *place = (*place).max(if is_cut { 0 } else { *before });
            }
        }
        if let Some(tail) = self.tail {
            let mut wanted = tail;
            let mut is_reached = false;
            for (number, stream) in streams.iter().enumerate().rev() {
                // What lies before a hole is not among the last lines.
                let next = streams.get(number + 1);
                is_reached |= next.is_some_and(|next| next.key == stream.key) && !stream.complete;
                let has = stored(stream);
                let last = match (wanted, is_reached) {
                    (0, _) | (_, true) if number + 1 < streams.len() => LEFT_OUT,
                    // Some of them were dropped, which is told.
                    _ if wanted > has => 0,
                    _ => stream.last - wanted,
                };
                wanted = wanted.saturating_sub(has);
                places[number] = places[number].max(last);
            }
        }
        places
    }
}

/// Lines of it that are stored.
fn stored(stream: &LogStream) -> u64 {
    stream.last.saturating_sub(stream.dropped)
}

/// A place in a log of which nothing is to be delivered.
pub(super) fn left_out() -> Place {
    Place {
        number: LEFT_OUT,
        gap: LEFT_OUT,
        ..Place::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogKey;

    /// Attempt, segment, newest number, dropped, complete.
    fn streams(all: &[(u32, u32, u64, u64, bool)]) -> Vec<LogStream> {
        let one =
            |(attempt, segment, last, dropped, complete): &(u32, u32, u64, u64, bool)| LogStream {
                id: 1,
                key: LogKey {
                    pod_uid: attempt.to_string(),
                    ..LogKey::default()
                },
                role: String::new(),
                segment: *segment,
                attempt: *attempt,
                begin: 0,
                last: *last,
                dropped: *dropped,
                gap: 0,
                complete: *complete,
            };
        all.iter().map(one).collect()
    }

    fn tail(all: &[(u32, u32, u64, u64, bool)], tail: u64) -> Vec<u64> {
        let begin = Begin {
            tail: Some(tail),
            ..Begin::default()
        };
        begin.places(&streams(all), &[])
    }

    const OUT: u64 = LEFT_OUT;

    #[test]
    fn last_lines_are_counted_over_attempts_and_segments() {
        assert_eq!(tail(&[(1, 1, 100, 0, false)], 20), [80]);
        assert_eq!(tail(&[(1, 1, 100, 0, false)], 500), [0]);
        assert_eq!(tail(&[(1, 1, 100, 0, false)], 0), [100]);
        assert_eq!(tail(&[(1, 1, 100, 90, false)], 10), [90]);
        assert_eq!(
            tail(&[(1, 1, 100, 90, false)], 11),
            [0],
            "that others were dropped is told"
        );
        let two = [(1, 1, 100, 0, true), (2, 1, 5, 0, false)];
        assert_eq!(tail(&two, 5), [OUT, 0]);
        assert_eq!(tail(&two, 7), [98, 0]);
        assert_eq!(tail(&two, 0), [OUT, 5]);
        // A hole lies between the segments.
        assert_eq!(
            tail(&[(1, 1, 100, 0, false), (1, 2, 5, 0, false)], 7),
            [OUT, 0]
        );
        assert_eq!(
            tail(&[(1, 1, 100, 0, true), (1, 2, 5, 0, false)], 7),
            [98, 0]
        );
        assert!(tail(&[], 7).is_empty());
    }

    #[test]
    fn last_lines_that_lie_before_a_hole_are_waited_for() {
        let waits = |all: &[(u32, u32, u64, u64, bool)], tail| {
            let begin = Begin {
                tail,
                from_number: tail.is_none().then_some(3),
                since: None,
            };
            begin.lies_before_hole(&streams(all))
        };
        let hole = [(1, 1, 100, 0, false), (1, 2, 50, 0, false)];
        assert!(!waits(&hole, Some(50)) && waits(&hole, Some(51)));
        assert!(waits(&hole, None));
        let read = [(1, 1, 100, 0, true), (1, 2, 50, 0, false)];
        assert!(!waits(&read, Some(51)) && !waits(&read, None));
        let attempts = [(1, 1, 100, 0, false), (2, 1, 50, 0, false)];
        assert!(!waits(&attempts, Some(51)), "another attempt has no hole");
        let behind = [hole[0], (1, 2, 50, 0, true), (2, 1, 9, 0, false)];
        assert!(!waits(&behind, Some(59)) && waits(&behind, Some(60)));
    }

    #[test]
    fn what_was_dropped_may_have_been_filed_since() {
        let cut = streams(&[(1, 1, 100, 40, true)]);
        let since = |before| {
            let begin = Begin {
                since: Some(1),
                ..Begin::default()
            };
            begin.places(&cut, &[before])
        };
        assert_eq!(since(40), [0]);
        assert_eq!(since(41), [41]);
    }

    #[test]
    fn the_later_of_two_beginnings_counts() {
        let two = streams(&[(1, 1, 100, 0, true), (2, 1, 50, 0, false)]);
        let begin = |tail, from_number, since| {
            let begin = Begin {
                tail,
                from_number,
                since,
            };
            begin.places(&two, &[70, 10])
        };
        assert_eq!(begin(None, None, None), [0, 0]);
        assert_eq!(begin(None, None, Some(1)), [70, 10]);
        assert_eq!(begin(Some(60), None, Some(1)), [90, 10]);
        assert_eq!(begin(Some(100), None, Some(1)), [70, 10]);
        assert_eq!(begin(None, Some(30), None), [OUT, 29]);
        assert_eq!(begin(None, Some(300), None), [OUT, 50]);
        assert_eq!(begin(Some(5), Some(30), None), [OUT, 45]);
    }

    #[test]
    fn lines_are_counted_through_the_segments() {
        let two = streams(&[(1, 1, 100, 0, true), (1, 2, 50, 0, false)]);
        for (number, expected) in [
            (1, [0, 0]),
            (30, [29, 0]),
            (101, [100, 0]),
            (120, [100, 19]),
            (999, [100, 50]),
        ] {
            let begin = Begin {
                from_number: Some(number),
                ..Begin::default()
            };
            assert_eq!(begin.places(&two, &[]), expected, "{number}");
        }
    }
}
