//! `SubmitJob`.

use std::sync::Arc;

use pai_proto::v1::{SubmitJobRequest, SubmitJobResponse};

use crate::{
    contexts::Running,
    model::{Fault, FaultKind, Phase},
    rpc::convert,
    submit::{Wish, submit as submit_wish},
};

pub(super) async fn submit(
    running: &Arc<Running>,
    request: SubmitJobRequest,
) -> Result<SubmitJobResponse, Fault> {
    for (set, field) in [
        (!request.idempotency_key.is_empty(), "idempotency_key"),
        (request.queue, "queue"),
    ] {
        if set {
            let message = format!("this version of paid does not serve {field} yet");
            return Err(Fault::new(FaultKind::Unsupported, message).field(field));
        }
    }
    let wish = Wish {
        name: request.name,
        command: request.command,
        profile: request.profile,
        nonce: request.nonce,
        code_branch: request.code_branch,
        code_commit: request.code_commit,
    };
    let submitted = submit_wish(&running.scope, &running.poller, wish).await?;
    let mut warnings = Vec::new();
    match submitted.job.phase {
        Phase::Unconfirmed => warnings.push(
            "the cloud's answer to the submit was lost; paid is looking the job up by its name and goes on by itself"
                .to_owned(),
        ),
        Phase::Submitting => {
            warnings.push("the cloud has not taken the submit yet; paid goes on by itself".to_owned());
        }
        _ => {}
    }
    let stale = running.scope.looks.get().old_since_ms();
    Ok(SubmitJobResponse {
        job: Some(convert::job(&submitted.job, stale)),
        joined: submitted.joined,
        warnings,
    })
}
