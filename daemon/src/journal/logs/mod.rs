//! The lines of pods: `logs.db`, beside the store and without any transaction in common with it. Large and disposable: a file
//! that cannot be used is moved aside, and what the cloud still has is read from it again.
//!
//! How far a log was read and the lines that were read are committed together.

mod append;
mod asked;
mod block;
mod broken;
mod find;
mod gap;
mod keep;
mod masked;
mod open;
mod read;
mod retain;
mod room;
mod stream;
mod trim;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    StoreError,
    pool::{Pool, Rank},
    reader::open_reader,
};
use crate::{
    model::{LogGap, LogLine, LogPod, LogStream, NewLine, Pattern, Track, redact::Redactor},
    sys::{Clock, space::Space},
};

pub use asked::Asked;
use broken::Broken;
pub use find::{LogFound, LogMatch};
pub use keep::{LogsHeld, Reading};
pub use retain::{LogLimits, Pruned};
use room::Room;

/// Searches run on each of them at the same time.
const READERS: usize = 2;

/// The door to the lines. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogStore {
    writer: Pool,
    reader: Pool,
    clock: Clock,
    id: Arc<str>,
    room: Room,
    broken: Arc<Broken>,
    /// Jobs that are being read, and how often.
    busy: Arc<Mutex<HashMap<String, usize>>>,
}

/// What one reading of a log adds.
#[derive(Debug, Clone, Default)]
pub struct LogBatch {
    /// In the backend's order.
    pub lines: Vec<NewLine>,
    /// How far the log is read after it.
    pub track: Track,
    /// Before the lines: a span of seconds of which not everything could be read, and why.
    pub gap: Option<(i64, i64, &'static str)>,
}

/// A part of a log.
#[derive(Debug, Clone, Default)]
pub struct LogPage {
    /// In order.
    pub lines: Vec<LogLine>,
    /// Gaps between and behind these lines.
    pub gaps: Vec<LogGap>,
}

impl LogStore {
    pub(super) fn open(state_dir: &Path, clock: Clock) -> Result<Self, StoreError> {
        let (connection, id) = open::open(state_dir)?;
        let path = open::path(state_dir);
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(open_reader(&path)?);
        }
        Ok(Self {
            writer: Pool::start("log-writer", vec![connection], Rank::Behind)?,
            reader: Pool::start("log-reader", readers, Rank::Behind)?,
            room: Room::new(Space::of(state_dir), clock.clone()),
            broken: Arc::new(Broken::beside(&path)),
            clock,
            id: id.as_str().into(),
            busy: Arc::default(),
        })
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.broken.seen(self.writer.run(work).await)
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.broken.seen(self.reader.run(work).await)
    }

    /// Identifies this file in cursors.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The room on the disk that it lies on: where little is left nothing is stored.
    pub fn space(&self) -> &Space {
        self.room.space()
    }

    /// Whether lines can be stored.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`].
    pub fn has_room(&self) -> Result<(), StoreError> {
        self.room.check()
    }

    /// Bytes that are left on a disk that is too full for lines to be stored; `None` while they are.
    pub fn full(&self) -> Option<u64> {
        self.room.full()
    }

