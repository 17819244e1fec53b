//! `FollowLogs`: from the store, as the tail fills it.

use std::sync::Arc;

use pai_proto::v1::{
    FollowLogsRequest, FollowLogsResponse, LogChunk, LogEnded, LogGap, LogGoingAway, LogHeartbeat,
    LogLine, Stale, follow_logs_response::Frame,
};

use super::{
    cursor::{Place, Places},
    pods::Wanted,
};
use crate::{
    contexts::Running,
    journal::Reader,
    logs::{Followed, Missing, Progress},
    model::{Fault, Job, LogStream, redact::Redactor},
    rpc::{
        Edge,
        error::to_status,
        frames::{Frames, HEARTBEAT, Sink, feed},
        resolve,
    },
    scope::Scope,
    sys::clock::Mono,
};

/// Lines of a frame.
const LINES: usize = 2_000;
/// Bytes of a frame, unless one line has more.
const BYTES: usize = 64 << 10;

/// So far behind the present a follow may be without a word.
const BEHIND_MS: i64 = 5_000;

const REPLACED: &str =
    "the stored log was lost and is read anew: lines may be missing or repeated here";

struct Following {
    running: Arc<Running>,
    job: Job,
    followed: Followed,
    /// The look that tells what there was when the call came.
    look: u64,
    wanted: Wanted,
    /// Not yet compared with the job's pods, of which some are not known yet.
    unchecked: bool,
    places: Places,
    /// The store was replaced since the cursor was given.
    replaced: bool,
    tail: Option<u64>,
    once: bool,
    to_the_end: bool,
    mask: Option<Redactor>,
    told_stale: bool,
    beat: Mono,
}

pub(super) async fn follow(
    edge: &Arc<Edge>,
    running: Arc<Running>,
    request: FollowLogsRequest,
    masked: bool,
) -> Result<Frames<FollowLogsResponse>, Fault> {
    let job = resolve::job(&running, &request.id).await?;
    let scope = &running.scope;
    let store = scope.journal.logs().id();
    let (places, replaced) = match request.cursor.is_empty() {
        true => (Places::new(store), false),
        false => Places::decode(&request.cursor, store)?,
    };
    let wanted = Wanted::new(request.pods)?;
    let unchecked = !is_checked(scope, &job.uid, &wanted).await?;
    let followed = running.tails.follow(&job.uid);
    let following = Following {
        // At once: the first look of a tail is to know that somebody waits for it.
        look: followed.look_now(scope.clock.mono()),
        followed,
        mask: masked.then(|| scope.redactor.clone()),
        beat: scope.clock.mono() + HEARTBEAT,
        tail: request.tail.filter(|_| request.cursor.is_empty()),
        once: request.no_follow,
        to_the_end: request.to_the_end,
        told_stale: false,
        running,
        job,
        wanted,
        unchecked,
        places,
        replaced,
    };
    let running = Arc::clone(&following.running);
    Ok(feed(edge, Some(&running), |sink| following.run(sink)))
}

/// Whether the names are known to be right; an error where they are known to be wrong.
async fn is_checked(scope: &Scope, uid: &str, wanted: &Wanted) -> Result<bool, Fault> {
    if wanted.is_all() {
        return Ok(true);
    }
    let job = uid.to_owned();
    let read = move |reader: &Reader<'_>| Ok((reader.job(&job)?, reader.pods(&job)?));
    let (job, pods) = scope.journal.read(read).await?;
    // A client that comes back goes on with what it had.
    let streams = scope.journal.logs().streams(uid).await?;
    wanted.check(job.as_ref(), &pods, &streams)
}

impl Following {
    async fn run(mut self, sink: Sink<FollowLogsResponse>) {
        if let Err(fault) = self.deliver_all(&sink).await {
            sink.fail(to_status(fault)).await;
        }
    }

