//! How jobs are submitted: the seed's `profiles`, or `jobDefaults` of the 0.3.0 shape as the profile `default`.

use std::{collections::BTreeMap, fmt, path::Path};

use serde_json::{Map, Value};

use super::{
    fault,
    raw::{RawDefaults, RawProfile},
    settings::warn_unknown,
};
use crate::model::Fault;

/// How to submit.
#[derive(Clone, PartialEq)]
pub struct Profile {
    /// For example `PyTorchJob`.
    pub job_type: String,
    /// CreateJob's `JobSpecs`, in the seed's camelCase or the wire's PascalCase.
    pub job_specs: Vec<Value>,
    /// Further keys of CreateJob, in wire spelling.
    pub further: Map<String, Value>,
}

/// Without the specs, which may hold a registry's password.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("job_type", &self.job_type)
            .field("job_specs", &self.job_specs.len())
            .finish()
    }
}

pub(super) fn profiles(
    path: &Path,
    raw: Option<BTreeMap<String, RawProfile>>,
    defaults: Option<RawDefaults>,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Profile>, Fault> {
    let mut profiles = BTreeMap::new();
    if let Some(old) = defaults {
        let job_specs = match old.simple {
            Some(simple) if old.job_specs.is_empty() => vec![serde_json::json!({
                "Type": "Worker",
                "Image": simple.docker_image,
                "EcsSpec": simple.ecs_spec,
                "PodCount": simple.pod_count,
            })],
            _ => old.job_specs,
        };
        profiles.insert(
            "default".to_owned(),
            Profile {
                job_type: old.job_type,
                job_specs,
                further: Map::new(),
            },
        );
    }
    for (name, profile) in raw.unwrap_or_default() {
        warn_unknown(warnings, &format!("profiles.{name}."), &profile.other);
        profiles.insert(
            name,
            Profile {
                job_type: profile.job_type,
                job_specs: profile.job_specs,
                further: Map::new(),
            },
        );
    }
    for (name, profile) in &profiles {
        if profile.job_specs.is_empty() || !profile.job_specs.iter().all(Value::is_object) {
            return Err(fault(
                path,
                format!("the profile {name} has no jobSpecs, or one that is no object"),
            ));
        }
    }
    if !profiles.contains_key("default") {
        return Err(fault(path, "has no profile \"default\"")
            .hint("add profiles.default with jobType and jobSpecs; the README shows one"));
    }
    Ok(profiles)
}
