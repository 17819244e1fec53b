//! `StopJob`, `DeleteJob` and `UpdateJob`: only own jobs, and each of them noted.

use std::sync::Arc;

use pai_proto::v1::{
    DeleteJobResponse, StopJobResponse, UpdateJobRequest, UpdateJobResponse,
    stop_job_response::Outcome as StopMessage, update_job_response::Outcome as UpdateMessage,
};

use crate::{
    audit::Act,
    config::{
        Actor,
        policy::{self, Call},
    },
    contexts::Running,
    model::{Caller, Fault, Job},
    provider::JobChange,
    rpc::{audit::noted, convert, resolve},
    scope::Scope,
    submit::{self, StopOutcome},
};

pub(super) async fn stop(
    running: &Arc<Running>,
    id: &str,
    caller: Caller,
) -> Result<StopJobResponse, Fault> {
    let scope = &running.scope;
    let job = named(running, "stop", id, &caller).await?;
    let act = act("stop", &job, String::new());
    let stopped = match allowed(scope, &caller, Call::Stop) {
        Ok(()) => submit::stop(scope, &running.poller, job).await,
        Err(fault) => Err(fault),
    };
    let stopped = noted(scope, &caller, act, stopped, |done| done.request_id.clone()).await?;
    let outcome = match stopped.outcome {
        StopOutcome::Requested => StopMessage::Requested,
        StopOutcome::AlreadyEnded => StopMessage::AlreadyEnded,
        StopOutcome::WhenFound => StopMessage::WhenFound,
        StopOutcome::NotSent => StopMessage::NotSent,
    };
    Ok(StopJobResponse {
        job: Some(convert::job(&stopped.job, scope.looks.get().old_since_ms())),
        outcome: outcome.into(),
    })
}

pub(super) async fn delete(
    running: &Arc<Running>,
    id: &str,
    caller: Caller,
) -> Result<DeleteJobResponse, Fault> {
    let scope = &running.scope;
    let job = named(running, "delete", id, &caller).await?;
    let act = act("delete", &job, String::new());
    let deleted = match allowed(scope, &caller, Call::Delete) {
        Ok(()) => submit::delete(scope, job).await,
        Err(fault) => Err(fault),
    };
    let (job, _) = noted(scope, &caller, act, deleted, |(_, id)| id.clone()).await?;
    Ok(DeleteJobResponse {
        job: Some(convert::job(&job, None)),
    })
}

pub(super) async fn update(
    running: &Arc<Running>,
    request: UpdateJobRequest,
    caller: Caller,
) -> Result<UpdateJobResponse, Fault> {
    let scope = &running.scope;
    let job = named(running, "update", &request.id, &caller).await?;
    let change = JobChange {
        // What is no priority at all is refused as one that is out of range.
        priority: request.priority.map(|n| u8::try_from(n).unwrap_or(u8::MAX)),
        publish: request.publish,
    };
    let asked = [
        request
            .priority
            .map(|priority| format!("priority {priority}")),
        request.publish.then(|| "publish".to_owned()),
    ];
    let detail: Vec<_> = asked.into_iter().flatten().collect();
    let mut act = act("update", &job, detail.join(", "));
    let updated = match may_change(scope, &caller, change) {
        Ok(()) => submit::update(scope, job, change).await,
        Err(fault) => Err(fault),
    };
    if let Ok(updated) = &updated
        && !updated.applied
    {
        act.detail.push_str("; accepted, not applied");
    }
    let updated = noted(scope, &caller, act, updated, |done| done.request_id.clone()).await?;
    running.poller.think();
    let outcome = match updated.applied {
        true => UpdateMessage::Applied,
        false => UpdateMessage::Accepted,
    };
    Ok(UpdateJobResponse {
        job: Some(convert::job(&updated.job, scope.looks.get().old_since_ms())),
        outcome: outcome.into(),
        note: updated.note,
    })
}

/// The job that is meant. That there is none is noted, too.
async fn named(
    running: &Running,
    action: &'static str,
    id: &str,
    caller: &Caller,
) -> Result<Job, Fault> {
    match resolve::job(running, id).await {
        Ok(job) => Ok(job),
        Err(fault) => {
            let act = Act {
                action,
                // What nobody has measured yet.
                target: id.chars().take(resolve::NAME_MAX).collect(),
                detail: String::new(),
            };
            noted(&running.scope, caller, act, Err(fault), |_| String::new()).await
        }
    }
}

/// Whether the policy lets the caller make this call.
fn allowed(scope: &Scope, caller: &Caller, call: Call) -> Result<(), Fault> {
    let policy = &scope.settings().policy;
    policy.check_call(caller.into(), call)
}

fn may_change(scope: &Scope, caller: &Caller, change: JobChange) -> Result<(), Fault> {
    if change.publish {
        allowed(scope, caller, Call::Publish)?;
    }
    let Some(priority) = change.priority else {
        return Ok(());
    };
    allowed(scope, caller, Call::Update)?;
    match Actor::from(caller) {
        Actor::Person => Ok(()),
        Actor::Tool => policy::check_priority(&scope.settings(), priority),
    }
}

fn act(action: &'static str, job: &Job, detail: String) -> Act {
    Act {
        action,
        target: format!("{} ({})", job.name, job.display_id()),
        detail,
    }
}
