//! The lines of pods: `logs.db`, beside the store and without any transaction in common with it. Large and disposable: what
//! it holds can be read from the cloud again, so a broken file, or one of another version, is dropped.
//!
//! How far a log was read and the lines that were read are committed together.

mod chunk;
mod line;
mod open;
mod stream;

use std::{path::Path, sync::Arc};

use rusqlite::TransactionBehavior;

use super::{
    StoreError,
    pool::{Pool, Rank},
    reader::open_reader,
};
use crate::{
    model::{LogGap, LogKey, LogLine, LogStream, NewLine, Track, redact::Redactor},
    sys::Clock,
};

/// The door to the lines. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogStore {
    writer: Pool,
    reader: Pool,
    clock: Clock,
    id: Arc<str>,
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
        let (connection, id) = open::open(state_dir, clock.wall_ms())?;
        let reader = open_reader(&open::path(state_dir))?;
        Ok(Self {
            writer: Pool::start("log-writer", vec![connection], Rank::Behind)?,
            reader: Pool::start("log-reader", vec![reader], Rank::Behind)?,
            clock,
            id: id.as_str().into(),
        })
    }

    /// Identifies this file in cursors.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The log of a pod, and how far it was read; made where there is none, to be read from `anchor` on.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn stream(
        &self,
        key: LogKey,
        role: String,
        anchor: i64,
    ) -> Result<(LogStream, Track), StoreError> {
        let now_ms = self.clock.wall_ms();
        self.writer
            .run(move |connection| stream::get_or_make(connection, &key, &role, anchor, now_ms))
            .await
    }

    /// The logs of a job, in the order in which they were begun.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn streams(&self, job_uid: &str) -> Result<Vec<LogStream>, StoreError> {
        let job_uid = job_uid.to_owned();
        self.reader
            .run(move |connection| stream::of_job(connection, &job_uid))
            .await
    }

    /// Stores lines and how far the log is read, in one transaction; the newest number.
    ///
    /// # Errors
    /// When the store cannot be written: nothing is stored then.
    pub async fn commit(&self, stream: i64, batch: LogBatch) -> Result<u64, StoreError> {
        let now_ms = self.clock.wall_ms();
        self.writer
            .run(move |connection| {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let new = batch.lines.len() as u64;
                let last = line::append(&tx, stream, batch.lines)?;
                if let Some((from, to, reason)) = batch.gap {
                    line::put_gap(&tx, stream, last - new, from, to, reason)?;
                }
                stream::put_track(&tx, stream, &batch.track, now_ms)?;
                tx.commit()?;
                Ok(last)
            })
            .await
    }

    /// Marks logs as read to their ends.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn complete(&self, streams: Vec<i64>) -> Result<(), StoreError> {
        self.writer
            .run(move |connection| {
                let tx = connection.transaction()?;
                for stream in streams {
                    stream::complete(&tx, stream)?;
                }
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
        self.reader
            .run(move |connection| {
                let view = connection.transaction()?;
                let mut lines = line::after(&view, stream, number, max_lines, max_bytes)?;
                for line in &mut lines {
                    if let Some(mask) = &mask {
                        let text = String::from_utf8_lossy(&line.text);
                        line.text = mask.text(&text).into_bytes();
                    }
                }
                let end = lines.last().map_or(number, |line| line.number);
                let gaps = line::gaps(&view, stream, gaps_seen, end)?;
                Ok(LogPage { lines, gaps })
            })
            .await
    }
}

#[cfg(test)]
mod tests;
