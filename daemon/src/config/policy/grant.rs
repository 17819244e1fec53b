//! One entry of `policy.tools.change`, and whether a path is covered by one.

use super::{Actor, Policy};
use crate::config::keys::{Place, Step, parse_path};

/// What no tool may change, whatever the policy says.
const NEVER_TOOLS: &[&str] = &[
    "credentials",
    "endpoint",
    "policy",
    "caller",
    "version",
    "notify",
    "hooks",
    "confirm",
    "projectprefix",
    "jobdefaults",
];

/// What is edited by hand only; the version also by `paictl config migrate`.
const BY_HAND: &[&str] = &["credentials", "policy", "caller", "version"];

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) enum Grant {
    /// `profiles`: make, change and delete them, with their safe keys and within the caps.
    Profiles,
    /// `profiles.*.KEY`: this key of a profile, too.
    ProfileKey(Vec<String>),
    /// `mounts`: anything in them.
    Mounts,
    /// `mounts.readOnly`: take the right to write away.
    MountsReadOnly,
    /// A path, with all below it.
    Path(Vec<String>),
}

/// Whether a path may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Permit {
    /// To any value.
    Yes,
    /// Only to the right to read.
    ToReadOnly,
    /// No.
    No,
}

impl Grant {
    /// A grant of a path that is known to be one.
    pub(super) fn path(keys: &[&str]) -> Self {
        Self::Path(keys.iter().map(|&key| key.to_owned()).collect())
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "profiles" => return Ok(Self::Profiles),
            "mounts" => return Ok(Self::Mounts),
            "mounts.readOnly" => return Ok(Self::MountsReadOnly),
            _ => {}
        }
        let unknown = "names nothing that stands in the settings";
        let steps = parse_path(text).map_err(|_| unknown)?;
        let keys: Vec<String> = steps
            .iter()
            .map(|step| match step {
                Step::Key(key) => Ok(key.clone()),
                Step::Index(_) => Err("may not hold an index"),
            })
            .collect::<Result<_, _>>()?;
        let is_root_of = |list: &[&str]| {
            keys.first()
                .is_some_and(|key| list.contains(&key.to_lowercase().as_str()))
        };
        if is_root_of(NEVER_TOOLS) {
            return Err("is never a tool's to change");
        }
        match keys.as_slice() {
            [profiles, star, key @ ..] if profiles == "profiles" && star == "*" => {
                match !key.is_empty() && is_known(Place::PROFILE, key) {
                    true => Ok(Self::ProfileKey(key.to_vec())),
                    false => Err("names no key of a profile"),
                }
            }
            _ if is_root_of(&["profiles"]) => Err("is not of the form profiles.*.KEY"),
            _ if is_root_of(&["mounts"]) || !is_known(Place::TOP, &keys) => Err(unknown),
            _ => Ok(Self::Path(keys)),
        }
    }
}

/// Whether the tables know each of these keys; lists are passed through.
fn is_known(mut place: Place, keys: &[String]) -> bool {
    keys.iter().all(|name| {
        if place.key(name).is_none_or(|key| key.name != name) {
            return false;
        }
        place = place.step(&Step::Key(name.clone())).items();
        true
    })
}

/// Whether `actor` may change what stands at `steps`.
pub(in crate::config) fn permit(policy: &Policy, actor: Actor, steps: &[Step]) -> Permit {
    let root = match steps.first() {
        Some(Step::Key(root)) => root.as_str(),
        _ => return Permit::No,
    };
    let locked = match actor {
        Actor::Person => BY_HAND,
        Actor::Tool => NEVER_TOOLS,
    };
    if locked.contains(&root.to_lowercase().as_str()) {
        return Permit::No;
    }
    if actor == Actor::Person {
        return Permit::Yes;
    }
    let keys = spelt(steps);
    let granted = policy.change.iter().any(|grant| match grant {
        Grant::Path(path) => keys.starts_with(path),
        Grant::Mounts => root == "mounts",
        Grant::Profiles => root == "profiles" && is_safe(steps.get(2..).unwrap_or_default()),
        Grant::ProfileKey(key) => {
            root == "profiles" && keys.get(2..).is_some_and(|below| below.starts_with(key))
        }
        Grant::MountsReadOnly => false,
    });
    let is_access = matches!(steps, [Step::Key(mounts), Step::Index(_), Step::Key(access)]
        if mounts == "mounts" && access == "mountAccess");
    match granted {
        true => Permit::Yes,
        false if is_access && policy.change.contains(&Grant::MountsReadOnly) => Permit::ToReadOnly,
        false => Permit::No,
    }
}

/// Whether each key on the way below a profile is one that is safe in the hands of a tool.
fn is_safe(below_profile: &[Step]) -> bool {
    let mut place = Place::PROFILE;
    for step in below_profile {
        if let Step::Key(name) = step {
            match place.key(name) {
                Some(key) if key.safe => {}
                None if place.is_free() => return true,
                _ => return false,
            }
        }
        place = place.step(step);
    }
    true
}

/// The keys of a path as the tables spell them, without indexes.
fn spelt(steps: &[Step]) -> Vec<String> {
    Place::respelt_path(steps, Place::key)
        .into_iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        })
        .collect()
}

/// The entry of the policy that would cover a path; `None` where none can.
pub(super) fn grant_for(steps: &[Step]) -> Option<String> {
    let keys = spelt(steps);
    let root = keys.first()?;
    if NEVER_TOOLS.contains(&root.to_lowercase().as_str()) {
        return None;
    }
    let known = |mut place: Place, keys: &[String]| {
        let deepest = keys.iter().take_while(|name| {
            let known = place.key(name).is_some();
            place = place.step(&Step::Key((*name).clone())).items();
            known
        });
        deepest.cloned().collect::<Vec<_>>()
    };
    let entry = match root.as_str() {
        "mounts" => "mounts".to_owned(),
        "profiles" => {
            let key = known(Place::PROFILE, keys.get(2..).unwrap_or_default());
            match key.is_empty() || is_safe(steps.get(2..).unwrap_or_default()) {
                true => "profiles".to_owned(),
                false => format!("profiles.*.{}", key.join(".")),
            }
        }
        _ => known(Place::TOP, &keys).join("."),
    };
    Grant::parse(&entry).is_ok().then_some(entry)
}

#[cfg(test)]
mod tests;
