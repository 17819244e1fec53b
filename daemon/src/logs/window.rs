//! What windows of a log add to what is known of it. Pure.
//!
//! The backend gives lines without numbers or times, by windows of whole seconds whose ends may be included or not (fact
//! sheet §6). A window is always read from the *anchor* on: everything filed before it is stored. The *zone* are the lines
//! filed since, in the backend's order, so that what a window shows again is counted off and not guessed from equal texts:
//! repeated lines survive. The anchor moves only over seconds that are *settled*, where nothing appears late any more, and
//! where it can it leaves a line in the zone: an answer without that line is known to lack something. That an answer is
//! empty proves nothing.

use std::collections::{HashMap, HashSet};

use crate::{model::Track, provider::LogLines};

/// A window may hold so many lines.
pub const MAX_LINES: u32 = 5000;
/// An answer that was cut may lack some lines all the same.
const NEARLY: usize = 50;
/// A window with so many bytes may have been cut by the backend for its size.
const FULL_BYTES: usize = 4 << 20;
/// The same for a window of one second.
const LARGEST_ANSWER: usize = 7 << 20;
/// Numbers of lines at which a backend with a smaller cap than ours would cut (fact sheet §6.3: the default is 2000).
const OTHER_CAPS: [usize; 2] = [1000, 2000];

/// What names a line's text: FNV-1a, 64 bits. Kept in the store, so it never changes.
pub fn print(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What the backend answered for a window, with what its lines are compared by.
#[derive(Debug, Default)]
pub struct Window {
    /// In the backend's order.
    pub lines: Vec<String>,
    /// Of each line.
    pub prints: Vec<u64>,
    /// Of all lines with their line feeds.
    pub bytes: usize,
    /// See [`LogLines::server_second`].
    pub server_second: Option<i64>,
    /// See [`LogLines::too_large`].
    pub too_large: bool,
}

impl Window {
    /// Goes over every byte.
    pub fn of(answer: LogLines) -> Self {
        let lines = answer.lines;
        Self {
            prints: lines.iter().map(|line| print(line.as_bytes())).collect(),
            bytes: bytes(&lines),
            lines,
            server_second: answer.server_second,
            too_large: answer.too_large,
        }
    }

    /// Whether there is nothing, as far as the answer tells.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && !self.too_large
    }

    /// Whether it may hold only a part of what was asked for. One that cannot be made smaller is given more credit.
    pub fn is_full(&self, smallest: bool) -> bool {
        let (lines, bytes) = (self.lines.len(), self.bytes);
        if self.too_large {
            return true;
        }
        if smallest {
            return lines >= MAX_LINES as usize || bytes >= LARGEST_ANSWER;
        }
        lines + NEARLY >= MAX_LINES as usize || OTHER_CAPS.contains(&lines) || bytes >= FULL_BYTES
    }
}

/// Of lines with their line feeds.
pub fn bytes(lines: &[String]) -> usize {
    lines.iter().map(|line| line.len() + 1).sum()
}

/// A line that was not known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its place in the window.
    pub place: usize,
    /// Lines behind it were known already.
    pub late: bool,
}

/// Whether a window to the present lacks lines that the zone has.
pub fn has_shrunk(track: &Track, window: &[u64]) -> bool {
    let mut known = track.zone.iter().peekable();
    for line in window {
        known.next_if(|next| *next == line);
    }
    known.peek().is_some()
}

/// Lines of a window that begins at the track's anchor → which of them are new. The zone has them then. `open` says that
/// the window goes to the present: what the zone has and the window does not is gone from the backend.
pub fn merge(track: &mut Track, window: &[u64], open: bool) -> Vec<Found> {
    let known = &track.zone;
    let mut found = Vec::new();
    let mut next = 0;
    for (place, line) in window.iter().enumerate() {
        match known.get(next) {
            Some(expected) if expected == line => next += 1,
            expected => found.push(Found {
                place,
                late: expected.is_some(),
            }),
        }
    }
    if open && next < known.len() {
        found = uncounted(known, window);
        track.zone = window.to_vec();
        return found;
    }
    let mut zone = window.to_vec();
    zone.extend_from_slice(&known[next..]);
    track.zone = zone;
    found
}

