//! One job's log, look after look: while somebody follows it, and as long as it is to be kept.
//!
//! Followers come first: a look that nobody waits for is given up when one comes. What is read is stored, so nothing is lost by
//! that.

mod kept;
mod look;
mod pods;

use std::{
    collections::{HashMap, HashSet},
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;

pub use pods::are_complete;

use super::{
    end::Moment,
    reading::{End, Goal, Reading},
    tails::{Jobs, Shared, lock},
};
use crate::{
    journal,
    model::{Fault, FaultKind, Job, LogKey, LogPod, LogStream, Pod, Track},
    poll,
    provider::Priority,
    scope::Scope,
    sys::clock::Mono,
};

/// Between two looks at a followed pod.
const LOOK: Duration = Duration::from_secs(2);
/// Before reading begins anew after a fault of ours.
const AGAIN: Duration = Duration::from_secs(5);
/// Longest pause after looks that failed, unless the backend asks for more: the other pods may be readable.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// A pod's lines may bear times from before the job's own, where clocks differ.
const BEFORE_THE_JOB_S: i64 = 600;

/// Reads for as long as somebody follows, or the log is to be kept.
pub(super) async fn run(scope: Arc<Scope>, uid: String, shared: Arc<Shared>, jobs: Jobs) {
    let tail = Tail {
        _busy: scope.journal.logs().reading(&uid),
        scope,
        uid,
        shared,
        lacking: Mutex::default(),
        showed_nothing: Mutex::default(),
        over: Mutex::default(),
        quiet: Mutex::default(),
        ended: Mutex::default(),
        calls: AtomicU32::new(0),
        asked_pods: Mutex::default(),
    };
    loop {
        tokio::select! {
            () = tail.shared.unwanted() => {
                if jobs.leave(&tail.uid, &tail.shared) {
                    return;
                }
            }
            failed = AssertUnwindSafe(tail.read_on()).catch_unwind() => if failed.is_err() {
                tail.failed().await;
            },
        }
    }
}

struct Tail {
    scope: Arc<Scope>,
    uid: String,
    shared: Arc<Shared>,
    /// Since when answers lack lines, by log.
    lacking: Mutex<HashMap<i64, Mono>>,
    /// Logs in which the look that was to be the last one found no line.
    showed_nothing: Mutex<HashSet<i64>>,
    /// Since when incarnations are known to have ended, by log.
    over: Mutex<HashMap<i64, Mono>>,
    /// Looks after the end that found nothing new.
    quiet: Mutex<u32>,
    /// Since when the job is known to have ended.
    ended: Mutex<Option<Mono>>,
    /// When the pods of a job that nobody follows were last asked for.
    asked_pods: Mutex<Option<Mono>>,
    /// Of the look that is under way.
    calls: AtomicU32,
    _busy: journal::Reading,
}

/// What is read of a log, and how.
struct Turn<'a> {
    job: &'a Job,
    native_id: &'a str,
    goal: Goal,
    priority: Priority,
    may_jump: bool,
    deadline: Option<Mono>,
}

