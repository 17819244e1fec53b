//! What stands in both files, as the one document that people see, and the way back into the files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    keys::{self, LIMITS, OWN, PROFILE, Place, SETTINGS, Step, show},
    profile::effective,
    wire::wire_key,
};
use crate::model::{Fault, FaultKind};

/// Both files, read and not yet checked.
#[derive(Clone, Default, PartialEq)]
pub struct Documents {
    /// The settings, which another tool may share.
    pub(super) settings: Map<String, Value>,
    /// Our own file; empty where there is none.
    pub(super) own: Map<String, Value>,
}

/// Without what stands in them.
impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Documents")
            .field("settings", &self.settings.len())
            .field("own", &self.own.len())
            .finish()
    }
}

/// Objects that both files share key by key.
const LIMITS_KEY: &str = "limits";
const PROFILES_KEY: &str = "profiles";

impl Documents {
    /// The names of the profiles of both files.
    pub(super) fn profile_names(&self) -> BTreeSet<String> {
        [&self.settings, &self.own]
            .into_iter()
            .filter_map(|document| document.get(PROFILES_KEY)?.as_object())
            .flat_map(Map::keys)
            .cloned()
            .collect()
    }

    /// The profiles in force, as the wire has them.
    pub(super) fn profiles_in_force(&self) -> BTreeMap<String, Map<String, Value>> {
        let of = |document: &Map<String, Value>, name: &str| {
            object(document, PROFILES_KEY).and_then(|profiles| object(&profiles, name))
        };
        let in_force = |name: String| {
            let (seed, own) = (of(&self.settings, &name), of(&self.own, &name));
            (name, effective(seed.as_ref(), own.as_ref()))
        };
        self.profile_names().into_iter().map(in_force).collect()
    }

    /// Both as one: ours before the seed's, for each key at the top, of the limits, and of a profile.
    pub(super) fn merged(&self) -> Map<String, Value> {
        let mut whole = Level::Top.merged(&self.settings, &self.own);
        let shared = |key: &str| (object(&self.settings, key), object(&self.own, key));
        let (seed, own) = shared(LIMITS_KEY);
        if let (Some(seed), Some(own)) = (seed, own) {
            let limits = Level::Limits.merged(&seed, &own);
            whole.insert(LIMITS_KEY.to_owned(), limits.into());
        }
        let (seed, own) = shared(PROFILES_KEY);
        if let (Some(mut profiles), Some(own)) = (seed, own) {
            for (name, ours) in own {
                let merged = match (profiles.get(&name), &ours) {
                    (Some(Value::Object(seed)), Value::Object(ours)) => {
                        Level::Profile.merged(seed, ours).into()
                    }
                    _ => ours,
                };
                profiles.insert(name, merged);
            }
            whole.insert(PROFILES_KEY.to_owned(), profiles.into());
        }
        whole
    }

    /// Both files after the one document became `whole`. What did not change is not touched; a key stays in the file in which
    /// it stands, a new one goes where it belongs, and one that is gone, or became null, goes from both.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Invalid` for a new key that no file may hold, and where an object is none.
    pub(super) fn split(&self, whole: &Map<String, Value>) -> Result<Self, Fault> {
        let before = self.merged();
        let without_shared = |map: &Map<String, Value>| {
            let mut map = map.clone();
            map.retain(|key, _| key != LIMITS_KEY && key != PROFILES_KEY);
            map
        };
        let mut split =
            Level::Top.split(&[], self, &without_shared(&before), &without_shared(whole))?;
        if before.get(LIMITS_KEY) != whole.get(LIMITS_KEY) {
            let at = &[LIMITS_KEY];
            let parts = Level::Limits.split_object(at, &split, &before, whole)?;
            put(&mut split.settings, LIMITS_KEY, parts.settings);
            put(&mut split.own, LIMITS_KEY, parts.own);
        }
        if before.get(PROFILES_KEY) != whole.get(PROFILES_KEY) {
            let below = |map| below(map, PROFILES_KEY, PROFILES_KEY);
            let (before, after) = (below(&before)?, below(whole)?);
            let mut profiles = Self {
                settings: below(&split.settings)?,
                own: below(&split.own)?,
            };
            let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            for name in names
                .into_iter()
                .filter(|&name| before.get(name) != after.get(name))
            {
                let at = &[PROFILES_KEY, name];
                let parts = Level::Profile.split_object(at, &profiles, &before, &after)?;
                put(&mut profiles.settings, name, parts.settings);
                put(&mut profiles.own, name, parts.own);
            }
            put(&mut split.settings, PROFILES_KEY, profiles.settings);
            put(&mut split.own, PROFILES_KEY, profiles.own);
        }
        Ok(split)
    }
}

/// A place at which both files may hold keys.
#[derive(Clone, Copy)]
enum Level {
    Top,
    Limits,
    Profile,
}

