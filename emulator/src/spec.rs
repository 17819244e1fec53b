//! What CreateJob takes. Known keys are checked; unknown keys are ignored, not refused.
//!
//! `roles` checks the JobSpecs, `settings` the Settings. A [`Submission`] exists only for a request that passed every check.

mod roles;
mod settings;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::api::USER_ID;
use crate::error::ApiError;
use crate::resources::Resources;

/// Parameters together may not be longer than this, in bytes.
pub(crate) const MAX_BODY: usize = 65_536;

const MAX_NAME_CHARS: usize = 256;
const JOB_TYPES: [&str; 9] = [
    "TFJob",
    "PyTorchJob",
    "MPIJob",
    "XGBoostJob",
    "OneFlowJob",
    "ElasticBatchJob",
    "SlurmJob",
    "RayJob",
    "DataJuicerJob",
];

/// A checked CreateJob request.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    /// Who sent it.
    pub(crate) user_id: String,
    pub(crate) display_name: String,
    pub(crate) job_type: String,
    pub(crate) workspace_id: String,
    pub(crate) user_command: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) envs: BTreeMap<String, String>,
    /// 0 for no limit.
    pub(crate) max_minutes: u64,
    /// How long the job is kept after its own end.
    pub(crate) reserved_minutes: u64,
    /// The request as sent, for the answers that echo it.
    pub(crate) raw: Map<String, Value>,
}

/// One JobSpec.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) kind: String,
    pub(crate) pods: u32,
    /// Takes the place of the job's command.
    pub(crate) command: Option<String>,
    /// Of each pod.
    pub(crate) resources: Resources,
}

impl Submission {
    /// Checks the body of a CreateJob call.
    pub(crate) fn parse(body: &[u8], default_workspace: &str) -> Result<Self, ApiError> {
        if body.len() > MAX_BODY {
            return Err(ApiError::invalid("body", "it is longer than 65536 bytes"));
        }
        let raw: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| ApiError::invalid("body", &format!("not a JSON object: {error}")))?;
        let display_name = required(&raw, "DisplayName")?;
        check_name(&display_name)?;
        let job_type = required(&raw, "JobType")?;
        if !JOB_TYPES.contains(&job_type.as_str()) {
            return Err(ApiError::invalid(
                "JobType",
                &format!("{job_type} is not a job type"),
            ));
        }
        let roles = roles::roles(&raw, &job_type)?;
        let user_command = without_nul(required(&raw, "UserCommand")?, "UserCommand")?;
        check_choices(&raw)?;
        check_data_sources(&raw)?;
        let workspace_id =
            text(&raw, "WorkspaceId")?.unwrap_or_else(|| default_workspace.to_owned());
        Ok(Self {
            user_id: USER_ID.to_owned(),
            display_name,
            job_type,
            workspace_id,
            user_command,
            roles,
            envs: envs(&raw)?,
            max_minutes: number(&raw, "JobMaxRunningTimeMinutes")?.unwrap_or(0),
            reserved_minutes: settings::reserved_minutes(&raw)?,
            raw,
        })
    }

    /// All pods together.
    pub(crate) fn resources(&self) -> Resources {
        self.roles.iter().fold(Resources::default(), |sum, role| {
            let (pods, each) = (f64::from(role.pods), role.resources);
            Resources {
                cpu: sum.cpu + pods * each.cpu,
                gpu: sum.gpu + pods * each.gpu,
                memory_gib: sum.memory_gib + pods * each.memory_gib,
            }
        })
    }

    /// Number of pods.
    pub(crate) fn pod_count(&self) -> u32 {
        self.roles.iter().map(|role| role.pods).sum()
    }
}

/// A string; absent, null and empty are alike.
fn text(object: &Map<String, Value>, key: &str) -> Result<Option<String>, ApiError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then(|| text.clone())),
        Some(_) => Err(ApiError::invalid(key, "it is not a string")),
    }
}

