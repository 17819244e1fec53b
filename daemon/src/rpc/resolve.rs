//! What people and agents write for a job → the job. Only here; clients pass on what they were given.

use crate::{
    contexts::Running,
    journal::Reader,
    journal::StoreError,
    model::{Fault, FaultKind, Job},
    poll,
    rpc::first_look,
};

/// The newest job of ours.
const LAST: &str = "@last";
/// Shortest beginning that may stand for the whole.
const BEGINNING_MIN: usize = 4;
/// No id or name has more bytes, and no refusal can quote many more.
pub(super) const NAME_MAX: usize = 256;
/// Candidates that are named when a beginning is not enough.
const NAMED_MAX: u32 = 5;

enum Found {
    Job(Box<Job>),
    Several(Vec<Job>),
    Nothing,
}

/// Finds a job in the journal, else at the backend: a job that somebody names is watched from then on.
pub(super) async fn job(running: &Running, id: &str) -> Result<Job, Fault> {
    let id = id.trim().to_owned();
    if id.is_empty() {
        return Err(Fault::new(FaultKind::Invalid, "the job id is empty").field("id"));
    }
    if id.len() > NAME_MAX {
        return Err(too_long("job", &id).field("id"));
    }
    if id == LAST {
        // There may be one that an earlier daemon has not seen.
        first_look::briefly(running).await;
    }
    if let Some(job) = stored(running, &id).await? {
        return Ok(job);
    }
    let refused = match is_native(&id) {
        true => match ask_backend(running, &id).await {
            Err(fault) if fault.kind == FaultKind::NotFound => fault,
            answered => return answered,
        },
        false => unknown(&id),
    };
    match first_look::done(running).await {
        // The look may have brought it since the store was read.
        Ok(()) => stored(running, &id).await?.ok_or(refused),
        // What the backend itself refused is certain, unless it was asked for a mere beginning.
        Err(_) if is_whole(&id) => Err(refused),
        Err(fault) => Err(fault),
    }
}

/// The refusal of a name that is longer than [`NAME_MAX`].
pub(super) fn too_long(of: &str, name: &str) -> Fault {
    let beginning: String = name.chars().take(20).collect();
    let message = format!(
        "no {of} has a name of {} bytes: {beginning:?} and so on",
        name.len()
    );
    Fault::new(FaultKind::NotFound, message)
        .hint(format!("ids and names have {NAME_MAX} bytes at most"))
}

/// What the journal knows by that name, as it is.
pub(super) async fn stored(running: &Running, id: &str) -> Result<Option<Job>, Fault> {
    let (context, looked_for) = (running.scope.context, id.to_owned());
    let journal = &running.scope.journal;
    let found = journal.read(move |reader| known(reader, context, &looked_for));
    match found.await? {
        Found::Job(job) => Ok(Some(*job)),
        Found::Nothing => Ok(None),
        Found::Several(jobs) => {
            let named: Vec<_> = jobs
                .iter()
                .map(|job| format!("{} ({})", job.display_id(), job.name))
                .collect();
            Err(Fault::new(
                FaultKind::Invalid,
                format!("{id:?} may be several jobs: {}", named.join(", ")),
            )
            .hint("write more of the id"))
        }
    }
}

fn known(reader: &Reader<'_>, context: i64, id: &str) -> Result<Found, StoreError> {
    if id == LAST {
        return Ok(match reader.newest_own(context)? {
            Some(job) => Found::Job(Box::new(job)),
            None => Found::Nothing,
        });
    }
    if let Some(job) = reader.job_by_native(context, id)? {
        return Ok(Found::Job(Box::new(job)));
    }
    if let Some(job) = reader.job_in(context, id)? {
        return Ok(Found::Job(Box::new(job)));
    }
    if let Some(job) = reader.jobs_named(context, id)?.into_iter().next() {
        return Ok(Found::Job(Box::new(job)));
    }
    if id.chars().count() < BEGINNING_MIN {
        return Ok(Found::Nothing);
    }
    let mut jobs = reader.jobs_beginning(context, id, NAMED_MAX)?;
    Ok(match jobs.len() {
        0 => Found::Nothing,
        1 => Found::Job(Box::new(jobs.remove(0))),
        _ => Found::Several(jobs),
    })
}

/// The backend's own form: `dlc` and base-36 (fact sheet §1).
fn is_native(id: &str) -> bool {
    id.strip_prefix("dlc").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// Both forms have sixteen characters or more (fact sheet §1).
fn is_whole(id: &str) -> bool {
    is_native(id) && id.len() >= 16
}

async fn ask_backend(running: &Running, id: &str) -> Result<Job, Fault> {
    match poll::find(&running.scope, id).await {
        Ok(job) => {
            running.poller.think();
            Ok(job)
        }
        Err(fault) if fault.kind == FaultKind::NotFound => {
            let mut unknown = unknown(id);
            unknown.request_id = fault.request_id;
            Err(unknown)
        }
        Err(fault) => Err(fault),
    }
}

fn unknown(id: &str) -> Fault {
    let hint = match id.chars().count() < BEGINNING_MIN {
        true => {
            format!("a beginning of an id or name must have {BEGINNING_MIN} characters or more")
        }
        false => {
            "`paictl ls` shows the jobs that are known; any id of the workspace can be named".into()
        }
    };
    Fault::new(FaultKind::NotFound, format!("there is no job {id:?}"))
        .hint(hint)
        .field("id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_the_backends_form_are_asked_for() {
        for id in ["dlc1gbd4p5lft9tx", "dlc-20210126170216-abc"] {
            assert!(is_native(id) && is_whole(id));
            assert!(is_native(&id[..8]) && !is_whole(&id[..8]), "a beginning");
        }
        for id in [
            "dlc",
            "job-abc",
            "DLC1",
            "dlc/../x",
            "dlc1?x=1",
            "train",
            "a-name-of-many-letters",
        ] {
            assert!(!is_native(id) && !is_whole(id), "{id}");
        }
    }
}
