//! `WaitJobs`: stateless, answered from what each job has reached.

use std::{pin::pin, sync::Arc, time::Duration};

use pai_proto::v1::{
    Change, Cursor, GoingAway, Heartbeat, Stale, WaitEnded, WaitJobsRequest, WaitJobsResponse,
    WaitResult, wait_jobs_request::Mode, wait_jobs_response::Frame,
};

use super::{
    goal::{Goal, Wanted},
    reach::Reach,
    targets::{self, Target},
};
use crate::{
    contexts::Running,
    journal::{Published, Watch, WatchStart},
    model::{EventKind, Fault, FaultKind},
    poll::Freshness,
    rpc::{
        Edge, convert,
        error::{store_status, to_status},
        first_look,
        frames::{Frames, HEARTBEAT, Sink, feed},
    },
    sys::clock::Mono,
};

/// Most jobs of one wait.
const JOBS_MAX: usize = 1_000;

/// So much longer what is stored may be searched when the time is over: its client gives up soon after it.
const LAST_LOOK: Duration = Duration::from_millis(500);

struct Waiting {
    edge: Arc<Edge>,
    running: Arc<Running>,
    targets: Vec<Target>,
    goal: Goal,
    any: bool,
    deadline: Option<Mono>,
    watch: Watch,
}

pub(super) async fn wait(
    edge: &Arc<Edge>,
    running: Arc<Running>,
    request: WaitJobsRequest,
    masked: bool,
) -> Result<Frames<WaitJobsResponse>, Fault> {
    if request.ids.is_empty() || request.ids.len() > JOBS_MAX {
        return Err(Fault::new(
            FaultKind::Invalid,
            format!("name 1 to {JOBS_MAX} jobs to wait for"),
        )
        .field("ids"));
    }
    let wanted = Wanted::of(&request)?;
    let timeout = (request.timeout_ms > 0).then(|| Duration::from_millis(request.timeout_ms));
    let deadline = timeout.map(|timeout| running.scope.clock.mono() + timeout);
    // Begun before the jobs are read: nothing that happens in between is missed.
    let watch = edge.journal.watch(running.scope.context, WatchStart::Now);
    let targets = targets::find(&running, &request.ids, deadline).await?;
    let waiting = Waiting {
        goal: wanted.begin(&running, &targets, masked),
        edge: Arc::clone(edge),
        running,
        targets,
        any: request.mode() == Mode::Any,
        deadline,
        watch,
    };
    let running = Arc::clone(&waiting.running);
    Ok(feed(edge, Some(&running), |sink| waiting.run(sink)))
}

impl Waiting {
    async fn run(mut self, sink: Sink<WaitJobsResponse>) {
        let scope = Arc::clone(&self.running.scope);
        let waited_for = self
            .targets
            .iter()
            .filter(|target| !target.job.has_ended())
            .map(|target| target.job.uid.clone());
        let _counted = scope.interest.wait_for(waited_for.collect());
        let deadline = self.deadline;
        let mut timed_out = pin!(scope.clock.until(deadline));
        if self.verdict().is_none() {
            tokio::select! {
                () = first_look::briefly(&self.running) => {}
                () = scope.clock.until(deadline) => {}
                _ = sink.leaving() => {}
            }
        }
        let mut is_inherited = !scope.looks.is_tried();
        self.send_present_state(&sink).await;
        let (mut beat, mut leaving) = (pin!(scope.clock.sleep(HEARTBEAT)), pin!(sink.leaving()));
        loop {
            if let Some(ended) = self.verdict().filter(|_| self.all_told()) {
                return sink.send(frame(Frame::Ended(ended))).await;
            }
            tokio::select! {
                published = self.watch.next() => match published {
                    Ok(published) => {
                        let published = targets::with_job(&self.targets, published);
                        self.note(&published, &sink).await;
                    }
                    Err(error) => return sink.fail(store_status(error)).await,
                },
                known = self.goal.news() => if let Err(fault) = known {
                    return sink.fail(to_status(fault)).await;
                },
                () = &mut timed_out => return self.last_word(&sink).await,
                () = scope.looks.tried(), if is_inherited => {
                    is_inherited = false;
                    sink.send(frame(Frame::Stale(staleness(&scope.looks.get())))).await;
                }
                () = &mut beat => {
                    beat.set(scope.clock.sleep(HEARTBEAT));
                    let heartbeat = Heartbeat { cursor: Some(self.cursor()) };
                    sink.send(frame(Frame::Heartbeat(heartbeat))).await;
                }
                reason = &mut leaving => {
                    let going = GoingAway { reason: reason.into() };
                    return sink.send(frame(Frame::GoingAway(going))).await;
                }
            }
        }
    }