impl Level {
    /// What two spellings of a key have in common.
    fn identity(self, name: &str) -> String {
        match self {
            Self::Profile => wire_key(name),
            Self::Top | Self::Limits => name.to_owned(),
        }
    }

    /// Whether a new key goes into our own file; `None` where no file may hold it.
    fn is_ours(self, name: &str) -> Option<bool> {
        let key = match self {
            Self::Top => keys::find(SETTINGS, name, false).or_else(|| keys::find(OWN, name, false)),
            Self::Limits => keys::find(LIMITS, name, false),
            Self::Profile => keys::find(PROFILE, name, true),
        };
        key.map(|key| key.ours)
    }

    fn has(self, map: &Map<String, Value>, name: &str) -> bool {
        let identity = self.identity(name);
        map.keys().any(|key| self.identity(key) == identity)
    }

    /// Sets a key in place of each spelling of it.
    fn set(self, map: &mut Map<String, Value>, name: &str, value: Option<&Value>) {
        let identity = self.identity(name);
        map.retain(|key, _| self.identity(key) != identity || key == name && value.is_some());
        if let Some(value) = value {
            map.insert(name.to_owned(), value.clone());
        }
    }

    fn merged(self, seed: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
        // Null counts as absent, so it hides nothing.
        let mut merged = own.clone();
        merged.retain(|name, value| !value.is_null() || !self.has(seed, name));
        let hidden = |name: &str| self.has(&merged, name);
        let seen: Map<_, _> = seed
            .iter()
            .filter(|(name, _)| !hidden(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        merged.extend(seen);
        merged
    }

    /// The same for the object at the end of `at`.
    fn split_object(
        self,
        at: &[&str],
        parts: &Documents,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) -> Result<Documents, Fault> {
        let key = at.last().copied().unwrap_or_default();
        let below = |map| below(map, key, &show_keys(at));
        let parts = Documents {
            settings: below(&parts.settings)?,
            own: below(&parts.own)?,
        };
        self.split(at, &parts, &below(before)?, &below(after)?)
    }

    fn split(
        self,
        at: &[&str],
        parts: &Documents,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) -> Result<Documents, Fault> {
        let mut parts = parts.clone();
        let gone = |name: &str| !self.has(after, name) || after.get(name) == Some(&Value::Null);
        let changed = |name: &String| before.get(name) != after.get(name);
        for name in before.keys().filter(|name| changed(name) && gone(name)) {
            self.set(&mut parts.settings, name, None);
            self.set(&mut parts.own, name, None);
        }
        for (name, value) in after {
            if !changed(name) || value.is_null() {
                continue;
            }
            let into_own = if self.has(&parts.own, name) {
                true
            } else if self.has(&parts.settings, name) {
                false
            } else {
                self.is_ours(name)
                    .ok_or_else(|| no_such_key(&[at, &[name.as_str()]].concat()))?
            };
            let part = match into_own {
                true => &mut parts.own,
                false => &mut parts.settings,
            };
            self.set(part, name, Some(value));
        }
        Ok(parts)
    }
}

fn no_such_key(at: &[&str]) -> Fault {
    let shown = show_keys(at);
    let steps: Vec<_> = at.iter().map(|&key| Step::Key(key.to_owned())).collect();
    let meant = steps.split_last().and_then(|(last, before)| match last {
        Step::Key(name) => Place::at(before).key_loosely(name),
        Step::Index(_) => None,
    });
    let hint = match meant {
        Some(key) => format!("{} was perhaps meant", key.name),
        None => "`paictl config schema` shows all keys; what is newer than this program is added by hand".to_owned(),
    };
    Fault::new(FaultKind::Invalid, format!("there is no key {shown}"))
        .hint(hint)
        .field(shown)
}

fn show_keys(at: &[&str]) -> String {
    let steps: Vec<_> = at.iter().map(|&key| Step::Key(key.to_owned())).collect();
    show(&steps)
}

fn object(map: &Map<String, Value>, key: &str) -> Option<Map<String, Value>> {
    map.get(key)?.as_object().cloned()
}

/// The object at a key; null and nothing are an empty one.
fn below(map: &Map<String, Value>, key: &str, shown: &str) -> Result<Map<String, Value>, Fault> {
    match map.get(key) {
        Some(Value::Object(map)) => Ok(map.clone()),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => {
            Err(Fault::new(FaultKind::Invalid, format!("{shown} is not an object")).field(shown))
        }
    }
}

/// An empty object is as none.
fn put(map: &mut Map<String, Value>, key: &str, value: Map<String, Value>) {
    match value.is_empty() {
        true => map.remove(key),
        false => map.insert(key.to_owned(), value.into()),
    };
}

#[cfg(test)]
mod tests;
