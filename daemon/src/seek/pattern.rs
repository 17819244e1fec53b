//! What a line is to be like. Pure, and as slow as the pattern is bad: not for the thread that serves.

use std::ops::Range;

use crate::model::{self, Fault, plain};

/// Most of a line that is told, in bytes.
pub const LINE_MAX: usize = 4 << 10;

/// What is told of a line that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The line as it was matched, at most [`LINE_MAX`] bytes of it.
    pub text: String,
    /// The match, in bytes of the text.
    pub at: Range<usize>,
}

/// A regular expression for lines.
#[derive(Debug, Clone)]
pub struct Pattern(model::Pattern);

impl Pattern {
    /// Reads it.
    ///
    /// # Errors
    /// When it is empty, none, or too large.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let compiled = model::Pattern::new(text, false);
        compiled.map(Self).map_err(|fault| fault.field("condition"))
    }

    /// The line without control sequences, if that matches. Of a long line the part with the match.
    pub(super) fn find(&self, line: &[u8]) -> Option<Told> {
        let bytes = plain(line);
        let text = String::from_utf8_lossy(&bytes);
        let found = self.0.find(text.as_bytes())?;
        Some(part(&text, found.start, found.end))
    }
}

/// At most [`LINE_MAX`] bytes, from the beginning where the match lies in them.
fn part(text: &str, start: usize, end: usize) -> Told {
    let from = text.ceil_char_boundary(end.saturating_sub(LINE_MAX).min(start));
    let text = &text[from..text.floor_char_boundary(from + LINE_MAX)];
    let place = |at: usize| at.saturating_sub(from).min(text.len());
    Told {
        text: text.to_owned(),
        at: place(start)..place(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FaultKind;
    use proptest::prelude::*;

    fn find(pattern: &str, line: &str) -> Option<String> {
        let told = Pattern::new(pattern).unwrap().find(line.as_bytes())?;
        Some(told.text)
    }

    #[test]
    fn where_the_match_is_goes_by_what_is_told_of_the_line() {
        let at = |pattern: &str, line: &str| {
            let told = Pattern::new(pattern).unwrap().find(line.as_bytes());
            let told = told.unwrap();
            told.text[told.at].to_owned()
        };
        assert_eq!(at(" 20%", "\u{1b}[1m 10%\r 20%\r 30%"), " 20%");
        let long = format!("{}needle", "ä".repeat(9_000));
        assert_eq!(at("needle", &long), "needle");
        assert_eq!(at("^ä+", &long), "ä".repeat(LINE_MAX / 2));
    }

    #[test]
    fn a_line_is_matched_without_its_colours_and_with_its_carriage_returns() {
        for (pattern, line, told) in [
            ("loss 0.5", "\u{1b}[32mloss\u{1b}[0m 0.5", "loss 0.5"),
            ("^ 50%", " 50%\r 99%\r", " 50%\r 99%\r"),
            ("99%\r$", " 50%\r 99%\r", " 50%\r 99%\r"),
            ("^step \\d+$", "step 12", "step 12"),
            ("(?i)ERROR", "an error", "an error"),
            ("训练", "开始训练", "开始训练"),
            ("a\tb", "a\tb", "a\tb"),
        ] {
            assert_eq!(find(pattern, line).as_deref(), Some(told), "{pattern}");
        }
        assert_eq!(find("32m", "\u{1b}[32mloss"), None);
        assert_eq!(find("^step \\d+$", "step 12 "), None);
        let pattern = Pattern::new("^.*end$").unwrap();
        assert_eq!(pattern.find(b"\xffend").unwrap().text, "\u{fffd}end");
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason_in_one_line() {
        for (text, reason) in [
            ("", "is empty"),
            ("a(", "cannot be used: unclosed group"),
            ("[z-a]", "invalid character class range"),
            (r"(?=x)", "look-around"),
            (r"(?:\w{500}){500}", "size limit"),
        ] {
            let fault = Pattern::new(text).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid);
            assert_eq!(fault.field, "condition");
            assert!(fault.message.contains(reason), "{text}: {}", fault.message);
            assert!(!fault.message.contains('\n'), "{}", fault.message);
        }
    }

    #[test]
    fn of_a_long_line_the_part_with_the_match_is_told() {
        let line = format!("{}needle{}", "a".repeat(9_000), "b".repeat(9_000));
        let told = find("needle", &line).unwrap();
        assert_eq!(told.len(), LINE_MAX);
        assert!(told.ends_with("needle"));
        let told = find("^a+", &line).unwrap();
        assert_eq!(told, "a".repeat(LINE_MAX));
        let told = find("a", &line).unwrap();
        assert_eq!(told, "a".repeat(LINE_MAX));
    }

    proptest! {
        #[test]
        fn a_part_is_never_too_long_and_has_the_match(
            before in "[aä训🚂]{0,2500}",
            found in "(needle){1,3}",
            after in "[aä训🚂]{0,2500}",
        ) {
            let line = format!("{before}{found}{after}");
            let told = find("(needle)+", &line).unwrap();
            prop_assert!(told.len() <= LINE_MAX);
            prop_assert!(line.contains(&told) && told.contains(&found));
            prop_assert!(told.len() + 4 > line.len().min(LINE_MAX));
        }
    }
}