impl Tail {
    /// Looks for ever. A look that nobody waits for comes when the poller has had time to learn of pods.
    async fn read_on(&self) {
        let mut failures = 0;
        if !self.shared.is_awaited() {
            tokio::select! {
                () = self.scope.clock.sleep(kept::KEPT) => {}
                () = self.shared.wake.notified() => {}
            }
        }
        loop {
            let result = match self.shared.is_awaited() {
                true => self.followed_look().await,
                false => {
                    let asked = self.shared.asked.load(Ordering::Relaxed);
                    let kept = tokio::select! {
                        kept = self.kept_look() => kept,
                        // Somebody has come to follow it.
                        () = self.shared.wake.notified() => continue,
                    };
                    if matches!(kept, Ok(None)) {
                        // Somebody may have asked for it meanwhile.
                        if self.shared.asked.load(Ordering::Relaxed) != asked {
                            continue;
                        }
                        self.shared.keep.send_replace(false);
                    }
                    self.shared.progress.send_modify(|progress| {
                        progress.over = matches!(kept, Ok(None));
                        // Some may still wait for what lies before the end.
                        progress.fault = kept.as_ref().err().cloned();
                    });
                    kept
                }
            };
            let pause = match result {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(fault) => {
                    failures += 1;
                    tracing::warn!(job = %self.uid, failures, %fault, "the log cannot be read");
                    let longest = fault.retry_after.unwrap_or(LONGEST_PAUSE);
                    Some(poll::backoff::pause(failures, &fault).clamp(LOOK, longest.max(LOOK)))
                }
            };
            let over = async {
                match pause {
                    Some(pause) => self.scope.clock.sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => {}
                () = self.shared.wake.notified() => {}
            }
        }
    }

    /// A fault of ours ends no follow: it is told, and reading begins anew.
    async fn failed(&self) {
        let fault = Fault::internal("reading a log panicked, see its log");
        tracing::error!(job = %self.uid, %fault, "reading begins anew");
        let look = self.shared.progress.borrow().started;
        self.finish(look, self.scope.clock.wall_ms(), Err(fault));
        self.scope.clock.sleep(AGAIN).await;
    }

    fn lag(&self) -> Duration {
        let lag = self.scope.settings().own.logs.lag();
        lag.unwrap_or(self.scope.nature.log_lag)
    }

    async fn job(&self) -> Result<Option<Job>, Fault> {
        let uid = self.uid.clone();
        let read = self.scope.journal.read(move |reader| reader.job(&uid));
        Ok(read.await?)
    }

    /// Reads the newest segment of a pod's log.
    async fn read_pod(&self, turn: &Turn<'_>, pod: &Pod) -> Result<(i64, End), Fault> {
        let job = turn.job;
        let first_ms = [job.created_ms, pod.created_ms, pod.started_ms];
        let first_ms = first_ms.into_iter().flatten().min().unwrap_or(0);
        let anchor = (first_ms.div_euclid(1000) - BEFORE_THE_JOB_S).max(0);
        let named = LogPod {
            key: LogKey {
                job_uid: self.uid.clone(),
                pod_id: pod.pod_id.clone(),
                pod_uid: pod.pod_uid.clone(),
            },
            role: pod.role.clone(),
            born_ms: pod.created_ms.or(pod.started_ms).unwrap_or(0),
        };
        let logs = self.scope.journal.logs();
        let (stream, track) = logs.stream(named.clone(), anchor).await?;
        if !pod.historic {
            lock(&self.over).remove(&stream.id);
        }
        if stream.complete {
            if job.has_ended() || pod.historic {
                return Ok((stream.id, End::Present));
            }
            // It ended, and runs on.
            logs.reopen(stream.id, &self.uid).await?;
        }
        let mut reading = self.reading(turn, &stream, track);
        let end = reading.run(|| self.shared.committed()).await?;
        if end != End::Far {
            self.note(stream.id, end);
            let is_read = matches!(end, End::Present | End::Nothing);
            if pod.historic && is_read && self.is_over(stream.id) {
                logs.complete(vec![stream.id]).await?;
            }
            return Ok((stream.id, end));
        }
        let wanted = self.shared.last_lines();
        let (stream, track) = match reading.last_lines(wanted).await? {
            Some(second) => logs.next_segment(named, second).await?,
            None => (stream.clone(), logs.track(stream.id).await?),
        };
        let at_the_end = Turn {
            may_jump: false,
            ..*turn
        };
        let mut reading = self.reading(&at_the_end, &stream, track);
        let end = reading.run(|| self.shared.committed()).await?;
        self.note(stream.id, end);
        Ok((stream.id, end))
    }

    fn reading<'a>(
        &'a self,
        turn: &'a Turn<'_>,
        stream: &'a LogStream,
        track: Track,
    ) -> Reading<'a> {
        Reading {
            scope: &self.scope,
            job: turn.native_id,
            stream,
            track,
            lag: self.lag(),
            priority: turn.priority,
            lacking_for: self.lacking_for(stream.id),
            goal: turn.goal,
            may_jump: turn.may_jump,
            ended: turn.job.ended_ms.map(|ms| ms.div_euclid(1000)),
            deadline: turn.deadline,
            ahead: 0,
            calls: &self.calls,
        }
    }

    /// Now, as far as the job's end matters.
    fn moment(&self, job: &Job, wall_ms: i64) -> Moment {
        let (now, mut ended) = (self.scope.clock.mono(), lock(&self.ended));
        *ended = job.has_ended().then(|| ended.unwrap_or(now));
        Moment {
            wall_ms,
            ended_for: now.saturating_sub(ended.unwrap_or(now)),
        }
    }

    /// Whether an incarnation has been over for so long that its log gets no line any more.
    fn is_over(&self, stream: i64) -> bool {
        let now = self.scope.clock.mono();
        let since = *lock(&self.over).entry(stream).or_insert(now);
        now.saturating_sub(since) >= kept::MAY_GROW + self.lag()
    }

    fn note(&self, stream: i64, end: End) {
        let mut lacking = lock(&self.lacking);
        match end {
            End::Lacking => {
                let now = self.scope.clock.mono();
                lacking.entry(stream).or_insert(now);
            }
            _ => drop(lacking.remove(&stream)),
        }
    }

    fn lacking_for(&self, stream: i64) -> Duration {
        let now = self.scope.clock.mono();
        let lacking = lock(&self.lacking);
        let since = lacking.get(&stream);
        since.map_or(Duration::ZERO, |since| now.saturating_sub(*since))
    }
}

/// Asking again will not help.
fn is_lasting(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Permission | FaultKind::Invalid | FaultKind::Unsupported
    )
}
