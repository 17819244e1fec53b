//! The backend's own answer about a job, secrets masked.

use crate::{
    contexts::Running,
    model::{Fault, FaultKind, Job},
    provider::dlc::request::masked,
};

pub(super) async fn raw(running: &Running, job: &Job) -> Result<String, Fault> {
    let scope = &running.scope;
    let Some(id) = &job.native_id else {
        let message = format!("the cloud does not know {} (yet)", job.uid);
        return Err(Fault::new(FaultKind::Conflict, message).hint("try again when it has an id"));
    };
    let answer = scope.provider().raw(id).await?;
    Ok(masked(&answer, &scope.redactor).to_string())
}
