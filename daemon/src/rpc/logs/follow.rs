//! `FollowLogs`: from the store, as the tail fills it.

mod deliver;
mod tell;

use std::sync::Arc;

use pai_proto::v1::{
    FollowLogsRequest, FollowLogsResponse, LogEnded, LogGoingAway, LogHeartbeat,
    follow_logs_response::Frame,
};

use self::tell::Told;
use super::{
    begin::{Begin, LEFT_OUT, left_out},
    cursor::{Place, Places},
    lanes,
    pods::Wanted,
};
use crate::{
    contexts::Running,
    journal::Reader,
    logs::{Followed, Missing, Progress, are_complete, has_hole},
    model::{Fault, FaultKind, Job, LogStream, redact::Redactor},
    rpc::{
        Edge,
        error::to_status,
        frames::{Frames, HEARTBEAT, Sink, feed},
        resolve,
    },
    scope::Scope,
    sys::clock::Mono,
};
use tokio::sync::watch;

/// So many last lines are looked for where somebody wants those since a moment.
const SINCE_LINES: u64 = 100_000;

const PART_MISSING: &str = "a part of the log could not be read";
const ONLY_STORED: &str = "only what is stored was asked for: there may be more";

struct Following {
    running: Arc<Running>,
    job: Job,
    /// `None`: only what is stored is wanted.
    followed: Option<Followed>,
    /// The look that tells what there was when the call came.
    look: u64,
    wanted: Wanted,
    /// Not yet compared with the job's pods, of which some are not known yet.
    unchecked: bool,
    places: Places,
    /// Where it begins, until that is settled.
    begin: Option<Begin>,
    /// Older lines are left out, Unix s.
    since: Option<i64>,
    /// Only the attempts before the newest ones.
    previous: bool,
    once: bool,
    to_the_end: bool,
    mask: Option<Redactor>,
    told_stale: Told,
    told_end: bool,
    /// What lies behind a part that could not be read was sent.
    passed_hole: bool,
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
    let places = match request.cursor.is_empty() {
        true => Places::new(store, &job.uid),
        false => Places::decode(&request.cursor, store, &job.uid)?,
    };
    if request.stored_only && !request.no_follow {
        let fault = Fault::new(
            FaultKind::Invalid,
            "what is stored alone cannot be followed",
        );
        return Err(fault.field("stored_only"));
    }
    let wanted = Wanted::new(request.pods, request.roles)?;
    let unchecked = !is_checked(scope, &job.uid, &wanted).await?;
    let begin = Begin {
        tail: request.tail,
        from_number: request.from_number,
        since: request.since_ms.map(|ms| ms.div_euclid(1000)),
    };
    let is_resumed = !request.cursor.is_empty();
    let followed = (!request.stored_only).then(|| running.tails.follow(&job.uid));
    if let (Some(followed), false) = (&followed, is_resumed || request.previous) {
        match (begin.tail, begin.since) {
            (Some(tail), _) => followed.last_first(tail),
            (None, Some(_)) => followed.last_first(SINCE_LINES),
            _ => {}
        }
    }
    // At once: the first look of a tail is to know that somebody waits for it.
    let look = followed
        .as_ref()
        .map(|followed| followed.look_now(scope.clock.mono()));
    let following = Following {
        look: look.unwrap_or(0),
        followed,
        mask: masked.then(|| scope.redactor.clone()),
        beat: scope.clock.mono() + HEARTBEAT,
        begin: (!is_resumed).then_some(begin),
        since: begin.since,
        previous: request.previous,
        once: request.no_follow,
        to_the_end: request.to_the_end,
        told_stale: Told::default(),
        told_end: false,
        passed_hole: false,
        running,
        job,
        wanted,
        unchecked,
        places,
    };
    let running = Arc::clone(&following.running);
    Ok(feed(edge, Some(&running), |sink| following.run(sink)))
}

