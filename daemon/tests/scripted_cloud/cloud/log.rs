//! The logs of the cloud's pods.

use std::collections::VecDeque;

use paid::{
    model::{Fault, FaultKind},
    provider::{LogLines, LogWindow},
};

/// What pods wrote, and how the cloud gives it out.
#[derive(Debug)]
pub(crate) struct Logs {
    /// Pod, Unix ms, text; by time.
    pub(crate) lines: Vec<(String, i64, String)>,
    /// A line appears so late, ms.
    pub(crate) lag_ms: i64,
    /// No answer has more lines.
    pub(crate) cap: usize,
    /// Of too many lines the last ones are given.
    pub(crate) keeps_tail: bool,
    /// Whether the seconds at the ends of a window belong to it.
    pub(crate) ends: (bool, bool),
    /// Answers have no lines, as if nothing were there.
    pub(crate) blank: bool,
    /// The same for windows that do not go to the present.
    pub(crate) blank_parts: bool,
    /// The log of this pod can never be read.
    pub(crate) barred: Option<&'static str>,
    /// The next look finds a fault of ours.
    pub(crate) panics: bool,
    /// The next answers.
    pub(crate) faults: VecDeque<Fault>,
    /// Every window that was asked for.
    pub(crate) asked: Vec<LogWindow>,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            lag_ms: 0,
            cap: usize::MAX,
            keeps_tail: true,
            ends: (true, true),
            blank: false,
            blank_parts: false,
            barred: None,
            panics: false,
            faults: VecDeque::new(),
            asked: Vec::new(),
        }
    }
}

impl Logs {
    pub(crate) fn write(&mut self, pod: &str, at_ms: i64, text: impl Into<String>) {
        self.lines.push((pod.to_owned(), at_ms, text.into()));
    }

    pub(super) fn answer(&mut self, window: LogWindow, now_ms: i64) -> Result<LogLines, Fault> {
        self.asked.push(window.clone());
        if let Some(fault) = self.faults.pop_front() {
            return Err(fault);
        }
        assert!(!std::mem::take(&mut self.panics), "scripted");
        if self.barred == Some(window.pod_id.as_str()) {
            return Err(Fault::new(FaultKind::Permission, "not this one"));
        }
        if !window.pod_id.contains("-worker-") {
            return Err(Fault::new(FaultKind::NotFound, "no such pod"));
        }
        let inside = |ms: i64| {
            let second = ms.div_euclid(1000);
            let to = window.to.unwrap_or(i64::MAX);
            ms <= now_ms - self.lag_ms
                && (second > window.from || (self.ends.0 && second == window.from))
                && (second < to || (self.ends.1 && second == to))
        };
        let lines = self.lines.iter();
        let mut lines: Vec<String> = lines
            .filter(|(pod, ms, _)| *pod == window.pod_id && inside(*ms))
            .map(|(_, _, text)| text.clone())
            .collect();
        if self.blank || (self.blank_parts && window.to.is_some()) {
            lines.clear();
        }
        let most = self.cap.min(window.max_lines as usize);
        let surplus = lines.len().saturating_sub(most);
        match self.keeps_tail {
            true => drop(lines.drain(..surplus)),
            false => lines.truncate(most),
        }
        Ok(LogLines {
            lines,
            server_second: Some(now_ms.div_euclid(1000)),
        })
    }
}
