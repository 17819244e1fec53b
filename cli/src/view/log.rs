//! Lines of a job's log. The text is foreign and may hold anything; what gets out of here moves no cursor, sets no title
//! and hides nothing.

use std::borrow::Cow;

use anstream::adapter::strip_str;

use super::clean;

/// Appends a line for a person, without a newline.
///
/// Control sequences and control characters are taken out, tabs stay. Of a line that was drawn over and over with
/// carriage returns, as progress bars are, the last state stays. What is no UTF-8 becomes U+FFFD.
pub fn push_line(out: &mut Vec<u8>, text: &[u8]) {
    let is_plain = |byte: &u8| *byte == b'\t' || clean::is_plain(*byte);
    // Nearly every line: as it is.
    match text.iter().all(is_plain) {
        true => out.extend_from_slice(text),
        false => out.extend_from_slice(cleaned(text).as_bytes()),
    }
}

/// A line for a person.
pub fn line(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    push_line(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}

/// The name of a pod without the job's id: `worker-0` of `dlc1abc-worker-0`.
pub fn pod<'a>(pod_id: &'a str, job_id: &str) -> &'a str {
    pod_id
        .strip_prefix(job_id)
        .and_then(|rest| rest.strip_prefix('-'))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(pod_id)
}

/// What stands before the lines of a pod.
pub fn prefix(pod: &str) -> String {
    format!("[{}] ", clean::line(pod))
}

fn cleaned(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let text = without_sequences(&text);
    let mut states = text.rsplit('\r').filter(|state| !state.trim().is_empty());
    let last = states.next().unwrap_or_default();
    // What is left of control characters stands alone and means nothing; what turns the direction of reading is shown.
    let shown = |c: char| match c.is_control() {
        true => String::new(),
        false => c.escape_default().to_string(),
    };
    clean::escape(last, |c| c != '\t', shown)
}

/// The controls U+0080 to U+009F are short forms of an escape and a letter: written out, one reader finds both.
fn without_sequences(text: &str) -> Cow<'_, str> {
    let is_short = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if text.contains(is_short) {
        let mut long = String::with_capacity(text.len());
        for c in text.chars() {
            match u8::try_from(u32::from(c)) {
                Ok(short) if is_short(c) => long.extend(['\u{1b}', char::from(short - 0x40)]),
                _ => long.push(c),
            }
        }
        return strip_str(&long).to_string().into();
    }
    match text.contains('\u{1b}') {
        true => strip_str(text).to_string().into(),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

    #[test]
    fn words_of_any_language_and_tabs_stay() {
        for text in ["step 1/50 loss 0.6931", "a\tb", "Größe 训练 🚂", "", "  x "] {
            assert_eq!(line(text.as_bytes()), text);
        }
    }

    #[test]
    fn control_sequences_are_taken_out_whole() {
        for (text, expected) in [
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;a title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}2Jtext", "text"),
            ("\u{9d}0;a title\u{9c}text", "text"),
            ("\u{90}1$qm\u{9c}text", "text"),
            ("\u{1b}ctext", "text"),
            ("训\u{1b}[2K练", "训练"),
        ] {
            assert_eq!(line(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn single_controls_are_taken_out_and_what_turns_the_reading_is_shown() {
        assert_eq!(line(b"a\x07b\x08c\x00d\x0b\x0c\x7fe\nf"), "abcdef");
        assert_eq!(line("a\u{85}b".as_bytes()), "ab");
        assert_eq!(
            line("a\u{202e}b\u{2028}".as_bytes()),
            "a\\u{202e}b\\u{2028}"
        );
    }

    #[test]
    fn of_a_progress_bar_the_last_state_stays() {
        for (text, expected) in [
            ("10%\r20%\r30%", "30%"),
            ("30%\r", "30%"),
            ("windows\r\r", "windows"),
            ("100%\r        \r", "100%"),
            ("100%\r\u{1b}[K", "100%"),
            ("\r\r", ""),
        ] {
            assert_eq!(line(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_utf_8_is_replaced() {
        assert_eq!(line(b"loss \xff\xfe 1"), "loss \u{fffd}\u{fffd} 1");
        // A lone byte of the upper half is no control of a terminal that reads UTF-8.
        assert_eq!(line(b"\x9b2J"), "\u{fffd}2J");
    }

    /// Invariant: log text is foreign. No mixture of sequences, halves of characters and controls gets through.
    #[test]
    fn no_mixture_of_bytes_is_obeyed_by_a_terminal() {
        let parts: [&[u8]; 16] = [
            b"\x1b",
            b"[",
            b"]",
            b"2J",
            b";",
            b"\x07",
            b"\\",
            b"\xc2\x9b",
            b"\xc2\x90",
            b"\xe8\xae",
            b"\xad",
            b"\r",
            b"\t",
            b"\xe2\x80\xae",
            b"P",
            b"\x9c",
        ];
        let mut dice = StdRng::seed_from_u64(1);
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..dice.random_range(1..12))
                .flat_map(|_| parts[dice.random_range(0..parts.len())])
                .copied()
                .collect();
            let shown = line(&text);
            let obeyed = |c: char| (c.is_control() && c != '\t') || c == '\u{202e}';
            assert_eq!(
                shown.chars().find(|c| obeyed(*c)),
                None,
                "{text:?}: {shown:?}"
            );
        }
    }

    #[test]
    fn a_pod_is_called_without_its_job() {
        for (pod_id, name) in [
            ("dlc1abc-worker-0", "worker-0"),
            ("dlc1abcd-worker-0", "dlc1abcd-worker-0"),
            ("worker-0", "worker-0"),
            ("dlc1abc-", "dlc1abc-"),
        ] {
            assert_eq!(pod(pod_id, "dlc1abc"), name);
        }
        assert_eq!(pod("dlc1abc-worker-0", ""), "dlc1abc-worker-0");
        assert_eq!(prefix("worker\u{1b}-0"), "[worker\\u{1b}-0] ");
    }
}
