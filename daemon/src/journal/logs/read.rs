//! Tables `chunk` and `tail`, read.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, block, sql};
use crate::model::LogLine;

/// Bytes that are read of a line before a page.
const BEFORE_BYTES: usize = 16 << 10;

/// Lines after `number`, at most `max_lines`, and no more once they have `max_bytes`; at least one where there is one. Of the
/// lines before them, which come first, the ends of up to `before`. A chunk that cannot be read is passed over.
pub(super) fn after(
    view: &Connection,
    stream: i64,
    number: u64,
    before: u64,
    max_lines: usize,
    max_bytes: usize,
) -> Result<Read, StoreError> {
    let mut page = Page {
        broken: Vec::new(),
        before: Vec::new(),
        begin: number,
        lines: Vec::new(),
        after: number.saturating_sub(before),
        max_lines,
        room: max_bytes,
    };
    // From the chunk that holds the next line: the last one that begins at or before it.
    let mut chunks = view.prepare_cached(
        "SELECT first, last, lines FROM chunk WHERE stream = ?1 AND last > ?2
           AND first >= coalesce((SELECT max(first) FROM chunk WHERE stream = ?1 AND first <= ?2 + 1), 0)
         ORDER BY first",
    )?;
    let mut rows = chunks.query(params![stream, sql(page.after)])?;
    while let Some(row) = rows.next()? {
        if page.is_full() {
            return Ok(page.read());
        }
        let (first, last) = (
            row.get::<_, i64>(0)?.unsigned_abs(),
            row.get::<_, i64>(1)?.unsigned_abs(),
        );
        let packed = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let block = match block::unpack(first, packed) {
            Ok(block) => block,
            Err(error) => {
                tracing::error!(%error, stream, first, last, "stored lines cannot be read");
                page.pass_over(last);
                continue;
            }
        };
        let from = usize::try_from((page.after + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        if !page.take(block.from(from)) {
            return Ok(page.read());
        }
    }
    let mut tail = view.prepare_cached(TAIL)?;
    let mut rows = tail.query(params![stream, sql(page.after)])?;
    while let Some(row) = rows.next()? {
        if !page.take([line(row)?]) {
            break;
        }
    }
    Ok(page.read())
}

/// The last line before all those that may have been filed at `second` or later; the newest one where there are none such.
pub(super) fn before_second(
    view: &Connection,
    stream: i64,
    second: i64,
) -> Result<u64, StoreError> {
    let may_be = |found: Option<i64>| found.is_none_or(|found| found >= second);
    let mut chunks = view.prepare_cached(
        "SELECT first, last, lines FROM chunk
         WHERE stream = ?1 AND (to_second IS NULL OR to_second >= ?2) ORDER BY first LIMIT 1",
    )?;
    let mut rows = chunks.query(params![stream, second])?;
    if let Some(row) = rows.next()? {
        let first = row.get::<_, i64>(0)?.unsigned_abs();
        let packed = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let Ok(block) = block::unpack(first, packed) else {
            return Ok(first - 1);
        };
        let place = (0..block.len()).find(|place| may_be(block.second(*place)));
        return Ok(first + place.unwrap_or(block.len()) as u64 - 1);
    }
    let mut tail = view.prepare_cached(
        "SELECT min(number) FROM tail WHERE stream = ?1 AND (second IS NULL OR second >= ?2)",
    )?;
    let found: Option<i64> = tail.query_row(params![stream, second], |row| row.get(0))?;
    if let Some(number) = found {
        return Ok(number.unsigned_abs() - 1);
    }
    let mut last = view.prepare_cached("SELECT last FROM stream WHERE id = ?1")?;
    let last: Option<i64> = last.query_row([stream], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0).unsigned_abs())
}

/// The greatest second of a line.
pub(super) fn newest_second(view: &Connection, stream: i64) -> Result<Option<i64>, StoreError> {
    let mut newest = view.prepare_cached(
        "SELECT max(second) FROM (SELECT max(to_second) AS second FROM chunk WHERE stream = ?1
           UNION ALL SELECT max(second) FROM tail WHERE stream = ?1)",
    )?;
    Ok(newest.query_row([stream], |row| row.get(0))?)
}

/// Lines of a log.
pub(super) struct Read {
    pub(super) lines: Vec<LogLine>,
    /// The last numbers of chunks that cannot be read.
    pub(super) broken: Vec<u64>,
}

struct Page {
    broken: Vec<u64>,
    /// Lines up to number `begin`, which take no room.
    before: Vec<LogLine>,
    begin: u64,
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
            if line.number <= self.begin {
                self.after = line.number;
                self.before.push(ending(line));
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

    fn is_full(&self) -> bool {
        !self.lines.is_empty() && (self.lines.len() >= self.max_lines || self.room == 0)
    }

    /// What goes up to this number cannot be read.
    fn pass_over(&mut self, last: u64) {
        self.after = last;
        if last > self.begin {
            self.broken.push(last);
        }
    }

    fn read(mut self) -> Read {
        self.before.append(&mut self.lines);
        Read {
            lines: self.before,
            broken: self.broken,
        }
    }
}

/// A line of which only the end matters.
fn ending(mut line: LogLine) -> LogLine {
    let from = line.text.len().saturating_sub(BEFORE_BYTES);
    line.text.drain(..from);
    line
}

const TAIL: &str =
    "SELECT number, second, late, text FROM tail WHERE stream = ?1 AND number > ?2 ORDER BY number";

/// The open lines after `number`.
pub(super) fn tail_after(
    view: &Connection,
    stream: i64,
    number: u64,
) -> Result<Vec<LogLine>, StoreError> {
    let mut tail = view.prepare_cached(TAIL)?;
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