fn required(object: &Map<String, Value>, key: &str) -> Result<String, ApiError> {
    text(object, key)?.ok_or_else(|| ApiError::missing(key))
}

fn number(object: &Map<String, Value>, key: &str) -> Result<Option<u64>, ApiError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let found = value.as_u64().map(Some);
            found.ok_or_else(|| ApiError::invalid(key, "it is not a whole number from 0"))
        }
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(ApiError::invalid(
            "DisplayName",
            "it is longer than 256 characters",
        ));
    }
    if !name
        .chars()
        .all(|c| c.is_alphanumeric() || "_.-".contains(c))
    {
        let why = "only letters, digits, underscores, dots and hyphens are allowed";
        return Err(ApiError::invalid("DisplayName", why));
    }
    Ok(())
}

fn check_choices(raw: &Map<String, Value>) -> Result<(), ApiError> {
    if number(raw, "Priority")?.is_some_and(|priority| !(1..=9).contains(&priority)) {
        return Err(ApiError::invalid("Priority", "it is not 1 to 9"));
    }
    match text(raw, "Accessibility")?.as_deref() {
        None | Some("PUBLIC" | "PRIVATE") => Ok(()),
        Some(_) => Err(ApiError::invalid(
            "Accessibility",
            "it is not PUBLIC or PRIVATE",
        )),
    }
}

fn check_data_sources(raw: &Map<String, Value>) -> Result<(), ApiError> {
    for source in list(raw, "DataSources")? {
        if text(source, "DataSourceId")?.is_some() && text(source, "Uri")?.is_some() {
            return Err(ApiError::invalid(
                "DataSources",
                "DataSourceId and Uri exclude each other",
            ));
        }
        if !matches!(
            text(source, "MountAccess")?.as_deref(),
            None | Some("RO" | "RW")
        ) {
            return Err(ApiError::invalid(
                "DataSources.MountAccess",
                "it is not RO or RW",
            ));
        }
    }
    Ok(())
}

fn list<'a>(
    raw: &'a Map<String, Value>,
    key: &str,
) -> Result<Vec<&'a Map<String, Value>>, ApiError> {
    let items = match raw.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => value
            .as_array()
            .ok_or_else(|| ApiError::invalid(key, "it is not a list"))?,
    };
    let object = |item: &'a Value| item.as_object();
    items
        .iter()
        .map(|item| object(item).ok_or_else(|| ApiError::invalid(key, "not a list of objects")))
        .collect()
}

/// Neither commands nor environments can hold a NUL.
fn without_nul(text: String, field: &str) -> Result<String, ApiError> {
    if text.contains('\0') {
        return Err(ApiError::invalid(field, "it holds a NUL"));
    }
    Ok(text)
}

fn envs(raw: &Map<String, Value>) -> Result<BTreeMap<String, String>, ApiError> {
    let wrong = || ApiError::invalid("Envs", "it is not a map of strings");
    let mut envs = BTreeMap::new();
    if let Some(value) = raw.get("Envs").filter(|value| !value.is_null()) {
        for (key, value) in value.as_object().ok_or_else(wrong)? {
            let value = value.as_str().ok_or_else(wrong)?.to_owned();
            envs.insert(env_name(key.clone(), "Envs")?, without_nul(value, "Envs")?);
        }
    }
    for custom in list(raw, "CustomEnvs")? {
        let key = text(custom, "Key")?.ok_or_else(|| ApiError::missing("CustomEnvs.Key"))?;
        let value = text(custom, "Value")?.unwrap_or_default();
        envs.insert(
            env_name(key, "CustomEnvs")?,
            without_nul(value, "CustomEnvs")?,
        );
    }
    Ok(envs)
}

fn env_name(name: String, field: &str) -> Result<String, ApiError> {
    if name.is_empty() || name.contains('=') {
        return Err(ApiError::invalid(field, "a name is empty or holds ="));
    }
    without_nul(name, field)
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
