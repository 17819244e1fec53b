//! How jobs are submitted: the seed's `profiles`, or `jobDefaults` of the 0.3.0 shape as the profile `default`, with
//! CreateJob's further keys from either file. Ours count before the seed's, key by key.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Map, Value, json};

use super::{
    Sources, fault,
    keys::{self, JOB_SPEC, Key, PROFILE},
    raw::{RawDefaults, RawProfiles},
    wire::{wire_case, wire_entry, wire_key},
};
use crate::model::Fault;

/// How to submit.
#[derive(Clone, PartialEq)]
pub struct Profile {
    /// For example `PyTorchJob`.
    pub job_type: String,
    /// CreateJob's `JobSpecs`, in the seed's camelCase or the wire's PascalCase. Known keys only.
    pub job_specs: Vec<Value>,
    /// CreateJob's further keys, as the wire has them.
    pub further: Map<String, Value>,
}

impl Profile {
    /// All of it, as the wire has it.
    pub(super) fn wire(&self) -> Map<String, Value> {
        let mut wire = self.further.clone();
        wire.insert("JobType".to_owned(), self.job_type.as_str().into());
        let roles = self.job_specs.iter().map(wire_case).collect();
        wire.insert("JobSpecs".to_owned(), roles);
        wire
    }
}

/// Without the specs and the further keys, which may hold a registry's password.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("job_type", &self.job_type)
            .field("job_specs", &self.job_specs.len())
            .field("further", &self.further.keys())
            .finish()
    }
}

/// One key of a profile in force.
#[derive(Clone, Copy)]
struct Entry<'a> {
    name: &'a str,
    value: &'a Value,
    own: bool,
}

/// The keys of one profile from both files, by the wire's spelling; of both spellings in one file the seed's. Null counts as
/// absent.
fn merged<'a>(
    seed: Option<&'a Map<String, Value>>,
    own: Option<&'a Map<String, Value>>,
) -> BTreeMap<String, Entry<'a>> {
    [(seed, false), (own, true)]
        .into_iter()
        .flat_map(|(map, own)| map.into_iter().flatten().map(move |entry| (entry, own)))
        .filter(|((_, value), _)| !value.is_null())
        .map(|((name, value), own)| (wire_key(name), Entry { name, value, own }))
        .collect()
}

/// The profile in force, as the wire has it.
pub(super) fn effective(
    seed: Option<&Map<String, Value>>,
    own: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    merged(seed, own)
        .into_values()
        .map(|entry| wire_entry(entry.name, entry.value))
        .collect()
}

/// All profiles.
pub(super) fn profiles(
    sources: &Sources<'_>,
    seed: Option<RawProfiles>,
    own: Option<RawProfiles>,
    defaults: Option<RawDefaults>,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Profile>, Fault> {
    let mut seed = seed.unwrap_or_default();
    warn_of_ours(sources, &seed, warnings);
    if let Some(old) = defaults {
        seed.entry("default".to_owned())
            .or_insert_with(|| from_defaults(old));
    }
    let own = own.unwrap_or_default();
    let names: BTreeSet<&String> = seed.keys().chain(own.keys()).collect();
    let mut profiles = BTreeMap::new();
    for name in names {
        let entries = merged(seed.get(name), own.get(name));
        let whole = entries.contains_key("JobType") && entries.contains_key("JobSpecs");
        if !seed.contains_key(name) && !whole {
            // The other tool may take a profile away at any time; what we add to it must not stop everything else.
            warnings.push(format!(
                "the profile {name} is left out: {} adds to it, and no file says its jobType and jobSpecs",
                sources.own().display()
            ));
            continue;
        }
        profiles.insert(name.clone(), profile(sources, name, &entries)?);
    }
    if !profiles.contains_key("default") {
        return Err(fault(sources.path, "has no profile \"default\"")
            .hint("add profiles.default with jobType and jobSpecs; the README shows one"));
    }
    Ok(profiles)
}

fn profile(
    sources: &Sources<'_>,
    name: &str,
    entries: &BTreeMap<String, Entry<'_>>,
) -> Result<Profile, Fault> {
    let file = |own: bool| match own {
        true => sources.own(),
        false => sources.path,
    };
    let job_type = entries.get("JobType");
    let job_type_text = job_type.and_then(|entry| entry.value.as_str());
    let Some(job_type_text) = job_type_text else {
        let own = job_type.is_some_and(|entry| entry.own);
        return Err(
            fault(file(own), format!("profiles.{name}.jobType is not a text"))
                .hint("the README shows a complete example"),
        );
    };
    let specs = entries.get("JobSpecs");
    let roles = specs.and_then(|entry| entry.value.as_array());
    let Some(roles) = roles.filter(|all| !all.is_empty() && all.iter().all(Value::is_object))
    else {
        let own = specs.is_some_and(|entry| entry.own);
        return Err(fault(
            file(own),
            format!("the profile {name} has no jobSpecs, or one that is no object"),
        ));
    };
    let mut further = Map::new();
    for (wire, entry) in entries {
        let Some(key) = keys::find(PROFILE, entry.name, true).filter(|key| key.ours) else {
            continue;
        };
        let value = keys::fit(key.kind, entry.value).map_err(|misfit| {
            let at = format!("profiles.{name}.{}{}", entry.name, misfit.at);
            fault(file(entry.own), format!("{at} {}", misfit.what))
        })?;
        further.insert(wire.clone(), wire_entry(entry.name, &value).1);
    }
    Ok(Profile {
        job_type: job_type_text.to_owned(),
        job_specs: roles
            .iter()
            .map(|role| known_only(JOB_SPEC, role))
            .collect(),
        further,
    })
}

/// A role without the keys that the cloud does not know: a misspelt one must not reach it and be understood after all.
fn known_only(table: &'static [Key], value: &Value) -> Value {
    let Value::Object(map) = value else {
        return value.clone();
    };
    map.iter()
        .filter_map(|(name, item)| {
            let below = keys::find(table, name, true)?.kind.table();
            let item = match below.is_empty() {
                true => item.clone(),
                false => known_only(below, item),
            };
            Some((name.clone(), item))
        })
        .collect::<Map<_, _>>()
        .into()
}

fn warn_of_ours(sources: &Sources<'_>, seed: &RawProfiles, warnings: &mut Vec<String>) {
    for (name, profile) in seed {
        for key in profile.keys() {
            if keys::find(PROFILE, key, true).is_some_and(|key| key.ours) {
                warnings.push(sources.refused_by_the_other_tool(&format!("profiles.{name}.{key}")));
            }
        }
    }
}

/// The profile `default` that a 0.3.0 file means, as the seed spells it.
pub(super) fn from_defaults(old: RawDefaults) -> Map<String, Value> {
    let job_specs = match old.simple {
        Some(simple) if old.job_specs.is_empty() => vec![json!({
            "type": "Worker",
            "image": simple.docker_image,
            "ecsSpec": simple.ecs_spec,
            "podCount": simple.pod_count,
        })],
        _ => old.job_specs,
    };
    Map::from_iter([
        ("jobType".to_owned(), old.job_type.into()),
        ("jobSpecs".to_owned(), job_specs.into()),
    ])
}
