//! The seed's settings, in the 0.3.0 and 0.5.0 shapes (seed sheet 1.1.1), plus the key `endpoint`.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use aliyun::Credentials;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    CredentialSource, Endpoints, Env, Own, Profile, credentials,
    endpoint::endpoints,
    fault,
    profile::profiles,
    raw::{Raw, RawLimits},
};
use crate::model::{
    Fault,
    redact::{is_secret_entry, leaves},
};

/// Settings that were checked.
#[derive(Clone)]
pub struct Settings {
    /// The file.
    pub path: PathBuf,
    /// `version` as written.
    pub version: String,
    /// Every display name begins with it and a dash.
    pub prefix: String,
    /// Region id.
    pub region: String,
    /// Workspace id.
    pub workspace_id: String,
    /// Quota id; empty is the public pool.
    pub resource_id: String,
    /// The key in use.
    pub credentials: Credentials,
    /// Where it came from.
    pub credential_source: CredentialSource,
    /// Git source that is cloned before a job starts.
    pub code_source: Option<CodeSource>,
    /// What is mounted into every pod.
    pub mounts: Vec<Mount>,
    /// What may run at the same time.
    pub limits: Limits,
    /// How to submit, by name; `default` is there.
    pub profiles: BTreeMap<String, Profile>,
    /// Whom to call.
    pub endpoints: Endpoints,
    /// Keys of `pai.json`.
    pub own: Own,
    /// For people, each one line.
    pub warnings: Vec<String>,
    /// Texts and numbers under keys that speak of secrets; to be masked wherever they turn up.
    pub secrets: Vec<String>,
}

/// Names and numbers only: a derived text would hold the secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("path", &self.path)
            .field("prefix", &self.prefix)
            .field("region", &self.region)
            .field("workspace_id", &self.workspace_id)
            .field("credential_source", &self.credential_source)
            .field("limits", &self.limits)
            .field("mounts", &self.mounts.len())
            .field("profiles", &self.profiles.len())
            .field("secrets", &self.secrets.len())
            .finish_non_exhaustive()
    }
}

/// `codeSource`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeSource {
    /// Id at AIWorkSpace.
    pub code_source_id: String,
    /// Where it is cloned to.
    pub mount_path: String,
    /// Branch that is sent with every submit.
    pub default_branch: Option<String>,
    /// Commit that is sent with every submit.
    pub default_commit: Option<String>,
}

impl CodeSource {
    /// The same at a branch, a commit, or both; empty means that none is named.
    #[must_use]
    pub fn at(&self, branch: &str, commit: &str) -> Self {
        let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (branch, commit) = (named(branch), named(commit));
        let default_commit = match branch {
            // The default is a commit of another branch.
            Some(_) => commit,
            None => commit.or_else(|| self.default_commit.clone()),
        };
        Self {
            default_branch: branch.or_else(|| self.default_branch.clone()),
            default_commit,
            ..self.clone()
        }
    }
}

/// One of `mounts`. Its options may hold a key: there is no debug text.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// For people.
    pub name: String,
    /// `oss://…`, `nas://…`, `cpfs://…`.
    pub uri: String,
    /// Path in the pod.
    pub mount_path: String,
    /// `ReadOnly` or `ReadWrite`; `RO` and `RW` are taken too.
    pub mount_access: String,
    /// Mount options.
    pub options: Option<String>,
}

impl Mount {
    /// The wire's word: `RO` or `RW` (fact sheet §4.7).
    pub fn wire_access(&self) -> &'static str {
        match self.mount_access.as_str() {
            "ReadWrite" | "RW" => "RW",
            _ => "RO",
        }
    }
}

/// `limits`. Counted over all active jobs of the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Jobs; 1 when not given, as in the seed.
    pub max_running_jobs: u32,
    /// GPUs; `None` is no limit.
    pub max_gpu: Option<u64>,
    /// Cores; `None` is no limit.
    pub max_cpu: Option<u64>,
    /// Minutes for which one job may run; `None` is no limit.
    pub max_run_minutes: Option<u32>,
    /// GPUs times hours since 00:00 UTC, in thousandths; `None` is no limit.
    pub max_gpu_milli_hours_per_day: Option<u64>,
}

