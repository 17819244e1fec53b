//! What is said of a job that was submitted, and what is done next.

use pai_proto::{
    Client,
    v1::{Job, Phase, SubmitJobResponse},
};

use super::JobOptions;
use crate::{
    commands::{logs, the_job, wait},
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{clean, word},
};

/// Tells of the job, then waits for it or follows it as the options ask. `warnings` were said before it was sent.
///
/// # Errors
/// See [`CliError`].
pub(super) async fn tell(
    client: &Client,
    response: SubmitJobResponse,
    mut warnings: Vec<String>,
    options: &JobOptions,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let job = the_job(response.job)?;
    for warning in &response.warnings {
        context.out.warn(clean::line(warning));
    }
    warnings.extend(response.warnings);
    let submitted = json::Submitted::new(&job, response.joined, &warnings);
    let goes_on = options.wait || options.follow;
    let id = word::id(&job);
    match (context.json, goes_on) {
        (true, true) => context.out.answer(json::compact(&submitted)),
        (true, false) => context.out.answer_json(&submitted),
        (false, _) if options.follow => context.out.note(format_args!("submitted {id}")),
        (false, _) => context.out.answer(&id),
    }
    let paictl = context.paictl();
    if let Some(remark) = remark(&job, &paictl) {
        context.out.note(remark);
    }
    if !context.json && !goes_on {
        context.out.note(format_args!(
            "{paictl} logs -f {id}\n{paictl} wait {id}\n{paictl} get {id}"
        ));
    }
    match (options.wait, options.follow) {
        (true, _) => {
            context.last_words = "the wait ends here; the job goes on";
            wait::until_end(client, &job, context).await
        }
        (_, true) => {
            context.last_words = "no more of the log is shown; the job goes on";
            logs::follow(client, job, context).await
        }
        (false, false) => Ok(Exit::Ok),
    }
}

/// What to say of a job that is not at the backend, or not known to be.
fn remark(job: &Job, paictl: &str) -> Option<String> {
    match job.phase() {
        Phase::Unconfirmed => Some(
            "unconfirmed: the answer to the submit was lost; the daemon is finding out and makes no second job before it knows"
                .into(),
        ),
        Phase::Submitting => {
            Some("submitting: the backend has not answered yet; the daemon goes on".into())
        }
        Phase::Held => {
            let place = match job.queue_position {
                Some(place) => format!("place {place} in the queue; "),
                None => String::new(),
            };
            let id = word::id(job);
            Some(format!(
                "held: {place}the daemon submits it when there is room; `{paictl} stop {id}` takes it out"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_job_of_our_own_phases_gets_a_remark() {
        let remark = |phase: Phase| {
            let job = Job {
                phase: phase.into(),
                uid: "uid-1".into(),
                queue_position: Some(3),
                ..Default::default()
            };
            remark(&job, "paictl --context local")
        };
        for phase in [Phase::Unconfirmed, Phase::Submitting, Phase::Held] {
            let word = json::phase(phase);
            assert!(remark(phase).is_some_and(|text| text.starts_with(&word)));
        }
        assert_eq!(
            remark(Phase::Held).unwrap(),
            "held: place 3 in the queue; the daemon submits it when there is room; `paictl --context local stop uid-1` takes it out"
        );
        assert_eq!(remark(Phase::Queued), None);
    }
}
