//! Foreign text made safe: no character that a terminal obeys, or that changes the order of what is read, gets out.

/// One line: everything unsafe is escaped, line ends and tabs too.
pub fn line(text: &str) -> String {
    escape(text, |_| true, |c| c.escape_default().to_string())
}

/// Several lines: line ends stay.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(line).collect()
}

/// Escapes the unsafe characters that `chosen` picks, in the way that `written` gives.
pub fn escape(
    text: &str,
    chosen: impl Fn(char) -> bool,
    written: impl Fn(char) -> String,
) -> String {
    // Nearly every text, and lines of logs come by the million.
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unsafe(c) && chosen(c) {
            true => safe.push_str(&written(c)),
            false => safe.push(c),
        }
    }
    safe
}

/// Whether a byte stands for a visible character of ASCII, or a blank.
pub fn is_plain(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// Control characters, line and paragraph separators, and what turns the direction of reading.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert_eq!(line("a\u{1b}[31mred\u{7}"), "a\\u{1b}[31mred\\u{7}");
        assert_eq!(line("two\nlines\tand\r"), "two\\nlines\\tand\\r");
        assert_eq!(
            line("\u{9b}2J \u{202e}txt\u{2028}"),
            "\\u{9b}2J \\u{202e}txt\\u{2028}"
        );
    }

    #[test]
    fn words_of_any_language_stay() {
        for text in ["train-x", "Größe", "训练任务", "emoji 🚂"] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn several_lines_stay_several() {
        assert_eq!(
            lines("cd /x\r\npython \u{1b}c"),
            ["cd /x", "python \\u{1b}c"]
        );
    }
}
