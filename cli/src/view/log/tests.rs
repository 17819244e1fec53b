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

/// Invariant: log text is foreign. No mixture of sequences, halves of characters and controls gets through, and with colours
/// nothing but whole sequences that colour.
#[test]
fn no_mixture_of_bytes_is_obeyed_by_a_terminal() {
    let parts: [&[u8]; 22] = [
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
        b"\x1b[",
        b"31",
        b"m",
        b"0m",
        b"?",
        b":",
    ];
    let mut dice = StdRng::seed_from_u64(1);
    let mut coloured = 0;
    for _ in 0..40_000 {
        let text: Vec<u8> = (0..dice.random_range(1..12))
            .flat_map(|_| parts[dice.random_range(0..parts.len())])
            .copied()
            .collect();
        let obeyed = |c: char| (c.is_control() && c != '\t') || c == '\u{202e}';
        let shown = line(&text);
        assert_eq!(
            shown.chars().find(|c| obeyed(*c)),
            None,
            "{text:?}: {shown:?}"
        );
        let ends = [
            dice.random_range(0..=text.len()),
            dice.random_range(0..=text.len()),
        ];
        let mut out = Vec::new();
        match dice.random::<bool>() {
            true => push_line(&mut out, &text, true),
            false => {
                let [one, other] = ends;
                push_match(&mut out, &text, true, one.min(other)..one.max(other));
            }
        }
        let shown = String::from_utf8(out).unwrap();
        let (rest, last) = without_colours(&shown);
        assert_eq!(
            rest.chars().find(|c| obeyed(*c)),
            None,
            "{text:?}: {shown:?}"
        );
        assert!(
            last.is_none_or(|last| last == "0" || last.is_empty()),
            "{text:?}: {shown:?}"
        );
        coloured += usize::from(last.is_some());
    }
    assert!(coloured > 1_000, "{coloured}");
}

/// The text, and the inside of the last sequence that colours.
fn without_colours(shown: &str) -> (String, Option<&str>) {
    let mut parts = shown.split("\u{1b}[");
    let mut rest = parts.next().unwrap().to_owned();
    let mut last = None;
    for part in parts {
        let (inside, text) = part.split_once('m').unwrap();
        let inner = |c: char| c.is_ascii_digit() || c == ';' || c == ':';
        assert!(inside.chars().all(inner), "{shown:?}");
        last = Some(inside);
        rest.push_str(text);
    }
    (rest, last)
}

fn coloured(text: &[u8]) -> String {
    let mut out = Vec::new();
    push_line(&mut out, text, true);
    String::from_utf8(out).unwrap()
}

#[test]
fn on_a_terminal_colours_stay_and_end_with_their_line() {
    for (text, expected) in [
        ("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
        ("\u{1b}[31mred\u{1b}[m", "\u{1b}[31mred\u{1b}[m"),
        ("\u{1b}[31mred", "\u{1b}[31mred\u{1b}[0m"),
        ("a\u{1b}[38:5:208mb", "a\u{1b}[38:5:208mb\u{1b}[0m"),
        ("\u{9b}32mgreen", "\u{1b}[32mgreen\u{1b}[0m"),
        ("\u{1b}[2J\u{1b}[?25m\u{1b}[>4;2mtext", "text"),
        (
            "\u{1b}]0;title\u{7}\u{1b}[1mtext\u{1b}[0m",
            "\u{1b}[1mtext\u{1b}[0m",
        ),
        (
            "\u{1b}[32m10%\r\u{1b}[33m20%\u{1b}[0m\r",
            "\u{1b}[33m20%\u{1b}[0m",
        ),
        ("\u{1b}[31\u{1b}[0mx", "\u{1b}[0mx"),
        ("\u{1b}[31", ""),
    ] {
        assert_eq!(coloured(text.as_bytes()), expected, "{text:?}");
    }
}

fn found(text: &str, part: &str, colours: bool) -> String {
    let start = text.find(part).unwrap();
    let mut out = Vec::new();
    push_match(
        &mut out,
        text.as_bytes(),
        colours,
        start..start + part.len(),
    );
    String::from_utf8(out).unwrap()
}

#[test]
fn what_matched_stands_out_where_there_are_colours() {
    assert_eq!(found("loss nan!", "nan", false), "loss nan!");
    assert_eq!(
        found("loss nan!", "nan", true),
        "loss \u{1b}[1;31mnan\u{1b}[0m!"
    );
    assert_eq!(
        found("训\u{1b}[32m练 nan 训", "nan", true),
        "训\u{1b}[32m练 \u{1b}[1;31mnan\u{1b}[0m\u{1b}[32m 训\u{1b}[0m"
    );
    // An empty match is one all the same.
    let mut out = Vec::new();
    push_match(&mut out, b"abc", true, 3..3);
    assert_eq!(out, b"abc");
    // Places are those of the bytes as they came.
    let mut out = Vec::new();
    push_match(&mut out, b"\xff\xfe nan", true, 3..6);
    let shown = String::from_utf8(out).unwrap();
    assert_eq!(shown, "\u{fffd}\u{fffd} \u{1b}[1;31mnan\u{1b}[0m");
}

#[test]
fn of_a_progress_bar_the_state_that_matched_is_shown() {
    assert_eq!(found("10%\r20%\r30%", "20", false), "20%");
    assert_eq!(found("10%\r20%\r30%", "\r", false), "30%");
}

#[test]
fn a_line_that_is_too_long_is_cut_at_a_character_and_says_so() {
    let whole = "x".repeat(LINE_MAX);
    assert_eq!(line(whole.as_bytes()), whole);
    let long = "x".repeat(10 << 20);
    let expected = format!("{whole} … [line cut: 64 KiB of 10.0 MiB; --raw shows it whole]");
    assert_eq!(line(long.as_bytes()), expected);
    let long = format!("{}训练", "x".repeat(LINE_MAX - 1));
    let expected = format!(
        "{} … [line cut: 64 KiB of 64.0 KiB; --raw shows it whole]",
        "x".repeat(LINE_MAX - 1)
    );
    assert_eq!(line(long.as_bytes()), expected);
    // What is not shown counts not.
    assert_eq!(line(format!("{long}\r100%").as_bytes()), "100%");
    let red = format!("\u{1b}[31m{}", "x".repeat(LINE_MAX));
    let shown = coloured(red.as_bytes());
    assert!(
        shown.contains("x\u{1b}[0m … [line cut: "),
        "the note has no colour"
    );
}

#[test]
fn bytes_have_one_decimal() {
    for (bytes, text) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_600_000, "1.5 MiB"),
        (10 << 30, "10.0 GiB"),
        (u64::MAX, "17179869183.9 GiB"),
    ] {
        assert_eq!(size(bytes), text);
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
