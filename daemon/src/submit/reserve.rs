//! Taking the room: decision, intent and job row in one transaction.

use std::sync::Arc;

use super::{
    Request, admission,
    again::{leads_back, todays_body},
    look_is_fresh, made_before,
};
use crate::{
    journal::{Intent, IntentState, StoreError, Tx},
    model::{EventDraft, EventKind, Fault, Job, Phase},
    provider::dlc::request::sealed,
    scope::{Scope, new_uid},
};

/// What came of it.
pub(super) enum Reserved {
    /// The intent of this uid is stored.
    New(String),
    /// The same call was faster on another connection.
    Before(Box<Job>),
    /// The look has grown too old on the way to decide on it.
    LookTooOld,
}

pub(super) async fn reserve(scope: &Arc<Scope>, request: Request) -> Result<Reserved, Fault> {
    let (intent, job) = draft(scope, &request);
    let inside = Arc::clone(scope);
    scope
        .journal
        .write(move |tx| decide(tx, &inside, intent, job))
        .await?
}

fn decide(
    tx: &mut Tx<'_>,
    scope: &Scope,
    intent: Intent,
    mut job: Job,
) -> Result<Result<Reserved, Fault>, StoreError> {
    let context = scope.context;
    if let Some(nonce) = &intent.nonce
        && let Some(before) = tx.intent_by_nonce(context, nonce)?
    {
        return Ok(match tx.job(&before.uid)? {
            Some(job) => Ok(Reserved::Before(Box::new(job))),
            None => Err(made_before(before.native_id)),
        });
    }
    if !look_is_fresh(scope) {
        return Ok(Ok(Reserved::LookTooOld));
    }
    let active = tx.active_jobs(context)?;
    let own: Vec<_> = active.iter().filter(|job| job.own).collect();
    let settings = &scope.settings;
    if let Err(refusal) = admission::decide(&settings.limits, &own, &job.requested) {
        return Ok(Err(refusal.into_fault(&settings.path)));
    }
    tx.insert_intent(&intent)?;
    let event = EventDraft {
        to_phase: Some(Phase::Submitting),
        ..EventDraft::new(EventKind::Discovered)
    };
    tx.put_job(context, &mut job, vec![event])?;
    Ok(Ok(Reserved::New(intent.uid)))
}

/// The intent with references in place of secrets (invariant 8), and the job that it is to become.
fn draft(scope: &Scope, request: &Request) -> (Intent, Job) {
    let uid = new_uid();
    let now_ms = scope.clock.wall_ms();
    let shown_command = scope.redactor.text(&request.command);
    let mut stored = sealed(&request.body, &scope.redactor);
    if shown_command != request.command {
        stored["UserCommand"] = shown_command.as_str().into();
    }
    let today = todays_body(&scope.settings, &request.profile, &request.name);
    let resendable = leads_back(&stored, &request.body, &today);
    let mut job = Job::new(uid.clone(), request.name.clone(), Phase::Submitting, now_ms);
    job.created_ms = Some(now_ms);
    job.command = shown_command;
    job.job_type.clone_from(&request.job_type);
    job.replicas.clone_from(&request.replicas);
    job.requested = request.requested;
    job.profile.clone_from(&request.profile);
    job.workspace_id.clone_from(&scope.settings.workspace_id);
    job.resource_id.clone_from(&scope.settings.resource_id);
    let intent = Intent {
        uid,
        context: scope.context,
        name: request.name.clone(),
        nonce: (!request.nonce.is_empty()).then(|| request.nonce.clone()),
        profile: request.profile.clone(),
        request: stored.to_string(),
        resendable,
        state: IntentState::Open,
        sends: 1,
        empty_looks: 0,
        stop_wanted: false,
        native_id: None,
        created_ms: now_ms,
        last_sent_ms: now_ms,
    };
    (intent, job)
}
