//! What settling an intent writes into the journal: each step one transaction, intent and job together, and only while
//! the intent is open.

use std::{sync::Arc, time::Duration};

use super::{described::describe, settle::Settled};
use crate::{
    audit::{self, Act},
    journal::{Intent, IntentState, StoreError, Tx},
    model::{EventDraft, EventKind, Fault, Job, Observation, Phase, Reason},
    poll::{Aftermath, absorb, apply, twin},
    provider::StopAck,
    scope::{Scope, new_uid},
};

/// Whether an intent may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    Send,
    /// Somebody has settled it meanwhile.
    Settled,
    /// Somebody wants it stopped.
    Stopped,
}

/// The journal's side of one intent.
pub(super) struct Notes {
    pub(super) scope: Arc<Scope>,
    pub(super) uid: String,
}

impl Notes {
    pub(super) async fn intent(&self) -> Result<Option<Intent>, StoreError> {
        let uid = self.uid.clone();
        self.scope
            .journal
            .read(move |reader| reader.intent(&uid))
            .await
    }

    /// Asked right before each send; notes the time of it.
    pub(super) async fn leave_to_send(&self) -> Result<Leave, StoreError> {
        let uid = self.uid.clone();
        self.scope
            .journal
            .write(move |tx| {
                let Some(mut intent) = tx.intent(&uid)? else {
                    return Ok(Leave::Settled);
                };
                if intent.state != IntentState::Open {
                    return Ok(Leave::Settled);
                }
                if intent.stop_wanted {
                    return Ok(Leave::Stopped);
                }
                intent.last_sent_ms = tx.now_ms();
                tx.update_intent(&intent)?;
                Ok(Leave::Send)
            })
            .await
    }

    /// The answer was lost just now: the looks begin anew.
    pub(super) async fn unconfirmed(&self) -> Result<(), StoreError> {
        let lost = |intent: &mut Intent, now_ms| {
            intent.last_sent_ms = now_ms;
            intent.empty_looks = 0;
        };
        self.step(Phase::Unconfirmed, lost).await.map(|_| ())
    }

    /// An earlier daemon has not heard the answer, and may have sent so much later than it noted.
    pub(super) async fn unheard(&self, sent_later: Duration) -> Result<(), StoreError> {
        let later_ms = i64::try_from(sent_later.as_millis()).unwrap_or(i64::MAX);
        let unheard = move |intent: &mut Intent, _| {
            intent.last_sent_ms = intent.last_sent_ms.saturating_add(later_ms);
        };
        self.step(Phase::Unconfirmed, unheard).await.map(|_| ())
    }

    /// All looks were empty. False when somebody has settled it meanwhile.
    pub(super) async fn sending_again(&self) -> Result<bool, StoreError> {
        tracing::warn!(uid = %self.uid, "no trace of a lost submit after all looks: sending it again");
        self.step(Phase::Submitting, |intent, _| {
            intent.sends += 1;
            intent.empty_looks = 0;
        })
        .await
    }

    pub(super) async fn empty_look(&self) -> Result<(), StoreError> {
        let uid = self.uid.clone();
        self.scope
            .journal
            .write(move |tx| match tx.intent(&uid)? {
                Some(mut intent) => {
                    intent.empty_looks += 1;
                    tx.update_intent(&intent)
                }
                None => Ok(()),
            })
            .await
    }

    /// The backend answered with an id.
    pub(super) async fn confirmed(&self, native_id: String, seq: u64) -> Result<(), StoreError> {
        let (context, uid) = (self.scope.context, self.uid.clone());
        self.scope
            .journal
            .write(move |tx| confirm(tx, context, &uid, native_id, seq))
            .await
    }

