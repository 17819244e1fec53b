//! What clients make us ask the backend for: a job that somebody names, and pods that nobody has told of yet. However many
//! clients ask, and however often, it is one call per job and ten seconds at most.

use std::time::Duration;

use super::{
    apply::{Aftermath, apply},
    shared::Answer,
};
use crate::{
    model::{Fault, FaultKind, Job},
    provider::Priority,
    scope::{Scope, new_uid},
};

/// For how long an answer serves those who come after it.
const SERVES: Duration = Duration::from_secs(10);
/// The same for who reads the log of a job.
const ASKED_JUST_NOW: Duration = Duration::from_secs(5);

/// Looks a job up by its native id; it is watched from then on.
///
/// # Errors
/// That there is no such job, or why the backend cannot tell.
pub async fn find(scope: &Scope, native_id: &str) -> Result<Job, Fault> {
    let denied = |last: &Answer| {
        let denied = last
            .result
            .as_ref()
            .is_err_and(|fault| fault.kind == FaultKind::NotFound);
        (denied || last.result.is_ok()) && serves(scope, last)
    };
    scope
        .looks
        .ids_asked
        .answer(
            native_id,
            &scope.clock,
            denied,
            ask(scope, native_id, Priority::Interactive),
        )
        .await?;
    let (context, native_id) = (scope.context, native_id.to_owned());
    scope
        .journal
        .read(move |reader| reader.job_by_native(context, &native_id))
        .await?
        .ok_or_else(|| Fault::internal("a job that was just stored is not there"))
}

/// Asks a job for its pods, unless it has told that it has none since it last changed.
///
/// # Errors
/// Why the backend cannot tell.
pub async fn ask_pods(scope: &Scope, job: &Job) -> Result<(), Fault> {
    let Some(native_id) = &job.native_id else {
        return Ok(());
    };
    let told = |last: &Answer| serves(scope, last) || (last.result.is_ok() && last.rev == job.rev);
    scope
        .looks
        .pods_asked
        .answer(
            &job.uid,
            &scope.clock,
            told,
            ask(scope, native_id, Priority::Interactive),
        )
        .await
}

/// Asks a job for its pods, unless it has told them since it last changed and less than `every` ago (pods come and go
/// without a change of the job), or was asked just now.
///
/// # Errors
/// Why the backend cannot tell.
pub async fn refresh_pods(
    scope: &Scope,
    job: &Job,
    every: Duration,
    priority: Priority,
) -> Result<(), Fault> {
    let Some(native_id) = &job.native_id else {
        return Ok(());
    };
    let told = |last: &Answer| {
        let age = scope.clock.mono().saturating_sub(last.at);
        age < ASKED_JUST_NOW || (last.result.is_ok() && last.rev == job.rev && age < every)
    };
    scope
        .looks
        .pods_asked
        .answer(
            &job.uid,
            &scope.clock,
            told,
            ask(scope, native_id, priority),
        )
        .await
}

fn serves(scope: &Scope, last: &Answer) -> bool {
    scope.clock.mono().saturating_sub(last.at) < SERVES
}

/// Asks now. Gives the job's revision.
async fn ask(scope: &Scope, native_id: &str, priority: Priority) -> Result<u64, Fault> {
    let seq = scope.journal.next_seq();
    let seen = scope.provider().get(native_id, seq, priority).await?;
    let context = scope.context;
    let work = move |tx: &mut crate::journal::Tx<'_>| {
        apply(tx, context, &seen, None, new_uid, &mut Aftermath::default())?;
        tx.job_by_native(context, &seen.native_id)
    };
    let job = scope.journal.write(work).await?;
    Ok(job.map_or(0, |job| job.rev))
}
