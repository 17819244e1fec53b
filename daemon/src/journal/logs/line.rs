//! Tables `chunk`, `tail` and `gap`: the newest lines lie open, the others in compressed chunks.

use std::thread;

use rusqlite::{Connection, Row, params};

use super::{StoreError, chunk};
use crate::{
    model::{LogGap, LogLine, NewLine},
    sys::turns::Turns,
};

/// Lines of a chunk.
const CHUNK_LINES: usize = 512;
/// Bytes of a chunk before compression; a longer line is a chunk of its own.
const CHUNK_BYTES: usize = 256 << 10;

/// Stores lines behind the newest one; the newest number.
pub(super) fn append(tx: &Connection, stream: i64, new: Vec<NewLine>) -> Result<u64, StoreError> {
    let (last, chunked, tail_bytes): (i64, i64, i64) = tx
        .prepare_cached("SELECT last, chunked, tail_bytes FROM stream WHERE id = ?1")?
        .query_row([stream], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (last, chunked) = (last.unsigned_abs(), chunked.unsigned_abs());
    if new.is_empty() {
        return Ok(last);
    }
    let new: Vec<LogLine> = (last + 1..)
        .zip(new)
        .map(|(number, line)| LogLine {
            number,
            text: line.text,
            second: line.second,
            late: line.late,
        })
        .collect();
    let newest = last + new.len() as u64;
    let open = usize::try_from(newest - chunked).unwrap_or(usize::MAX);
    let bytes = usize::try_from(tail_bytes).unwrap_or(0) + size(&new);
    if open < CHUNK_LINES && bytes < CHUNK_BYTES {
        put_tail(tx, stream, &new)?;
        put_ends(tx, stream, newest, chunked, bytes)?;
        return Ok(newest);
    }
    let mut lines = tail_after(tx, stream, chunked)?;
    lines.extend(new);
    tx.prepare_cached("DELETE FROM tail WHERE stream = ?1")?
        .execute([stream])?;
    let mut rest = lines.as_slice();
    while let Some(fitting) = whole_chunk(rest) {
        let (lines, others) = rest.split_at(fitting);
        // Packing takes about as long as a piece may.
        thread::yield_now();
        put_chunk(tx, stream, lines)?;
        rest = others;
    }
    put_tail(tx, stream, rest)?;
    let chunked = newest - rest.len() as u64;
    put_ends(tx, stream, newest, chunked, size(rest))?;
    Ok(newest)
}

/// SQLite counts with a sign.
fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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

fn put_ends(
    tx: &Connection,
    stream: i64,
    last: u64,
    chunked: u64,
    tail_bytes: usize,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE stream SET last = ?2, chunked = ?3, tail_bytes = ?4 WHERE id = ?1")?
        .execute(params![
            stream,
            sql(last),
            sql(chunked),
            sql(tail_bytes as u64)
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

fn put_chunk(tx: &Connection, stream: i64, lines: &[LogLine]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Ok(());
    };
    tx.prepare_cached("INSERT INTO chunk (stream, first, last, lines) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            stream,
            sql(first.number),
            sql(last.number),
            chunk::pack(lines)?
        ])?;
    Ok(())
}

/// Lines after `number`, at most `max_lines`, and no more once they have `max_bytes`; at least one where there is one.
pub(super) fn after(
    view: &Connection,
    stream: i64,
    number: u64,
    max_lines: usize,
    max_bytes: usize,
) -> Result<Vec<LogLine>, StoreError> {
    let mut page = Page {
        lines: Vec::new(),
        after: number,
        max_lines,
        room: max_bytes,
    };
    // From the chunk that holds the next line: the last one that begins at or before it.
    let mut chunks = view.prepare_cached(
        "SELECT first, lines FROM chunk WHERE stream = ?1 AND last > ?2
           AND first >= coalesce((SELECT max(first) FROM chunk WHERE stream = ?1 AND first <= ?2 + 1), 0)
         ORDER BY first",
    )?;
    let mut rows = chunks.query(params![stream, sql(number)])?;
    while let Some(row) = rows.next()? {
        let first = row.get::<_, i64>(0)?.unsigned_abs();
        let packed: Vec<u8> = row.get(1)?;
        if !page.take(chunk::unpack(first, &packed)?) {
            return Ok(page.lines);
        }
    }
    let mut tail = view.prepare_cached(
        "SELECT number, second, late, text FROM tail WHERE stream = ?1 AND number > ?2 ORDER BY number",
    )?;
    let mut rows = tail.query(params![stream, sql(page.after)])?;
    while let Some(row) = rows.next()? {
        if !page.take([line(row)?]) {
            break;
        }
    }
    Ok(page.lines)
}

struct Page {
    lines: Vec<LogLine>,
    after: u64,
    max_lines: usize,
    room: usize,
}

impl Page {
    /// False when the page is full.
    fn take(&mut self, lines: impl IntoIterator<Item = LogLine>) -> bool {
        for line in lines {
            if line.number <= self.after {
                continue;
            }
            let fits = line.text.len() <= self.room && self.lines.len() < self.max_lines;
            if !fits && !self.lines.is_empty() {
                return false;
            }
            self.room = self.room.saturating_sub(line.text.len());
            self.after = line.number;
            self.lines.push(line);
        }
        true
    }
}

fn tail_after(view: &Connection, stream: i64, number: u64) -> Result<Vec<LogLine>, StoreError> {
    let mut tail = view.prepare_cached(
        "SELECT number, second, late, text FROM tail WHERE stream = ?1 AND number > ?2 ORDER BY number",
    )?;
    let lines = tail.query_map(params![stream, sql(number)], line)?;
    Ok(lines.collect::<Result<_, _>>()?)
}

fn line(row: &Row<'_>) -> rusqlite::Result<LogLine> {
    Ok(LogLine {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        second: row.get(1)?,
        late: row.get(2)?,
        text: row.get(3)?,
    })
}

pub(super) fn put_gap(
    tx: &Connection,
    stream: i64,
    after: u64,
    from_second: i64,
    to_second: i64,
    reason: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO gap (stream, after, from_second, to_second, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![stream, sql(after), from_second, to_second, reason])?;
    Ok(())
}

/// Gaps with an id above `seen` that lie at or before line `end`.
pub(super) fn gaps(
    view: &Connection,
    stream: i64,
    seen: u64,
    end: u64,
) -> Result<Vec<LogGap>, StoreError> {
    let mut statement = view.prepare_cached(
        "SELECT id, after, from_second, to_second, reason FROM gap
         WHERE stream = ?1 AND id > ?2 AND after <= ?3 ORDER BY id",
    )?;
    let gaps = statement.query_map(params![stream, sql(seen), sql(end)], |row| {
        Ok(LogGap {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            after: row.get::<_, i64>(1)?.unsigned_abs(),
            from_second: row.get(2)?,
            to_second: row.get(3)?,
            reason: row.get(4)?,
        })
    })?;
    Ok(gaps.collect::<Result<_, _>>()?)
}
