//! What makes a submit happen once (invariant 4) and limits hold (invariant 5), and the other changes of own jobs.
//!
//! `draft` makes the request, `join` finds the earlier submit that it may be, [`admission`] decides inside the same
//! transaction that stores the intent (`reserve`); `settle` sends the intent and finds out what became of it, over lost
//! answers and restarts; `queue` does so for those that wait for room; [`stop`] is the way back.

pub mod admission;
mod again;
mod as_profile;
pub mod budget;
mod check;
mod claims;
mod code;
mod copy;
mod delete;
mod described;
mod draft;
mod house;
mod join;
pub mod lost;
mod name;
mod note;
mod overrides;
mod permit;
mod print;
mod queue;
mod reserve;
mod settle;
mod sizes;
mod stop;
mod update;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::{
    journal::Reader,
    model::{Caller, Fault, FaultKind, Job},
    poll::PollerHandle,
    scope::Scope,
};

pub use as_profile::{Imported, as_profile};
pub use check::{Check, Checked, Outcome, Verdict, check};
pub use claims::Claims;
pub use code::is_reference;
pub use copy::{Original, original};
pub use delete::delete;
use draft::{Draft, draft, secrets, sought};
pub use join::JOINS_FOR;
use join::{Before, Sought};
use permit::permit;
pub use print::Prints;
pub use queue::{Queue, start as start_queue};
use reserve::{Reserved, reserve};
use settle::Settled;
pub use settle::{restore, resume};
pub use sizes::{Sizes, learn as learn_sizes};
pub use stop::{StopOutcome, Stopped, stop};
pub use update::{Updated, update};

/// A submit answers after this time at the latest, with what is known then.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// The look that admission decides on is at most this old (invariant 5).
pub const LOOK_MAX_AGE: Duration = Duration::from_secs(10);

/// What a client asks for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Short name.
    pub name: String,
    /// Shell text.
    pub command: String,
    /// Profile; empty is `default`, or the request of the original.
    pub profile: String,
    /// The client's nonce; empty when it has none.
    pub nonce: String,
    /// Two submits with the same key are one; empty when it has none.
    pub key: String,
    /// Wait for room instead of being refused.
    pub queue: bool,
    /// Do not join an equal submit.
    pub another: bool,
    /// Branch of the code source; empty is the settings' default.
    pub code_branch: String,
    /// Commit of the code source; empty is the settings' default.
    pub code_commit: String,
    /// Environment, over that of the profile.
    pub envs: BTreeMap<String, String>,
    /// The same for what must not be stored.
    pub secret_envs: BTreeMap<String, SecretString>,
    /// Tags, over those of the profile.
    pub tags: BTreeMap<String, String>,
    /// 1 to 9; `None` is the profile's.
    pub priority: Option<u8>,
    /// Minutes of running; `None` is the profile's, else the limit of the settings.
    pub max_minutes: Option<u32>,
    /// In place of what the profile says.
    pub overrides: BTreeMap<String, String>,
    /// The job whose request is taken.
    pub original: Option<Original>,
}

/// What became of it so far.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The job as it is known now.
    pub job: Job,
    /// It is that of an earlier submit.
    pub joined: bool,
    /// For people, each one line.
    pub warnings: Vec<String>,
    /// The backend's id of the request that made it; empty when that is not known.
    pub request_id: String,
}

/// Submits a job. Once its intent is stored the work goes on, also when the caller leaves; one who left before has changed their
/// mind.
///
/// # Errors
/// Why nothing was submitted: a wrong wish, a limit, or the backend's refusal.
pub async fn submit(
    scope: &Arc<Scope>,
    poller: &PollerHandle,
    wish: Wish,
    caller: Caller,
) -> Result<Submitted, Fault> {
    let answer_at = scope.clock.mono() + ANSWER_WITHIN;
    let settings = scope.settings();
    let sought = sought(scope, &wish, &caller);
    let hidden: Vec<_> = secrets(&wish).collect();
    let presence = caller.presence.clone();
    let drafted = match permit(scope, &settings, &wish, &caller).await {
        Ok(()) => draft(scope, &settings, wish, sought.clone(), caller),
        Err(fault) => Err(fault),
    };
    let mut draft = match drafted {
        Ok(draft) => {
            // They go to the cloud, which may quote them.
            if !hidden.is_empty() {
                scope.redactor.remember(hidden);
            }
            draft
        }
        // What was submitted before is so, also where it could not be submitted today.
        Err(fault) => return named_before(scope, sought).await?.map(joined).ok_or(fault),
    };
    // A call that is merely repeated is to be answered before anything is asked of the cloud.
    if !look_is_fresh(scope)
        && let Some(before) = made_before(scope, &draft).await?
    {
        return Ok(joined(before));
    }
    let warnings = draft.warnings.clone();
    let uid = draft.uid.clone();
    let settled = loop {
        look_if_old(scope, poller, answer_at).await?;
        if presence.has_left() {
            return Err(left());
        }
        let (outcome, settled) = oneshot::channel();
        match start(scope, poller, draft.clone(), outcome).await? {
            Reserved::New => break settled,
            Reserved::Held(job) => {
                return Ok(Submitted {
                    job: *job,
                    joined: false,
                    warnings,
                    request_id: String::new(),
                });
            }
            Reserved::Before(before) => return Ok(joined(before)),
            Reserved::LookTooOld => {}
            Reserved::NameTaken => draft.draw_name(&scope.settings().prefix)?,
            Reserved::SizesUnknown(types) => {
                sizes::learn(scope, types).await.map_err(unchecked)?;
                scope.sizes.complete(&mut draft.job);
            }
        }
    };
    let (job, request_id) = answer(scope, uid, settled, answer_at).await?;
    Ok(Submitted {
        job,
        joined: false,
        warnings,
        request_id,
    })
}

