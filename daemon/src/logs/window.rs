//! What windows of a log add to what is known of it. Pure.
//!
//! The backend gives lines without numbers or times, by windows of whole seconds whose ends may be included or not (fact
//! sheet §6). A window is always read from the *anchor* on: everything filed before it is stored. The *zone* are the lines
//! filed since, in the backend's order, so that what a window shows again is counted off and not guessed from equal texts:
//! repeated lines survive. The anchor moves only over seconds that are *settled*, where nothing appears late any more, and
//! where it can it leaves a line in the zone: an answer without that line is known to lack something. That an answer is
//! empty proves nothing.

use std::collections::HashMap;

use crate::{model::Track, provider::LogLines};

/// A window may hold so many lines.
pub const MAX_LINES: u32 = 5000;
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
        }
    }

    /// Whether it may hold only a part of what was asked for. One that cannot be made smaller is given more credit.
    pub fn is_full(&self, smallest: bool) -> bool {
        let (lines, bytes) = (self.lines.len(), self.bytes);
        if smallest {
            return lines >= MAX_LINES as usize || bytes >= LARGEST_ANSWER;
        }
        lines >= MAX_LINES as usize || OTHER_CAPS.contains(&lines) || bytes >= FULL_BYTES
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

/// Whether the zone's lines stand at the beginning of a window that begins behind the anchor: as many of them as it reaches.
/// Late ones may stand between them. Of equal texts it cannot tell which they are.
pub fn shows(zone: &[u64], window: &[u64]) -> bool {
    let (mut next, mut last_is_known) = (0, true);
    for line in window {
        last_is_known = zone.get(next) == Some(line);
        next += usize::from(last_is_known);
        if next == zone.len() {
            return true;
        }
    }
    last_is_known
}

/// Moves the anchor. `from_new_anchor` lines are in the window from `anchor` to the very end that the zone's first
/// `to_end` lines were read to.
pub fn advance(track: &mut Track, anchor: i64, to_end: usize, from_new_anchor: usize) {
    let before = to_end.saturating_sub(from_new_anchor).min(track.zone.len());
    track.zone.drain(..before);
    track.anchor = anchor;
}

/// The later half of what is to be read begins behind this second: the end of a smaller window, `None` when it cannot be
/// smaller than one second.
pub fn narrower(anchor: i64, end: i64) -> Option<i64> {
    (end > anchor).then(|| anchor + (end - anchor) / 2)
}

/// Looks for the largest window of young lines that can be read whole, between one that could be and one that could not:
/// how many lines the seconds have is not known before.
#[derive(Debug, Default)]
pub struct Search {
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
    /// What was read is all that can be.
    Enough,
}

impl Search {
    /// A window to this second held everything.
    pub fn fits(&mut self, end: i64) -> Try {
        self.fits = Some(end);
        self.between(end)
    }

    /// One to this second did not. `None`: no other one from here has fitted, and it is to be halved.
    pub fn is_full(&mut self, end: i64) -> Option<Try> {
        self.full = Some(end);
        self.fits.map(|fits| self.between(fits))
    }

    fn between(&self, fits: i64) -> Try {
        match self.full {
            None => Try::Present,
            Some(full) if full - fits > 1 => Try::Until(fits + (full - fits) / 2),
            Some(_) => Try::Enough,
        }
    }
}

#[cfg(test)]
mod tests;
