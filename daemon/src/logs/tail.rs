//! One job's log, look after look, while somebody follows it.

use std::{
    collections::{HashMap, HashSet},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt as _;

use super::{
    end::{had_pods, pods_may_return, readable_from_ms},
    progress::{Ended, Missing},
    reading::{End, Reading},
    tails::{Jobs, Shared, lock},
};
use crate::{
    model::{Fault, FaultKind, Job, LogKey, LogStream, Phase, Pod},
    poll,
    provider::Priority,
    scope::Scope,
    sys::clock::Mono,
};

/// Between two looks at a followed pod.
const LOOK: Duration = Duration::from_secs(2);
/// Pods come and go without a change of the job: for so long the known ones are believed.
const PODS_KNOWN: Duration = Duration::from_secs(60);
/// The same while none is known.
const PODS_AWAITED: Duration = Duration::from_secs(5);
/// The same for a log of which one pod cannot be read, after the job's end.
const BARRED: Duration = Duration::from_secs(60);
/// Before reading begins anew after a fault of ours.
const AGAIN: Duration = Duration::from_secs(5);
/// Longest pause after looks that failed, unless the backend asks for more: the other pods may be readable.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// A pod's lines may bear times from before the job's own, where clocks differ.
const BEFORE_THE_JOB_S: i64 = 600;

/// Reads until the last follower has gone.
pub(super) async fn run(scope: Arc<Scope>, uid: String, shared: Arc<Shared>, jobs: Jobs) {
    let tail = Tail {
        lag: scope
            .settings()
            .own
            .logs
            .lag()
            .unwrap_or(scope.nature.log_lag),
        scope,
        uid,
        shared,
        lacking: Mutex::default(),
        showed_nothing: Mutex::default(),
    };
    loop {
        tokio::select! {
            () = tail.shared.progress.closed() => {
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
    lag: Duration,
    /// Since when answers lack lines, by log.
    lacking: Mutex<HashMap<i64, Mono>>,
    /// Logs in which the look that was to be the last one found no line.
    showed_nothing: Mutex<HashSet<i64>>,
}

/// What a look found out.
enum Look {
    /// There may be more.
    GoesOn(Missing),
    Ended(Ended),
}

impl Tail {
    /// Looks until everything is read; never returns.
    async fn read_on(&self) {
        let mut failures = 0;
        loop {
            let began_ms = self.scope.clock.wall_ms();
            let started = self.begin(began_ms);
            let result = self.look(started, began_ms).await;
            let pause = match &result {
                Ok(_) => {
                    failures = 0;
                    LOOK
                }
                Err(fault) => {
                    failures += 1;
                    tracing::warn!(job = %self.uid, failures, %fault, "the log cannot be read");
                    let longest = fault.retry_after.unwrap_or(LONGEST_PAUSE);
                    poll::backoff::pause(failures, fault).clamp(LOOK, longest.max(LOOK))
                }
            };
            let ended = matches!(result, Ok(Look::Ended(_)));
            self.finish(started, began_ms, result);
            if ended {
                std::future::pending::<()>().await;
            }
            tokio::select! {
                () = self.scope.clock.sleep(pause) => {}
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

    fn begin(&self, began_ms: i64) -> u64 {
        let (mut started, now) = (0, self.scope.clock.mono());
        self.shared.progress.send_modify(|progress| {
            if progress.began.is_none() {
                progress.read_ms = began_ms;
            }
            progress.started += 1;
            progress.began = Some(now);
            started = progress.started;
        });
        started
    }

    fn finish(&self, look: u64, began_ms: i64, result: Result<Look, Fault>) {
        self.shared.progress.send_modify(|progress| {
            progress.finished = look;
            progress.fault = None;
            match result {
                Ok(Look::Ended(ended)) => {
                    progress.missing = Missing::Nothing;
                    progress.ended = Some(ended);
                }
                Ok(Look::GoesOn(missing)) => progress.missing = missing,
                Err(fault) => progress.fault = Some(fault),
            }
            if progress.fault.is_none() && !progress.missing.is_shown() {
                progress.read_ms = began_ms;
            }
        });
    }

    async fn look(&self, number: u64, began_ms: i64) -> Result<Look, Fault> {
        let priority = match *lock(&self.shared.wanted) >= number {
            true => Priority::Interactive,
            false => Priority::Background,
        };
        let whole =
            |job: &Job| readable_from_ms(job, self.lag).is_some_and(|from_ms| began_ms >= from_ms);
        let logs = self.scope.journal.logs();
        let known = logs.streams(&self.uid).await?;
        let Some(job) = self.job().await? else {
            return Ok(UNKNOWN);
        };
        if whole(&job) && !known.is_empty() && known.iter().all(|stream| stream.complete) {
            return Ok(complete());
        }
        let pods = self.pods(&job, priority, whole(&job)).await?;
        let pods = with_stored(pods, &known);
        // The answer with the pods may have told more.
        let Some(job) = self.job().await? else {
            return Ok(UNKNOWN);
        };
        let Some(native_id) = &job.native_id else {
            return Ok(match job.has_ended() {
                true => complete(),
                false => Look::GoesOn(Missing::Nothing),
            });
        };
        let mut read = Vec::with_capacity(pods.len());
        let (mut lost, mut missing, mut nothing) = (false, Missing::Nothing, HashSet::new());
        let (mut barred, mut failed) = (None, None);
        for pod in &pods {
            match self.read(&job, native_id, pod, priority).await {
                Ok((stream, end)) => {
                    if end == End::Nothing {
                        nothing.insert(stream);
                    }
                    missing = match end {
                        End::Present | End::Nothing => missing,
                        End::Behind => Missing::Young,
                        End::Lacking => Missing::Lacking,
                    };
                    read.push(stream);
                }
                Err(fault) if fault.kind == FaultKind::NotFound => lost = true,
                // The other pods can be read all the same.
                Err(fault) if is_lasting(&fault) => barred = Some(fault),
                Err(fault) if failed.is_none() => failed = Some(fault),
                // It is not the pod.
                Err(fault) => return Err(fault),
            }
        }
        if let Some(fault) = failed {
            return Err(fault);
        }
        if let Some(fault) = barred {
            let over = readable_from_ms(&job, self.lag + BARRED);
            return match over.is_some_and(|over_ms| began_ms >= over_ms) && !missing.is_shown() {
                true => Ok(incomplete("the log of one of the pods cannot be read")),
                false => Err(fault),
            };
        }
        if missing.is_shown() {
            return Ok(Look::GoesOn(missing));
        }
        if !whole(&job) || (pods.is_empty() && pods_may_return(&job, began_ms)) {
            return Ok(Look::GoesOn(match job.has_ended() {
                true => Missing::Late,
                false => Missing::Nothing,
            }));
        }
        if lost || job.phase == Phase::Gone {
            return Ok(incomplete(
                "the cloud does not have the log of every pod any more",
            ));
        }
        if pods.is_empty() && had_pods(&job) {
            return Ok(incomplete("the cloud names no pods of this job"));
        }
        // Once may be a whim of the backend.
        let before = std::mem::replace(&mut *lock(&self.showed_nothing), nothing.clone());
        if !nothing.is_subset(&before) {
            return Ok(Look::GoesOn(Missing::Unsure));
        }
        // A log without lines may get some yet.
        let lines = logs.streams(&self.uid).await?;
        let has_lines = |id: &i64| lines.iter().any(|one| one.id == *id && one.last > 0);
        read.retain(has_lines);
        logs.complete(read).await?;
        Ok(complete())
    }

    async fn job(&self) -> Result<Option<Job>, Fault> {
        let uid = self.uid.clone();
        let read = self.scope.journal.read(move |reader| reader.job(&uid));
        Ok(read.await?)
    }

    /// Every incarnation of every pod, once.
    async fn pods(&self, job: &Job, priority: Priority, decides: bool) -> Result<Vec<Pod>, Fault> {
        let known = self.known_pods().await?;
        let worth_asking = match job.phase {
            Phase::Gone => false,
            // Who asks for the present may know more than the last list.
            Phase::Pending | Phase::Queued => priority == Priority::Interactive,
            _ => true,
        };
        if worth_asking {
            let every = match known.is_empty() {
                true => PODS_AWAITED,
                false => PODS_KNOWN,
            };
            let asked = poll::refresh_pods(&self.scope, job, every).await;
            // Whether that was all is not decided on pods that may be outdated.
            if known.is_empty() || decides {
                asked?;
            }
        }
        let mut seen = HashSet::new();
        let mut pods = self.known_pods().await?;
        pods.retain(|pod| {
            !pod.pod_id.is_empty() && seen.insert((pod.pod_id.clone(), pod.pod_uid.clone()))
        });
        // An attempt of a pod before the one that follows it.
        pods.sort_by_key(|pod| !pod.historic);
        Ok(pods)
    }

    async fn known_pods(&self) -> Result<Vec<Pod>, Fault> {
        let uid = self.uid.clone();
        let read = self.scope.journal.read(move |reader| reader.pods(&uid));
        Ok(read.await?)
    }

    async fn read(
        &self,
        job: &Job,
        native_id: &str,
        pod: &Pod,
        priority: Priority,
    ) -> Result<(i64, End), Fault> {
        let key = LogKey {
            job_uid: self.uid.clone(),
            pod_id: pod.pod_id.clone(),
            pod_uid: pod.pod_uid.clone(),
        };
        let first_ms = [job.created_ms, pod.created_ms, pod.started_ms];
        let first_ms = first_ms.into_iter().flatten().min().unwrap_or(0);
        let anchor = (first_ms.div_euclid(1000) - BEFORE_THE_JOB_S).max(0);
        let logs = self.scope.journal.logs();
        let (stream, track) = logs.stream(key, pod.role.clone(), anchor).await?;
        if stream.complete {
            return Ok((stream.id, End::Present));
        }
        let reading = Reading {
            scope: &self.scope,
            job: native_id,
            stream: &stream,
            track,
            lag: self.lag,
            priority,
            lacking_for: self.lacking_for(stream.id),
            ahead: 0,
        };
        let stored = || {
            self.shared
                .progress
                .send_modify(|progress| progress.commits += 1);
        };
        let end = reading.run(stored).await?;
        let mut lacking = lock(&self.lacking);
        match end {
            End::Lacking => {
                let now = self.scope.clock.mono();
                lacking.entry(stream.id).or_insert(now);
            }
            _ => drop(lacking.remove(&stream.id)),
        }
        Ok((stream.id, end))
    }

    fn lacking_for(&self, stream: i64) -> Duration {
        let now = self.scope.clock.mono();
        let lacking = lock(&self.lacking);
        let since = lacking.get(&stream);
        since.map_or(Duration::ZERO, |since| now.saturating_sub(*since))
    }
}

/// Pods that are listed, and those whose logs were begun and that are not listed any more.
fn with_stored(mut pods: Vec<Pod>, stored: &[LogStream]) -> Vec<Pod> {
    for stream in stored {
        let key = &stream.key;
        // One without a name is begun under the name that is listed now.
        let same = |pod: &Pod| key.pod_uid.is_empty() || pod.pod_uid == key.pod_uid;
        let listed = |pod: &Pod| pod.pod_id == key.pod_id && same(pod);
        if !pods.iter().any(listed) {
            pods.push(Pod {
                pod_id: key.pod_id.clone(),
                pod_uid: key.pod_uid.clone(),
                role: stream.role.clone(),
                ..Pod::default()
            });
        }
    }
    pods
}

/// Asking again will not help.
fn is_lasting(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Permission | FaultKind::Invalid | FaultKind::Unsupported
    )
}

const UNKNOWN: Look = incomplete("the job is not known any more");

fn complete() -> Look {
    Look::Ended(Ended {
        complete: true,
        note: "",
    })
}

const fn incomplete(note: &'static str) -> Look {
    Look::Ended(Ended {
        complete: false,
        note,
    })
}
