//! Which lines of a pod's log an answer holds. Pure: the lines themselves stay in a file.

use crate::options::LogKeep;

/// Where a line lies in the log file and when it arrived. Seconds of arrival never decrease along
/// an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineAt {
    /// Arrival, unix ms.
    pub(crate) ms: i64,
    /// Unix ms; before it the line is not shown, however old it is.
    pub(crate) hidden_until_ms: i64,
    /// First byte in the file.
    pub(crate) offset: u64,
    /// Bytes, without the line feed.
    pub(crate) length: usize,
}

impl LineAt {
    /// The second of arrival.
    pub(crate) fn second(&self) -> i64 {
        second(self.ms)
    }

    /// Where the next line of the file begins.
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.length as u64 + 1
    }
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
    pub(crate) now_ms: i64,
    /// Lines that arrived later than this are not visible yet, unix ms.
    pub(crate) visible_until_ms: i64,
}

impl Window {
    /// The second it is about, when it is about one alone.
    pub(crate) fn only_second(&self) -> Option<i64> {
        let start = second(self.start_ms);
        (start == second(self.end_ms)).then_some(start)
    }
}

/// What of a window an answer holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    /// Oldest first.
    pub(crate) lines: Vec<LineAt>,
    /// There are more visible lines in the window.
    pub(crate) withheld: bool,
}

fn second(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

/// The lines in the window that the answer has room for.
pub(crate) fn select(lines: &[LineAt], window: &Window) -> Selected {
    let from = lines.partition_point(|line| line.second() < second(window.start_ms));
    let to = lines.partition_point(|line| line.second() <= second(window.end_ms));
    let visible = |line: &&LineAt| {
        line.ms <= window.visible_until_ms && line.hidden_until_ms <= window.now_ms
    };
    let inside = lines[from..to.max(from)].iter().filter(visible);
    match window.keep {
        LogKeep::Head => fitting(inside, window),
        LogKeep::Tail => {
            let mut selected = fitting(inside.rev(), window);
            selected.lines.reverse();
            selected
        }
    }
}

/// These lines, from the first on, up to the one that an answer has no room for.
fn fitting<'a>(lines: impl Iterator<Item = &'a LineAt>, window: &Window) -> Selected {
    let mut room = window.max_bytes;
    let mut kept = Vec::new();
    for line in lines {
        match room.checked_sub(line.length + 1) {
            Some(left) if kept.len() < window.max_lines => {
                room = left;
                kept.push(*line);
            }
            _ => {
                return Selected {
                    lines: kept,
                    withheld: true,
                };
            }
        }
    }
    Selected {
        lines: kept,
        withheld: false,
    }
}

#[cfg(test)]
#[path = "logs_tests.rs"]
mod tests;
