//! Every key of both files, once: what is warned about, what the schema describes, what a path may name and what a tool
//! may change all read these tables.

mod fit;
mod job_spec;
mod known;
mod own;
mod path;
mod place;
mod profile;
mod settings;

pub(in crate::config) use fit::{fit, fit_strictly, unknown};
pub(in crate::config) use job_spec::JOB_SPEC;
pub use known::known_profile_keys;
pub(in crate::config) use own::{OWN, POLICY};
pub(in crate::config) use path::{Step, parse_path, show};
pub(in crate::config) use place::Place;
pub(in crate::config) use profile::PROFILE;
pub(in crate::config) use settings::{LIMITS, SETTINGS};

use super::wire::wire_key;

/// One key.
#[derive(Debug)]
pub(in crate::config) struct Key {
    /// As the seed spells it, or would.
    pub name: &'static str,
    /// For people and agents: what it is for.
    pub about: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// What counts when it is absent, as JSON.
    pub default: Option<&'static str>,
    /// Without it nothing works.
    pub required: bool,
    /// Null counts as absent.
    pub nullable: bool,
    /// It is ours: the other tool does not know it, and a new one is written into our own file.
    pub ours: bool,
    /// In a profile: a tool may change it where the policy has `profiles`.
    pub safe: bool,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) enum Kind {
    /// Any text.
    Text,
    /// A text of this form (a regular expression of JSON Schema).
    Like(&'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// True or false.
    Flag,
    /// A whole number.
    Whole {
        /// From here.
        least: u64,
        /// To here.
        most: u64,
    },
    /// Any number.
    Number {
        /// From here.
        least: f64,
        /// To here.
        most: f64,
    },
    /// An amount of compute: `"8"`, `"500m"`, `"32Gi"`, or a number.
    Amount,
    /// A list of texts.
    Texts,
    /// A list of these words.
    Words(&'static [&'static str]),
    /// Name → text; numbers and flags count as their text.
    TextMap,
    /// An object of which these keys are known.
    Object(&'static [Key]),
    /// A list of such objects.
    List(&'static [Key]),
    /// Name → such an object.
    Named(&'static [Key]),
    /// A text, or such an object.
    TextOr(&'static [Key]),
    /// An object that is passed on as it is.
    Free,
    /// A list of such objects.
    FreeList,
    /// Anything.
    Any,
}

impl Key {
    const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            about,
            kind,
            default: None,
            required: false,
            nullable: false,
            ours: false,
            safe: false,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn default(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }

    const fn ours(mut self) -> Self {
        self.ours = true;
        self
    }

    const fn safe(mut self) -> Self {
        self.safe = true;
        self
    }
}

impl Kind {
    /// The keys that are known below it.
    pub(in crate::config) fn table(self) -> &'static [Key] {
        match self {
            Self::Object(table) | Self::List(table) | Self::Named(table) | Self::TextOr(table) => {
                table
            }
            _ => &[],
        }
    }
}

/// The key of a table that is spelt like this; below a profile in the wire's spelling, too.
pub(in crate::config) fn find(
    table: &'static [Key],
    name: &str,
    wire: bool,
) -> Option<&'static Key> {
    table
        .iter()
        .find(|key| key.name == name || wire && wire_key(key.name) == wire_key(name))
}

/// What the value at this path below a table is to be; `None` where no such key is known.
pub(in crate::config) fn expected(table: &'static [Key], path: &str) -> Option<String> {
    let mut kind = Kind::Object(table);
    for name in path.split('.') {
        kind = find(kind.table(), name, false)?.kind;
    }
    Some(kind.expected())
}

/// The key that differs from this name by letter case at most.
pub(in crate::config) fn find_loosely(table: &'static [Key], name: &str) -> Option<&'static Key> {
    let lower = name.to_lowercase();
    table.iter().find(|key| key.name.to_lowercase() == lower)
}
