//! `pai_job_stop`

use pai_proto::v1::{self, stop_job_response::Outcome as Stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Outcome, Verb, next, the_job};
use crate::{
    answer::Answer,
    args::Arguments,
    error::Failure,
    record::{self, Job, Staleness, is_default},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Id, full name, an unambiguous beginning of one, or @last.
    job_id: String,
}

#[derive(Debug, Serialize)]
struct Stopped {
    outcome: &'static str,
    #[serde(flatten)]
    job: Job,
    #[serde(flatten)]
    staleness: Staleness,
    #[serde(skip_serializing_if = "is_default")]
    hint: String,
}

impl Arguments for Args {
    const TOOL: &'static str = "pai_job_stop";
    const EXAMPLE: &'static str = r#"{"job_id": "dlc1abc2def3ghi4"}"#;
}

impl Verb for Args {
    const TITLE: &'static str = "Stop a training job";
    const DESCRIPTION: &'static str = "Asks the cloud to stop a job, for good. Answers at once: requested, already_ended, \
when_found (its submit is not confirmed yet) or not_sent (it was held until there is room). pai_job_wait tells when it has ended. Stop only what you were asked to stop.";
    const EFFECT: Effect = Effect::Ends;

    async fn run(self, call: Call) -> Outcome {
        let id = self.job_id;
        let response = call
            .daemon
            .call(|client| async move { client.stop(&id).await })
            .await?;
        let outcome = response.outcome();
        Answer::record(&stopped(&the_job(response.job)?, outcome)?)
    }
}

fn stopped(job: &v1::Job, outcome: Stop) -> Result<Stopped, Failure> {
    let wait = next("pai_job_wait", "job_ids", &[record::id(job)]);
    let (outcome, hint) = match outcome {
        Stop::Requested => ("requested", format!("{wait} tells when it has ended")),
        Stop::AlreadyEnded => ("already_ended", String::new()),
        Stop::WhenFound => (
            "when_found",
            format!(
                "it is stopped as soon as it is found, and not submitted again; {wait} tells when it has ended"
            ),
        ),
        Stop::NotSent => (
            "not_sent",
            "it was held until there is room, and will not be submitted".to_owned(),
        ),
        Stop::Unspecified => {
            let message = "unexpected answer of the daemon: a stop with an unknown outcome";
            return Err(Failure::new(
                message,
                "see pai_job_get for what became of the job",
            ));
        }
    };
    Ok(Stopped {
        outcome,
        job: job.into(),
        staleness: Staleness::of(job),
        hint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;

    #[test]
    fn each_outcome_is_told() {
        let job = sample::running();
        for (outcome, word, hint) in [
            (Stop::Requested, "requested", "tells when it has ended"),
            (Stop::WhenFound, "when_found", "not submitted again"),
            (Stop::AlreadyEnded, "already_ended", ""),
            (Stop::NotSent, "not_sent", "will not be submitted"),
        ] {
            let told = stopped(&job, outcome).unwrap();
            assert_eq!(told.outcome, word);
            assert!(told.hint.contains(hint), "{told:?}");
        }
        assert!(stopped(&job, Stop::Unspecified).is_err());
    }
}
