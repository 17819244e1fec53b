//! Lines as a compressed block. Pure.
//!
//! A block is a zstd frame. Unpacked it is: a byte 2; the number of lines; the length of each, doubled, plus one for a late
//! one; runs of lines of one second (number of lines, then 0 for unknown, else the difference to the run before, coded as
//! zigzag plus 1); and all texts, each with a line feed behind it. Numbers are those of protobuf. The texts lie together so
//! that a search runs over them at once.
//!
//! Version 1 of the store wrote protobuf messages, which begin otherwise; they are still read.

mod old;

use prost::encoding::{decode_varint, encode_varint};

use crate::{journal::StoreError, model::LogLine};

/// zstd's own default: five times smaller at 400 MB/s (engineering sheet B.4).
const LEVEL: i32 = 3;
/// No block of ours is larger when unpacked; the cap keeps a broken file from filling the memory.
const UNPACKED_MAX: usize = 64 << 20;
/// The first byte.
const FORMAT: u8 = 2;

/// An unpacked block.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Number of its first line.
    pub(super) first: u64,
    /// All texts, each with a line feed behind it.
    pub(super) text: Vec<u8>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    /// Of its text, without the line feed.
    end: usize,
    second: Option<i64>,
    late: bool,
}

impl Block {
    /// Of lines with these texts that lie in no file.
    pub(super) fn of<'a>(lines: impl IntoIterator<Item = &'a LogLine>) -> Self {
        let mut block = Self::default();
        for line in lines {
            if block.lines.is_empty() {
                block.first = line.number;
            }
            block.push(&line.text, line.second, line.late);
        }
        block
    }

    fn push(&mut self, text: &[u8], second: Option<i64>, late: bool) {
        self.text.extend_from_slice(text);
        self.lines.push(Line {
            end: self.text.len(),
            second,
            late,
        });
        self.text.push(b'\n');
    }

    /// How many lines it has.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Where the text of a line begins and ends.
    pub(super) fn range(&self, place: usize) -> std::ops::Range<usize> {
        self.start(place)..self.lines.get(place).map_or(0, |line| line.end)
    }

    /// Which line has this byte of the text; a line feed belongs to the line before it.
    pub(super) fn place_of(&self, byte: usize) -> usize {
        self.lines.partition_point(|line| line.end < byte)
    }

    /// See [`LogLine::second`].
    pub(super) fn second(&self, place: usize) -> Option<i64> {
        self.lines.get(place)?.second
    }

    /// A copy of a line.
    pub(super) fn line(&self, place: usize) -> LogLine {
        let line = self.lines.get(place);
        LogLine {
            number: self.first + place as u64,
            text: self
                .text
                .get(self.range(place))
                .unwrap_or_default()
                .to_vec(),
            second: line.and_then(|line| line.second),
            late: line.is_some_and(|line| line.late),
        }
    }

    /// Copies of the lines from this place on.
    pub(super) fn from(&self, place: usize) -> impl Iterator<Item = LogLine> {
        (place..self.len()).map(|place| self.line(place))
    }

    fn start(&self, place: usize) -> usize {
        match place
            .checked_sub(1)
            .and_then(|before| self.lines.get(before))
        {
            Some(before) => before.end + 1,
            None => 0,
        }
    }
}

/// Packs lines; their numbers are not kept.
pub(super) fn pack(lines: &[LogLine]) -> Result<Vec<u8>, StoreError> {
    let bytes: usize = lines.iter().map(|line| line.text.len() + 4).sum();
    let mut out = Vec::with_capacity(bytes + 16);
    out.push(FORMAT);
    encode_varint(lines.len() as u64, &mut out);
    for line in lines {
        encode_varint(
            (line.text.len() as u64) << 1 | u64::from(line.late),
            &mut out,
        );
    }
    let mut before = 0;
    for run in lines.chunk_by(|a, b| a.second == b.second) {
        encode_varint(run.len() as u64, &mut out);
        let second = run.first().and_then(|line| line.second);
        encode_varint(
            second.map_or(0, |second| {
                zigzag(second.wrapping_sub(before)).wrapping_add(1)
            }),
            &mut out,
        );
        before = second.unwrap_or(before);
    }
    for line in lines {
        out.extend_from_slice(&line.text);
        out.push(b'\n');
    }
    Ok(zstd::bulk::compress(&out, LEVEL)?)
}

/// Unpacks lines; the first one has the number `first`.
pub(super) fn unpack(first: u64, packed: &[u8]) -> Result<Block, StoreError> {
    let size = match zstd::zstd_safe::get_frame_content_size(packed) {
        Ok(Some(size)) => usize::try_from(size).unwrap_or(usize::MAX),
        _ => return Err(broken("it is no zstd frame with a size")),
    };
    if size > UNPACKED_MAX {
        return Err(broken(format!("it claims to unpack to {size} bytes")));
    }
    let bytes = zstd::bulk::decompress(packed, size)?;
    match bytes.first() {
        Some(&FORMAT) => parse(first, bytes).ok_or_else(|| broken("its parts do not fit together")),
        _ => old::parse(first, &bytes),
    }
}

fn parse(first: u64, mut bytes: Vec<u8>) -> Option<Block> {
    let mut rest = bytes.get(1..)?;
    let count = number(&mut rest)?;
    // Each line takes two bytes at least.
    if count > rest.len() / 2 + 1 {
        return None;
    }
    let mut lines = Vec::with_capacity(count);
    let mut end = 0_usize;
    for _ in 0..count {
        let length = decode_varint(&mut rest).ok()?;
        end = end.checked_add(usize::try_from(length >> 1).ok()?)?;
        lines.push(Line {
            end,
            second: None,
            late: length & 1 == 1,
        });
        end = end.checked_add(1)?;
    }
    let (mut place, mut before) = (0, 0_i64);
    while place < count {
        let run = number(&mut rest)?;
        let coded = decode_varint(&mut rest).ok()?;
        let second = coded
            .checked_sub(1)
            .map(|coded| before.wrapping_add(unzigzag(coded)));
        before = second.unwrap_or(before);
        let to = place
            .checked_add(run)
            .filter(|to| run > 0 && *to <= count)?;
        for line in &mut lines[place..to] {
            line.second = second;
        }
        place = to;
    }
    if rest.len() != end {
        return None;
    }
    let header = bytes.len() - end;
    bytes.drain(..header);
    Some(Block {
        first,
        text: bytes,
        lines,
    })
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(decode_varint(rest).ok()?).ok()
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(coded: u64) -> i64 {
    (coded >> 1).cast_signed() ^ -(coded & 1).cast_signed()
}

fn broken(reason: impl Into<String>) -> StoreError {
    StoreError::Row {
        table: "chunk",
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
