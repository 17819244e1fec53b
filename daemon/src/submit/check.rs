//! What a submit would send and decide, without doing it.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Wish, admission,
    draft::{Draft, draft, sought},
    house::House,
    join, look_if_old, permit, reserve, sizes,
};
use crate::{
    journal::{StoreError, Tx},
    model::{Caller, Fault},
    poll::PollerHandle,
    scope::Scope,
};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing speaks against it.
    Passed,
    /// It would be submitted all the same.
    Warning,
    /// It would be refused, or held.
    Refused,
    /// Cannot be told now.
    Unknown,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked, for example `maxGPU`.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// One sentence.
    pub detail: String,
}

/// What would become of the submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It would be sent now.
    Sent,
    /// It would wait for room.
    Held,
    /// It would be an earlier one.
    Joined,
    /// It would be refused.
    Refused,
}

/// The whole answer.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The request, secrets masked; `None` when none can be made.
    pub request: Option<Value>,
    /// In the order in which a submit makes them.
    pub checks: Vec<Check>,
    /// What would become of it.
    pub verdict: Verdict,
}

/// Goes the way of a submit up to the point where something would be stored.
///
/// # Errors
/// When the store cannot be read. What is wrong with the wish is in the answer.
pub async fn check(
    scope: &Arc<Scope>,
    poller: &PollerHandle,
    wish: Wish,
    caller: Caller,
) -> Result<Checked, Fault> {
    let mut checks = Vec::new();
    let settings = scope.settings();
    if let Err(fault) = permit(scope, &settings, &wish, &caller).await {
        return Ok(refused(None, checks, "policy", &fault));
    }
    if caller.is_tool {
        checks.push(Check {
            name: "policy",
            outcome: Outcome::Passed,
            detail: "what a tool may set here".into(),
        });
    }
    let sought = sought(scope, &wish, &caller);
    let mut draft = match draft(scope, &settings, wish, sought, caller) {
        Ok(draft) => draft,
        Err(fault) => return Ok(refused(None, checks, "request", &fault)),
    };
    checks.push(request_check(&draft));
    checks.extend(draft.warnings.iter().map(|line| Check {
        name: "copy",
        outcome: Outcome::Warning,
        detail: line.clone(),
    }));
    let request = Some(draft.shown());
    let answer_at = scope.clock.mono() + super::ANSWER_WITHIN;
    if let Err(fault) = look_if_old(scope, poller, answer_at).await {
        return Ok(refused(request, checks, "look", &fault));
    }
    let (more, verdict) = loop {
        let (inside, asked) = (Arc::clone(scope), draft.clone());
        // A write, since it is to see what a submit would see; nothing is changed.
        let found = scope.journal.write(move |tx| decide(tx, &inside, &asked));
        let types = match found.await? {
            Decision::Made(checks, verdict) => break (checks, verdict),
            Decision::SizesUnknown(types) => types,
        };
        if let Err(fault) = sizes::learn(scope, types).await {
            return Ok(refused(request, checks, "sizes", &fault));
        }
        scope.sizes.complete(&mut draft.job);
    };
    checks.extend(more);
    Ok(Checked {
        request,
        checks,
        verdict,
    })
}

fn request_check(draft: &Draft) -> Check {
    let size = draft.body.to_string().len();
    let cap = match draft.job.max_minutes {
        Some(minutes) => format!("stopped after {minutes} min of running"),
        None => "without a time limit".into(),
    };
    Check {
        name: "request",
        outcome: Outcome::Passed,
        detail: format!("{size} bytes, profile {:?}, {cap}", draft.profile),
    }
}

fn refused(
    request: Option<Value>,
    mut checks: Vec<Check>,
    name: &'static str,
    fault: &Fault,
) -> Checked {
    checks.push(Check {
        name,
        outcome: Outcome::Refused,
        detail: fault.to_string(),
    });
    Checked {
        request,
        checks,
        verdict: Verdict::Refused,
    }
}

enum Decision {
    Made(Vec<Check>, Verdict),
    /// What these instance types have must be known first.
    SizesUnknown(Vec<String>),
}

fn decide(tx: &mut Tx<'_>, scope: &Scope, draft: &Draft) -> Result<Decision, StoreError> {
    let check = |name, outcome, detail| Check {
        name,
        outcome,
        detail,
    };
    let mut checks = Vec::new();
    match join::find(tx, scope, tx.now_ms(), &draft.sought)? {
        Err(fault) => {
            checks.push(check("repeated", Outcome::Refused, fault.to_string()));
            return Ok(Decision::Made(checks, Verdict::Refused));
        }
        Ok(Some(before)) => {
            let detail = format!("{} ({})", before.why, before.job.display_id());
            checks.push(check("repeated", Outcome::Warning, detail));
            return Ok(Decision::Made(checks, Verdict::Joined));
        }
        Ok(None) => {
            let detail = "no equal submit is unconfirmed or younger than 60 s".into();
            checks.push(check("repeated", Outcome::Passed, detail));
        }
    }
    let limits = &scope.settings().limits;
    let house = House::read(tx, scope, limits)?;
    let unknown = house.unknown_sizes(scope, limits, &draft.job);
    if !unknown.is_empty() {
        return Ok(Decision::SizesUnknown(unknown));
    }
    for (limit, checked) in admission::checks(limits, &house, &draft.ask()) {
        checks.push(match checked {
            Ok(detail) => check(limit, Outcome::Passed, detail),
            Err(refusal) => check(limit, Outcome::Refused, refusal.text()),
        });
    }
    let verdict = match reserve::judge(tx, scope, limits, &house, draft)? {
        Ok(()) => Verdict::Sent,
        Err(refusal) => {
            if refusal.limit == admission::QUEUE {
                checks.push(check(admission::QUEUE, Outcome::Refused, refusal.text()));
            }
            match draft.queue && !refusal.never {
                true if draft.resendable => Verdict::Held,
                true => {
                    let why = reserve::cannot_wait().to_string();
                    checks.push(check(admission::QUEUE, Outcome::Refused, why));
                    Verdict::Refused
                }
                false => Verdict::Refused,
            }
        }
    };
    Ok(Decision::Made(checks, verdict))
}
