//! The beginning of a job's logs goes: the oldest chunks of all its pods, whichever pod they are of.

use rusqlite::{Connection, params};

use super::{StoreError, sql, stream};

/// A chunk that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chunk {
    stream: i64,
    /// Number of its last line.
    last: u64,
    /// By this second its lines were filed; `None` is unknown.
    second: Option<i64>,
    bytes: u64,
}

/// Up to which line a log goes, and the bytes of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    stream: i64,
    last: u64,
    bytes: u64,
}

/// Drops the oldest chunks of a job until `bytes` are free, or the newest one of each log is left; what was freed.
pub(super) fn trim(connection: &Connection, job_uid: &str, bytes: u64) -> Result<u64, StoreError> {
    let mut chunks = Vec::new();
    for stream in stream::of_job(connection, job_uid)? {
        chunks.push(of_stream(connection, stream.id)?);
    }
    let mut freed = 0;
    for cut in plan(&chunks, bytes) {
        connection.execute(
            "DELETE FROM chunk WHERE stream = ?1 AND last <= ?2",
            params![cut.stream, sql(cut.last)],
        )?;
        connection.execute(
            "UPDATE stream SET dropped = ?2, packed_bytes = packed_bytes - ?3 WHERE id = ?1",
            params![cut.stream, sql(cut.last), sql(cut.bytes)],
        )?;
        freed += cut.bytes;
    }
    Ok(freed)
}

fn of_stream(connection: &Connection, stream: i64) -> Result<Vec<Chunk>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT last, to_second, length(lines) FROM chunk WHERE stream = ?1
           AND first < (SELECT max(first) FROM chunk WHERE stream = ?1) ORDER BY first",
    )?;
    let chunks = select.query_map([stream], |row| {
        Ok(Chunk {
            stream,
            last: row.get::<_, i64>(0)?.unsigned_abs(),
            second: row.get(1)?,
            bytes: row.get::<_, i64>(2)?.unsigned_abs(),
        })
    })?;
    Ok(chunks.collect::<Result<_, _>>()?)
}

/// Where each log is cut. The chunks of each are in order, and stay so: one goes after those before it. Pure.
fn plan(streams: &[Vec<Chunk>], bytes: u64) -> Vec<Cut> {
    let mut all = Vec::new();
    for chunks in streams {
        let mut newest = i64::MIN;
        for chunk in chunks {
            newest = newest.max(chunk.second.unwrap_or(newest));
            all.push((newest, *chunk));
        }
    }
    all.sort_by_key(|(second, _)| *second);
    let mut freed = 0;
    let mut cuts: Vec<Cut> = Vec::new();
    for (_, chunk) in all {
        if freed >= bytes {
            break;
        }
        freed += chunk.bytes;
        let place = cuts.iter().position(|cut| cut.stream == chunk.stream);
        let cut = match place {
            Some(place) => &mut cuts[place],
            None => cuts.push_mut(Cut {
                stream: chunk.stream,
                last: 0,
                bytes: 0,
            }),
        };
        cut.last = chunk.last;
        cut.bytes += chunk.bytes;
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(stream: i64, all: &[(u64, Option<i64>)]) -> Vec<Chunk> {
        let chunk = |(last, second): &(u64, Option<i64>)| Chunk {
            stream,
            last: *last,
            second: *second,
            bytes: 10,
        };
        all.iter().map(chunk).collect()
    }

    fn planned(bytes: u64) -> Vec<(i64, u64, u64)> {
        let streams = [
            chunks(1, &[(100, Some(10)), (200, Some(30)), (300, Some(20))]),
            chunks(2, &[(7, None), (9, Some(15)), (12, None)]),
            chunks(3, &[]),
        ];
        let cuts = plan(&streams, bytes);
        cuts.iter()
            .map(|cut| (cut.stream, cut.last, cut.bytes))
            .collect()
    }

    #[test]
    fn the_oldest_go_first_and_of_each_log_the_first() {
        assert_eq!(planned(0), []);
        assert_eq!(planned(1), [(2, 7, 10)], "of an unknown time");
        assert_eq!(planned(11), [(2, 7, 10), (1, 100, 10)]);
        assert_eq!(planned(40), [(2, 12, 30), (1, 100, 10)]);
        assert_eq!(planned(50), [(2, 12, 30), (1, 200, 20)]);
        assert_eq!(planned(999), [(2, 12, 30), (1, 300, 30)]);
    }
}
