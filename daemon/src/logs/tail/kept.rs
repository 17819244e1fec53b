//! What is read although nobody follows: the pods that are to be kept, what lies before a later segment, and everything once more
//! after the job's end.

use std::time::Duration;

use super::{
    Tail, Turn, is_lasting,
    pods::{are_too_few, with_stored},
};
use crate::{
    journal::LogBatch,
    logs::{
        end::had_pods,
        has_hole,
        reading::{End, Goal},
        tails::lock,
        wanted::{self, Pods},
    },
    model::{Fault, FaultKind, Job, LogStream, Pod},
    provider::Priority,
    sys::clock::Mono,
};

const NOT_THERE: &str = "the cloud does not have these lines any more";

/// Between two looks at a pod that is merely kept.
pub(super) const KEPT: Duration = Duration::from_secs(20);
/// Between two looks after the job's end.
const CLOSING: Duration = Duration::from_secs(15);
/// So many looks in a row that find nothing new are the end of a log.
const QUIET: u32 = 2;
/// For so long after a job's end its log may get lines, at most.
pub(super) const MAY_GROW: Duration = Duration::from_secs(120);
/// For so long a job that had pods and names none is asked for them now and then.
const NAMELESS: Duration = Duration::from_secs(3_600);

impl Tail {
    /// A look that nobody waits for; the pause after it. `None` when there is nothing to read any more.
    pub(super) async fn kept_look(&self) -> Result<Option<Duration>, Fault> {
        let Some(job) = self.job().await? else {
            return Ok(None);
        };
        let logs = self.scope.journal.logs();
        let asked = logs.asked(&self.uid).await?;
        let setting = self.scope.settings().own.logs.keep;
        let wanted = wanted::of_job(&job, setting, asked);
        let told_end = self.shared.progress.borrow().ended.is_some();
        if told_end && !job.has_ended() {
            self.shared
                .progress
                .send_modify(|progress| progress.ended = None);
        }
        let which = match wanted {
            // What followers have read is closed whoever it was for.
            _ if told_end && (!asked.closed || self.is_open().await?) => Pods::All,
            Some(which) => which,
            None => return Ok(None),
        };
        match job.has_ended() {
            true => self.close(&job, which).await,
            false => {
                self.keep(&job, which).await?;
                Ok(Some(KEPT))
            }
        }
    }

    /// Reads what is settled.
    async fn keep(&self, job: &Job, which: Pods) -> Result<(), Fault> {
        let begun = self.scope.journal.logs().streams(&self.uid).await?;
        let listed = self.pods(job, Priority::Idle, false).await?;
        let pods = wanted::choose(with_stored(listed, &begun), which);
        let turn = self.turn(job, Goal::Settled);
        for pod in &pods {
            match self.read_pod(&turn, pod).await {
                Ok(_) => {}
                Err(fault) if is_of_the_pod(&fault) => {}
                Err(fault) => return Err(fault),
            }
        }
        self.fill(Priority::Idle, None).await?;
        Ok(())
    }

    /// Whether a log that was begun is not read to its end.
    async fn is_open(&self) -> Result<bool, Fault> {
        let streams = self.scope.journal.logs().streams(&self.uid).await?;
        Ok(streams.iter().any(|stream| !stream.complete))
    }

    /// Reads to the present until nothing comes any more, and closes the log.
    async fn close(&self, job: &Job, which: Pods) -> Result<Option<Duration>, Fault> {
        let now = self.moment(job, self.scope.clock.wall_ms());
        let logs = self.scope.journal.logs();
        let before = logs.streams(&self.uid).await?;
        // Right after the end the backend may name no pods (fact sheet §6.9).
        let known = self.known_pods().await?;
        let asks = known.is_empty() || (which == Pods::All && are_too_few(job, &known));
        let pods = self.pods(job, Priority::Idle, asks).await?;
        let more_may_come = (pods.is_empty() || (which == Pods::All && are_too_few(job, &pods)))
            && now.pods_may_return(job);
        let pods: Vec<Pod> = wanted::choose(with_stored(pods, &before), which);
        let turn = self.turn(job, Goal::Present);
        let mut whole = !more_may_come;
        let (mut barred, mut lost) = (false, Vec::new());
        for pod in &pods {
            match self.read_pod(&turn, pod).await {
                Ok((_, end)) => whole &= matches!(end, End::Present | End::Nothing),
                // What the backend does not have will not come.
                Err(fault) if fault.kind == FaultKind::NotFound => lost.push(pod),
                Err(fault) if is_of_the_pod(&fault) => barred = true,
                Err(fault) => return Err(fault),
            }
        }
        let priority = match self.shared.progress.receiver_count() {
            0 => Priority::Idle,
            // They wait for what lies before a hole.
            _ => Priority::Bulk,
        };
        barred |= self.fill(priority, None).await?;
        let after = logs.streams(&self.uid).await?;
        let lines = |streams: &[LogStream]| streams.iter().map(|stream| stream.last).sum::<u64>();
        let quiet = {
            let mut quiet = lock(&self.quiet);
            *quiet = if lines(&after) == lines(&before) {
                *quiet + 1
            } else {
                0
            };
            *quiet
        };
        let late = now.is_after_end(job, MAY_GROW);
        let readable = now.is_after_end(job, self.lag());
        let nameless = pods.is_empty() && had_pods(job) && !now.is_after_end(job, NAMELESS);
        if (barred || nameless) && late {
            // It is not closed: whoever asks for it later, or the keeper, tries again.
            return Ok(None);
        }
        if !whole || barred || has_hole(&after) || !readable || (quiet < QUIET && !late) {
            return Ok(Some(CLOSING));
        }
        let read = after
            .iter()
            .filter(|stream| pods.iter().any(|pod| pod.pod_id == stream.key.pod_id));
        self.note_lost(&lost, &after).await?;
        logs.complete(read.map(|stream| stream.id).collect())
            .await?;
        logs.ask(&self.uid, |asked| asked.closed = true).await?;
        Ok(None)
    }

