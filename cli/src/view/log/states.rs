//! What a line showed between carriage returns. Only text and whole colour sequences are ever pieces of it.

use std::ops::Range;

use super::{LINE_MAX, between_sequences, size};
use crate::view::{clean, paint};

/// A part of a line.
#[derive(Debug, Clone, Copy)]
enum Piece<'a> {
    /// Text, and where in the line it begins.
    Text(usize, &'a str),
    /// A sequence that colours what comes after it.
    Colour(&'a str),
    /// The line is drawn from its beginning.
    Return,
}

/// The pieces between two returns.
#[derive(Debug, Default)]
pub(super) struct State<'a>(Vec<Piece<'a>>);

impl<'a> State<'a> {
    /// The one to be shown: the one that holds what matched, else the last one that is not blank.
    pub(super) fn of(line: &'a str, colours: bool, matched: Option<&Range<usize>>) -> Self {
        let pieces = pieces(line, colours);
        let mut states = pieces.rsplit(|piece| matches!(piece, Piece::Return));
        let holds = |state: &&[Piece<'_>]| {
            let start = matched.map(|matched| matched.start);
            state.iter().any(|piece| match (piece, start) {
                (Piece::Text(at, text), Some(start)) => (*at..at + text.len()).contains(&start),
                _ => false,
            })
        };
        let shows = |state: &&[Piece<'_>]| {
            let text = |piece: &Piece<'_>| matches!(piece, Piece::Text(_, text) if !text.trim().is_empty());
            state.iter().any(text)
        };
        let found = states.clone().find(holds).or_else(|| states.find(shows));
        Self(found.unwrap_or_default().to_vec())
    }

    /// Appends it; `matched` stands out.
    pub(super) fn push(&self, out: &mut Vec<u8>, matched: Option<Range<usize>>) {
        let matched = matched.unwrap_or_default();
        let mut room = LINE_MAX;
        let mut colour = String::new();
        for piece in &self.0 {
            let fitting = match piece {
                Piece::Text(_, text) => text.floor_char_boundary(room),
                Piece::Colour(sequence) if sequence.len() > room => 0,
                Piece::Colour(sequence) => sequence.len(),
                Piece::Return => 0,
            };
            match piece {
                Piece::Text(at, text) => push_text(out, *at, &text[..fitting], &matched, &colour),
                Piece::Colour(sequence) if fitting > 0 => {
                    out.extend_from_slice(sequence.as_bytes());
                    match ends_colours(sequence) {
                        true => colour.clear(),
                        false => colour.push_str(sequence),
                    }
                }
                _ => {}
            }
            room -= fitting;
            if fitting < piece.len() {
                break;
            }
        }
        if !colour.is_empty() {
            out.extend_from_slice(paint::RESET.as_bytes());
        }
        let whole: usize = self.0.iter().map(Piece::len).sum();
        if whole > LINE_MAX {
            let whole = size(u64::try_from(whole).unwrap_or(u64::MAX));
            let note = format!(" … [line cut: 64 KiB of {whole}; --raw shows it whole]");
            out.extend_from_slice(note.as_bytes());
        }
    }
}

impl Piece<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Text(_, text) | Self::Colour(text) => text.len(),
            Self::Return => 0,
        }
    }
}

fn push_text(out: &mut Vec<u8>, at: usize, text: &str, matched: &Range<usize>, colour: &str) {
    let place = |place: usize| text.floor_char_boundary(place.saturating_sub(at));
    let (start, end) = (place(matched.start), place(matched.end));
    if start >= end {
        return out.extend_from_slice(shown(text).as_bytes());
    }
    out.extend_from_slice(shown(&text[..start]).as_bytes());
    out.extend_from_slice(paint::matched(&shown(&text[start..end])).as_bytes());
    out.extend_from_slice(colour.as_bytes());
    out.extend_from_slice(shown(&text[end..]).as_bytes());
}

/// What is left of control characters stands alone and means nothing; what turns the direction of reading is shown.
fn shown(text: &str) -> String {
    let written = |c: char| match c.is_control() {
        true => String::new(),
        false => c.escape_default().to_string(),
    };
    clean::escape(text, |c| c != '\t', written)
}

fn pieces(line: &str, colours: bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut read = 0;
    for (at, text) in between_sequences(line) {
        push_colours(&mut pieces, &line[read..at], colours);
        read = at + text.len();
        push_states(&mut pieces, at, text);
    }
    push_colours(&mut pieces, &line[read..], colours);
    pieces
}

fn push_states<'a>(pieces: &mut Vec<Piece<'a>>, at: usize, text: &'a str) {
    let mut at = at;
    for (nth, text) in text.split('\r').enumerate() {
        if nth > 0 {
            pieces.push(Piece::Return);
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(at, text));
        }
        at += text.len() + 1;
    }
}

/// Finds the sequences that colour in what stands between pieces of text.
fn push_colours<'a>(pieces: &mut Vec<Piece<'a>>, sequences: &'a str, colours: bool) {
    if !colours {
        return;
    }
    for (at, begin) in sequences.match_indices("\u{1b}[") {
        let inside = &sequences[at + begin.len()..];
        let is_end = |c: char| !(c.is_ascii_digit() || matches!(c, ';' | ':'));
        if let Some(length) = inside
            .find(is_end)
            .filter(|end| inside[*end..].starts_with('m'))
        {
            let end = at + begin.len() + length + 1;
            pieces.push(Piece::Colour(&sequences[at..end]));
        }
    }
}

/// `ESC[m` and `ESC[0m`.
fn ends_colours(sequence: &str) -> bool {
    let inside = sequence.trim_start_matches("\u{1b}[").trim_end_matches('m');
    inside.bytes().all(|byte| byte == b'0')
}