fn left() -> Fault {
    let message = "nothing was submitted: the client left before the limits were checked";
    Fault::new(FaultKind::Unavailable, message).hint("submit it again")
}

fn unchecked(mut fault: Fault) -> Fault {
    fault.message = format!(
        "nothing was submitted, since the limits cannot be checked: {}",
        fault.message
    );
    fault
}

fn joined(before: Before) -> Submitted {
    Submitted {
        job: *before.job,
        joined: true,
        warnings: Some(before.why)
            .filter(|why| !why.is_empty())
            .into_iter()
            .collect(),
        request_id: String::new(),
    }
}

/// Takes the room and sends, in a task of its own: a caller who leaves in between leaves nothing half done.
async fn start(
    scope: &Arc<Scope>,
    poller: &PollerHandle,
    draft: Draft,
    outcome: oneshot::Sender<Settled>,
) -> Result<Reserved, Fault> {
    let (scope, poller) = (Arc::clone(scope), poller.clone());
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let (open, uid) = (settle::Open::of(&draft), draft.uid.clone());
        let reserved = reserve(&scope, draft).await;
        let new = matches!(reserved, Ok(Reserved::New));
        // The caller may have gone.
        let _unheard = tell.send(reserved);
        if new {
            settle::settle(scope, poller, uid, open, outcome).await;
        }
    });
    told.await
        .map_err(|_| Fault::internal("the submit's task ended without a word"))?
}

/// What is known of the submit when it is settled, or when the caller must have an answer.
async fn answer(
    scope: &Scope,
    uid: String,
    mut settled: oneshot::Receiver<Settled>,
    answer_at: Duration,
) -> Result<(Job, String), Fault> {
    let silent = |_| Fault::internal("the submit's task ended without a word");
    let request_id = tokio::select! {
        result = &mut settled => result.map_err(silent)??,
        () = scope.clock.sleep_until(answer_at) => String::new(),
    };
    match scope.journal.read(move |reader| reader.job(&uid)).await? {
        Some(job) => Ok((job, request_id)),
        // Refused this very moment: the reason is on its way.
        None => match settled.await.map_err(silent)? {
            Err(fault) => Err(fault),
            Ok(_) => Err(Fault::internal("the submitted job is not in the store")),
        },
    }
}

async fn made_before(scope: &Arc<Scope>, draft: &Draft) -> Result<Option<Before>, Fault> {
    let (now_ms, sought, inside) = (
        scope.clock.wall_ms(),
        draft.sought.clone(),
        Arc::clone(scope),
    );
    let find = move |reader: &Reader<'_>| join::find(reader, &inside, now_ms, &sought);
    scope.journal.read(find).await?
}

async fn named_before(scope: &Arc<Scope>, sought: Sought) -> Result<Option<Before>, Fault> {
    let inside = Arc::clone(scope);
    let find = move |reader: &Reader<'_>| join::find_named(reader, &inside, &sought);
    scope.journal.read(find).await?
}

/// Limits are decided on a complete look that is fresh enough.
async fn look_if_old(
    scope: &Scope,
    poller: &PollerHandle,
    answer_at: Duration,
) -> Result<(), Fault> {
    if look_is_fresh(scope) {
        return Ok(());
    }
    let looked = tokio::select! {
        looked = poller.look_now() => looked,
        () = scope.clock.sleep_until(answer_at) => Err(
            Fault::new(FaultKind::Unavailable, "the cloud did not answer in time")
                .hint("check the network and the endpoint with `paictl daemon status`"),
        ),
    };
    looked.map_err(|mut fault| {
        fault.message = format!(
            "nothing was submitted, since the limits cannot be checked: {}",
            fault.message
        );
        fault
    })
}

fn look_is_fresh(scope: &Scope) -> bool {
    let last = scope.looks.get().last_complete;
    last.is_some_and(|at| scope.clock.mono().saturating_sub(at) <= LOOK_MAX_AGE)
}
