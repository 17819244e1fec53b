//! `ReadLogText`: a follow that ends with the present, as text for a model. Secrets are masked whoever asks, and lines are matched as
//! they are shown: what an expression finds tells no more than the line does.

mod page;
mod tail;

use std::{pin::pin, sync::Arc, time::Duration};

use aliyun::aside;
use futures_util::StreamExt as _;
use pai_proto::v1::{
    FollowLogsRequest, FollowLogsResponse, LogChunk, ReadLogTextRequest, ReadLogTextResponse,
    follow_logs_response::Frame,
};
use tonic::Status;

use self::{
    page::Asked,
    tail::{Tail, fit},
};
use super::follow;
use crate::{
    contexts::Running,
    journal::LogStore,
    model::{Fault, FaultKind, Job, Pattern, Pod, redact::Redactor},
    rpc::{Edge, convert, error::to_status, frames::Frames, resolve},
};

/// Bytes of an answer where nothing is said: every known client passes so many on whole.
const BYTES: u32 = 8 << 10;
const BYTES_LEAST: u32 = 1 << 10;
const BYTES_MOST: u32 = 64 << 10;
/// Lines of each pod that are read where nothing is said: more do not fit.
const LINES: u64 = 2_000;
/// Longest reading where nothing is said: under the minute after which many clients give a call up.
const LIMIT: Duration = Duration::from_secs(50);

pub(super) async fn read(
    edge: &Arc<Edge>,
    running: Arc<Running>,
    request: ReadLogTextRequest,
) -> Result<ReadLogTextResponse, Status> {
    let grep = grep(&request).map_err(to_status)?;
    let job = resolve::job(&running, &request.id)
        .await
        .map_err(to_status)?;
    let is_new = !request.cursor.is_empty();
    let following = FollowLogsRequest {
        id: job.uid.clone(),
        pods: request.pods.clone(),
        cursor: request.cursor.clone(),
        // Among all lines those that match, or that came since, are looked for and counted.
        tail: match (&grep, is_new || request.since_ms.is_some()) {
            (None, false) => Some(request.tail.unwrap_or(LINES)),
            _ => None,
        },
        since_ms: request.since_ms,
        previous: request.previous,
        no_follow: true,
        to_the_end: true,
        ..FollowLogsRequest::default()
    };
    let limit = match request.timeout_ms {
        0 => LIMIT,
        ms => Duration::from_millis(ms),
    };
    let max_bytes = match request.max_bytes {
        0 => BYTES,
        bytes => bytes.clamp(BYTES_LEAST, BYTES_MOST),
    } as usize;
    let most = usize::try_from(request.tail.unwrap_or(LINES)).unwrap_or(usize::MAX);
    let mut reading = Reading {
        tail: Tail::new(
            job.native_id.as_deref().unwrap_or(&job.uid),
            most,
            max_bytes,
        ),
        grep,
        is_part: is_new || request.since_ms.is_some(),
        mask: running.scope.redactor.clone(),
        cursor: request.cursor.clone(),
        complete: false,
    };
    let frames = follow::follow(edge, Arc::clone(&running), following, true).await;
    let frames = frames.map_err(to_status)?;
    let over = running.scope.clock.sleep(limit);
    tokio::select! {
        read = reading.take(frames) => read?,
        () = over => reading.tail.cut_short(limit),
    }
    let asked = Asked {
        max_bytes,
        tail: request.tail,
        grep: &request.grep,
        new: is_new,
        failed: &[],
    };
    Ok(reading.answer(&running, job, asked).await)
}

fn grep(request: &ReadLogTextRequest) -> Result<Option<Pattern>, Fault> {
    match request.grep.as_str() {
        "" => Ok(None),
        text => Pattern::new(text, false)
            .map(Some)
            .map_err(|fault| match fault.kind {
                FaultKind::Invalid => fault.field("grep"),
                _ => fault,
            }),
    }
}

struct Reading {
    tail: Tail,
    grep: Option<Pattern>,
    /// Only what is new since a cursor, or a moment, is wanted.
    is_part: bool,
    mask: Redactor,
    cursor: Vec<u8>,
    complete: bool,
}

