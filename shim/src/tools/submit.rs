//! `pai_job_submit`

use pai_proto::v1::{self, Phase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Outcome, Verb, next, the_job};
use crate::{
    answer::Answer,
    args::Arguments,
    clean,
    record::{self, Job, Staleness, is_default},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Short name: letters, digits, '_', '.', '-'. The full name gets prefix and time.
    name: String,
    /// Shell text, run in every pod.
    command: String,
    /// Profile of the settings (see pai_config); without it the one called default.
    profile: Option<String>,
    /// Branch of the code source of the settings, in place of its default.
    code_branch: Option<String>,
    /// Commit of the code source of the settings, in place of its default.
    code_commit: Option<String>,
}

#[derive(Debug, Serialize)]
struct Submitted {
    #[serde(flatten)]
    job: Job,
    #[serde(flatten)]
    staleness: Staleness,
    #[serde(skip_serializing_if = "is_default")]
    warnings: Vec<String>,
    hint: String,
}

impl Arguments for Args {
    const TOOL: &'static str = "pai_job_submit";
    const EXAMPLE: &'static str = r#"{"name": "train", "command": "python train.py --lr 0.1"}"#;
}

impl Verb for Args {
    const TITLE: &'static str = "Submit a training job";
    const DESCRIPTION: &'static str = "Starts a training job on PAI-DLC, which costs money, and returns its job_id at once; \
then call pai_job_wait. Image, machines and mounts come from the profile. Limits of the settings are kept before anything is \
sent. Each call makes one job, also when a connection breaks meanwhile.";
    const EFFECT: Effect = Effect::Makes;
    const IN_FRONT: bool = true;

    async fn run(self, call: Call) -> Outcome {
        let request = self.request();
        let response = call
            .daemon
            .call(|client| async move { client.submit(request).await })
            .await?;
        let job = the_job(response.job)?;
        Answer::record(&Submitted {
            job: (&job).into(),
            staleness: Staleness::of(&job),
            warnings: response
                .warnings
                .iter()
                .map(|line| clean::line(line))
                .collect(),
            hint: hint(&job),
        })
    }
}

impl Args {
    /// What the daemon gets.
    fn request(self) -> v1::SubmitJobRequest {
        v1::SubmitJobRequest {
            name: self.name,
            command: self.command,
            profile: self.profile.unwrap_or_default(),
            nonce: nonce(),
            code_branch: self.code_branch.unwrap_or_default(),
            code_commit: self.code_commit.unwrap_or_default(),
            ..Default::default()
        }
    }
}

/// What to do next.
fn hint(job: &v1::Job) -> String {
    let wait = next("pai_job_wait", "job_ids", &[record::id(job)]);
    match job.phase() {
        Phase::Unconfirmed | Phase::Submitting => format!(
            "do not submit again: the cloud has not confirmed it yet; the daemon finds out and makes no second job before it \
knows; {wait} tells how it goes on"
        ),
        _ => format!("{wait} tells when it has ended"),
    }
}

/// Random, so that a call that is repeated after a broken connection finds the job of the first.
fn nonce() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> Args {
        Args {
            name: "train".into(),
            command: "true".into(),
            profile: None,
            code_branch: Some("dev".into()),
            code_commit: None,
        }
    }

    #[test]
    fn every_submit_has_a_nonce_of_its_own() {
        let (one, other) = (args().request(), args().request());
        assert_eq!(one.nonce.len(), 32);
        assert_ne!(one.nonce, other.nonce);
        assert_eq!((one.name.as_str(), one.command.as_str()), ("train", "true"));
        assert_eq!(one.profile, "", "the daemon knows the default");
        assert_eq!(
            (one.code_branch.as_str(), one.code_commit.as_str()),
            ("dev", "")
        );
    }

    #[test]
    fn a_job_that_is_not_confirmed_must_not_be_submitted_again() {
        let job = |phase: Phase| v1::Job {
            native_id: "dlc1".into(),
            phase: phase.into(),
            ..Default::default()
        };
        assert!(hint(&job(Phase::Unconfirmed)).contains("do not submit again"));
        assert_eq!(
            hint(&job(Phase::Pending)),
            r#"pai_job_wait {"job_ids": ["dlc1"]} tells when it has ended"#
        );
    }
}
