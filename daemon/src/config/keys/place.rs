//! Where in the tables a path stands, and how the keys there may be spelt.

use serde_json::{Map, Value};

use super::{Key, Kind, OWN, SETTINGS, Step, find, find_loosely};
use crate::config::wire::{is_free, wire_key};

/// Where in the tables a path stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) struct Place {
    node: Node,
    /// Below a profile: keys may be spelt as the wire has them.
    wire: bool,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Top,
    Keys(&'static [Key]),
    Items(&'static [Key]),
    Names(&'static [Key]),
    Unknown,
}

impl Place {
    /// The top of both files together.
    pub(in crate::config) const TOP: Self = Self {
        node: Node::Top,
        wire: false,
    };

    /// In a profile.
    pub(in crate::config) const PROFILE: Self = Self {
        node: Node::Keys(super::PROFILE),
        wire: true,
    };

    /// At the end of these steps.
    pub(in crate::config) fn at(steps: &[Step]) -> Self {
        steps.iter().fold(Self::TOP, |place, step| place.step(step))
    }

    /// Whether the tables know the key at the end of these steps.
    pub(in crate::config) fn is_known(steps: &[Step]) -> bool {
        match steps.split_last() {
            Some((Step::Key(name), before)) => Self::at(before).key(name).is_some(),
            _ => false,
        }
    }

    /// One step further.
    pub(in crate::config) fn step(self, step: &Step) -> Self {
        match (step, self.node) {
            (Step::Index(_), Node::Items(table)) => Self {
                node: Node::Keys(table),
                ..self
            },
            (Step::Key(_), Node::Names(table)) => Self {
                node: Node::Keys(table),
                wire: true,
            },
            (Step::Key(name), _) => {
                let node = match self.key(name).map(|key| key.kind) {
                    Some(Kind::Object(table) | Kind::TextOr(table)) => Node::Keys(table),
                    Some(Kind::List(table)) => Node::Items(table),
                    Some(Kind::Named(table)) => Node::Names(table),
                    _ => Node::Unknown,
                };
                let wire = self.wire && !is_free(&wire_key(name));
                Self { node, wire }
            }
            (Step::Index(_), _) => Self {
                node: Node::Unknown,
                ..self
            },
        }
    }

    /// In a list: in one of its entries.
    pub(in crate::config) fn items(self) -> Self {
        match self.node {
            Node::Items(_) => self.step(&Step::Index(0)),
            _ => self,
        }
    }

    /// Nothing is known of what stands here.
    pub(in crate::config) fn is_free(self) -> bool {
        matches!(self.node, Node::Unknown)
    }

    /// The known key of this spelling.
    pub(in crate::config) fn key(self, name: &str) -> Option<&'static Key> {
        match self.node {
            Node::Top => find(SETTINGS, name, false).or_else(|| find(OWN, name, false)),
            Node::Keys(table) => find(table, name, self.wire),
            Node::Items(_) | Node::Names(_) | Node::Unknown => None,
        }
    }

    /// The known key of this spelling, or of one that differs by letter case only.
    pub(in crate::config) fn key_loosely(self, name: &str) -> Option<&'static Key> {
        self.key(name).or_else(|| match self.node {
            Node::Top => find_loosely(SETTINGS, name).or_else(|| find_loosely(OWN, name)),
            Node::Keys(table) => find_loosely(table, name),
            Node::Items(_) | Node::Names(_) | Node::Unknown => None,
        })
    }

    /// What two spellings of one key have in common.
    pub(in crate::config) fn identity(self, name: &str) -> String {
        match self.wire && !matches!(self.node, Node::Names(_)) {
            true => wire_key(name),
            false => name.to_owned(),
        }
    }

    /// How this key is spelt in an object: as it stands there, else as the tables have it.
    pub(in crate::config) fn spelling(self, name: &str, object: &Map<String, Value>) -> String {
        if object.contains_key(name) {
            return name.to_owned();
        }
        let known = self.key_loosely(name).map_or(name, |key| key.name);
        let identity = self.identity(known);
        object
            .keys()
            .find(|key| self.identity(key) == identity)
            .map_or_else(|| known.to_owned(), Clone::clone)
    }

    /// A path from the top with its known keys spelt as the tables have them. `known` finds them.
    pub(in crate::config) fn respelt_path(
        steps: &[Step],
        known: fn(Self, &str) -> Option<&'static Key>,
    ) -> Vec<Step> {
        let mut place = Self::TOP;
        let mut path = Vec::with_capacity(steps.len());
        for step in steps {
            let step = match step {
                Step::Key(name) => {
                    let name = known(place, name).map_or(name.as_str(), |key| key.name);
                    Step::Key(name.to_owned())
                }
                index => index.clone(),
            };
            place = place.step(&step);
            path.push(step);
        }
        path
    }

    /// The value with its known keys spelt as the tables have them. `None` where one object holds a key twice.
    pub(in crate::config) fn respelt(self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.step(&Step::Index(0)).respelt(item))
                .collect(),
            Value::Object(map) => {
                let mut out = Map::new();
                for (name, item) in map {
                    let name = self.key_loosely(name).map_or(name.as_str(), |key| key.name);
                    let item = self.step(&Step::Key(name.to_owned())).respelt(item)?;
                    if out.insert(name.to_owned(), item).is_some() {
                        return None;
                    }
                }
                Some(out.into())
            }
            other => Some(other.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::keys::parse_path;

    #[test]
    fn keys_are_known_in_both_spellings_below_a_profile_only() {
        let at = |path: &str| Place::at(&parse_path(path).unwrap());
        assert!(at("profiles.x").key("JobSpecs").is_some());
        assert!(
            at("profiles.x.jobSpecs[0].resourceConfig")
                .key("Memory")
                .is_some()
        );
        assert!(at("profiles.x.JobSpecs[3]").key("EcsSpec").is_some());
        assert!(at("profiles.x").key("PRIORITY").is_none());
        assert!(at("profiles.x").key_loosely("PRIORITY").is_some());
        assert!(at("limits").key("MaxGPU").is_none());
        assert!(at("mounts[0]").key("MountAccess").is_none());
        assert!(at("mounts").key("mountAccess").is_none());
        assert!(at("profiles").key("priority").is_none());
        assert!(at("profiles.x.envs").key_loosely("image").is_none());
    }

    #[test]
    fn known_keys_are_respelt_and_free_ones_stay() {
        let given = json!({"JobSpecs": [{"PODCOUNT": 1, "ImageConfig": {"Password": "x"}}],
            "ENVS": {"Image": "a", "image": "b"}});
        assert_eq!(
            Place::PROFILE.respelt(&given).unwrap(),
            json!({"jobSpecs": [{"podCount": 1, "imageConfig": {"Password": "x"}}],
                "envs": {"Image": "a", "image": "b"}})
        );
        assert_eq!(
            Place::PROFILE.respelt(&json!({"priority": 1, "Priority": 2})),
            None
        );
    }
}
