//! What settling an intent writes into the journal: each step in one transaction, intent and job together.

use super::settle::Settling;
use crate::{
    journal::{Intent, IntentState, StoreError, Tx},
    model::{EventDraft, EventKind, Fault, Phase, Reason},
    provider::StopAck,
};

impl Settling {
    /// The backend answered with an id.
    pub(super) async fn confirm(&self, native_id: String, seq: u64) -> Result<(), Fault> {
        let (context, uid) = (self.scope.context, self.open.uid.clone());
        self.scope
            .journal
            .write(move |tx| {
                let Some(mut job) = tx.job(&uid)? else {
                    return Ok(());
                };
                if job.native_id.is_some() {
                    // The poller saw it before its answer came.
                    return Ok(());
                }
                if let Some(mut intent) = tx.intent(&uid)? {
                    intent.state = IntentState::Confirmed;
                    intent.native_id = Some(native_id.clone());
                    job.stop_due = intent.stop_wanted;
                    tx.update_intent(&intent)?;
                }
                let event = EventDraft {
                    from_phase: Some(job.phase),
                    to_status: "Creating".into(),
                    to_phase: Some(Phase::Pending),
                    ..EventDraft::new(EventKind::Confirmed)
                };
                job.native_id = Some(native_id);
                job.phase = Phase::Pending;
                job.status = "Creating".into();
                job.observed_ms = tx.now_ms();
                job.observed_seq = seq;
                tx.put_job(context, &mut job, vec![event])
            })
            .await?;
        self.stop_if_wanted().await;
        Ok(())
    }

    /// A stop that came while the job was not known is sent now; what fails here stays due for the next look.
    pub(super) async fn stop_if_wanted(&self) {
        let uid = self.open.uid.clone();
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
        if let Ok(StopAck::Accepted | StopAck::AlreadyEnded) = self.scope.provider.stop(id).await {
            let context = self.scope.context;
            let cleared = move |tx: &mut Tx<'_>| {
                let Some(mut job) = tx.job(&job.uid)? else {
                    return Ok(());
                };
                job.stop_due = false;
                tx.put_job(context, &mut job, Vec::new())
            };
            if let Err(error) = self.scope.journal.write(cleared).await {
                tracing::error!(%error, "a sent stop could not be noted");
            }
        }
    }

    pub(super) async fn note_unconfirmed(&self) -> Result<(), Fault> {
        self.change_phase(Phase::Unconfirmed, |_| {}).await
    }

    pub(super) async fn note_sending_again(&self) -> Result<(), Fault> {
        let now_ms = self.scope.clock.wall_ms();
        tracing::warn!(name = %self.open.name, "no trace of a lost submit after all looks: sending it again");
        self.change_phase(Phase::Submitting, move |intent| {
            intent.sends += 1;
            intent.empty_looks = 0;
            intent.last_sent_ms = now_ms;
        })
        .await
    }

    pub(super) async fn note_sent_now(&self) -> Result<(), Fault> {
        let (uid, now_ms) = (self.open.uid.clone(), self.scope.clock.wall_ms());
        let work = move |tx: &mut Tx<'_>| {
            let Some(mut intent) = tx.intent(&uid)? else {
                return Ok(());
            };
            intent.last_sent_ms = now_ms;
            tx.update_intent(&intent)
        };
        Ok(self.scope.journal.write(work).await?)
    }

    pub(super) async fn count_empty_look(&self) -> Result<(), Fault> {
        let uid = self.open.uid.clone();
        let count = move |tx: &mut Tx<'_>| {
            let Some(mut intent) = tx.intent(&uid)? else {
                return Ok(());
            };
            intent.empty_looks += 1;
            tx.update_intent(&intent)
        };
        Ok(self.scope.journal.write(count).await?)
    }

    async fn change_phase(
        &self,
        phase: Phase,
        change: impl FnOnce(&mut Intent) + Send + 'static,
    ) -> Result<(), Fault> {
        let (context, uid) = (self.scope.context, self.open.uid.clone());
        let work = move |tx: &mut Tx<'_>| {
            let (Some(mut job), Some(mut intent)) = (tx.job(&uid)?, tx.intent(&uid)?) else {
                return Ok(());
            };
            if intent.state != IntentState::Open {
                return Ok(());
            }
            change(&mut intent);
            tx.update_intent(&intent)?;
            if job.phase == phase {
                return Ok(());
            }
            let event = EventDraft {
                from_phase: Some(job.phase),
                to_phase: Some(phase),
                ..EventDraft::new(EventKind::Status)
            };
            job.phase = phase;
            tx.put_job(context, &mut job, vec![event])
        };
        Ok(self.scope.journal.write(work).await?)
    }

    pub(super) async fn drop_intent(&self, fault: &Fault, heard: bool) -> Result<(), StoreError> {
        let (context, uid) = (self.scope.context, self.open.uid.clone());
        let reason = Reason {
            code: "NotSubmitted".into(),
            message: fault.message.clone(),
        };
        self.scope
            .journal
            .write(move |tx| {
                if let Some(mut intent) = tx.intent(&uid)? {
                    intent.state = IntentState::Dropped;
                    tx.update_intent(&intent)?;
                }
                let Some(mut job) = tx.job(&uid)? else {
                    return Ok(());
                };
                let event = EventDraft {
                    from_phase: Some(job.phase),
                    to_phase: Some(Phase::Gone),
                    reason: Some(reason.clone()),
                    ..EventDraft::new(EventKind::NotSubmitted)
                };
                job.phase = Phase::Gone;
                job.reason = Some(reason);
                job.ended_ms = Some(tx.now_ms());
                match heard {
                    true => tx.forget_job(context, job, event),
                    false => tx.put_job(context, &mut job, vec![event]),
                }
            })
            .await
    }
}