    /// A look by name showed these, oldest first.
    pub(super) async fn found(&self, namesakes: Vec<Observation>) -> Result<(), StoreError> {
        let context = self.scope.context;
        self.scope
            .journal
            .write(move |tx| {
                for seen in &namesakes {
                    apply(
                        tx,
                        context,
                        seen,
                        Some(true),
                        new_uid,
                        &mut Aftermath::default(),
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// A stop that came while the job was not known is sent now; what fails here stays due for the next look.
    pub(super) async fn stop_if_due(&self) {
        let uid = self.uid.clone();
        let Ok(Some(job)) = self
            .scope
            .journal
            .read(move |reader| reader.job(&uid))
            .await
        else {
            return;
        };
        let (true, Some(id)) = (job.stop_due, &job.native_id) else {
            return;
        };
        let stopped = self.scope.provider().stop(id).await;
        if stopped.is_ok_and(|receipt| receipt.value == StopAck::Accepted) {
            let context = self.scope.context;
            let sent = move |tx: &mut Tx<'_>| {
                let Some(mut job) = tx.job(&job.uid)? else {
                    return Ok(());
                };
                job.stop_due = false;
                tx.put_job(context, &mut job, Vec::new())
            };
            if let Err(error) = self.scope.journal.write(sent).await {
                tracing::error!(%error, "a sent stop could not be noted");
            }
        }
    }

    /// It will not become a job, as far as anybody can tell. Without a lost answer that is certain: its key is free again, and
    /// where somebody hears of it lists need not show it.
    pub(super) async fn dropped(
        &self,
        fault: &Fault,
        heard: bool,
        lost: bool,
    ) -> Result<(), StoreError> {
        let (context, uid) = (self.scope.context, self.uid.clone());
        let reason = Reason {
            code: "NotSubmitted".into(),
            message: fault.message.clone(),
        };
        self.scope
            .journal
            .write(move |tx| {
                let (Some(mut job), Some(mut intent)) = (tx.job(&uid)?, tx.intent(&uid)?) else {
                    return Ok(());
                };
                if intent.state != IntentState::Open {
                    return Ok(());
                }
                intent.state = IntentState::Dropped;
                if !lost {
                    intent.key = None;
                    intent.print.clear();
                }
                tx.update_intent(&intent)?;
                let event = EventDraft {
                    from_phase: Some(job.phase),
                    to_phase: Some(Phase::Gone),
                    reason: Some(reason.clone()),
                    ..EventDraft::new(EventKind::NotSubmitted)
                };
                job.phase = Phase::Gone;
                job.reason = Some(reason);
                job.ended_ms = Some(tx.now_ms());
                // The row stays also where the caller hears of it: others may have been told of the job.
                job.own = !heard || lost;
                tx.put_job(context, &mut job, vec![event])
            })
            .await
    }

    /// Nothing was done: it waits again.
    pub(super) async fn held_again(&self, fault: &Fault) -> Result<(), StoreError> {
        tracing::warn!(uid = %self.uid, %fault, "a held submit could not be sent; it waits again");
        let (context, uid) = (self.scope.context, self.uid.clone());
        let reason = Reason {
            code: "NotSent".into(),
            message: fault.message.clone(),
        };
        let work = move |tx: &mut Tx<'_>| {
            let (Some(mut job), Some(mut intent)) = (tx.job(&uid)?, tx.intent(&uid)?) else {
                return Ok(());
            };
            if intent.state != IntentState::Open {
                return Ok(());
            }
            // Somebody stopped it meanwhile.
            if intent.stop_wanted {
                return take_out(tx, context, job, intent).map(|_| ());
            }
            intent.state = IntentState::Held;
            intent.sends = 0;
            tx.update_intent(&intent)?;
            let event = EventDraft {
                from_phase: Some(job.phase),
                to_phase: Some(Phase::Held),
                reason: Some(reason.clone()),
                ..EventDraft::new(EventKind::Status)
            };
            job.phase = Phase::Held;
            job.reason = Some(reason);
            tx.put_job(context, &mut job, vec![event])
        };
        self.scope.journal.write(work).await
    }

    /// How a submit ended that nobody waits for.
    pub(super) async fn audit(&self, name: &str, told: &Settled) {
        let intent = self.intent().await.ok().flatten();
        let client = intent.map(|intent| format!("{} {}", intent.client_kind, intent.client));
        let detail = client.map(|client| format!("for {client}"));
        let act = Act {
            action: "submit.settled",
            target: name.to_owned(),
            detail: detail.unwrap_or_default(),
        };
        audit::note_own(&self.scope, act, told.as_ref()).await;
    }

    /// Makes the job's row anew where there is none, of the stored request.
    pub(super) async fn restored(&self) -> Result<(), StoreError> {
        let (scope, uid) = (Arc::clone(&self.scope), self.uid.clone());
        let work = move |tx: &mut Tx<'_>| {
            let Some(intent) = tx.intent(&uid)? else {
                return Ok(());
            };
            if tx.job(&uid)?.is_some() {
                return Ok(());
            }
            let phase = match intent.state {
                IntentState::Held => Phase::Held,
                _ => Phase::Unconfirmed,
            };
            let mut job = Job::new(uid, intent.name, phase, tx.now_ms());
            let stored = serde_json::from_str(&intent.request).unwrap_or_default();
            // What cannot be read any more stays unknown, and counts as such.
            let _unknown = describe(&mut job, &stored, &scope.sizes, &scope.redactor);
            job.created_ms = Some(intent.created_ms);
            job.profile = intent.profile;
            let event = EventDraft {
                to_phase: Some(phase),
                ..EventDraft::new(EventKind::Discovered)
            };
            tx.put_job(scope.context, &mut job, vec![event])
        };
        self.scope.journal.write(work).await
    }

    /// Changes an open intent and the phase of its job; false when it is not open any more.
    async fn step(
        &self,
        phase: Phase,
        change: impl FnOnce(&mut Intent, i64) + Send + 'static,
    ) -> Result<bool, StoreError> {
        let (context, uid) = (self.scope.context, self.uid.clone());
        self.scope
            .journal
            .write(move |tx| {
                let (Some(mut job), Some(mut intent)) = (tx.job(&uid)?, tx.intent(&uid)?) else {
                    return Ok(false);
                };
                if intent.state != IntentState::Open {
                    return Ok(false);
                }
                change(&mut intent, tx.now_ms());
                tx.update_intent(&intent)?;
                if job.phase != phase {
                    let event = EventDraft {
                        from_phase: Some(job.phase),
                        to_phase: Some(phase),
                        ..EventDraft::new(EventKind::Status)
                    };
                    job.phase = phase;
                    tx.put_job(context, &mut job, vec![event])?;
                }
                Ok(true)
            })
            .await
    }
}

/// A held submit that will not be sent: its job was stopped before it was one.
pub(super) fn take_out(
    tx: &mut Tx<'_>,
    context: i64,
    mut job: Job,
    mut intent: Intent,
) -> Result<Job, StoreError> {
    intent.state = IntentState::Dropped;
    intent.key = None;
    intent.print.clear();
    tx.update_intent(&intent)?;
    let reason = Reason {
        code: "TakenOut".into(),
        message: "it was held, and taken out of the queue before it was sent".into(),
    };
    let event = EventDraft {
        from_phase: Some(job.phase),
        to_phase: Some(Phase::Stopped),
        reason: Some(reason.clone()),
        ..EventDraft::new(EventKind::Status)
    };
    job.phase = Phase::Stopped;
    job.reason = Some(reason);
    job.ended_ms = Some(tx.now_ms());
    tx.put_job(context, &mut job, vec![event])?;
    Ok(job)
}

fn confirm(
    tx: &mut Tx<'_>,
    context: i64,
    uid: &str,
    native_id: String,
    seq: u64,
) -> Result<(), StoreError> {
    let (Some(mut job), Some(mut intent)) = (tx.job(uid)?, tx.intent(uid)?) else {
        return Ok(());
    };
    if let Some(known) = &job.native_id {
        // A look was faster. Another id means that an earlier send had taken effect, too.
        if *known != native_id && tx.job_by_native(context, &native_id)?.is_none() {
            let mut second = Job::new(new_uid(), job.name.clone(), Phase::Pending, tx.now_ms());
            second.native_id = Some(native_id);
            second.status = "Creating".into();
            second.created_ms = Some(tx.now_ms());
            second.requested = job.requested;
            second.replicas.clone_from(&job.replicas);
            let discovered = EventDraft {
                to_status: second.status.clone(),
                to_phase: Some(Phase::Pending),
                ..EventDraft::new(EventKind::Discovered)
            };
            let told = twin(&mut second, &job);
            tx.put_job(context, &mut second, vec![discovered, told])?;
        }
        return Ok(());
    }
    absorb(tx, context, uid, &native_id)?;
    intent.state = IntentState::Confirmed;
    intent.native_id = Some(native_id.clone());
    tx.update_intent(&intent)?;
    let event = EventDraft {
        from_phase: Some(job.phase),
        to_status: "Creating".into(),
        to_phase: Some(Phase::Pending),
        ..EventDraft::new(EventKind::Confirmed)
    };
    job.stop_due = intent.stop_wanted;
    job.native_id = Some(native_id);
    job.phase = Phase::Pending;
    job.status = "Creating".into();
    job.observed_ms = tx.now_ms();
    job.observed_seq = seq;
    tx.put_job(context, &mut job, vec![event])
}
