//! The settings field by field: what stands there, what may stand there, and who may change it.

use serde_json::{Map, Value};

use crate::{
    config::{
        Documents, Settings,
        keys::{Key, Kind, OWN, Place, SETTINGS, Step, show},
        policy::{Actor, Permit, permit, told_cap},
        secrets,
        write::is_old,
    },
    model::redact::Redactor,
};

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// As an update takes it.
    pub path: String,
    /// What its value is: `text`, `whole number`, …
    pub kind: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What its value may be.
    pub constraint: String,
    /// What stands there. Secrets are masked.
    pub current: Option<Value>,
    /// Whether who asks may change it.
    pub modifiable: bool,
}

/// All fields: what stands in the files, and what is not there and could be. Keys of a profile that are not there are told
/// only where a tool may set them; the schema has them all. Never the key, and never who its owner is.
pub fn fields(settings: &Settings, documents: &Documents, actor: Actor) -> Vec<Field> {
    let mut walk = Walk {
        settings,
        actor,
        old: is_old(&documents.settings),
        profiles: documents.profiles_in_force(),
        redactor: Redactor::new(settings.secrets.iter().cloned()),
        steps: Vec::new(),
        found: Vec::new(),
    };
    let whole = documents.merged();
    walk.table(SETTINGS, &whole);
    let only_ours = OWN
        .iter()
        .filter(|key| SETTINGS.iter().all(|other| other.name != key.name));
    for key in only_ours {
        walk.key(key, &whole);
    }
    walk.found
}

/// Not told at all.
const UNTOLD: &[&str] = &["credentials", "caller"];

struct Walk<'a> {
    settings: &'a Settings,
    actor: Actor,
    /// A file of the old shape is not changed.
    old: bool,
    profiles: std::collections::BTreeMap<String, Map<String, Value>>,
    redactor: Redactor,
    steps: Vec<Step>,
    found: Vec<Field>,
}

impl Walk<'_> {
    fn table(&mut self, table: &'static [Key], object: &Map<String, Value>) {
        for key in table {
            self.key(key, object);
        }
    }

    fn key(&mut self, key: &'static Key, object: &Map<String, Value>) {
        if self.steps.is_empty() && UNTOLD.contains(&key.name) {
            return;
        }
        let spelt = Place::at(&self.steps).spelling(key.name, object);
        let value = object.get(&spelt).filter(|value| !value.is_null());
        let is_told = value.is_some() || self.is_told_when_absent(key);
        if is_told {
            self.steps.push(Step::Key(spelt.clone()));
            self.value(key, value, object, &spelt);
            self.steps.pop();
        }
    }

    fn is_told_when_absent(&self, key: &Key) -> bool {
        match self.steps.first() {
            Some(Step::Key(root)) if root == "profiles" => key.safe,
            Some(Step::Key(root)) if root == "policy" => false,
            _ => !matches!(key.name, "jobDefaults" | "policy"),
        }
    }

    fn value(
        &mut self,
        key: &'static Key,
        value: Option<&Value>,
        object: &Map<String, Value>,
        spelt: &str,
    ) {
        match (key.kind, value) {
            (Kind::Object(table), None) => self.table(table, &Map::new()),
            (Kind::Object(table), Some(Value::Object(below))) => self.table(table, below),
            (Kind::List(table), Some(Value::Array(items))) if !items.is_empty() => {
                for (n, item) in items.iter().enumerate() {
                    self.steps.push(Step::Index(n));
                    if let Value::Object(item) = item {
                        self.table(table, item);
                    }
                    self.steps.pop();
                }
            }
            (Kind::Named(table), Some(Value::Object(below))) => {
                for (name, item) in below {
                    self.steps.push(Step::Key(name.clone()));
                    if let Value::Object(item) = item {
                        self.table(table, item);
                    }
                    self.steps.pop();
                }
            }
            _ => {
                let current =
                    value.map(|value| secrets::masked_entry(object, spelt, value, &self.redactor));
                self.tell(key, current);
            }
        }
    }

    fn tell(&mut self, key: &'static Key, current: Option<Value>) {
        let permit = permit(&self.settings.policy, self.actor, &self.steps);
        let mut constraint = match (permit, key.default) {
            (Permit::ToReadOnly, _) => "only to ReadOnly".to_owned(),
            (_, Some(default)) => format!("{}; {default} when absent", key.kind.expected()),
            (_, None) => key.kind.expected(),
        };
        let in_profile = matches!(self.steps.first(), Some(Step::Key(root)) if root == "profiles");
        if self.actor == Actor::Tool
            && in_profile
            && let Some(cap) = told_cap(
                key.name,
                &self.settings.policy,
                &self.settings.limits,
                &self.profiles,
            )
        {
            constraint.push_str("; ");
            constraint.push_str(&cap);
        }
        self.found.push(Field {
            path: show(&self.steps),
            kind: key.kind.word(),
            description: key.about,
            constraint,
            current,
            modifiable: permit != Permit::No && !self.old,
        });
    }
}
