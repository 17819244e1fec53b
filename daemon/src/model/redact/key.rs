//! Private keys as programs print them: in one text, or line by line, where a line of the middle looks like anything.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

use super::MASK;

/// Lines behind its first one that a key may have: the largest in use have 200.
pub const KEY_LINES: u64 = 256;

/// Stands at both ends of every key.
const MARK: &str = "PRIVATE KEY-----";

static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)")
        .expect("a constant pattern")
});

static EDGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("-----(?:(BEGIN)|END) [A-Z ]*PRIVATE KEY-----").expect("a constant pattern")
});

/// What may be of a key: the only word of a line, or a long one.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(^\s*)[A-Za-z0-9+/]+={0,2}(\s*$)|[A-Za-z0-9+/]{16,}={0,2}")
        .expect("a constant pattern")
});

/// A whole line of a key, whatever stands before it.
static BODY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(^|[^A-Za-z0-9+/])([A-Za-z0-9+/]{48,}={0,2})(\s*)$").expect("a constant pattern")
});

/// The text without the keys that begin in it.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    WHOLE.replace_all(text, MASK)
}

/// Digests are of one case.
fn body(found: &Captures<'_>) -> String {
    let has = |is: fn(&u8) -> bool| found[2].as_bytes().iter().any(is);
    match has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) {
        true => format!("{}{MASK}{}", &found[1], &found[3]),
        false => found[0].to_owned(),
    }
}

/// Masks the lines of one log, one after the other. A key that began in one of them goes on in the next ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyLines {
    /// So many next lines may be of a key.
    left: u64,
    /// So many keys are open: several processes may print one at once.
    open: u32,
    /// So many next lines may be of a key that began before what is known.
    unsure: u64,
}

impl KeyLines {
    /// Whether the next line may be of a key.
    pub fn is_inside(self) -> bool {
        self.left > 0 || self.unsure > 0
    }

    /// What comes before the next line is not known.
    pub fn cut() -> Self {
        Self {
            unsure: KEY_LINES,
            ..Self::default()
        }
    }

    /// Goes past a line.
    pub fn pass(&mut self, line: &str) {
        let _ = self.mask(line);
    }

    /// The line without what may be of a key that began before it. A key that begins in it is left to
    /// [`super::Redactor::text`].
    pub fn mask<'a>(&mut self, line: &'a str) -> Cow<'a, str> {
        if !self.is_inside() && !line.contains(MARK) {
            return line.into();
        }
        let is_begin = |edge: &Captures<'_>| edge.get(1).is_some();
        if self.unsure > 0 {
            let Some(first) = EDGE.captures(line) else {
                self.unsure -= 1;
                return BODY.replace(line, body);
            };
            // A key that ends has begun.
            self.unsure = 0;
            (self.left, self.open) = match is_begin(&first) {
                true => (0, 0),
                false => (KEY_LINES, 1),
            };
        }
        let end = EDGE.captures_iter(line).find(|edge| !is_begin(edge));
        let of_key = match (self.is_inside(), end.and_then(|end| end.get(0))) {
            (true, Some(end)) => end.end(),
            (true, None) => line.len(),
            (false, _) => 0,
        };
        self.left = self.left.saturating_sub(1);
        for edge in EDGE.captures_iter(line) {
            match is_begin(&edge) {
                true => (self.left, self.open) = (KEY_LINES, self.open + 1),
                false => self.open = self.open.saturating_sub(1),
            }
        }
        if self.left == 0 || self.open == 0 {
            *self = Self::default();
        }
        let (head, rest) = line.split_at(of_key);
        let part = |found: &Captures<'_>| {
            let edge = |n| found.get(n).map_or("", |edge| edge.as_str());
            format!("{}{MASK}{}", edge(1), edge(2))
        };
        match PART.replace_all(head, part) {
            Cow::Borrowed(_) => line.into(),
            Cow::Owned(masked) => (masked + rest).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDZ2xk3";

    /// As a masked log shows it.
    fn shown(lines: &[&str]) -> Vec<String> {
        let (mut keys, redactor) = (
            KeyLines::default(),
            crate::model::redact::Redactor::default(),
        );
        let lines = lines.iter();
        lines.map(|line| redactor.text(&keys.mask(line))).collect()
    }

    #[test]
    fn a_key_is_masked_line_by_line() {
        let rank = format!("[rank1]: {BODY}");
        let lines = [
            "step 1",
            "key: -----BEGIN RSA PRIVATE KEY-----",
            "Proc-Type: 4,ENCRYPTED",
            "",
            BODY,
            &rank,
            "loss 0.25, epoch 3/9",
            "  Qw==\r",
            "-----END RSA PRIVATE KEY----- after it",
            BODY,
        ];
        assert_eq!(
            shown(&lines),
            [
                "step 1",
                "key: [redacted]",
                "Proc-Type: 4,ENCRYPTED",
                "",
                "[redacted]",
                "[rank1]: [redacted]",
                "loss 0.25, epoch 3/9",
                "  [redacted]\r",
                "-----END RSA PRIVATE KEY----- after it",
                BODY,
            ]
        );
    }

    #[test]
    fn a_key_may_begin_and_end_within_a_line() {
        let begin = "-----BEGIN PRIVATE KEY-----";
        let end = "-----END PRIVATE KEY-----";
        let whole = format!("{begin}abc{end}");
        let two = format!("{whole} {begin}");
        let next = format!("{BODY}{end} x {begin}abc");
        assert_eq!(shown(&[&whole, BODY]), [MASK, BODY]);
        assert_eq!(shown(&[&two, BODY]), ["[redacted] [redacted]", MASK]);
        let third = shown(&[begin, &next, BODY]);
        assert!(
            !third[1].contains("abc") && !third[1].contains(BODY),
            "{third:?}"
        );
        assert_eq!(third[2], MASK);
    }

    #[test]
    fn a_key_without_an_end_is_over_some_time() {
        let mut keys = KeyLines::default();
        keys.pass("-----BEGIN PRIVATE KEY----- not found");
        for _ in 0..KEY_LINES {
            assert_eq!(keys.mask(BODY), MASK);
        }
        assert_eq!(keys.mask(BODY), BODY);
    }

    /// As several processes print the same file.
    #[test]
    fn keys_that_are_printed_at_once_are_all_masked() {
        let of = |rank: u32, line: &str| format!("[rank{rank}]: {line}");
        let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
        let lines = [
            of(0, begin),
            of(1, begin),
            of(0, BODY),
            of(0, end),
            of(1, BODY),
            of(1, end),
            "step 1".into(),
            BODY.into(),
        ];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let shown = shown(&lines);
        assert_eq!(shown[4], "[rank1]: [redacted]");
        assert_eq!(shown[7], BODY, "behind the last one");
    }

    #[test]
    fn a_key_that_began_before_what_is_known_is_masked_and_no_digest() {
        let mut keys = KeyLines::cut();
        let digest = format!("pulled sha256:{}", "0a".repeat(32));
        let long = format!("[rank1]: {BODY}{BODY}");
        assert_eq!(keys.mask(&digest), digest);
        assert_eq!(keys.mask(&long), "[rank1]: [redacted]");
        let end = format!("{BODY}-----END PRIVATE KEY-----");
        assert!(!keys.mask(&end).contains(BODY));
        assert_eq!(keys.mask(&long), long);
    }
}
