//! What makes a submit happen once (invariant 4) and limits hold (invariant 5).
//!
//! [`admission`] decides, inside the same transaction that stores the intent; [`settle`] sends the intent and finds out
//! what became of it, over lost answers and restarts; [`stop`] is the way back.

pub mod admission;
pub mod lost;
mod name;
mod note;
mod settle;
mod stop;

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use crate::{
    journal::{Intent, IntentState},
    model::{EventDraft, EventKind, Fault, FaultKind, Job, Phase, Replica, Resources},
    poll::PollerHandle,
    provider::dlc::{request, resources},
    scope::{Scope, new_uid},
};

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
struct Request {
    body: serde_json::Value,
    replicas: Vec<Replica>,
    requested: Resources,
    job_type: String,
    profile: String,
}

/// Submits a job. The work goes on when the caller leaves.
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
    let request = checked(scope, &wish, &name)?;
    tokio::select! {
        looked = look_if_old(scope, poller) => looked?,
        () = scope.clock.sleep_until(answer_at) => return Err(too_slow()),
    }
    let (uid, name, body) = match reserve(scope, &wish, name, request).await? {
        Reserved::New(new) => *new,
        Reserved::Before(job) => {
            return Ok(Submitted {
                job: *job,
                joined: true,
            });
        }
    };
    let (outcome, settled) = oneshot::channel();
    tokio::spawn(settle::settle(
        Arc::clone(scope),
        poller.clone(),
        settle::Open {
            uid: uid.clone(),
            name,
            body: Some(body),
            sent: false,
        },
        outcome,
    ));
    tokio::select! {
            result = settled => match result {
                Ok(result) => result?,
                Err(_) => return Err(Fault::internal("the submit's task ended without a word")),
            },
    () = scope.clock.sleep_until(answer_at) => {}    }
    let job = scope.journal.read(move |reader| reader.job(&uid)).await?;
    let job = job.ok_or_else(|| Fault::internal("the submitted job is not in the store"))?;
    Ok(Submitted { job, joined: false })
}

fn too_slow() -> Fault {
    let message = "nothing was submitted, since the cloud did not answer in time for the limits to be checked";
    Fault::new(FaultKind::Unavailable, message)
        .hint("check the network and the endpoint with `paictl daemon status`")
}

/// What came of taking the room.
enum Reserved {
    /// The intent is stored: uid, name and body of what is to be sent.
    New(Box<(String, String, serde_json::Value)>),
    /// The same call was faster on another connection.
    Before(Box<Job>),
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
                Some(intent) => Ok(Some((reader.job(&intent.uid)?, intent))),
                None => Ok(None),
            },
        )
        .await?;
    match found {
        None => Ok(None),
        Some((Some(job), _)) => Ok(Some(job)),
        Some((None, intent)) => Err(match intent.native_id {
            Some(id) => Fault::new(
                FaultKind::Conflict,
                format!("this submit was made before, as {id}, which is not known here any more"),
            ),
            None => Fault::new(
                FaultKind::Conflict,
                "this submit was made before and did not take place",
            )
            .hint("submit it again"),
        }),
    }
}

fn checked(scope: &Scope, wish: &Wish, name: &str) -> Result<Request, Fault> {
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
    let body = request::body(&scope.settings, profile, name, &wish.command);
    let size = body.to_string().len();
    if size > BODY_MAX {
        return Err(Fault::new(
            FaultKind::Invalid,
            format!("the request has {size} bytes, the cloud takes {BODY_MAX}"),
        )
        .hint("put long scripts into the code source or a mount")
        .field("command"));
    }
    let (replicas, requested) = resources::checked_replicas(&body["JobSpecs"])?;
    Ok(Request {
        body,
        replicas,
        requested,
        job_type: profile.job_type.clone(),
        profile: profile_name.to_owned(),
    })
}

/// Limits are decided on a complete look that is fresh enough.
async fn look_if_old(scope: &Scope, poller: &PollerHandle) -> Result<(), Fault> {
    let fresh = scope
        .looks
        .get()
        .last_complete
        .is_some_and(|at| scope.clock.mono().saturating_sub(at) <= LOOK_MAX_AGE);
    if fresh {
        return Ok(());
    }
    poller.look_now().await.map_err(|mut fault| {
        fault.message = format!(
            "nothing was submitted, since the limits cannot be checked: {}",
            fault.message
        );
        fault
    })
}

/// Decides and stores the intent, in one transaction.
async fn reserve(
    scope: &Scope,
    wish: &Wish,
    name: String,
    request: Request,
) -> Result<Reserved, Fault> {
    let uid = new_uid();
    let shown_command = scope.redactor.text(&wish.command);
    let mut stored = request::sealed(&request.body, &scope.redactor);
    let resendable = shown_command == wish.command;
    if !resendable {
        stored["UserCommand"] = shown_command.as_str().into();
    }
    let now_ms = scope.clock.wall_ms();
    let mut job = Job::new(uid.clone(), name.clone(), Phase::Submitting, now_ms);
    job.created_ms = Some(now_ms);
    job.command = shown_command;
    job.job_type = request.job_type;
    job.replicas = request.replicas;
    job.requested = request.requested;
    job.profile.clone_from(&request.profile);
    job.workspace_id.clone_from(&scope.settings.workspace_id);
    job.resource_id.clone_from(&scope.settings.resource_id);
    let intent = Intent {
        uid: uid.clone(),
        context: scope.context,
        name: name.clone(),
        nonce: (!wish.nonce.is_empty()).then(|| wish.nonce.clone()),
        profile: request.profile,
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
    let (context, limits) = (scope.context, scope.settings.limits.clone());
    let settings_path = scope.settings.path.clone();
    let verdict = scope
        .journal
        .write(move |tx| {
            if let Some(nonce) = &intent.nonce
                && let Some(before) = tx.intent_by_nonce(context, nonce)?
                && let Some(job) = tx.job(&before.uid)?
            {
                return Ok(Ok(Some(job)));
            }
            let active = tx.active_jobs(context)?;
            let own: Vec<_> = active.iter().filter(|job| job.own).collect();
            if let Err(refusal) = admission::decide(&limits, &own, &job.requested) {
                return Ok(Err(refusal.into_fault(&settings_path)));
            }
            tx.insert_intent(&intent)?;
            let event = EventDraft {
                to_phase: Some(Phase::Submitting),
                ..EventDraft::new(EventKind::Discovered)
            };
            tx.put_job(context, &mut job, vec![event])?;
            Ok(Ok(None))
        })
        .await?;
    Ok(match verdict? {
        Some(before) => Reserved::Before(Box::new(before)),
        None => Reserved::New(Box::new((uid, name, request.body))),
    })
}
