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
    /// Bytes of all lines together, with line feeds.
    pub(crate) max_bytes: usize,
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
    let inside = &lines[from..to];
    match window.keep {
        LogKeep::Head => from..from + fitting(inside.iter(), window),
        LogKeep::Tail => to - fitting(inside.iter().rev(), window)..to,
    }
}

/// How many of these lines, from the first on, an answer has room for.
fn fitting<'a>(lines: impl Iterator<Item = &'a LineAt>, window: &Window) -> usize {
    let mut room = window.max_bytes;
    let fits = |line: &&LineAt| {
        let left = room.checked_sub(line.length + 1);
        room = left.unwrap_or(0);
        left.is_some()
    };
    lines.take(window.max_lines).take_while(fits).count()
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
        max_bytes: 1 << 20,
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
    fn an_answer_has_room_for_so_many_bytes_only() {
        let lines: Vec<LineAt> = [3, 3, 9, 3]
            .into_iter()
            .map(|length| LineAt {
                ms: 1,
                offset: 0,
                length,
            })
            .collect();
        let kept = |max_bytes, keep| {
            let window = Window {
                max_bytes,
                keep,
                ..ALL
            };
            select(&lines, &window)
        };
        assert_eq!(kept(8, LogKeep::Head), 0..2);
        assert_eq!(
            kept(13, LogKeep::Head),
            0..2,
            "nothing is left out in between"
        );
        assert_eq!(kept(14, LogKeep::Tail), 2..4);
        assert_eq!(kept(13, LogKeep::Tail), 3..4);
        assert_eq!(kept(22, LogKeep::Tail), 0..4);
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