    /// The newest segment of a pod's log, and how far it was read; made where there is none, to be read from `anchor` on.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn stream(&self, pod: LogPod, anchor: i64) -> Result<(LogStream, Track), StoreError> {
        let now_ms = self.clock.wall_ms();
        self.write(move |connection| {
            let tx = connection.transaction()?;
            let made = stream::get_or_make(&tx, &pod, anchor, now_ms)?;
            tx.commit()?;
            Ok(made)
        })
        .await
    }

    /// Begins a later segment of a pod's log at `anchor`; the one before it is to be read up to there.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn next_segment(
        &self,
        pod: LogPod,
        anchor: i64,
    ) -> Result<(LogStream, Track), StoreError> {
        let now_ms = self.clock.wall_ms();
        self.write(move |connection| {
            let tx = connection.transaction()?;
            let made = stream::next_segment(&tx, &pod, anchor, now_ms)?;
            tx.commit()?;
            Ok(made)
        })
        .await
    }

    /// The logs of a job: pods in the order in which their logs were begun, of each pod its incarnations in the order in which
    /// they were made, and of these the segments.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn streams(&self, job_uid: &str) -> Result<Vec<LogStream>, StoreError> {
        let job_uid = job_uid.to_owned();
        self.read(move |connection| stream::of_job(connection, &job_uid))
            .await
    }

    /// How far a log was read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn track(&self, stream: i64) -> Result<Track, StoreError> {
        // Behind what is still to be written.
        self.write(move |connection| stream::track(connection, stream))
            .await
    }

    /// The jobs of which lines are stored, the one that was read last first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn jobs(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| stream::jobs(connection)).await
    }

    /// Stores lines and how far the log is read, in one transaction; the newest number.
    ///
    /// # Errors
    /// When the store cannot be written, or its disk is full: nothing is stored then.
    pub async fn commit(&self, stream: i64, batch: LogBatch) -> Result<u64, StoreError> {
        let now_ms = self.clock.wall_ms();
        let room = self.room.clone();
        self.write(move |connection| {
            room.check()?;
            let written = room.note((|| {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let new = batch.lines.len() as u64;
                let last = append::append(&tx, stream, batch.lines)?;
                if let Some((from, to, reason)) = batch.gap {
                    gap::put(&tx, stream, last - new, from, to, reason)?;
                }
                stream::put_track(&tx, stream, &batch.track, now_ms)?;
                tx.commit()?;
                Ok(last)
            })())?;
            Ok(written)
        })
        .await
    }

    /// Marks logs as read to their ends.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn complete(&self, streams: Vec<i64>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let tx = connection.transaction()?;
            for stream in streams {
                stream::complete(&tx, stream)?;
            }
            Ok(tx.commit()?)
        })
        .await
    }

    /// A log that was read to its end goes on, and with it those of its job.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn reopen(&self, stream: i64, job_uid: &str) -> Result<(), StoreError> {
        let job_uid = job_uid.to_owned();
        self.write(move |connection| {
            let tx = connection.transaction()?;
            stream::reopen(&tx, stream)?;
            let mut now = asked::of(&tx, &job_uid)?;
            now.closed = false;
            asked::put(&tx, &job_uid, now)?;
            Ok(tx.commit()?)
        })
        .await
    }

    /// Lines after a number, at most `max_lines` and about `max_bytes`, masked if asked for; gaps with an id above
    /// `gaps_seen` that lie before the page's end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn after(
        &self,
        stream: i64,
        number: u64,
        gaps_seen: u64,
        max_lines: usize,
        max_bytes: usize,
        mask: Option<Redactor>,
    ) -> Result<LogPage, StoreError> {
        self.read(move |connection| {
            let view = connection.transaction()?;
            let before = masked::lines_before(mask.as_ref());
            let read = read::after(&view, stream, number, before, max_lines, max_bytes)?;
            let (mut lines, broken) = (read.lines, read.broken);
            if let Some(mask) = mask {
                let is_cut = stream::is_cut(&view, stream, number.saturating_sub(before))?;
                masked::mask(&mut lines, number, mask, is_cut);
            }
            let end = lines.last().map_or(number, |line| line.number);
            let mut gaps = gap::up_to(&view, stream, gaps_seen, end)?;
            gaps.extend(broken.into_iter().map(|last| gap::broken(last, gaps_seen)));
            gaps.sort_by_key(|gap| gap.after);
            Ok(LogPage { lines, gaps })
        })
        .await
    }

    /// The number of the last line before all those that may have been filed at `second` (Unix s of the backend's clock) or
    /// later; the newest number where there are none such.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn before_second(&self, stream: i64, second: i64) -> Result<u64, StoreError> {
        self.read(move |connection| read::before_second(connection, stream, second))
            .await
    }

    /// The greatest [`LogLine::second`] of a log: no line of it was filed later. `None` where none is known.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_second(&self, stream: i64) -> Result<Option<i64>, StoreError> {
        self.write(move |connection| read::newest_second(connection, stream))
            .await
    }

    /// The lines after number `after`, up to number `to`, that match: at most `max`. Where there is a mask, lines match as they are
    /// told. About ten thousand lines are a piece that holds up others for a few milliseconds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn find(
        &self,
        stream: i64,
        (after, to): (u64, u64),
        pattern: Pattern,
        max: usize,
        mask: Option<Redactor>,
    ) -> Result<LogFound, StoreError> {
        self.read(move |connection| {
            let view = connection.transaction()?;
            find::between(
                &view,
                stream,
                (after, to),
                &find::What { pattern, max, mask },
            )
        })
        .await
    }
}

fn sql(number: u64) -> i64 {
    // SQLite counts with a sign.
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
