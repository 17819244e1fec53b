//! Changes of the settings: read, edit, check as a whole, judge, write.
//!
//! Nothing is written that would not load, that the policy does not allow, or over a file that somebody else changed
//! meanwhile. What is not changed keeps its form and its comments.

mod apply;
mod change;
mod disk;
mod migrate;
mod outcome;
mod seed;
mod text;

pub(super) use migrate::is_old;
pub use migrate::migrate;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    Env,
    policy::{Actor, Sizes},
};
use crate::model::Fault;

/// Whoever changes settings, and how.
#[derive(Clone, Copy)]
pub struct Editor<'a> {
    /// The settings.
    pub path: &'a Path,
    /// The environment in which they must load.
    pub env: Env<'a>,
    /// Who asks.
    pub actor: Actor,
    /// What instance types have, for the caps of tools.
    pub sizes: Sizes<'a>,
    /// The [`super::digest`] of what was seen; `None` changes whatever is there.
    pub expect: Option<&'a str>,
    /// `false` tells what would be changed, and changes nothing.
    pub write: bool,
}

/// What becomes of a key.
#[derive(Clone, PartialEq)]
pub enum Update {
    /// It gets this value. Null takes a known key away.
    Set(Value),
    /// It goes. There must be one.
    Remove,
}

/// Several at once; all of them are made, or none.
#[derive(Clone, Default)]
pub struct Updates {
    /// The paths stand in this profile.
    pub profile: Option<String>,
    /// By path, such as `profiles.default.jobSpecs[0].podCount`. Indexes mean the lists as they are before.
    pub paths: BTreeMap<String, Update>,
}

/// What was changed, or would be.
#[derive(Debug)]
pub struct Outcome {
    /// The files, as they are named (links are followed when they are written).
    pub files: Vec<PathBuf>,
    /// Leaf by leaf.
    pub changes: Vec<Change>,
    /// The files were written.
    pub written: bool,
    /// About the settings as they are then.
    pub warnings: Vec<String>,
}

/// One value that changed. Secrets are masked.
#[derive(Debug, PartialEq)]
pub struct Change {
    /// Where.
    pub path: String,
    /// `None`: nothing stood there.
    pub from: Option<Value>,
    /// `None`: nothing stands there any more.
    pub to: Option<Value>,
}

impl Editor<'_> {
    /// Sets and removes keys.
    ///
    /// # Errors
    /// A [`Fault`]: `Invalid` for a wrong path or value, `NotFound` for a key to remove that is not there, `Permission` and
    /// `Limit` where the policy refuses, `Conflict` where the files changed, `Settings` where they cannot be read or written.
    pub fn update(&self, updates: &Updates) -> Result<Outcome, Fault> {
        change::change(self, |whole| apply::update(whole, updates))
    }

    /// Makes a profile, or replaces one: a copy of `base` if one is named, with these keys in place of the copy's.
    ///
    /// # Errors
    /// As [`Self::update`]; `NotFound` for an unknown base.
    pub fn put_profile(
        &self,
        name: &str,
        base: Option<&str>,
        overrides: &Map<String, Value>,
    ) -> Result<Outcome, Fault> {
        change::change(self, |whole| {
            apply::put_profile(whole, name, base, overrides)
        })
    }

    /// Deletes a profile, from both files.
    ///
    /// # Errors
    /// As [`Self::update`]; `NotFound` for an unknown one, `Invalid` for `default`.
    pub fn delete_profile(&self, name: &str) -> Result<Outcome, Fault> {
        change::change(self, |whole| apply::delete_profile(whole, name))
    }
}

#[cfg(test)]
mod tests;
