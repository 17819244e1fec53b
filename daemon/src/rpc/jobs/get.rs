//! `GetJob`: from the journal; the backend is asked only where it has never told the pods of a job.

use pai_proto::v1::GetJobResponse;

use crate::{
    contexts::Running,
    model::{Fault, Job, Pod},
    poll::{Aftermath, apply},
    provider::Priority,
    rpc::{convert, resolve},
    scope::new_uid,
};

pub(super) async fn get(running: &Running, id: &str) -> Result<GetJobResponse, Fault> {
    let scope = &running.scope;
    let mut job = resolve::job(running, id).await?;
    let mut pods = pods(running, &job.uid).await?;
    if pods.is_empty()
        && let Some(native_id) = job.native_id.clone()
        // What the journal has is an answer too: it says how old it is.
        && let Ok(fresh) = ask(running, &native_id, job.own).await
    {
        job = fresh.unwrap_or(job);
        pods = self::pods(running, &job.uid).await?;
    }
    let looks = scope.looks.get();
    let mut message = convert::job(&job, looks.stale_since_ms);
    message.pods = pods.iter().map(convert::pod).collect();
    Ok(GetJobResponse {
        job: Some(message),
        stale_since_ms: looks.stale_since_ms,
        stale_reason: looks
            .last_error
            .map(|fault| fault.message)
            .unwrap_or_default(),
    })
}

async fn pods(running: &Running, uid: &str) -> Result<Vec<Pod>, Fault> {
    let uid = uid.to_owned();
    Ok(running
        .scope
        .journal
        .read(move |reader| reader.pods(&uid))
        .await?)
}

async fn ask(running: &Running, native_id: &str, own: bool) -> Result<Option<Job>, Fault> {
    let scope = &running.scope;
    let seq = scope.journal.next_seq();
    let seen = scope
        .provider
        .get(native_id, seq, Priority::Interactive)
        .await?;
    let context = scope.context;
    let work = move |tx: &mut crate::journal::Tx<'_>| {
        apply(tx, context, &seen, own, new_uid, &mut Aftermath::default())?;
        tx.job_by_native(context, &seen.native_id)
    };
    Ok(scope.journal.write(work).await?)
}