pub(super) fn from_value(
    path: &Path,
    value: Value,
    own: Own,
    env: Env<'_>,
) -> Result<Settings, Fault> {
    let mut secrets = Vec::new();
    collect_secrets(&value, &mut secrets);
    let raw: Raw = serde_path_to_error::deserialize(value).map_err(|error| {
        // serde's words may quote the value, and the value may be a secret: tell the place and what was expected.
        let words = error.inner().to_string();
        let expected = words.split_once("expected ").map_or("", |(_, rest)| rest);
        match words.strip_prefix("missing field ") {
            Some(field) => fault(path, format!("lacks {field}")),
            None => fault(path, format!("{} is not {expected}", error.path())),
        }
        .hint("the README shows a complete example")
    })?;
    let mut warnings = Vec::new();
    warn_unknown(&mut warnings, "", &raw.other);
    check(path, &raw)?;
    let endpoints = endpoints(
        path,
        raw.endpoint.as_ref().or(own.endpoint.as_ref()),
        &raw.region_id,
    )?;
    let limits = limits(raw.limits, &mut warnings);
    let profiles = profiles(path, raw.profiles, raw.job_defaults, &mut warnings)?;
    let (credentials, credential_source) = match raw.credentials {
        Some(held) => (
            Credentials {
                access_key_id: held.access_key_id,
                access_key_secret: held.access_key_secret.into(),
                security_token: held.security_token.map(Into::into),
            },
            CredentialSource::SettingsFile,
        ),
        None => (
            credentials::from_env(env).ok_or_else(|| {
                fault(
                    path,
                    "holds no credentials, and the daemon's environment has none",
                )
                .hint(
                    "add \"credentials\", or start paid with ALIBABA_CLOUD_ACCESS_KEY_ID and \
                     ALIBABA_CLOUD_ACCESS_KEY_SECRET set",
                )
            })?,
            CredentialSource::Environment,
        ),
    };
    Ok(Settings {
        path: path.into(),
        version: raw.version.unwrap_or_default(),
        prefix: raw.project_prefix,
        region: raw.region_id,
        workspace_id: raw.workspace_id,
        resource_id: raw.resource_id.unwrap_or_default(),
        credentials,
        credential_source,
        code_source: raw.code_source,
        mounts: raw.mounts,
        limits,
        profiles,
        endpoints,
        own,
        warnings,
        secrets,
    })
}

fn check(path: &Path, raw: &Raw) -> Result<(), Fault> {
    let named = [
        ("projectPrefix", &raw.project_prefix),
        ("regionId", &raw.region_id),
        ("workspaceId", &raw.workspace_id),
    ];
    for (key, text) in named {
        if text.trim().is_empty() {
            return Err(fault(path, format!("{key} is empty")));
        }
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !raw.project_prefix.chars().all(fits) || raw.project_prefix.len() > 128 {
        return Err(fault(
            path,
            "projectPrefix may hold letters, digits, '_', '.' and '-', at most 128 of them",
        ));
    }
    if let Some(held) = &raw.credentials
        && (held.access_key_id.trim().is_empty() || held.access_key_secret.trim().is_empty())
    {
        return Err(fault(
            path,
            "credentials.accessKeyId or accessKeySecret is empty",
        ));
    }
    for (number, mount) in raw.mounts.iter().enumerate() {
        if !matches!(
            mount.mount_access.as_str(),
            "ReadOnly" | "ReadWrite" | "RO" | "RW"
        ) {
            return Err(fault(
                path,
                format!("mounts[{number}].mountAccess is neither ReadOnly nor ReadWrite"),
            ));
        }
    }
    Ok(())
}

fn limits(raw: Option<RawLimits>, warnings: &mut Vec<String>) -> Limits {
    let Some(raw) = raw else {
        return Limits {
            max_running_jobs: 1,
            max_gpu: None,
            max_cpu: None,
            max_run_minutes: None,
            max_gpu_milli_hours_per_day: None,
        };
    };
    warn_unknown(warnings, "limits.", &raw.other);
    Limits {
        max_running_jobs: raw.max_running_jobs.unwrap_or(1),
        max_gpu: raw.max_gpu,
        max_cpu: raw.max_cpu,
        max_run_minutes: None,
        max_gpu_milli_hours_per_day: None,
    }
}

pub(super) fn warn_unknown(warnings: &mut Vec<String>, at: &str, other: &Map<String, Value>) {
    warnings.extend(
        other
            .keys()
            .map(|key| format!("unknown key {at}{key} in the settings")),
    );
}

fn collect_secrets(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_secrets(item, into)),
        Value::Object(map) => {
            for (key, item) in map {
                match is_secret_entry(map, key, item) {
                    true => into.extend(leaves(item).into_iter().map(Into::into)),
                    false => collect_secrets(item, into),
                }
            }
        }
        _ => {}
    }
}
