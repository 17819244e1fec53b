//! Lines of a job's log. The text is foreign and may hold anything; what gets out of here moves no cursor and sets no title.
//! Where colours are asked for, sequences that colour text get through, whole ones only, and end with their line.

mod states;

use std::{borrow::Cow, ops::Range};

use anstream::adapter::strip_str;

use self::states::State;
use super::clean;

/// Longest line that is shown whole, in bytes.
pub const LINE_MAX: usize = 64 << 10;

/// Appends a line for a person, without a newline.
///
/// Control sequences and control characters are taken out, tabs stay, and with `colours` what colours the text. Of a line that
/// was drawn over and over with carriage returns, as progress bars are, the last state stays. What is no UTF-8 becomes
/// U+FFFD. What is longer than [`LINE_MAX`] is cut, and says so.
pub fn push_line(out: &mut Vec<u8>, text: &[u8], colours: bool) {
    let is_plain = |byte: &u8| *byte == b'\t' || clean::is_plain(*byte);
    // Nearly every line: as it is.
    match text.len() <= LINE_MAX && text.iter().all(is_plain) {
        true => out.extend_from_slice(text),
        false => cleaned(out, text, colours, None),
    }
}

/// The same of a line that was searched for: what matched, as bytes of `text`, stands out where there are colours, and the
/// state of the line that holds it is the one that is shown.
pub fn push_match(out: &mut Vec<u8>, text: &[u8], colours: bool, matched: Range<usize>) {
    cleaned(out, text, colours, Some(matched));
}

/// A line for a person, without colours.
pub fn line(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    push_line(&mut out, text, false);
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

/// Bytes for people: `512 B`, `1.5 MiB`.
pub fn size(bytes: u64) -> String {
    let unit = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match unit.into_iter().find(|(shift, _)| bytes >> shift > 0) {
        Some((shift, name)) => {
            let tenths = (u128::from(bytes) * 10) >> shift;
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

fn cleaned(out: &mut Vec<u8>, text: &[u8], colours: bool, matched: Option<Range<usize>>) {
    let lossy = String::from_utf8_lossy(text);
    let matched = matched.map(|matched| match &lossy {
        Cow::Borrowed(_) => matched,
        Cow::Owned(_) => replaced(text, matched.start)..replaced(text, matched.end),
    });
    let long = written_out(&lossy);
    let state = State::of(&long, colours, matched.as_ref());
    state.push(out, matched.filter(|_| colours));
}

/// Where a place of the bytes is once what is no UTF-8 is replaced.
fn replaced(text: &[u8], place: usize) -> usize {
    String::from_utf8_lossy(&text[..place.min(text.len())]).len()
}

/// The controls U+0080 to U+009F are short forms of an escape and a letter: written out, one reader finds both. Both forms have
/// two bytes, so that everything stays in its place.
fn written_out(text: &str) -> Cow<'_, str> {
    let is_short = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if !text.contains(is_short) {
        return text.into();
    }
    let mut long = String::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(short) if is_short(c) => long.extend(['\u{1b}', char::from(short - 0x40)]),
            _ => long.push(c),
        }
    }
    long.into()
}

/// Pieces of text between control sequences, each with where it begins.
fn between_sequences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let begin = text.as_ptr().addr();
    strip_str(text).map(move |piece| (piece.as_ptr().addr() - begin, piece))
}

#[cfg(test)]
mod tests;