/// Without an alignment: each text as often as it is in the window and not in the zone, counted from the end.
fn uncounted(known: &[u64], window: &[u64]) -> Vec<Found> {
    let mut left: HashMap<u64, usize> = HashMap::new();
    for line in known {
        *left.entry(*line).or_default() += 1;
    }
    let mut found = Vec::new();
    for (place, line) in window.iter().enumerate() {
        match left.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => found.push(Found { place, late: false }),
        }
    }
    found
}

/// Whether a window that may end before the zone does lacks lines which stand before others that it has. Late lines with
/// the text of a later one look the same.
pub fn lacks(track: &Track, window: &[u64]) -> bool {
    let known = &track.zone;
    let (mut next, mut other) = (0, Vec::new());
    for line in window {
        match known.get(next) == Some(line) {
            true => next += 1,
            false => other.push(*line),
        }
    }
    let later: HashSet<_> = known[next..].iter().collect();
    other.iter().any(|line| later.contains(line))
}

/// The same as [`merge`] for a window that [`lacks`] lines for so long that it is taken as it is: what it has is counted off
/// the zone, which keeps the rest.
pub fn recount(track: &mut Track, window: &[u64]) -> Vec<Found> {
    let found = uncounted(&track.zone, window);
    let mut shown: HashMap<u64, usize> = HashMap::new();
    for line in window {
        *shown.entry(*line).or_default() += 1;
    }
    let mut zone = window.to_vec();
    for line in &track.zone {
        match shown.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => zone.push(*line),
        }
    }
    track.zone = zone;
    found
}

/// Whether these are the last ones of the zone's first `to_end` lines.
pub fn is_end(track: &Track, to_end: usize, lines: &[u64]) -> bool {
    let from = to_end.checked_sub(lines.len());
    from.and_then(|from| track.zone.get(from..to_end)) == Some(lines)
}

/// The last ones of these lines, as many as a window has in their order.
pub fn end_in<'a>(known: &'a [u64], window: &[u64]) -> &'a [u64] {
    let mut from = known.len();
    for line in window.iter().rev() {
        if from > 0 && known[from - 1] == *line {
            from -= 1;
        }
    }
    &known[from..]
}

/// Moves the anchor. `from_new_anchor` lines are in the window from `anchor` to the very end that the zone's first
/// `to_end` lines were read to.
pub fn advance(track: &mut Track, anchor: i64, to_end: usize, from_new_anchor: usize) {
    let before = to_end.saturating_sub(from_new_anchor).min(track.zone.len());
    track.zone.drain(..before);
    track.anchor = anchor;
}

/// Which window from an anchor on is tried next: the larger ones have more lines than one answer holds, the smaller ones
/// bring little. How many lines the seconds have is not known before.
#[derive(Debug)]
pub struct Search {
    anchor: i64,
    fits: Option<i64>,
    full: Option<i64>,
}

/// Where the next window ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// With this second.
    Until(i64),
    /// At the present.
    Present,
    /// There is no better one than the largest that was read whole: it ends with this second. `None`: none could be, not
    /// even one of a single second.
    Enough(Option<i64>),
}

impl Search {
    /// Nothing was tried yet.
    pub fn new(anchor: i64) -> Self {
        Self {
            anchor,
            fits: None,
            full: None,
        }
    }

    /// From where on.
    pub fn anchor(&self) -> i64 {
        self.anchor
    }

    /// A window to this second held everything, and a larger one is wanted.
    pub fn fits(&mut self, end: i64) -> Try {
        self.fits = Some(end);
        // The newest answer counts where two contradict each other.
        self.full = self.full.filter(|full| *full > end);
        match self.full {
            None => Try::Present,
            Some(full) => self.between(end, full),
        }
    }

    /// One to this second did not.
    pub fn is_full(&mut self, end: i64) -> Try {
        self.full = Some(end);
        self.fits = self.fits.filter(|fits| *fits < end);
        match self.fits {
            Some(fits) => self.between(fits, end),
            None if end > self.anchor => Try::Until(self.anchor + (end - self.anchor) / 2),
            None => Try::Enough(None),
        }
    }

    fn between(&self, fits: i64, full: i64) -> Try {
        match full - fits > 1 {
            true => Try::Until(fits + (full - fits) / 2),
            false => Try::Enough(Some(fits)),
        }
    }
}

#[cfg(test)]
mod tests;