impl Reading {
    /// Takes everything up to the last word. A fault behind what was read is a remark: what is stored is worth more than nothing.
    async fn take(&mut self, frames: Frames<FollowLogsResponse>) -> Result<(), Status> {
        let mut frames = pin!(frames);
        while let Some(frame) = frames.next().await {
            let frame = match frame {
                Ok(frame) => frame.frame,
                Err(status) if self.tail.is_untouched() => return Err(status),
                Err(status) => {
                    self.tail.only_stored(status.message());
                    return Ok(());
                }
            };
            match frame {
                Some(Frame::Chunk(chunk)) => self.lines(chunk).await,
                Some(Frame::Gap(gap)) => {
                    self.tail.gap(&gap);
                    self.cursor = gap.cursor;
                }
                Some(Frame::Stale(stale)) => self.tail.stale(&stale),
                Some(Frame::Ended(ended)) => {
                    self.tail.ended(&ended);
                    self.complete = ended.complete;
                    self.cursor = ended.cursor;
                    return Ok(());
                }
                Some(Frame::GoingAway(going)) => {
                    self.keep(going.cursor);
                    self.tail.broken_off(&going.reason);
                    return Ok(());
                }
                Some(Frame::Heartbeat(beat)) => self.keep(beat.cursor),
                Some(Frame::JobEnded(_)) | None => {}
            }
        }
        self.tail.broken_off("the log is not served any more");
        Ok(())
    }

    /// An empty cursor says that nothing is counted off yet.
    fn keep(&mut self, cursor: Vec<u8>) {
        if !cursor.is_empty() {
            self.cursor = cursor;
        }
    }

    async fn lines(&mut self, mut chunk: LogChunk) {
        let (lines, grep) = (std::mem::take(&mut chunk.lines), self.grep.clone());
        let mask = self.mask.clone();
        let first = lines.first().map_or(0, |line| line.number);
        let bytes = lines.iter().map(|line| line.text.len()).sum();
        let fitting = aside(bytes, move || {
            let is_wanted =
                |line: &[u8]| grep.as_ref().is_none_or(|grep| grep.find(line).is_some());
            let wanted = lines.iter().filter(|line| is_wanted(&line.text));
            wanted.map(|line| fit(&line.text, &mask)).collect()
        })
        .await;
        self.tail.lines(&chunk, first, fitting);
        if self.grep.is_some() || self.is_part {
            self.tail.forget_earlier();
        }
        self.cursor = chunk.cursor;
    }

    async fn answer(
        mut self,
        running: &Running,
        job: Job,
        mut asked: Asked<'_>,
    ) -> ReadLogTextResponse {
        let uid = job.uid.clone();
        let journal = &running.scope.journal;
        let now = journal.read(move |reader| Ok((reader.job(&uid)?, reader.pods(&uid)?)));
        let (now, pods) = now.await.unwrap_or_default();
        let job = now.unwrap_or(job);
        let failed = failed(pods);
        asked.failed = &failed;
        if self.grep.is_none() && !self.is_part {
            self.count_what_is_not_read(journal.logs(), &job.uid).await;
        }
        asked.max_bytes = self.beside_the_cursor(asked.max_bytes);
        let page = page::of(&job, &self.tail, asked);
        ReadLogTextResponse {
            header: page.header,
            text: page.text,
            cursor: self.cursor,
            job: Some(convert::job(&job, running.scope.looks.get().old_since_ms())),
            shown: page.shown,
            left_out: page.left_out,
            complete: self.complete,
        }
    }

    /// What lies before the beginning, as far as the store says so.
    async fn count_what_is_not_read(&mut self, logs: &LogStore, uid: &str) {
        let gaps = logs.gaps(uid).await;
        self.tail.gaps_of(&gaps.unwrap_or_default());
        for stream in logs.streams(uid).await.unwrap_or_default() {
            let key = &stream.key;
            self.tail.dropped(&key.pod_id, &key.pod_uid, stream.dropped);
        }
    }

    /// What the cursor, as base64, leaves of the answer for its text: at least half of it.
    fn beside_the_cursor(&mut self, max_bytes: usize) -> usize {
        let as_text = |cursor: &[u8]| (cursor.len() * 4).div_ceil(3);
        if as_text(&self.cursor) > max_bytes / 2 {
            self.cursor.clear();
            self.tail.no_cursor();
        }
        max_bytes - as_text(&self.cursor)
    }
}

/// Ids of the pods that failed, the first one first.
fn failed(mut pods: Vec<Pod>) -> Vec<String> {
    pods.retain(|pod| pod.status.eq_ignore_ascii_case("failed"));
    pods.sort_by_key(|pod| pod.finished_ms.unwrap_or(i64::MAX));
    pods.into_iter().map(|pod| pod.pod_id).collect()
}

#[cfg(test)]
mod tests;
