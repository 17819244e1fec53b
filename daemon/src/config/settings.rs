//! The settings, checked: the seed's file in the 0.3.0 and 0.5.0 shapes (seed sheet 1.1.1), and our own beside it.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use aliyun::Credentials;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    CredentialSource, Endpoints, Env, Limits, Own, Policy, Profile, Sources, credentials,
    endpoint::endpoints,
    fault,
    limits::limits,
    own, policy,
    profile::profiles,
    raw::{Raw, RawCredentials},
    secrets,
};
use crate::{model::Fault, submit::is_reference};

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
    /// Our own file that is in force.
    pub own_path: Option<PathBuf>,
    /// What only that file holds.
    pub own: Own,
    /// What tools may do.
    pub policy: Policy,
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

/// Checks what stands in both files.
pub(super) fn from_sources(sources: &Sources<'_>, env: Env<'_>) -> Result<Settings, Fault> {
    let path = sources.path;
    let own = own::read(sources.own(), &sources.documents.own)?;
    let own_document = sources.own_path.map(|own| (own, &sources.documents.own));
    let settings_document = (path, &sources.documents.settings);
    let (policy, slip) = policy::in_force(settings_document, own_document, sources.common);
    let raw = read(path, &sources.documents.settings)?;
    check(path, &raw)?;
    let slip = slip.map(|slip| format!("{slip}; until it is mended tools change nothing"));
    let mut warnings = Vec::from_iter(slip);
    sources.warn_unknown(&mut warnings);
    let limits = limits(sources, raw.limits, own.limits, &mut warnings)?;
    let profiles = profiles(
        sources,
        raw.profiles,
        own.profiles,
        raw.job_defaults,
        &mut warnings,
    )?;
    let given = own.endpoint.as_ref().map(|given| (sources.own(), given));
    let given = given.or(raw.endpoint.as_ref().map(|given| (path, given)));
    let endpoints = endpoints(path, given, &raw.region_id)?;
    let (credentials, credential_source) = credentials(path, raw.credentials, env)?;
    let mut secrets = Vec::new();
    for document in [&sources.documents.settings, &sources.documents.own] {
        secrets::collect(&Value::Object(document.clone()), &mut secrets);
    }
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
        own_path: sources.own_path.map(Into::into),
        own: Own {
            api: own.api,
            list: own.list,
            logs: own.logs,
            endpoint: own.endpoint,
        },
        policy,
        warnings,
        secrets,
    })
}

fn read(path: &Path, document: &Map<String, Value>) -> Result<Raw, Fault> {
    serde_path_to_error::deserialize(Value::Object(document.clone())).map_err(|error| {
        // serde's words may quote the value, and the value may be a secret: tell the place and what was expected.
        let words = error.inner().to_string();
        let expected = words.split_once("expected ").map_or("", |(_, rest)| rest);
        match words.strip_prefix("missing field ") {
            Some(field) => fault(path, format!("lacks {field}")),
            None => fault(path, format!("{} is not {expected}", error.path())),
        }
        .hint("the README shows a complete example")
    })
}

fn credentials(
    path: &Path,
    held: Option<RawCredentials>,
    env: Env<'_>,
) -> Result<(Credentials, CredentialSource), Fault> {
    if let Some(held) = held {
        let held = Credentials {
            access_key_id: held.access_key_id,
            access_key_secret: held.access_key_secret.into(),
            security_token: held.security_token.map(Into::into),
        };
        return Ok((held, CredentialSource::SettingsFile));
    }
    let found = credentials::from_env(env).ok_or_else(|| {
        fault(
            path,
            "holds no credentials, and the daemon's environment has none",
        )
        .hint(
            "add \"credentials\", or start paid with ALIBABA_CLOUD_ACCESS_KEY_ID and \
             ALIBABA_CLOUD_ACCESS_KEY_SECRET set",
        )
    })?;
    Ok((found, CredentialSource::Environment))
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
    let source = raw.code_source.as_ref();
    let code = [
        (
            "defaultBranch",
            source.and_then(|source| source.default_branch.as_ref()),
        ),
        (
            "defaultCommit",
            source.and_then(|source| source.default_commit.as_ref()),
        ),
    ];
    for (key, text) in code {
        if text.is_some_and(|text| !text.is_empty() && !is_reference(text)) {
            return Err(fault(
                path,
                format!("codeSource.{key} is no name that git would take"),
            ));
        }
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
