//! A regular expression over lines. The expression is foreign: it is compiled within limits, and matching takes time that grows
//! with the text only. Control sequences of terminals are not seen by it.

use std::{borrow::Cow, ops::Range};

use regex::bytes::{Regex, RegexBuilder};

use super::{Fault, FaultKind};

/// Bytes of a compiled expression, and of its cache.
const SIZE_MAX: usize = 4 << 20;
/// Bytes of the text of an expression.
const TEXT_MAX: usize = 4 << 10;

/// A compiled expression; `^` and `$` are the ends of a line. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// The expression may speak of the ends of the whole text, so that it can only be asked line by line.
    of_ends: bool,
}

impl Pattern {
    /// Compiles an expression of the syntax of the crate `regex`.
    ///
    /// # Errors
    /// Kind `Invalid` where it is none, or too large.
    pub fn new(text: &str, ignore_case: bool) -> Result<Self, Fault> {
        let invalid = |why: String| {
            Fault::new(FaultKind::Invalid, why)
                .field("pattern")
                .hint("write it as in ripgrep, for example loss[ =:]+nan; a dot as \\. and a bracket as \\[")
        };
        if text.is_empty() {
            return Err(invalid("the regular expression is empty".into()));
        }
        if text.len() > TEXT_MAX {
            return Err(invalid(format!(
                "the regular expression is longer than {TEXT_MAX} bytes"
            )));
        }
        let built = RegexBuilder::new(text)
            .multi_line(true)
            .case_insensitive(ignore_case)
            .size_limit(SIZE_MAX)
            .dfa_size_limit(SIZE_MAX)
            .build();
        let regex = built.map_err(|error| {
            let told = error.to_string();
            let last = told.lines().last().unwrap_or_default().trim();
            let last = last.strip_prefix("error: ").unwrap_or(last);
            invalid(format!("the regular expression cannot be used: {last}"))
        })?;
        Ok(Self {
            of_ends: text.contains("\\A")
                || text.contains("\\z")
                || text.contains("(?") && text.contains('-'),
            regex,
        })
    }

    /// Where a line, without its line feed, matches first; in bytes of what [`plain`] leaves of it.
    pub fn find(&self, line: &[u8]) -> Option<Range<usize>> {
        self.regex.find(&plain(line)).map(|found| found.range())
    }

    /// Where the first match at or after `from` begins in a text of many lines, as far as that can be told without looking at
    /// single lines: the line there may not match, but no line before it does. `None`: none does.
    pub fn candidate(&self, text: &[u8], from: usize) -> Option<usize> {
        match self.of_ends {
            true => (from < text.len()).then_some(from),
            false => self.regex.find_at(text, from).map(|found| found.start()),
        }
    }
}

/// A line without the control sequences of terminals.
pub fn plain(line: &[u8]) -> Cow<'_, [u8]> {
    match line.contains(&0x1b) {
        true => anstream::adapter::strip_bytes(line).into_vec().into(),
        false => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_searched_without_its_colours() {
        let pattern = Pattern::new("loss 0\\.5$", false).unwrap();
        assert_eq!(pattern.find(b"step 1 loss 0.5"), Some(7..15));
        assert_eq!(pattern.find(b"step 1 \x1b[1mloss\x1b[0m 0.5"), Some(7..15));
        assert_eq!(pattern.find(b"step 1 loss 0.51"), None);
        assert!(Pattern::new("LOSS", true).unwrap().find(b"loss").is_some());
        assert!(Pattern::new("\\xff", false).is_ok());
    }

    #[test]
    fn what_is_no_expression_is_refused_with_the_reason() {
        let long = "x".repeat(5_000);
        for (text, reason) in [
            ("", "empty"),
            ("(", "unclosed group"),
            ("(a{1000}){1000}", "size limit"),
            (&long, "longer"),
        ] {
            let fault = Pattern::new(text, false).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid);
            assert!(fault.message.contains(reason), "{}", fault.message);
        }
    }
}