    /// The time is over. What was stored in time counts.
    async fn last_word(mut self, sink: &Sink<WaitJobsResponse>) {
        let clock = self.running.scope.clock.clone();
        let looked = tokio::select! {
            looked = self.goal.looked() => looked,
            () = clock.sleep(LAST_LOOK) => Ok(()),
        };
        if let Err(fault) = looked {
            return sink.fail(to_status(fault)).await;
        }
        let ended = self.verdict().unwrap_or_else(|| self.ended(false, true));
        sink.send(frame(Frame::Ended(ended))).await;
    }

    async fn send_present_state(&self, sink: &Sink<WaitJobsResponse>) {
        let looks = self.running.scope.looks.get();
        for target in &self.targets {
            let job = Some(convert::job(&target.job, looks.old_since_ms()));
            let change = Box::new(Change {
                job,
                ..Change::default()
            });
            sink.send(frame(Frame::Change(change))).await;
        }
        // Also when the data is fresh: an earlier stream of the same wait may have said otherwise.
        sink.send(frame(Frame::Stale(staleness(&looks)))).await;
    }

    async fn note(&mut self, published: &Published, sink: &Sink<WaitJobsResponse>) {
        let what = &published.event.what;
        match (what.kind, &published.job) {
            (EventKind::Stale, _) => {
                let reason = what
                    .reason
                    .as_ref()
                    .map(|r| r.message.clone())
                    .unwrap_or_default();
                let stale = Stale {
                    since_ms: what.at_ms.or(Some(published.event.observed_ms)),
                    reason,
                    ..Stale::default()
                };
                sink.send(frame(Frame::Stale(stale))).await
            }
            (EventKind::Fresh, _) => sink.send(frame(Frame::Stale(Stale::default()))).await,
            (_, Some(job)) => {
                let mut ours = false;
                for target in self
                    .targets
                    .iter_mut()
                    .filter(|target| target.job.uid == job.uid)
                {
                    ours = true;
                    if job.rev >= target.job.rev {
                        target.job = Arc::clone(job);
                    }
                }
                if ours {
                    let change = Box::new(convert::change(published));
                    sink.send(frame(Frame::Change(change))).await;
                }
            }
            (_, None) => {}
        }
    }

    /// A commit may hold several events of a job, and each comes with the job as it was after the last one: the last word
    /// waits until all of them are sent.
    fn all_told(&self) -> bool {
        self.targets
            .iter()
            .all(|target| target.job.rev <= self.watch.last())
    }

    fn verdict(&self) -> Option<WaitEnded> {
        let reached: Vec<_> = self.reached().collect();
        let yes = |reach: &Reach| matches!(reach, Reach::Yes(_));
        let met = match self.any {
            true => reached.iter().any(yes),
            false => reached.iter().all(yes),
        };
        let settled = reached.iter().all(|reach| *reach != Reach::NotYet);
        (met || settled).then(|| self.ended(met, false))
    }

    fn reached(&self) -> impl Iterator<Item = Reach> {
        let targets = self.targets.iter().enumerate();
        targets.map(|(place, target)| self.goal.reach(place, &target.job))
    }

    fn ended(&self, met: bool, timed_out: bool) -> WaitEnded {
        let stale = self.running.scope.looks.get().old_since_ms();
        let targets = self.targets.iter().enumerate();
        let results = targets.zip(self.reached()).map(|((place, target), reach)| {
            let line = self.goal.line(place);
            WaitResult {
                id: target.id.clone(),
                job: Some(convert::job(&target.job, stale)),
                reached: matches!(reach, Reach::Yes(_)),
                unreachable: reach == Reach::Never,
                line_pod_id: line.map(|line| line.pod_id.clone()).unwrap_or_default(),
                line: line.map(|line| line.told.text.clone()).unwrap_or_default(),
                line_start: line.map_or(0, |line| byte(line.told.at.start)),
                line_end: line.map_or(0, |line| byte(line.told.at.end)),
                log_note: self.goal.log_note(place).into(),
                milestone: match reach {
                    Reach::Yes(Some(mile)) => Some(convert::milestone(&mile)),
                    _ => None,
                },
            }
        });
        WaitEnded {
            met,
            timed_out,
            results: results.collect(),
            cursor: Some(self.cursor()),
        }
    }

    fn cursor(&self) -> Cursor {
        Cursor {
            store_id: self.edge.journal.store_id().into(),
            rev: self.watch.last(),
            context: self.running.scope.context,
        }
    }
}

fn byte(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn staleness(looks: &Freshness) -> Stale {
    Stale {
        since_ms: looks.old_since_ms(),
        reason: looks.reason(),
        ..Stale::default()
    }
}

fn frame(frame: Frame) -> WaitJobsResponse {
    WaitJobsResponse { frame: Some(frame) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_begins_with_how_old_the_data_is_even_when_it_is_not() {
        assert_eq!(staleness(&Freshness::default()), Stale::default());
        let old = Freshness {
            stale_since_ms: Some(7),
            last_error: Some(Fault::new(FaultKind::Unavailable, "no network")),
            ..Freshness::default()
        };
        let told = staleness(&old);
        assert_eq!(
            (told.since_ms, told.reason.as_str()),
            (Some(7), "no network")
        );
    }
}
