//! What settings are made from: both files, with the words for what is odd about them.

use std::path::Path;

use serde_json::{Map, Value};

use super::{
    Documents,
    keys::{self, Key, Kind, OWN, SETTINGS},
};

/// Both files, on the way to becoming settings.
pub(super) struct Sources<'a> {
    /// The settings.
    pub path: &'a Path,
    /// Our own file that is in force.
    pub own_path: Option<&'a Path>,
    /// The common own file, where another one is in force.
    pub common: Option<&'a Path>,
    /// What stands in them.
    pub documents: &'a Documents,
}

impl Sources<'_> {
    /// The file to name when something of our own is wrong.
    pub(super) fn own(&self) -> &Path {
        self.own_path.unwrap_or(self.path)
    }

    fn own_name(&self) -> String {
        let name = self.own_path.and_then(Path::file_name);
        name.map_or_else(|| "pai.json".into(), |name| name.to_string_lossy().into())
    }

    /// For a key of ours in the seed's file.
    pub(super) fn refused_by_the_other_tool(&self, at: &str) -> String {
        format!(
            "the other tool that reads the settings refuses the key {at} there; it belongs into {}",
            self.own_name()
        )
    }

    /// For a key of the seed in our own file.
    fn counts_in_the_settings(&self, at: &str) -> String {
        format!(
            "the key {at} counts in the settings only, not in {}",
            self.own_name()
        )
    }

    /// Tells of each key that nobody knows.
    pub(super) fn warn_unknown(&self, warnings: &mut Vec<String>) {
        let own_name = self.own_name();
        let documents = self.documents;
        warn(&documents.settings, SETTINGS, "the settings", |at| {
            keys::find(OWN, at, false)
                .map(|_| format!("the key {at} counts in {own_name} only, not in the settings"))
        })
        .into_iter()
        .chain(warn(&documents.own, OWN, &own_name, |at| {
            keys::find(SETTINGS, at, false).map(|_| self.counts_in_the_settings(at))
        }))
        .for_each(|warning| warnings.push(warning));
    }
}

fn warn(
    document: &Map<String, Value>,
    table: &'static [Key],
    file: &str,
    elsewhere: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let value = Value::Object(document.clone());
    keys::unknown(Kind::Object(table), &value, "", false, &mut |at, meant| {
        let told = elsewhere(&at).unwrap_or_else(|| {
            let not_sent = if at.starts_with("profiles.") {
                ", not sent"
            } else {
                ""
            };
            let meant = meant.map(|key| format!("; {} was perhaps meant", key.name));
            format!(
                "unknown key {at} in {file}{not_sent}{}",
                meant.unwrap_or_default()
            )
        });
        warnings.push(told);
    });
    warnings
}
