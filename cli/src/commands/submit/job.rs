//! A job as a person describes it: in a file, on the command line, or in both, where the command line goes before.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use pai_proto::{
    v1::SubmitJobRequest,
    worktree::{SESSION_TAG, SESSION_VARIABLE},
};
use serde::Deserialize;

use super::{JobOptions, nonce};
use crate::error::CliError;

/// What is not said is left to the profile, or in a clone to the original.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Job {
    name: Option<String>,
    command: Option<String>,
    profile: Option<String>,
    code_branch: Option<String>,
    code_commit: Option<String>,
    env: BTreeMap<String, String>,
    /// Variables of our own environment.
    secret_env: BTreeSet<String>,
    priority: Option<i32>,
    max_minutes: Option<u32>,
    set: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    session: Option<String>,
    queue: Option<bool>,
    key: Option<String>,
}

/// The keys of a file.
pub(super) const KEYS: [&str; 14] = [
    "name",
    "command",
    "profile",
    "codeBranch",
    "codeCommit",
    "env",
    "secretEnv",
    "priority",
    "maxMinutes",
    "set",
    "tags",
    "session",
    "queue",
    "key",
];

impl Job {
    /// With what the command line says, which goes before.
    ///
    /// # Errors
    /// When it contradicts itself.
    pub(super) fn with(
        mut self,
        name: Option<String>,
        command: Vec<String>,
        options: &JobOptions,
    ) -> Result<Self, CliError> {
        let either = |given: &Option<String>, before: Option<String>| given.clone().or(before);
        for (key, _) in &options.env {
            self.secret_env.remove(key);
        }
        for key in &options.secret_env {
            self.env.remove(key);
        }
        self.env.extend(options.env.iter().cloned());
        self.secret_env.extend(options.secret_env.iter().cloned());
        self.set.extend(options.set.iter().cloned());
        self.tags.extend(options.tag.iter().cloned());
        if let Some(key) = self
            .secret_env
            .iter()
            .find(|key| self.env.contains_key(*key))
        {
            let message = format!("the variable {key} is given both a value and as a secret one");
            return Err(CliError::usage(message, "leave one of them out"));
        }
        Ok(Self {
            name: name.or(self.name),
            command: shell_text(command).or(self.command),
            profile: either(&options.profile, self.profile),
            code_branch: either(&options.code_branch, self.code_branch),
            code_commit: either(&options.code_commit, self.code_commit),
            priority: options.priority.or(self.priority),
            max_minutes: options.max_minutes.or(self.max_minutes),
            session: either(&options.session, self.session),
            queue: options.queue.then_some(true).or(self.queue),
            key: either(&options.key, self.key),
            ..self
        })
    }

    /// Itself, where it has what a new job needs.
    ///
    /// # Errors
    /// When name or command is missing.
    pub(super) fn complete(self) -> Result<Self, CliError> {
        let is_empty = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        if is_empty(&self.name) {
            let hint = "paictl submit NAME -- COMMAND, or `name` in the file";
            return Err(CliError::usage("the job has no name", hint));
        }
        if is_empty(&self.command) {
            let hint = "write it behind `--`, or as `command` in the file";
            return Err(CliError::usage("the job has no command", hint));
        }
        Ok(self)
    }

    /// What the daemon gets. `env` is our own environment, in which the values of secret variables are.
    ///
    /// # Errors
    /// When one of them is not set.
    pub(super) fn request(
        mut self,
        env: impl Fn(&str) -> Option<PathBuf>,
    ) -> Result<SubmitJobRequest, CliError> {
        let value =
            |key: &str| env(key).and_then(|value| value.into_os_string().into_string().ok());
        let secret = |key: String| match value(&key) {
            Some(value) => Ok((key, value)),
            None => Err(CliError::usage(
                format!("the variable {key} is not set here, is empty, or is no UTF-8"),
                format!("export {key} before you submit"),
            )),
        };
        match (self.session, value(SESSION_VARIABLE)) {
            (Some(label), _) => _ = self.tags.insert(SESSION_TAG.into(), label),
            (None, Some(label)) => _ = self.tags.entry(SESSION_TAG.into()).or_insert(label),
            (None, None) => {}
        }
        // A session that is said to be none.
        self.tags
            .retain(|key, label| key != SESSION_TAG || !label.is_empty());
        Ok(SubmitJobRequest {
            name: self.name.unwrap_or_default(),
            command: self.command.unwrap_or_default(),
            profile: self.profile.unwrap_or_default(),
            idempotency_key: self.key.unwrap_or_default(),
            queue: self.queue.unwrap_or_default(),
            nonce: nonce(),
            code_branch: self.code_branch.unwrap_or_default(),
            code_commit: self.code_commit.unwrap_or_default(),
            envs: self.env.into_iter().collect(),
            secret_envs: self
                .secret_env
                .into_iter()
                .map(secret)
                .collect::<Result<_, _>>()?,
            tags: self.tags.into_iter().collect(),
            priority: self.priority,
            max_run_minutes: self.max_minutes,
            overrides: self.set.into_iter().collect(),
            ..Default::default()
        })
    }
}

/// One word is shell text already; several become one line that the shell splits into the same words.
fn shell_text(mut command: Vec<String>) -> Option<String> {
    match command.len() {
        0 => None,
        1 => Some(command.swap_remove(0)),
        _ => Some(shell_words::join(command)),
    }
}
