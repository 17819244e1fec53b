//! Which lines of a pod's log an answer holds. Pure: the lines themselves stay in a file.

use std::ops::Range;

use crate::options::LogKeep;

/// Where a line lies in the log file and when it arrived. Times never decrease along an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineAt {
    /// Arrival, unix ms.
    pub(crate) ms: i64,
    /// First byte in the file.
    pub(crate) offset: u64,
    /// Bytes, without the line feed.
    pub(crate) length: usize,
}

/// What a caller asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Unix ms; the second it lies in is included.
    pub(crate) start_ms: i64,
    /// Unix ms; the second it lies in is included.
    pub(crate) end_ms: i64,
    pub(crate) max_lines: usize,
    pub(crate) keep: LogKeep,
    /// Lines that arrived later than this are not visible yet, unix ms.
    pub(crate) visible_until_ms: i64,
}

/// The positions of the lines in the window, oldest first.
pub(crate) fn select(lines: &[LineAt], window: &Window) -> Range<usize> {
    let second = |ms: i64| ms.div_euclid(1000);
    let from = lines.partition_point(|line| second(line.ms) < second(window.start_ms));
    let shown = |line: &LineAt| {
        second(line.ms) <= second(window.end_ms) && line.ms <= window.visible_until_ms
    };
    let to = lines.partition_point(shown).max(from);
    let surplus = (to - from).saturating_sub(window.max_lines);
    match window.keep {
        LogKeep::Head => from..to - surplus,
        LogKeep::Tail => from + surplus..to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(times: &[i64]) -> Vec<LineAt> {
        times
            .iter()
            .map(|ms| LineAt {
                ms: *ms,
                offset: 0,
                length: 0,
            })
            .collect()
    }

    const ALL: Window = Window {
        start_ms: 0,
        end_ms: i64::MAX,
        max_lines: 100,
        keep: LogKeep::Tail,
        visible_until_ms: i64::MAX,
    };

    #[test]
    fn both_ends_of_a_window_count_whole_seconds() {
        let lines = lines(&[999, 1000, 1500, 1999, 2000, 2999, 3000]);
        assert_eq!(
            select(
                &lines,
                &Window {
                    start_ms: 1000,
                    end_ms: 2000,
                    ..ALL
                }
            ),
            1..6
        );
        assert_eq!(
            select(
                &lines,
                &Window {
                    start_ms: 1900,
                    end_ms: 1100,
                    ..ALL
                }
            ),
            1..4
        );
        assert_eq!(
            select(
                &lines,
                &Window {
                    start_ms: 5000,
                    end_ms: 9000,
                    ..ALL
                }
            ),
            7..7
        );
        assert_eq!(
            select(
                &lines,
                &Window {
                    start_ms: 3000,
                    end_ms: 1000,
                    ..ALL
                }
            )
            .len(),
            0
        );
    }

    #[test]
    fn an_overfull_window_keeps_the_end_it_is_told_to() {
        let lines = lines(&[1, 2, 3, 4, 5]);
        assert_eq!(
            select(
                &lines,
                &Window {
                    max_lines: 2,
                    ..ALL
                }
            ),
            3..5
        );
        assert_eq!(
            select(
                &lines,
                &Window {
                    max_lines: 2,
                    keep: LogKeep::Head,
                    ..ALL
                }
            ),
            0..2
        );
        assert_eq!(
            select(
                &lines,
                &Window {
                    max_lines: 5,
                    ..ALL
                }
            ),
            0..5
        );
    }

    #[test]
    fn late_lines_are_not_there_yet() {
        let lines = lines(&[1000, 2000, 3000]);
        assert_eq!(
            select(
                &lines,
                &Window {
                    visible_until_ms: 2000,
                    ..ALL
                }
            ),
            0..2
        );
        assert_eq!(select(&[], &ALL), 0..0);
    }
}
