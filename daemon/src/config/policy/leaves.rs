//! A document leaf by leaf, so that two can be compared whatever way led from one to the other.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    config::keys::{Place, Step},
    model::redact::is_secret_entry,
};

/// A value without anything below it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::config) struct Leaf {
    /// A text, number, flag or null, or an empty list or object.
    pub value: Value,
    /// Where it stands, as it is spelt there.
    pub path: Vec<Step>,
    /// It stands under a key that speaks of a secret.
    pub secret: bool,
}

/// By what all spellings of a path have in common.
pub(in crate::config) type Leaves = BTreeMap<Vec<Step>, Leaf>;

/// All leaves of a document that stands at `place`.
pub(in crate::config) fn leaves(document: &Map<String, Value>, place: Place) -> Leaves {
    let mut walk = Walk::default();
    walk.object(document, place, false);
    walk.found
}

#[derive(Default)]
struct Walk {
    identity: Vec<Step>,
    path: Vec<Step>,
    found: Leaves,
}

impl Walk {
    fn value(&mut self, value: &Value, place: Place, secret: bool) {
        match value {
            Value::Object(map) if !map.is_empty() => self.object(map, place, secret),
            Value::Array(items) if !items.is_empty() => {
                for (n, item) in items.iter().enumerate() {
                    let step = Step::Index(n);
                    let below = place.step(&step);
                    self.identity.push(step.clone());
                    self.path.push(step);
                    self.value(item, below, secret);
                    self.identity.pop();
                    self.path.pop();
                }
            }
            _ => {
                let leaf = Leaf {
                    value: value.clone(),
                    path: self.path.clone(),
                    secret,
                };
                self.found.insert(self.identity.clone(), leaf);
            }
        }
    }

    fn object(&mut self, map: &Map<String, Value>, place: Place, secret: bool) {
        for (name, item) in map {
            let identity = place.identity(name);
            // A key that stands there in two spellings is two keys: each change of either shows.
            let twice = map
                .keys()
                .filter(|key| place.identity(key) == identity)
                .count()
                > 1;
            let step = Step::Key(name.clone());
            let below = place.step(&step);
            self.identity.push(Step::Key(match twice {
                true => name.clone(),
                false => identity,
            }));
            self.path.push(step);
            self.value(item, below, secret || is_secret_entry(map, name, item));
            self.identity.pop();
            self.path.pop();
        }
    }
}

/// The paths at which two documents differ.
pub(in crate::config) fn changed<'a>(
    before: &'a Leaves,
    after: &'a Leaves,
) -> impl Iterator<Item = (&'a Vec<Step>, Option<&'a Leaf>, Option<&'a Leaf>)> {
    let value = |leaf: Option<&'a Leaf>| leaf.map(|leaf| &leaf.value);
    let kept = before
        .iter()
        .map(|(path, leaf)| (path, Some(leaf), after.get(path)));
    let new = after
        .iter()
        .filter(|(path, _)| !before.contains_key(*path))
        .map(|(path, leaf)| (path, None, Some(leaf)));
    kept.chain(new)
        .filter(move |(_, from, to)| value(*from) != value(*to))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::keys::show;

    fn of(value: Value) -> Leaves {
        leaves(value.as_object().unwrap(), Place::TOP)
    }

    fn differences(before: Value, after: Value) -> Vec<String> {
        let (before, after) = (of(before), of(after));
        let mut paths: Vec<_> = changed(&before, &after)
            .map(|(path, ..)| show(path))
            .collect();
        paths.sort();
        paths
    }

    #[test]
    fn another_spelling_is_no_change_and_a_second_one_is() {
        let old = json!({"profiles": {"x": {"jobSpecs": [{"podCount": 1, "imageConfig": {"password": "a"}}]}}});
        let same = json!({"profiles": {"x": {"JobSpecs": [{"PodCount": 1, "ImageConfig": {"Password": "a"}}]}}});
        assert!(differences(old.clone(), same).is_empty());
        let twice = json!({"profiles": {"x": {"jobSpecs": [{"podCount": 1, "PodCount": 1, "imageConfig": {"password": "a"}}]}}});
        assert_eq!(
            differences(old.clone(), twice),
            ["profiles.x.JobSpecs[0].podCount"]
        );
        let otherwise = json!({"profiles": {"x": {"jobSpecs": [{"podCount": 1, "IMAGECONFIG": {"password": "a"}}]}}});
        assert_eq!(differences(old, otherwise).len(), 2);
    }

    #[test]
    fn keys_of_environments_and_outside_of_profiles_are_as_they_are() {
        assert_eq!(
            differences(
                json!({"profiles": {"x": {"envs": {"a": "1"}}}, "mounts": [{"mountAccess": "RO"}]}),
                json!({"profiles": {"x": {"envs": {"A": "1"}}}, "mounts": [{"MountAccess": "RO"}]}),
            ),
            [
                "mounts[0].MountAccess",
                "mounts[0].mountAccess",
                "profiles.x.Envs.A",
                "profiles.x.Envs.a"
            ]
        );
    }

    #[test]
    fn what_is_empty_is_a_leaf_and_what_is_secret_is_marked() {
        assert_eq!(differences(json!({"a": {}}), json!({"a": []})), ["a"]);
        assert_eq!(
            differences(json!({"a": {}}), json!({"a": {"b": 1}})),
            ["a", "a.b"]
        );
        let found = of(json!({"envs": {"HF_TOKEN": {"deep": ["x"]}, "A": 1}}));
        let marks: Vec<_> = found
            .values()
            .map(|leaf| (show(&leaf.path), leaf.secret))
            .collect();
        assert_eq!(
            marks,
            [
                ("envs.A".into(), false),
                ("envs.HF_TOKEN.deep[0]".into(), true)
            ]
        );
    }
}