    /// The ends of these pods' logs may be missing.
    async fn note_lost(&self, lost: &[&Pod], streams: &[LogStream]) -> Result<(), Fault> {
        let logs = self.scope.journal.logs();
        for pod in lost {
            let same = |stream: &&LogStream| {
                stream.key.pod_id == pod.pod_id && stream.key.pod_uid == pod.pod_uid
            };
            // One that never ran has no log.
            let newest = streams.iter().rfind(same);
            let Some(stream) = newest.filter(|of| of.last > 0 || pod.started_ms.is_some()) else {
                continue;
            };
            if stream.complete {
                continue;
            }
            let track = logs.track(stream.id).await?;
            let now_s = self.scope.now_ms().div_euclid(1000);
            let gap = Some((track.anchor, now_s.max(track.anchor), NOT_THERE));
            let batch = LogBatch {
                lines: Vec::new(),
                track,
                gap,
            };
            logs.commit(stream.id, batch).await?;
        }
        Ok(())
    }

    /// Reads what lies before later segments, until the time is over. Whether some of it must not be read.
    pub(super) async fn fill(&self, priority: Priority, over: Option<Mono>) -> Result<bool, Fault> {
        let logs = self.scope.journal.logs();
        let streams = logs.streams(&self.uid).await?;
        let open = streams
            .windows(2)
            .filter(|pair| pair[0].key == pair[1].key && !pair[0].complete);
        let (mut job, mut barred) = (None, false);
        for pair in open {
            if job.is_none() {
                job = self.job().await?;
            }
            let Some((job, native_id)) = job
                .as_ref()
                .and_then(|job| Some((job, job.native_id.as_ref()?)))
            else {
                return Ok(barred);
            };
            let turn = Turn {
                native_id,
                priority,
                deadline: over,
                ..self.turn(job, Goal::Segment(pair[1].begin))
            };
            let track = logs.track(pair[0].id).await?;
            let mut reading = self.reading(&turn, &pair[0], track);
            match reading.run(|| self.shared.committed()).await {
                Ok(End::Met) => {
                    logs.complete(vec![pair[0].id]).await?;
                    self.shared.committed();
                }
                Ok(end) => self.note(pair[0].id, end),
                // What the backend does not have any more is not waited for.
                Err(fault)
                    if fault.kind == FaultKind::NotFound
                        && (job.has_ended() || is_former(&pair[0], &streams)) =>
                {
                    let gap = (reading.track.anchor, pair[1].begin, NOT_THERE);
                    reading.commit(Vec::new(), Some(gap)).await?;
                    logs.complete(vec![pair[0].id]).await?;
                    self.shared.committed();
                }
                // It may be there the next time.
                Err(fault) if is_of_the_pod(&fault) => barred = true,
                Err(fault) => return Err(fault),
            }
        }
        Ok(barred)
    }

    fn turn<'a>(&self, job: &'a Job, goal: Goal) -> Turn<'a> {
        Turn {
            job,
            native_id: job.native_id.as_deref().unwrap_or_default(),
            goal,
            priority: Priority::Idle,
            may_jump: false,
            deadline: None,
        }
    }
}

/// Whether its pod has begun anew since.
fn is_former(stream: &LogStream, streams: &[LogStream]) -> bool {
    let later =
        |other: &LogStream| other.key.pod_id == stream.key.pod_id && other.attempt > stream.attempt;
    streams.iter().any(later)
}

/// The other pods can be read all the same.
fn is_of_the_pod(fault: &Fault) -> bool {
    fault.kind == FaultKind::NotFound || is_lasting(fault)
}