    async fn deliver_all(&mut self, sink: &Sink<FollowLogsResponse>) -> Result<(), Fault> {
        let scope = Arc::clone(&self.running.scope);
        let waits = !self.once && !self.job.has_ended();
        let uids = if waits {
            vec![self.job.uid.clone()]
        } else {
            Vec::new()
        };
        // Who follows a log wants to know of the job's end as soon as who waits for it.
        let _counted = scope.interest.wait_for(uids);
        let look = self.look;
        if self.tail.is_some() && !self.looked(look, sink).await? {
            return Ok(());
        }
        self.skip_to_tail().await?;
        loop {
            let progress = self.followed.progress.borrow_and_update().clone();
            self.deliver(sink).await?;
            let looked = progress.finished >= look;
            if self.unchecked && (looked || progress.ended.is_some()) {
                self.unchecked = !is_checked(&scope, &self.job.uid, &self.wanted).await?;
            }
            if let Some(ended) = progress.ended.clone() {
                if ended.complete {
                    self.tell_staleness(&progress, sink).await;
                }
                let ended = self.ended(ended.complete, ended.note);
                sink.send(frame(Frame::Ended(ended))).await;
                return Ok(());
            }
            if looked && self.once {
                if let Some(fault) = progress.fault {
                    return Err(fault);
                }
                if !self.waits_for(progress.missing) {
                    let ended = LogEnded {
                        more: true,
                        ..self.ended(false, progress.missing.note())
                    };
                    sink.send(frame(Frame::Ended(ended))).await;
                    return Ok(());
                }
            }
            self.tell_staleness(&progress, sink).await;
            if !self.news(sink).await? {
                return Ok(());
            }
        }
    }

    /// Whether a reading that ends with the present goes on for this.
    fn waits_for(&self, missing: Missing) -> bool {
        match missing {
            Missing::Unsure => true,
            Missing::Late => self.to_the_end,
            Missing::Young => self.to_the_end && self.job.has_ended(),
            Missing::Nothing | Missing::Lacking => false,
        }
    }

    /// Says once that the log is not read to the present, and once that it is again.
    async fn tell_staleness(&mut self, progress: &Progress, sink: &Sink<FollowLogsResponse>) {
        let behind_ms = self.running.scope.clock.wall_ms() - progress.read_ms;
        let missing = progress.missing.is_shown();
        let reason = match &progress.fault {
            Some(fault) => fault.to_string(),
            None if missing && (self.told_stale || behind_ms >= BEHIND_MS) => {
                progress.missing.note().into()
            }
            None => String::new(),
        };
        if self.told_stale != reason.is_empty() {
            return;
        }
        self.told_stale = !reason.is_empty();
        let stale = Stale {
            since_ms: self.told_stale.then_some(progress.read_ms),
            reason,
        };
        sink.send(frame(Frame::Stale(stale))).await;
    }

    /// Waits until a look is over, or none is needed any more; false when the stream has ended meanwhile.
    async fn looked(&mut self, look: u64, sink: &Sink<FollowLogsResponse>) -> Result<bool, Fault> {
        loop {
            let progress = self.followed.progress.borrow_and_update().clone();
            if progress.finished >= look || progress.ended.is_some() {
                return Ok(true);
            }
            if !self.news(sink).await? {
                return Ok(false);
            }
        }
    }

    /// Waits for progress, and keeps the stream alive meanwhile; false when it has ended.
    async fn news(&mut self, sink: &Sink<FollowLogsResponse>) -> Result<bool, Fault> {
        let clock = &self.running.scope.clock;
        tokio::select! {
            // Its other end goes only with the whole context.
            changed = self.followed.progress.changed() => Ok(changed.is_ok()),
            () = clock.sleep_until(self.beat) => {
                self.beat = clock.mono() + HEARTBEAT;
                let cursor = self.cursor();
                sink.send(frame(Frame::Heartbeat(LogHeartbeat { cursor }))).await;
                Ok(true)
            }
            reason = sink.leaving() => {
                let going = LogGoingAway {
                    reason: reason.into(),
                    cursor: self.cursor(),
                };
                sink.send(frame(Frame::GoingAway(going))).await;
                Ok(false)
            }
        }
    }

    async fn skip_to_tail(&mut self) -> Result<(), Fault> {
        let Some(tail) = self.tail else {
            return Ok(());
        };
        for stream in self.streams().await? {
            let number = stream.last.saturating_sub(tail);
            let gap = match number {
                0 => 0,
                _ => self.newest_gap(&stream, number).await?,
            };
            self.places.set(&stream, Place { number, gap });
        }
        self.tail = None;
        Ok(())
    }

