//! `GetJob`: from the journal; the backend is asked only where it has never told the pods of a job.

use pai_proto::v1::GetJobResponse;

use crate::{
    contexts::Running,
    model::{Fault, Job, Pod},
    poll,
    rpc::{convert, first_look, resolve},
};

pub(super) async fn get(running: &Running, id: &str) -> Result<GetJobResponse, Fault> {
    let scope = &running.scope;
    let mut job = resolve::job(running, id).await?;
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
    Ok(GetJobResponse {
        job: Some(message),
        stale_since_ms: looks.old_since_ms(),
        stale_reason: looks.reason(),
        raw: String::new(),
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