/// Whether the names are known to be right; an error where they are known to be wrong.
pub(super) async fn is_checked(scope: &Scope, uid: &str, wanted: &Wanted) -> Result<bool, Fault> {
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
        let is_late = self.previous || self.begin.is_some_and(|begin| !begin.is_first());
        if is_late && !self.looked(look, sink).await? {
            return Ok(());
        }
        if !self.counted(sink).await? {
            return Ok(());
        }
        self.settle_begin().await?;
        let Some(progress) = self
            .followed
            .as_ref()
            .map(|followed| followed.progress.clone())
        else {
            return self.deliver_stored(sink).await;
        };
        let mut progress = progress;
        loop {
            let now = progress.borrow_and_update().clone();
            let over = now.over && now.ended.is_some();
            let is_held_up = self.deliver(over, sink).await?;
            if now.ended.is_some() && progress.has_changed().unwrap_or(false) {
                // It may have been dropped meanwhile.
                continue;
            }
            let looked = now.finished >= look;
            if self.unchecked && (looked || now.ended.is_some()) {
                self.unchecked = !is_checked(&scope, &self.job.uid, &self.wanted).await?;
            }
            if let Some(ended) = now.ended.clone().filter(|_| !is_held_up) {
                let complete = ended.complete && !self.passed_hole;
                if complete {
                    self.tell_staleness(&now, is_held_up, sink).await;
                }
                if let Some(fault) = ended.fault.clone().filter(|_| self.once) {
                    return Err(fault);
                }
                let note = match (ended.complete && self.passed_hole, ended.fault) {
                    (true, _) => PART_MISSING.into(),
                    (false, Some(fault)) => format!("{} ({fault})", ended.note),
                    (false, None) => ended.note.to_owned(),
                };
                let ended = self.ended(complete, &note);
                sink.send(frame(Frame::Ended(ended))).await;
                return Ok(());
            }
            if looked && self.once {
                if let Some(fault) = now.fault {
                    return Err(fault);
                }
                if !self.waits_for(now.missing) && !is_held_up {
                    let ended = LogEnded {
                        more: true,
                        ..self.ended(false, &now.missing.note())
                    };
                    sink.send(frame(Frame::Ended(ended))).await;
                    return Ok(());
                }
            }
            if looked {
                self.tell_end(&now, is_held_up, sink).await?;
            }
            self.tell_staleness(&now, is_held_up, sink).await;
            if !self.news(&mut progress, sink).await? {
                return Ok(());
            }
        }
    }

    async fn deliver_stored(&mut self, sink: &Sink<FollowLogsResponse>) -> Result<(), Fault> {
        self.deliver(true, sink).await?;
        let streams = self.streams().await?;
        let are_closed = !streams.is_empty()
            && streams.iter().all(|stream| stream.complete)
            && (self.previous || self.are_all(&streams).await?);
        // What was read to its end is closed some time later.
        let has_all = self.running.tails.has_all(&self.job.uid) && !has_hole(&streams);
        let complete = are_closed || has_all;
        let ended = LogEnded {
            more: !complete,
            ..self.ended(complete, if complete { "" } else { ONLY_STORED })
        };
        sink.send(frame(Frame::Ended(ended))).await;
        Ok(())
    }

    /// Whether these are the logs of all wanted pods of a job that has ended.
    async fn are_all(&self, streams: &[LogStream]) -> Result<bool, Fault> {
        let mut job = self.job.clone();
        let uid = job.uid.clone();
        let journal = &self.running.scope.journal;
        let mut pods = journal.read(move |reader| reader.pods(&uid)).await?;
        if !self.wanted.is_all() {
            pods.retain(|pod| self.wanted.has_pod(pod));
            job.replicas.clear();
        }
        Ok(job.has_ended() && are_complete(&job, &pods, streams))
    }

    /// Whether a reading that ends with the present goes on for this.
    fn waits_for(&self, missing: Missing) -> bool {
        match missing {
            Missing::Unsure | Missing::Dropped => true,
            Missing::Late(_) => self.to_the_end,
            Missing::Young => self.to_the_end && self.job.has_ended(),
            Missing::Nothing | Missing::Lacking => false,
        }
    }

    /// Waits until a look is over, or none is needed any more; false when the stream has ended meanwhile.
    async fn looked(&mut self, look: u64, sink: &Sink<FollowLogsResponse>) -> Result<bool, Fault> {
        let Some(followed) = &self.followed else {
            return Ok(true);
        };
        let mut progress = followed.progress.clone();
        loop {
            let now = progress.borrow_and_update().clone();
            // What a look that failed has not read cannot be counted off.
            let counts = now.fault.is_none() || self.once;
            if (now.finished >= look && counts) || now.ended.is_some() {
                return Ok(true);
            }
            self.tell_staleness(&now, false, sink).await;
            if !self.news(&mut progress, sink).await? {
                return Ok(false);
            }
        }
    }

    /// Waits until it is known where to begin, or that will not be; false when the stream has ended meanwhile.
    async fn counted(&mut self, sink: &Sink<FollowLogsResponse>) -> Result<bool, Fault> {
        let (Some(followed), Some(begin)) = (&self.followed, self.begin) else {
            return Ok(true);
        };
        // An agent is told that there is more, and asks again.
        if begin.from_number.is_none() && self.to_the_end {
            return Ok(true);
        }
        let mut progress = followed.progress.clone();
        loop {
            let now = progress.borrow_and_update().clone();
            let lanes = lanes::of_pods(self.streams().await?, false);
            let mut lanes = lanes.iter();
            if now.over || !lanes.any(|lane| begin.lies_before_hole(&lane.streams)) {
                return Ok(true);
            }
            self.tell_staleness(&now, true, sink).await;
            if !self.news(&mut progress, sink).await? {
                return Ok(false);
            }
        }
    }

    /// Waits for progress, and keeps the stream alive meanwhile; false when it has ended.
    async fn news(
        &mut self,
        progress: &mut watch::Receiver<Progress>,
        sink: &Sink<FollowLogsResponse>,
    ) -> Result<bool, Fault> {
        let clock = &self.running.scope.clock;
        tokio::select! {
            // Its other end goes only with the whole context.
            changed = progress.changed() => Ok(changed.is_ok()),
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

    /// Counts off what lies before the beginning.
    async fn settle_begin(&mut self) -> Result<(), Fault> {
        let Some(begin) = self.begin else {
            return Ok(());
        };
        let logs = self.running.scope.journal.logs().clone();
        for lane in lanes::of_pods(self.streams().await?, false) {
            let mut before = Vec::new();
            for stream in &lane.streams {
                before.push(match begin.since {
                    Some(second) => logs.before_second(stream.id, second).await?,
                    None => 0,
                });
            }
            for (stream, number) in lane
                .streams
                .iter()
                .zip(begin.places(&lane.streams, &before))
            {
                let place = match number {
                    LEFT_OUT => left_out(),
                    0 => continue,
                    number => Place {
                        number,
                        gap: self.newest_gap(stream, number).await?,
                        ..Place::default()
                    },
                };
                self.places.set(stream, place);
            }
        }
        self.begin = None;
        Ok(())
    }

    /// Empty before the last lines are counted off: a client that comes back then asks for them again.
    fn cursor(&self) -> Vec<u8> {
        match self.begin {
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