    /// Empty before the last lines are counted off: a client that comes back then asks for them again.
    fn cursor(&self) -> Vec<u8> {
        match self.tail {
            Some(_) => Vec::new(),
            None => self.places.encode(),
        }
    }

    /// The newest gap before a line that is not delivered.
    async fn newest_gap(&self, stream: &LogStream, number: u64) -> Result<u64, Fault> {
        let logs = self.running.scope.journal.logs();
        let before = logs.after(stream.id, number - 1, 0, 0, 0, None).await?;
        let before = before.gaps.iter().filter(|gap| gap.after < number);
        Ok(before.map(|gap| gap.id).max().unwrap_or(0))
    }

    async fn streams(&mut self) -> Result<Vec<LogStream>, Fault> {
        let logs = self.running.scope.journal.logs();
        let mut streams = logs.streams(&self.job.uid).await?;
        self.places.name(&streams);
        streams.retain(|stream| self.wanted.has(stream));
        Ok(streams)
    }

    /// Sends everything that is stored and was not sent yet.
    async fn deliver(&mut self, sink: &Sink<FollowLogsResponse>) -> Result<(), Fault> {
        for stream in self.streams().await? {
            if std::mem::take(&mut self.replaced) {
                let gap = self.gap(&stream, 0, 0, REPLACED);
                sink.send(frame(gap)).await;
            }
            loop {
                let place = self.places.get(&stream);
                if place.number >= stream.last && place.gap >= stream.gap {
                    break;
                }
                let logs = self.running.scope.journal.logs();
                let mask = self.mask.clone();
                let page = logs
                    .after(stream.id, place.number, place.gap, LINES, BYTES, mask)
                    .await?;
                if page.lines.is_empty() && page.gaps.is_empty() {
                    break;
                }
                let mut lines = page.lines.into_iter().peekable();
                for gap in page.gaps {
                    let mut before = Vec::new();
                    while let Some(line) = lines.next_if(|line| line.number <= gap.after) {
                        before.push(line);
                    }
                    self.send_lines(&stream, before, sink).await;
                    let number = self.places.get(&stream).number;
                    self.places.set(
                        &stream,
                        Place {
                            number,
                            gap: gap.id,
                        },
                    );
                    let told = self.gap(&stream, gap.from_second, gap.to_second, &gap.reason);
                    sink.send(frame(told)).await;
                }
                self.send_lines(&stream, lines.collect(), sink).await;
            }
        }
        Ok(())
    }

    async fn send_lines(
        &mut self,
        stream: &LogStream,
        lines: Vec<crate::model::LogLine>,
        sink: &Sink<FollowLogsResponse>,
    ) {
        let Some(last) = lines.last() else {
            return;
        };
        let place = Place {
            number: last.number,
            ..self.places.get(stream)
        };
        self.places.set(stream, place);
        let lines = lines.into_iter().map(|line| LogLine {
            number: line.number,
            text: line.text,
            second: line.second,
            late: line.late,
        });
        let chunk = LogChunk {
            pod_id: stream.key.pod_id.clone(),
            pod_uid: stream.key.pod_uid.clone(),
            role: stream.role.clone(),
            lines: lines.collect(),
            cursor: self.places.encode(),
            segment: stream.segment,
            ..LogChunk::default()
        };
        sink.send(frame(Frame::Chunk(chunk))).await;
    }

    fn gap(&self, stream: &LogStream, from_second: i64, to_second: i64, reason: &str) -> Frame {
        Frame::Gap(LogGap {
            pod_id: stream.key.pod_id.clone(),
            pod_uid: stream.key.pod_uid.clone(),
            from_second,
            to_second,
            reason: reason.into(),
            cursor: self.places.encode(),
        })
    }

    fn ended(&self, complete: bool, note: &str) -> LogEnded {
        LogEnded {
            complete,
            cursor: self.places.encode(),
            note: note.into(),
            more: false,
        }
    }
}

fn frame(frame: Frame) -> FollowLogsResponse {
    FollowLogsResponse { frame: Some(frame) }
}
