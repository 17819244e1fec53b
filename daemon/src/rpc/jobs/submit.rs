//! `SubmitJob` and `CheckSubmit`.

use std::sync::Arc;

use pai_proto::v1::{
    CheckSubmitResponse, SubmitCheck, SubmitJobRequest, SubmitJobResponse,
    check_submit_response::Verdict as VerdictMessage, submit_check::Outcome as OutcomeMessage,
};

use crate::{
    audit::{Act, shortened},
    contexts::Running,
    model::{Caller, Fault, FaultKind, Phase, redact::Redactor},
    rpc::{audit::noted, convert, resolve},
    submit::{self, Original, Outcome, Submitted, Verdict, Wish, original},
};

pub(super) async fn submit(
    running: &Arc<Running>,
    request: SubmitJobRequest,
    caller: Caller,
) -> Result<SubmitJobResponse, Fault> {
    let scope = &running.scope;
    let mut act = act(&request, &scope.redactor);
    let made = match wish(running, request).await {
        Ok(wish) => submit::submit(scope, &running.poller, wish, caller.clone()).await,
        Err(fault) => Err(fault),
    };
    if let Ok(Submitted { job, joined, .. }) = &made {
        let id = job.display_id();
        act.target = format!("{} ({id})", job.name);
        act.detail = match (joined, job.phase) {
            (true, _) => format!("joined; {}", act.detail),
            (_, Phase::Held) => format!("held; {}", act.detail),
            _ => act.detail,
        };
    }
    let made = noted(scope, &caller, act, made, |made| made.request_id.clone()).await?;
    let mut warnings = made.warnings;
    match made.job.phase {
        Phase::Unconfirmed => warnings.push(
            "the cloud's answer to the submit was lost; paid is looking the job up by its name and goes on by itself"
                .to_owned(),
        ),
        Phase::Submitting => {
            warnings.push("the cloud has not taken the submit yet; paid goes on by itself".to_owned());
        }
        _ => {}
    }
    let mut job = convert::job(&made.job, scope.looks.get().old_since_ms());
    job.queue_position = convert::queue_position(scope, &made.job).await?;
    Ok(SubmitJobResponse {
        job: Some(job),
        joined: made.joined,
        warnings,
    })
}

pub(super) async fn check(
    running: &Arc<Running>,
    request: SubmitJobRequest,
    caller: Caller,
) -> Result<CheckSubmitResponse, Fault> {
    let wish = wish(running, request).await?;
    let checked = submit::check(&running.scope, &running.poller, wish, caller).await?;
    let verdict = match checked.verdict {
        Verdict::Sent => VerdictMessage::Sent,
        Verdict::Held => VerdictMessage::Held,
        Verdict::Joined => VerdictMessage::Joined,
        Verdict::Refused => VerdictMessage::Refused,
    };
    let check = |check: submit::Check| {
        let outcome = match check.outcome {
            Outcome::Passed => OutcomeMessage::Passed,
            Outcome::Warning => OutcomeMessage::Warning,
            Outcome::Refused => OutcomeMessage::Refused,
            Outcome::Unknown => OutcomeMessage::Unknown,
        };
        SubmitCheck {
            name: check.name.into(),
            outcome: outcome.into(),
            detail: check.detail,
        }
    };
    let raw = checked.request.map(|request| request.to_string());
    Ok(CheckSubmitResponse {
        raw: raw.unwrap_or_default(),
        checks: checked.checks.into_iter().map(check).collect(),
        verdict: verdict.into(),
    })
}

/// What is told of it in the audit.
fn act(request: &SubmitJobRequest, redactor: &Redactor) -> Act {
    let mut detail = match request.profile.as_str() {
        "" => String::new(),
        profile => format!("profile {profile}; "),
    };
    if !request.clone_of.is_empty() {
        detail.push_str(&format!("clone of {}; ", request.clone_of));
    }
    for key in request.overrides.keys() {
        detail.push_str(&format!("sets {key}; "));
    }
    // Masked as a whole, before it is cut: of half a secret nothing can be told.
    let redactor = redactor.with(request.secret_envs.values().cloned());
    let command = redactor.text(&request.command).replace(['\n', '\r'], " ");
    detail.push_str(&shortened(&command, 200));
    Act {
        action: "submit",
        target: request.name.clone(),
        detail,
    }
}

async fn wish(running: &Running, request: SubmitJobRequest) -> Result<Wish, Fault> {
    let original = match request.clone_of.as_str() {
        "" => None,
        id => {
            let job = resolve::job(running, id).await?;
            Some(original(&running.scope, &job).await?)
        }
    };
    let priority = request.priority.map(|priority| {
        // What is no priority at all is refused as one that is out of range.
        u8::try_from(priority).unwrap_or(u8::MAX)
    });
    let mut wish = Wish {
        name: request.name,
        command: request.command,
        profile: request.profile,
        nonce: request.nonce,
        key: request.idempotency_key,
        queue: request.queue,
        another: request.another,
        code_branch: request.code_branch,
        code_commit: request.code_commit,
        envs: request.envs,
        secret_envs: request
            .secret_envs
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
        tags: request.tags,
        priority,
        max_minutes: request.max_run_minutes,
        overrides: request.overrides,
        original: None,
    };
    if let Some(original) = original {
        take_over(&mut wish, &original)?;
        wish.original = Some(original);
    }
    Ok(wish)
}

/// Name and command of the original where none are given; what it hides must be given again.
fn take_over(wish: &mut Wish, original: &Original) -> Result<(), Fault> {
    if wish.name.is_empty() {
        wish.name.clone_from(&original.name);
    }
    if wish.command.is_empty() {
        let hidden = || {
            Fault::new(
                FaultKind::Invalid,
                "the command of the original held a secret, which is not stored",
            )
            .hint("give the command again, with the secret in the environment (`--secret-env`)")
            .field("command")
        };
        wish.command = original.command.clone().ok_or_else(hidden)?;
    }
    let given =
        |name: &&String| wish.envs.contains_key(*name) || wish.secret_envs.contains_key(*name);
    match original.hidden_envs.iter().find(|name| !given(name)) {
        None => Ok(()),
        Some(name) => {
            let message =
                format!("the original was given {name} with its call, which is not stored");
            Err(Fault::new(FaultKind::Invalid, message)
                .hint(format!("give it again: `--secret-env {name}`"))
                .field("secret_envs"))
        }
    }
}
