//! A look for those who follow: all pods, to the present.

use std::{collections::HashSet, sync::atomic::Ordering, time::Duration};

use super::{
    LOOK, Tail, Turn, is_lasting,
    pods::{are_complete, are_too_few, with_stored},
};
use crate::{
    logs::{
        end::had_pods,
        progress::{Ended, Missing},
        reading::{End, Goal},
        tails::lock,
    },
    model::{Fault, FaultKind, Job, Phase},
    provider::Priority,
};

/// For so long a log of which one pod cannot be read is looked at, after the job's end.
const BARRED: Duration = Duration::from_secs(60);

/// What a look found out.
pub(super) enum Look {
    /// There may be more.
    GoesOn(Missing),
    Ended(Ended),
}

impl Tail {
    /// Looks, and tells followers; the pause after it.
    pub(super) async fn followed_look(&self) -> Result<Option<Duration>, Fault> {
        let began_ms = self.scope.clock.wall_ms();
        let started = self.begin(began_ms);
        let result = self.look(started, began_ms).await;
        let fault = result.as_ref().err().cloned();
        let ended = matches!(result, Ok(Look::Ended(_)));
        self.finish(started, began_ms, result);
        if ended {
            // Once more, and for the last time, when nobody waits for it.
            self.shared.keep.send_replace(true);
        }
        match fault {
            Some(fault) => Err(fault),
            None => {
                let over = self.scope.clock.mono() + LOOK;
                let filled = self.fill(Priority::Bulk, Some(over)).await;
                self.shared.progress.send_if_modified(|progress| {
                    let known =
                        std::mem::replace(&mut progress.hole_fault, filled.as_ref().err().cloned());
                    known.is_some() || progress.hole_fault.is_some()
                });
                filled?;
                let rest = over.saturating_sub(self.scope.clock.mono());
                Ok(Some(if ended { Duration::ZERO } else { rest }))
            }
        }
    }

    fn begin(&self, began_ms: i64) -> u64 {
        self.calls.store(0, Ordering::Relaxed);
        let (mut started, now) = (0, self.scope.clock.mono());
        self.shared.progress.send_modify(|progress| {
            if progress.began.is_none() {
                progress.read_ms = began_ms;
            }
            progress.started += 1;
            progress.over = false;
            progress.began = Some(now);
            started = progress.started;
        });
        started
    }

    pub(super) fn finish(&self, look: u64, began_ms: i64, result: Result<Look, Fault>) {
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
            false => Priority::Bulk,
        };
        let lag = self.lag();
        let now = |job: &Job| self.moment(job, began_ms);
        let whole = |job: &Job| now(job).is_after_end(job, lag);
        let logs = self.scope.journal.logs();
        let known = logs.streams(&self.uid).await?;
        let Some(job) = self.job().await? else {
            return Ok(UNKNOWN);
        };
        if whole(&job) && are_complete(&job, &self.known_pods().await?, &known) {
            return Ok(complete());
        }
        let pods = self.pods(&job, priority, whole(&job)).await?;
        let names_none = pods.is_empty();
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
        let turn = Turn {
            job: &job,
            native_id,
            goal: Goal::Present,
            priority,
            may_jump: self.shared.last_lines() > 0,
            deadline: None,
        };
        let (mut lost, mut missing, mut nothing) = (false, Missing::Nothing, HashSet::new());
        let (mut barred, mut failed) = (None, None);
        for pod in &pods {
            match self.read_pod(&turn, pod).await {
                Ok((stream, end)) => {
                    if end == End::Nothing {
                        nothing.insert(stream);
                    }
                    missing = match end {
                        End::Behind => Missing::Young,
                        End::Lacking => Missing::Lacking,
                        _ => missing,
                    };
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
            let over = now(&job).is_after_end(&job, lag + BARRED);
            return match over && !missing.is_shown() {
                true => Ok(Look::Ended(Ended {
                    complete: false,
                    note: "the log of one of the pods cannot be read",
                    fault: Some(fault),
                })),
                false => Err(fault),
            };
        }
        if missing.is_shown() {
            return Ok(Look::GoesOn(missing));
        }
        if !whole(&job)
            || ((names_none || are_too_few(&job, &pods)) && now(&job).pods_may_return(&job))
        {
            return Ok(Look::GoesOn(match job.has_ended() {
                true => Missing::Late(now(&job).until_after_end(&job, lag).max(LOOK)),
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
        if are_too_few(&job, &pods) && had_pods(&job) {
            return Ok(incomplete("the cloud does not name every pod of this job"));
        }
        // Once may be a whim of the backend.
        let before = std::mem::replace(&mut *lock(&self.showed_nothing), nothing.clone());
        if !nothing.is_subset(&before) {
            return Ok(Look::GoesOn(Missing::Unsure));
        }
        Ok(complete())
    }
}

const UNKNOWN: Look = incomplete("the job is not known any more");

fn complete() -> Look {
    Look::Ended(Ended {
        complete: true,
        note: "",
        fault: None,
    })
}

const fn incomplete(note: &'static str) -> Look {
    Look::Ended(Ended {
        complete: false,
        note,
        fault: None,
    })
}
