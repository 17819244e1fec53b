//! The logs of the cloud's pods.

use std::collections::{HashMap, VecDeque};

use paid::{
    model::{Fault, FaultKind},
    provider::{LogLines, LogWindow},
};

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// It has no line.
    Empty,
    /// It has not this line of its own.
    Without(usize),
}

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
    /// This line (by its place among all) appears so much later still, ms.
    pub(crate) delays: HashMap<usize, i64>,
    /// What is wrong with the answer to the window that was asked for as this one, from 0.
    pub(crate) lie: Option<(usize, Lie)>,
    /// Answers of more bytes are not taken.
    pub(crate) too_large: usize,
    /// The first pod had an incarnation of this uid before; its lines are written under it.
    pub(crate) earlier: Option<&'static str>,
    /// The log of this pod can never be read.
    pub(crate) barred: Option<&'static str>,
    /// The cloud has no log of this incarnation any more.
    pub(crate) gone: Option<&'static str>,
    /// The cloud has no log of any pod any more.
    pub(crate) forgotten: bool,
    /// An answer takes so long.
    pub(crate) takes: std::time::Duration,
    /// Where there is one: calls have their turn one after the other, as a budget lets them.
    pub(crate) turn: Option<std::sync::Arc<tokio::sync::Mutex<()>>>,
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
            delays: HashMap::new(),
            lie: None,
            too_large: usize::MAX,
            earlier: None,
            barred: None,
            gone: None,
            forgotten: false,
            takes: std::time::Duration::ZERO,
            turn: None,
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
        if self.forgotten || self.gone == Some(window.pod_uid.as_str()) {
            return Err(Fault::new(FaultKind::NotFound, "no such log"));
        }
        if !window.pod_id.contains("-worker-") {
            return Err(Fault::new(FaultKind::NotFound, "no such pod"));
        }
        let of = match self.earlier == Some(window.pod_uid.as_str()) {
            true => &window.pod_uid,
            false => &window.pod_id,
        };
        let inside = |place: usize, ms: i64| {
            let second = ms.div_euclid(1000);
            let to = window.to.unwrap_or(i64::MAX);
            let delay_ms = self.delays.get(&place).copied().unwrap_or_default();
            ms + delay_ms <= now_ms - self.lag_ms
                && (second > window.from || (self.ends.0 && second == window.from))
                && (second < to || (self.ends.1 && second == to))
        };
        let lines = self.lines.iter().enumerate();
        let mut lines: Vec<String> = lines
            .filter(|(place, (pod, ms, _))| pod == of && inside(*place, *ms))
            .map(|(_, (_, _, text))| text.clone())
            .collect();
        if self.blank || (self.blank_parts && window.to.is_some()) {
            lines.clear();
        }
        match self.lie {
            Some((place, Lie::Empty)) if place + 1 == self.asked.len() => lines.clear(),
            Some((place, Lie::Without(line)))
                if place + 1 == self.asked.len() && line < lines.len() =>
            {
                lines.remove(line);
            }
            _ => {}
        }
        let most = self.cap.min(window.max_lines as usize);
        let surplus = lines.len().saturating_sub(most);
        match self.keeps_tail {
            true => drop(lines.drain(..surplus)),
            false => lines.truncate(most),
        }
        let too_large = lines.iter().map(String::len).sum::<usize>() > self.too_large;
        if too_large {
            lines.clear();
        }
        Ok(LogLines {
            lines,
            server_second: Some(now_ms.div_euclid(1000)),
            too_large,
        })
    }
}
