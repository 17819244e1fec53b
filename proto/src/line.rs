//! How people and agents write that they wait for a line: `log:/REGEX/`, and `log:/REGEX/i` where case does not matter.

/// What a word begins with that means a line.
const WORD: &str = "log:";

/// Why it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a line is waited for as log:/REGEX/, or log:/REGEX/i to ignore case: for example log:/epoch 3\\b/"
)]
pub struct NoPattern;

/// The pattern for the daemon; `None` where no line is meant. Whether it is a regular expression is not looked at.
pub fn pattern(text: &str) -> Option<Result<String, NoPattern>> {
    let begin = text.get(..WORD.len())?;
    let rest = begin
        .eq_ignore_ascii_case(WORD)
        .then(|| &text[WORD.len()..])?;
    let parts = rest
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'));
    Some(match parts {
        Some((regex, "")) if !regex.is_empty() => Ok(regex.into()),
        Some((regex, "i")) if !regex.is_empty() => Ok(format!("(?i){regex}")),
        _ => Err(NoPattern),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_first_slash_and_the_last_is_the_pattern() {
        for (text, expected) in [
            ("log:/loss 0\\.5/", "loss 0\\.5"),
            ("LOG:/x/", "x"),
            ("log:/error/i", "(?i)error"),
            ("log:/a/b/", "a/b"),
            ("log:/ /", " "),
            ("log:////", "//"),
        ] {
            assert_eq!(pattern(text).unwrap().unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn other_words_mean_no_line_and_half_a_pattern_is_refused() {
        for text in ["", "log", "running", "Logging", "训练 log:/x/"] {
            assert_eq!(pattern(text), None, "{text}");
        }
        for text in [
            "log:", "log:x", "log:/", "log:/x", "log://", "log:x/", "log:/x/g", "log: /x/",
        ] {
            assert_eq!(pattern(text), Some(Err(NoPattern)), "{text}");
        }
        assert!(NoPattern.to_string().ends_with("log:/epoch 3\\b/"));
    }
}
