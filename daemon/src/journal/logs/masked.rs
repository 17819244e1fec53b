//! Lines without their secrets. A private key lies in several lines: what a line is depends on those before it. Pure.

use pai_proto::text;

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

/// Masks lines in place, and leaves out those up to `number`, which only come before them. `is_cut`: others came before these.
pub(super) fn mask(lines: &mut Vec<LogLine>, number: u64, mask: Redactor, is_cut: bool) {
    let mut masked = Masked::new(mask).cut(is_cut);
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

    /// Where it `is_cut`, lines come before the next one that are not known.
    pub(super) fn cut(mut self, is_cut: bool) -> Self {
        if is_cut {
            self.keys = KeyLines::cut();
        }
        self
    }

    /// The next line, as it is told.
    pub(super) fn line(&mut self, line: &[u8]) -> Vec<u8> {
        self.mask
            .text(&self.keys.mask(&readable(line)))
            .into_bytes()
    }

    /// Whether the lines of a block are told as they are stored.
    pub(super) fn is_clean(&self, block: &Block) -> bool {
        let is_clean = |text| text::is_visible(text) && self.mask.text(text) == text;
        !self.keys.is_inside() && str::from_utf8(&block.text).is_ok_and(is_clean)
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
        self.keys.pass(&readable(line));
    }
}

/// A line without anything that readers do not see, or take out (`pai_proto::text`): a secret with colours, or with invisible
/// characters, in it would be none to the mask.
fn readable(line: &[u8]) -> String {
    text::visible(&String::from_utf8_lossy(&plain(line))).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readers of what an agent is told take such characters out (`pai_proto::text`).
    #[test]
    fn a_secret_with_control_characters_in_it_is_not_put_together_behind_the_mask() {
        for apart in ["\0", "\u{8}", "\u{9b}1m", "\u{200b}", "\u{1b}[1m\u{200b}"] {
            let key = format!("LTAI{}", "x1".repeat(8));
            let line = format!("key {}{apart}{}", &key[..9], &key[9..]);
            let told = Masked::new(Redactor::default()).line(line.as_bytes());
            let told = String::from_utf8(told).unwrap();
            assert_eq!(text::line(&told), "key [redacted]", "{apart:?}");
        }
    }

    #[test]
    fn what_is_no_secret_keeps_its_tabs_and_its_progress() {
        for (line, told) in [
            (&b" 1%\r\t50%\r"[..], " 1%\r\t50%\r"),
            (b"\x1b[32mgreen\x1b[0m", "green"),
            ("训练\u{200b} 🚂\0".as_bytes(), "训练 🚂"),
            (b"bad \xff byte", "bad \u{fffd} byte"),
        ] {
            let masked = Masked::new(Redactor::default()).line(line);
            assert_eq!(String::from_utf8(masked).unwrap(), told);
        }
    }
}
