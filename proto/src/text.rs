//! Foreign text made fit to be read: no control characters, no escape sequences, nothing invisible, nothing endless.
//!
//! Removed and not escaped, since the reader is a model: what is left is what a person would have seen on a terminal.

use std::borrow::Cow;

const ESC: char = '\u{1b}';
/// The introducer of a control sequence as one character.
const CSI: char = '\u{9b}';
/// Ends an operating system command, for example one that sets a window's title.
const BEL: char = '\u{7}';

/// One line: line ends become spaces, tabs stay.
pub fn line(text: &str) -> String {
    fit(text, |_| ' ')
}

/// Text of which nothing is invisible: line ends and carriage returns stay. Nothing is made anew where it is so already.
pub fn visible(text: &str) -> Cow<'_, str> {
    match is_visible(text) {
        true => text.into(),
        false => fit(text, |end| end).into(),
    }
}

/// Whether [`visible`] leaves a text as it is.
pub fn is_visible(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let is_fit = |c: char| matches!(c, '\n' | '\r') || !is_unfit(c);
    text.bytes().all(is_plain) || text.chars().all(is_fit)
}

fn fit(text: &str, line_end: impl Fn(char) -> char) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            ESC => rest = &rest[escape_length(rest)..],
            CSI => rest = &rest[sequence_length(rest)..],
            '\n' | '\r' => clean.push(line_end(c)),
            c if is_unfit(c) => {}
            c => clean.push(c),
        }
    }
    clean
}

/// Several lines: line ends stay.
pub fn lines(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// One line as a terminal shows it at last: a carriage return begins it anew.
pub fn last_state(text: &str) -> String {
    text.rsplit('\r')
        .map(line)
        .find(|state| !state.trim().is_empty())
        .unwrap_or_default()
}

/// At most so many bytes, then a word on what was cut off.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    let (kept, rest) = text.split_at(text.floor_char_boundary(most));
    format!("{kept}… ({} more characters)", rest.chars().count()).into()
}

/// Length of what follows an ESC and belongs to it.
fn escape_length(rest: &str) -> usize {
    // A character set or the like: intermediate characters, then a final one.
    let before = rest
        .find(|c: char| !matches!(c, ' '..='/'))
        .unwrap_or(rest.len());
    let after = &rest[before..];
    before
        + match after.chars().next() {
            Some('[') => 1 + sequence_length(&after[1..]),
            Some(']' | 'P' | 'X' | '^' | '_') => 1 + string_length(&after[1..]),
            Some('0'..='~') => 1,
            _ => 0,
        }
}

/// Length of a control sequence behind its introducer: parameters, intermediates, a final character.
fn sequence_length(rest: &str) -> usize {
    let body = rest
        .find(|c: char| !matches!(c, ' '..='?'))
        .unwrap_or(rest.len());
    body + usize::from(matches!(rest[body..].chars().next(), Some('@'..='~')))
}

/// Length of a string behind its introducer, with its end; 0 where none is in sight, so that nothing readable is lost.
fn string_length(rest: &str) -> usize {
    let Some(end) = rest.find([BEL, ESC]) else {
        return 0;
    };
    match rest[end..].strip_prefix(ESC) {
        None => end + 1,
        Some(after) => end + 1 + usize::from(after.starts_with('\\')),
    }
}

/// Control characters but for tabs, separators, what turns the direction of reading, and what is invisible.
fn is_unfit(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_removed() {
        for (raw, clean) in [
            ("a\u{1b}[31;1mred\u{1b}[0m b", "ared b"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}(Bplain\u{1b}c", "plain"),
            ("\u{9b}2Jgone", "gone"),
            ("\u{1b}[?25lhidden", "hidden"),
            ("bell\u{7} back\u{8} null\0", "bell back null"),
            ("two\r\nlines\tand", "two  lines\tand"),
            ("\u{202e}turned\u{2066}", "turned"),
            ("tag\u{e0041}\u{e0042}s\u{200b}", "tags"),
        ] {
            assert_eq!(line(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn a_sequence_that_is_cut_off_takes_no_text_with_it() {
        for (raw, clean) in [
            ("end\u{1b}", "end"),
            ("end\u{1b}[", "end"),
            ("end\u{1b}[12", "end"),
            ("\u{1b}[训练", "训练"),
            ("\u{1b}训练", "训练"),
            ("\u{1b}]0;never ended", "0;never ended"),
            ("\u{1b}]0;a\u{1b}[31mb", "[31mb"),
        ] {
            assert_eq!(line(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn words_of_any_language_stay() {
        for text in ["train-x", "Größe", "训练任务", "emoji 🚂", "tab\there"] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn what_is_visible_stays_with_its_line_ends() {
        for text in ["", " 1%\r50%\r\n\tdone", "训练 🚂"] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
        for (raw, clean) in [
            ("训\u{200b}练\n", "训练\n"),
            ("a\0b\rc\u{7f}", "ab\rc"),
            ("\u{9b}1mb\u{1b}[0m", "b"),
        ] {
            assert!(!is_visible(raw));
            assert_eq!(visible(raw), clean);
        }
    }

    #[test]
    fn of_a_progress_bar_the_last_state_is_left() {
        assert_eq!(last_state("  1%\r 50%\r100% done"), "100% done");
        assert_eq!(last_state("100% done\r\u{1b}[K"), "100% done");
        assert_eq!(last_state("windows\r"), "windows");
        assert_eq!(last_state("  indented"), "  indented");
        assert_eq!(last_state(""), "");
    }

    #[test]
    fn several_lines_stay_several() {
        assert_eq!(lines("cd /x\r\npython \u{1b}[1ma\n"), "cd /x\npython a");
    }

    #[test]
    fn what_is_too_long_says_how_much_more_there_was() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("训练任务", 8), "训练… (2 more characters)");
    }

    #[test]
    fn a_long_escape_sequence_does_not_fill_the_stack() {
        let text = format!("\u{1b}{}m", " ".repeat(2_000_000));
        assert!(line(&text).len() <= text.len());
    }
}
