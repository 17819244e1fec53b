//! Logs made of chance. Pure.
//!
//! Every text begins with the second in which its line arrives, so that what is stored can be put beside what was printed even
//! where the order is lost; within a second texts repeat.

use pai_emulator::ScriptedLine;
use rand::{RngExt as _, rngs::StdRng, seq::IndexedRandom as _};

/// As late as a line may show beyond the lag.
const LATE_MS: i64 = 20_000;
/// Lines that one answer holds; a second of exactly so many looks like one of more.
pub(crate) const MOST: usize = 5_000;
/// Lines of a log in all, about: its reading takes time.
const ENOUGH: usize = 16_000;

/// A line as the cloud has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Printed {
    /// When it arrives, Unix ms.
    pub(crate) ms: i64,
    /// When it shows; by itself that is the lag after `ms`.
    pub(crate) shown_ms: i64,
    pub(crate) is_late: bool,
    pub(crate) text: String,
}

impl Printed {
    pub(crate) fn second(&self) -> i64 {
        self.ms.div_euclid(1000)
    }

    pub(crate) fn scripted(&self) -> ScriptedLine {
        ScriptedLine::new(self.ms, self.text.as_str()).visible_at(self.shown_ms)
    }
}

/// How late lines of a log are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lags {
    /// How long after its arrival each line shows.
    pub(crate) cloud_ms: i64,
    /// The same, as far as the daemon knows: it may take it for longer.
    pub(crate) known_ms: i64,
    /// Some show still later.
    pub(crate) has_late: bool,
}

/// What one attempt prints from `begin_ms` on, until before `end_ms`: in the order of arrival.
pub(crate) fn log(dice: &mut StdRng, begin_ms: i64, end_ms: i64, lags: Lags) -> Vec<Printed> {
    let mut printed = Vec::new();
    let mut second = begin_ms.div_euclid(1000) + 1;
    let mut has_overfull = false;
    while (second + 1) * 1000 <= end_ms {
        let is_enough = printed.len() > ENOUGH;
        let count = match dice.random_range(0..200) {
            0..70 => 0,
            70..150 => dice.random_range(1..6),
            150..190 => dice.random_range(20..200),
            _ if is_enough => 1,
            190..194 => *[900, 1_000, 2_000].choose(dice).unwrap(),
            194..198 => dice.random_range(1_500..4_999),
            _ if has_overfull => dice.random_range(4_000..4_999),
            _ => {
                has_overfull = true;
                dice.random_range(MOST + 1..6_500)
            }
        };
        printed.extend(second_of(dice, second, count, end_ms, lags));
        second += match dice.random_range(0..40) {
            0 => dice.random_range(20..90),
            _ => 1,
        };
    }
    printed
}

/// The lines of one second.
fn second_of(
    dice: &mut StdRng,
    second: i64,
    count: usize,
    end_ms: i64,
    lags: Lags,
) -> Vec<Printed> {
    let texts = *[1, 3, usize::MAX].choose(dice).unwrap();
    let mut times: Vec<_> = (0..count)
        .map(|_| second * 1000 + dice.random_range(0..1000))
        .collect();
    times.sort_unstable();
    let mut printed: Vec<_> = times
        .into_iter()
        .enumerate()
        .map(|(number, ms)| Printed {
            ms,
            shown_ms: ms + lags.cloud_ms,
            is_late: false,
            text: format!("{second} {}", number % texts),
        })
        .collect();
    if !lags.has_late || count == 0 || !dice.random_bool(0.08) {
        return printed;
    }
    let from = dice.random_range(0..count);
    let many = *[1, 2, 5, 400].choose(dice).unwrap();
    for line in printed.iter_mut().skip(from).take(many) {
        let latest_ms = line.ms + lags.known_ms + LATE_MS;
        let shown_ms = dice.random_range(line.shown_ms..=latest_ms);
        // A log falls silent when its job ends.
        let shown_ms = shown_ms.min(end_ms.max(line.shown_ms));
        line.is_late = shown_ms > line.shown_ms;
        line.shown_ms = shown_ms;
    }
    printed
}
