//! Tables `chunk` and `tail`, written: the newest lines lie open, the others in compressed chunks.

use std::thread;

use rusqlite::{Connection, params};

use super::{StoreError, block, read, sql};
use crate::{
    model::{LogLine, NewLine},
    sys::turns::Turns,
};

/// Lines of a chunk.
const CHUNK_LINES: usize = 512;
/// Bytes of a chunk before compression; a longer line is a chunk of its own.
const CHUNK_BYTES: usize = 256 << 10;

/// How far a stream's lines are stored; its columns of these names.
struct Ends {
    last: u64,
    chunked: u64,
    tail_bytes: usize,
    packed_bytes: usize,
}

/// Stores lines behind the newest one; the newest number.
pub(super) fn append(tx: &Connection, stream: i64, new: Vec<NewLine>) -> Result<u64, StoreError> {
    let mut ends = ends(tx, stream)?;
    if new.is_empty() {
        return Ok(ends.last);
    }
    let new: Vec<LogLine> = (ends.last + 1..)
        .zip(new)
        .map(|(number, line)| LogLine {
            number,
            text: line.text,
            second: line.second,
            late: line.late,
        })
        .collect();
    ends.last += new.len() as u64;
    let open = usize::try_from(ends.last - ends.chunked).unwrap_or(usize::MAX);
    ends.tail_bytes += size(&new);
    if open < CHUNK_LINES && ends.tail_bytes < CHUNK_BYTES {
        put_tail(tx, stream, &new)?;
        put_ends(tx, stream, &ends)?;
        return Ok(ends.last);
    }
    let mut lines = read::tail_after(tx, stream, ends.chunked)?;
    lines.extend(new);
    tx.prepare_cached("DELETE FROM tail WHERE stream = ?1")?
        .execute([stream])?;
    let mut rest = lines.as_slice();
    while let Some(fitting) = whole_chunk(rest) {
        let (lines, others) = rest.split_at(fitting);
        // Packing takes about as long as a piece may.
        thread::yield_now();
        ends.packed_bytes += put_chunk(tx, stream, lines)?;
        rest = others;
    }
    put_tail(tx, stream, rest)?;
    ends.chunked = ends.last - rest.len() as u64;
    ends.tail_bytes = size(rest);
    put_ends(tx, stream, &ends)?;
    Ok(ends.last)
}

/// How many of these lines make a full chunk; `None` when they are too few.
fn whole_chunk(lines: &[LogLine]) -> Option<usize> {
    let mut bytes = 0;
    for (count, line) in lines.iter().enumerate() {
        bytes += line.text.len();
        if count + 1 == CHUNK_LINES || bytes >= CHUNK_BYTES {
            return Some(count + 1);
        }
    }
    None
}

fn size(lines: &[LogLine]) -> usize {
    lines.iter().map(|line| line.text.len()).sum()
}

fn ends(tx: &Connection, stream: i64) -> Result<Ends, StoreError> {
    let bytes = |number: i64| usize::try_from(number).unwrap_or(0);
    let mut select = tx.prepare_cached(
        "SELECT last, chunked, tail_bytes, packed_bytes FROM stream WHERE id = ?1",
    )?;
    Ok(select.query_row([stream], |row| {
        Ok(Ends {
            last: row.get::<_, i64>(0)?.unsigned_abs(),
            chunked: row.get::<_, i64>(1)?.unsigned_abs(),
            tail_bytes: bytes(row.get(2)?),
            packed_bytes: bytes(row.get(3)?),
        })
    })?)
}

fn put_ends(tx: &Connection, stream: i64, ends: &Ends) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE stream SET last = ?2, chunked = ?3, tail_bytes = ?4, packed_bytes = ?5 WHERE id = ?1",
    )?
    .execute(params![
        stream,
        sql(ends.last),
        sql(ends.chunked),
        sql(ends.tail_bytes as u64),
        sql(ends.packed_bytes as u64)
    ])?;
    Ok(())
}

fn put_tail(tx: &Connection, stream: i64, lines: &[LogLine]) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO tail (stream, number, second, late, text) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut turns = Turns::default();
    for line in lines {
        turns.next();
        insert.execute(params![
            stream,
            sql(line.number),
            line.second,
            line.late,
            line.text
        ])?;
    }
    Ok(())
}

/// The bytes that it takes.
fn put_chunk(tx: &Connection, stream: i64, lines: &[LogLine]) -> Result<usize, StoreError> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Ok(0);
    };
    let packed = block::pack(lines)?;
    let seconds = || lines.iter().filter_map(|line| line.second);
    tx.prepare_cached(
        "INSERT INTO chunk (stream, first, last, from_second, to_second, lines) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        stream,
        sql(first.number),
        sql(last.number),
        seconds().min(),
        seconds().max(),
        packed
    ])?;
    Ok(packed.len())
}
