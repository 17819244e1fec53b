//! `pai_job_submit`

use pai_proto::text;
use std::collections::BTreeMap;

use pai_proto::{
    Client,
    v1::{self, Phase},
    worktree::{self, SESSION_TAG, SESSION_VARIABLE},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, Effect, Outcome, Verb, next, the_job};
use crate::{
    answer::Answer,
    args::Arguments,
    origin::Origin,
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
    /// Calls with the same key are one job, for 30 days.
    idempotency_key: Option<String>,
    /// Where there is no room, hold the job until there is, instead of refusing it.
    queue: Option<bool>,
    /// Make another job even if an equal one was submitted within the last 60 s.
    another: Option<bool>,
    /// Variables of the job's environment. They are stored: no secrets.
    envs: Option<BTreeMap<String, String>>,
    /// 1 lowest to 9 highest.
    #[schemars(range(min = 1, max = 9))]
    priority: Option<i32>,
    /// Longest time that it may run, in minutes.
    #[schemars(range(min = 1))]
    max_run_minutes: Option<u32>,
    /// What it is for, in words.
    description: Option<String>,
    /// Tags of the job in the cloud.
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize)]
struct Submitted {
    #[serde(flatten)]
    job: Job,
    /// To an earlier submit: no new job was made.
    #[serde(skip_serializing_if = "is_default")]
    joined: bool,
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
sent. Each call makes one job, also when a connection breaks meanwhile; a call equal to one of the last 60 s makes none and \
answers joined=true with the first one's job.";
    const EFFECT: Effect = Effect::Makes;
    const IN_FRONT: bool = true;

    async fn run(self, call: Call) -> Outcome {
        let mut request = self.request();
        let client = call.daemon.client().await?;
        let mut warnings = look_around(&client, call.daemon.origin(), &mut request).await;
        let response = call
            .daemon
            .call(|client| async move { client.submit(request).await })
            .await?;
        let job = the_job(response.job)?;
        warnings.extend(response.warnings);
        Answer::record(&Submitted {
            job: (&job).into(),
            joined: response.joined,
            staleness: Staleness::of(&job),
            warnings: warnings.iter().map(|line| text::line(line)).collect(),
            hint: hint(&job),
        })
    }
}

/// Adds the tags that tell of the session and the agent's working tree; what in it the job will not run.
async fn look_around(
    client: &Client,
    origin: &Origin,
    request: &mut v1::SubmitJobRequest,
) -> Vec<String> {
    if let Some(label) = origin.variable(SESSION_VARIABLE) {
        request.tags.entry(SESSION_TAG.into()).or_insert(label);
    }
    let Some(folder) = &origin.folder else {
        return Vec::new();
    };
    let (branch, commit) = (&request.code_branch, &request.code_commit);
    let report = worktree::report(client, folder, branch, commit).await;
    for (key, value) in report.tags {
        request.tags.entry(key).or_insert(value);
    }
    report.warnings
}

impl Args {
    /// What the daemon gets.
    fn request(self) -> v1::SubmitJobRequest {
        let description = self.description.filter(|text| !text.is_empty());
        let description = description.map(|text| ("description".to_owned(), text));
        v1::SubmitJobRequest {
            name: self.name,
            command: self.command,
            profile: self.profile.unwrap_or_default(),
            nonce: nonce(),
            code_branch: self.code_branch.unwrap_or_default(),
            code_commit: self.code_commit.unwrap_or_default(),
            idempotency_key: self.idempotency_key.unwrap_or_default(),
            queue: self.queue.unwrap_or_default(),
            another: self.another.unwrap_or_default(),
            envs: self.envs.unwrap_or_default().into_iter().collect(),
            priority: self.priority,
            tags: self.tags.unwrap_or_default().into_iter().collect(),
            max_run_minutes: self.max_run_minutes,
            overrides: description.into_iter().collect(),
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
        Phase::Held => format!(
            "it is held in the daemon and submitted when there is room; {wait} tells when it has ended, {} takes it out",
            next("pai_job_stop", "job_id", &record::id(job))
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
            idempotency_key: None,
            queue: None,
            another: None,
            envs: None,
            priority: None,
            max_run_minutes: Some(90),
            description: Some("a sweep".into()),
            tags: None,
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
        assert_eq!(one.max_run_minutes, Some(90));
        assert_eq!(one.overrides["description"], "a sweep");
    }

    #[test]
    fn a_job_that_is_not_confirmed_must_not_be_submitted_again() {
        let job = |phase: Phase| v1::Job {
            native_id: "dlc1".into(),
            phase: phase.into(),
            ..Default::default()
        };
        assert!(hint(&job(Phase::Unconfirmed)).contains("do not submit again"));
        assert!(
            hint(&job(Phase::Held)).ends_with(r#"pai_job_stop {"job_id": "dlc1"} takes it out"#)
        );
        assert_eq!(
            hint(&job(Phase::Pending)),
            r#"pai_job_wait {"job_ids": ["dlc1"]} tells when it has ended"#
        );
    }
}
