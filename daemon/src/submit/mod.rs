//! What makes a submit happen once (invariant 4) and limits hold (invariant 5).
//!
//! [`admission`] decides, inside the same transaction that stores the intent (`reserve`); `settle` sends the intent and
//! finds out what became of it, over lost answers and restarts; [`stop`] is the way back.

pub mod admission;
mod again;
mod code;
pub mod lost;
mod name;
mod note;
mod reserve;
mod settle;
mod stop;

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use crate::{
    model::{Fault, FaultKind, Job, Replica, Resources},
    poll::PollerHandle,
    provider::dlc::{request, resources},
    scope::Scope,
};

use reserve::{Reserved, reserve};
pub use settle::{restore, resume};
pub use stop::{StopOutcome, stop};

/// A submit answers after this time at the latest, with what is known then.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// The look that admission decides on is at most this old (invariant 5).
pub const LOOK_MAX_AGE: Duration = Duration::from_secs(10);
/// CreateJob's parameters together (fact sheet §3.1).
const BODY_MAX: usize = 65_536;

/// What a client asks for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Short name.
    pub name: String,
    /// Shell text.
    pub command: String,
    /// Profile; empty is `default`.
    pub profile: String,
    /// The client's nonce; empty when it has none.
    pub nonce: String,
    /// Branch of the code source; empty is the settings' default.
    pub code_branch: String,
    /// Commit of the code source; empty is the settings' default.
    pub code_commit: String,
}

/// What became of it so far.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The job as it is known now.
    pub job: Job,
    /// The same call had been made before.
    pub joined: bool,
}

/// A checked wish: what will be sent and what it asks for.
#[derive(Clone)]
struct Request {
    name: String,
    command: String,
    nonce: String,
    body: serde_json::Value,
    replicas: Vec<Replica>,
    requested: Resources,
    job_type: String,
    profile: String,
}

/// Submits a job. Once its intent is stored the work goes on, also when the caller leaves.
///
/// # Errors
/// Why nothing was submitted: a wrong wish, a limit, or the backend's refusal.
pub async fn submit(
    scope: &Arc<Scope>,
    poller: &PollerHandle,
    wish: Wish,
) -> Result<Submitted, Fault> {
    let answer_at = scope.clock.mono() + ANSWER_WITHIN;
    if let Some(job) = submitted_before(scope, &wish.nonce).await? {
        return Ok(Submitted { job, joined: true });
    }
    let name = name::display_name(&scope.settings.prefix, &wish.name, scope.clock.wall_ms())?;
    let request = checked(scope, wish, name)?;
    let (uid, settled) = loop {
        look_if_old(scope, poller, answer_at).await?;
        let (outcome, settled) = oneshot::channel();
        match start(scope, poller, request.clone(), outcome).await? {
            Reserved::New(uid) => break (uid, settled),
            Reserved::Before(job) => {
                return Ok(Submitted {
                    job: *job,
                    joined: true,
                });
            }
            Reserved::LookTooOld => {}
        }
    };
    let job = answer(scope, uid, settled, answer_at).await?;
    Ok(Submitted { job, joined: false })
}

/// Takes the room and sends, in a task of its own: a caller who leaves in between leaves nothing half done.
async fn start(
    scope: &Arc<Scope>,
    poller: &PollerHandle,
    request: Request,
    outcome: oneshot::Sender<Result<(), Fault>>,
) -> Result<Reserved, Fault> {
    let (scope, poller) = (Arc::clone(scope), poller.clone());
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let open = settle::Open::of(&request);
        let reserved = reserve(&scope, request).await;
        let new = match &reserved {
            Ok(Reserved::New(uid)) => Some(uid.clone()),
            _ => None,
        };
        // The caller may have gone.
        let _unheard = tell.send(reserved);
        if let Some(uid) = new {
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
    mut settled: oneshot::Receiver<Result<(), Fault>>,
    answer_at: Duration,
) -> Result<Job, Fault> {
    let silent = |_| Fault::internal("the submit's task ended without a word");
    tokio::select! {
        result = &mut settled => result.map_err(silent)??,
        () = scope.clock.sleep_until(answer_at) => {}
    }
    match scope.journal.read(move |reader| reader.job(&uid)).await? {
        Some(job) => Ok(job),
        // Refused this very moment: the reason is on its way.
        None => match settled.await.map_err(silent)? {
            Err(fault) => Err(fault),
            Ok(()) => Err(Fault::internal("the submitted job is not in the store")),
        },
    }
}

async fn submitted_before(scope: &Scope, nonce: &str) -> Result<Option<Job>, Fault> {
    if nonce.is_empty() {
        return Ok(None);
    }
    let (context, nonce) = (scope.context, nonce.to_owned());
    let found = scope
        .journal
        .read(
            move |reader| match reader.intent_by_nonce(context, &nonce)? {
                Some(intent) => Ok(Some((reader.job(&intent.uid)?, intent.native_id))),
                None => Ok(None),
            },
        )
        .await?;
    match found {
        None => Ok(None),
        Some((Some(job), _)) => Ok(Some(job)),
        Some((None, native_id)) => Err(made_before(native_id)),
    }
}

/// The same call was made before, and its job is not known any more.
fn made_before(native_id: Option<String>) -> Fault {
    let conflict = |what: String| {
        Fault::new(
            FaultKind::Conflict,
            format!("this submit was made before{what}"),
        )
    };
    match native_id {
        Some(id) => conflict(format!(", as {id}, which is not known here any more")),
        None => conflict(" and did not take place".into()).hint("submit it again"),
    }
}

fn checked(scope: &Scope, wish: Wish, name: String) -> Result<Request, Fault> {
    if wish.command.trim().is_empty() {
        return Err(Fault::new(FaultKind::Invalid, "the command is empty").field("command"));
    }
    let profile_name = match wish.profile.as_str() {
        "" => "default",
        given => given,
    };
    let profile = scope.settings.profiles.get(profile_name).ok_or_else(|| {
        let known: Vec<_> = scope.settings.profiles.keys().map(String::as_str).collect();
        Fault::new(
            FaultKind::NotFound,
            format!("there is no profile {profile_name:?}"),
        )
        .hint(format!("the settings have: {}", known.join(", ")))
        .field("profile")
    })?;
    let code = code::source(
        scope.settings.code_source.as_ref(),
        &wish.code_branch,
        &wish.code_commit,
    )?;
    let body = request::body(
        &scope.settings,
        profile,
        code.as_ref(),
        &name,
        &wish.command,
    );
    let size = body.to_string().len();
    if size > BODY_MAX {
        let message = format!("the request has {size} bytes, the cloud takes {BODY_MAX}");
        return Err(Fault::new(FaultKind::Invalid, message)
            .hint("put long scripts into the code source or a mount")
            .field("command"));
    }
    let (replicas, requested) = resources::checked_replicas(&body["JobSpecs"])?;
    Ok(Request {
        name,
        body,
        replicas,
        requested,
        job_type: profile.job_type.clone(),
        profile: profile_name.to_owned(),
        command: wish.command,
        nonce: wish.nonce,
    })
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
