//! `GetJob`: from the journal; the backend is asked only where it has never told the pods of a job.

use pai_proto::v1::{GetJobRequest, GetJobResponse};

use super::{raw, stored};

use crate::{
    contexts::Running,
    model::{Fault, Job, Pod},
    poll,
    rpc::{convert, first_look, resolve},
};

pub(super) async fn get(
    running: &Running,
    request: GetJobRequest,
) -> Result<GetJobResponse, Fault> {
    let scope = &running.scope;
    let mut job = resolve::job(running, &request.id).await?;
    let raw = match request.raw {
        true => raw::raw(running, &job).await?,
        false => String::new(),
    };
    if job.is_active() && scope.looks.get().last_ok.is_none() {
        first_look::briefly(running).await;
        job = again(running, job).await?;
    }
    let mut pods = pods(running, &job.uid).await?;
    if pods.is_empty() {
        // What the journal has is an answer too: it says how old it is.
        let _kept = poll::ask_pods(scope, &job).await;
        job = again(running, job).await?;
        pods = self::pods(running, &job.uid).await?;
    }
    let looks = scope.looks.get();
    let mut message = convert::job(&job, looks.old_since_ms());
    message.pods = pods.iter().map(convert::pod).collect();
    message.queue_position = convert::queue_position(scope, &job).await?;
    Ok(GetJobResponse {
        job: Some(message),
        stale_since_ms: looks.old_since_ms(),
        stale_reason: looks.reason(),
        raw,
        log: Some(stored::log(running, &job.uid).await?),
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

async fn again(running: &Running, job: Job) -> Result<Job, Fault> {
    let uid = job.uid.clone();
    let fresh = running.scope.journal.read(move |reader| reader.job(&uid));
    Ok(fresh.await?.unwrap_or(job))
}
