//! The JobSpecs of a request: one role each.

use serde_json::{Map, Value};

use super::{Role, list, number, text, without_nul};
use crate::catalogue;
use crate::error::ApiError;
use crate::resources::Resources;

/// More local processes than this is taken for a slip.
const MAX_PODS: u64 = 64;

pub(super) fn roles(raw: &Map<String, Value>, job_type: &str) -> Result<Vec<Role>, ApiError> {
    let specs = list(raw, "JobSpecs")?;
    if specs.is_empty() {
        return Err(ApiError::missing("JobSpecs"));
    }
    let dedicated = text(raw, "ResourceId")?.is_some();
    let roles: Vec<Role> = specs
        .into_iter()
        .map(|spec| role(spec, job_type, dedicated))
        .collect::<Result<_, _>>()?;
    if roles.iter().map(|role| u64::from(role.pods)).sum::<u64>() > MAX_PODS {
        return Err(ApiError::invalid(
            "JobSpecs.PodCount",
            "more than 64 pods are not run here",
        ));
    }
    // Pod ids hold the role in lower case.
    let mut kinds: Vec<String> = roles
        .iter()
        .map(|role| role.kind.to_ascii_lowercase())
        .collect();
    kinds.sort_unstable();
    if kinds.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(ApiError::invalid("JobSpecs.Type", "a role is given twice"));
    }
    Ok(roles)
}

fn role(spec: &Map<String, Value>, job_type: &str, dedicated: bool) -> Result<Role, ApiError> {
    let kind = text(spec, "Type")?.ok_or_else(|| ApiError::missing("JobSpecs.Type"))?;
    if !is_role(&kind, job_type) {
        let why = format!("{kind} is not a role of {job_type}");
        return Err(ApiError::invalid("JobSpecs.Type", &why));
    }
    if text(spec, "Image")?.is_none() {
        return Err(ApiError::missing("JobSpecs.Image"));
    }
    let pods = number(spec, "PodCount")?.unwrap_or(1);
    let pods = u32::try_from(pods).ok().filter(|pods| *pods >= 1);
    let pods = pods.ok_or_else(|| ApiError::invalid("JobSpecs.PodCount", "it is not 1 or more"))?;
    let command = text(spec, "UserCommand")?
        .map(|command| without_nul(command, "JobSpecs.UserCommand"))
        .transpose()?;
    Ok(Role {
        kind,
        pods,
        command,
        resources: resources(spec, dedicated)?,
    })
}

/// Roles by job type; of the types without a documented list, any name will do.
fn is_role(kind: &str, job_type: &str) -> bool {
    let known: &[&str] = match job_type {
        "TFJob" => &["Chief", "PS", "Worker", "Evaluator", "GraphLearn"],
        "PyTorchJob" | "XGBoostJob" | "OneFlowJob" | "ElasticBatchJob" | "MPIJob" => {
            &["Worker", "Master"]
        }
        "RayJob" => &["Head", "Worker"],
        _ => return kind.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    };
    known.contains(&kind)
}

/// The real service wants either an instance type or amounts; none at all is taken here, too, as
/// a job that needs nothing.
fn resources(spec: &Map<String, Value>, dedicated: bool) -> Result<Resources, ApiError> {
    let instance_type = text(spec, "EcsSpec")?;
    let config = spec.get("ResourceConfig").filter(|value| !value.is_null());
    let exclusive = |why| Err(ApiError::invalid("JobSpecs.EcsSpec", why));
    match (instance_type, config) {
        (Some(_), Some(_)) => exclusive("EcsSpec and ResourceConfig exclude each other"),
        (Some(_), None) if dedicated => {
            exclusive("EcsSpec is not allowed together with ResourceId")
        }
        (Some(name), None) => Ok(catalogue::resources_of(&name)),
        (None, Some(config)) => {
            let texts = config
                .as_object()
                .filter(|map| map.values().all(Value::is_string));
            let field = "JobSpecs.ResourceConfig";
            let config =
                texts.ok_or_else(|| ApiError::invalid(field, "it is not a map of strings"))?;
            Resources::of_config(config)
                .map_err(|key| ApiError::invalid(&format!("{field}.{key}"), "it is no amount"))
        }
        (None, None) => Ok(Resources::default()),
    }
}
