//! Lines without their secrets. A private key lies in several lines: what a line is depends on those before it. Pure.

use super::block::Block;
use crate::model::{
    LogLine, plain,
    redact::{KEY_LINES, KeyLines, Redactor},
};

/// Masks the lines of one log, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Masked {
    mask: Redactor,
    keys: KeyLines,
}

/// How many lines before those that are wanted must be known.
pub(super) fn lines_before(mask: Option<&Redactor>) -> u64 {
    mask.map_or(0, |_| KEY_LINES)
}

/// Masks lines in place, and leaves out those up to `number`, which only come before them.
pub(super) fn mask(lines: &mut Vec<LogLine>, number: u64, mask: Redactor) {
    let mut masked = Masked::new(mask);
    lines.retain_mut(|line| {
        if line.number <= number {
            masked.pass(&line.text);
            return false;
        }
        line.text = masked.line(&line.text);
        true
    });
}

impl Masked {
    pub(super) fn new(mask: Redactor) -> Self {
        Self {
            mask,
            keys: KeyLines::default(),
        }
    }

    /// The next line, as it is told: without control sequences, since a secret with colours in it is none.
    pub(super) fn line(&mut self, line: &[u8]) -> Vec<u8> {
        let text = plain(line);
        let text = String::from_utf8_lossy(&text);
        self.mask.text(&self.keys.mask(&text)).into_bytes()
    }

    /// Whether the lines of a block have no secret in them, if nothing hides between their letters.
    pub(super) fn is_clean(&self, block: &Block) -> bool {
        let text = String::from_utf8_lossy(&block.text);
        !self.keys.is_inside() && self.mask.text(&text) == text
    }

    /// The same, behind some lines of a block that follows what was masked last.
    pub(super) fn behind(&self, block: &Block, places: usize) -> Self {
        let from = places.saturating_sub(usize::try_from(KEY_LINES).unwrap_or(usize::MAX));
        let mut behind = match from {
            0 => self.clone(),
            _ => Self::new(self.mask.clone()),
        };
        for place in from..places {
            behind.pass(block.text.get(block.range(place)).unwrap_or_default());
        }
        behind
    }

    fn pass(&mut self, line: &[u8]) {
        let text = plain(line);
        self.keys.pass(&String::from_utf8_lossy(&text));
    }
}
