//! From the 0.3.0 shape of the settings to that of 0.5.0.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{
    Outcome,
    change::write_one,
    disk::{Turn, create},
    outcome::changes,
    seed,
};
use crate::{
    config::{self, Documents, Env, Sources, fault, files::Texts, profile, raw::RawDefaults},
    model::{Fault, FaultKind, redact::Redactor},
};

/// The version that is written.
const VERSION: &str = "0.5.0";

/// Keys of `jobDefaults` that have a place in the new shape, or that nobody misses.
const KEPT: &[&str] = &["jobType", "jobSpecs", "simple", "displayNamePrefix"];

/// Whether the settings have the old shape.
pub(in crate::config) fn is_old(settings: &Map<String, Value>) -> bool {
    let version = settings.get("version").and_then(Value::as_str);
    let numbers = version.and_then(|version| {
        let mut parts = version.split('.').map(str::parse::<u32>);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    });
    settings.contains_key("jobDefaults") || numbers.is_some_and(|numbers| numbers < (0, 5))
}

/// Brings the settings at `path` from the 0.3.0 shape to that of 0.5.0, with a copy of the old file beside them. Settings
/// of the new shape are left as they are.
///
/// # Errors
/// A [`Fault`] where they cannot be read or written, or where another copy is in the way.
pub fn migrate(path: &Path, env: Env<'_>, write: bool) -> Result<Outcome, Fault> {
    let _turn = write.then(|| Turn::take(path)).transpose()?;
    let texts = Texts::read(path)?;
    let before = texts.documents(path)?;
    let settings = config::checked(path, &texts, &before, env)?;
    if !is_old(&before.settings) {
        return Ok(Outcome {
            files: Vec::new(),
            changes: Vec::new(),
            written: false,
            warnings: settings.warnings,
        });
    }
    let mut warnings = Vec::new();
    let after = Documents {
        settings: new_shape(path, &before.settings, &mut warnings)?,
        own: before.own.clone(),
    };
    let sources = Sources {
        path,
        own_path: texts.own_path(),
        common: texts.common.as_deref(),
        documents: &after,
    };
    warnings.extend(config::settings::from_sources(&sources, env)?.warnings);
    if let Some(at) = seed::refuses(&after.settings) {
        warnings.push(format!(
            "the other tool that reads the settings refuses {at}, as it did before"
        ));
    }
    let copy = copy_path(path, &before.settings);
    let mut files = vec![path.to_owned()];
    if write {
        keep_copy(&copy, &texts.settings)?;
        write_one(path, &texts.settings, &before.settings, &after.settings)?;
    }
    files.push(copy);
    Ok(Outcome {
        files,
        changes: changes(&before, &after, &Redactor::new(settings.secrets)),
        written: write,
        warnings,
    })
}

/// The settings in the new shape. What the old shape allowed and the new one does not (null, and `RO` for `ReadOnly`) is
/// written as the new one has it.
fn new_shape(
    path: &Path,
    old: &Map<String, Value>,
    warnings: &mut Vec<String>,
) -> Result<Map<String, Value>, Fault> {
    let mut new = old.clone();
    new.insert("version".to_owned(), VERSION.into());
    if let Some(defaults) = new
        .remove("jobDefaults")
        .filter(|defaults| !defaults.is_null())
    {
        let lost = defaults
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .filter(|key| !KEPT.contains(&key.as_str()));
        warnings.extend(
            lost.map(|key| format!("jobDefaults.{key} has no place in {VERSION}; it was left out")),
        );
        let defaults: RawDefaults = serde_json::from_value(defaults)
            .map_err(|_| fault(path, "jobDefaults cannot be read"))?;
        let profiles = new
            .entry("profiles")
            .or_insert_with(|| Map::new().into())
            .as_object_mut()
            .ok_or_else(|| fault(path, "profiles is not an object"))?;
        profiles
            .entry("default")
            .or_insert_with(|| profile::from_defaults(defaults).into());
    }
    let nulls = |map: &mut Map<String, Value>| map.retain(|_, value| !value.is_null());
    nulls(&mut new);
    for key in ["credentials", "codeSource", "limits"] {
        if let Some(Value::Object(map)) = new.get_mut(key) {
            nulls(map);
        }
    }
    let mounts = new
        .entry("mounts")
        .or_insert_with(|| Vec::<Value>::new().into());
    for mount in mounts.as_array_mut().into_iter().flatten() {
        if let Value::Object(mount) = mount {
            nulls(mount);
            let access = match mount.get("mountAccess").and_then(Value::as_str) {
                Some("RO") => "ReadOnly",
                Some("RW") => "ReadWrite",
                _ => continue,
            };
            mount.insert("mountAccess".to_owned(), access.into());
        }
    }
    Ok(new)
}

/// `settings.json.0.3.0.bak`.
fn copy_path(path: &Path, settings: &Map<String, Value>) -> PathBuf {
    let version = settings.get("version").and_then(Value::as_str);
    let plain =
        |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.bak", version.filter(plain).unwrap_or("0.3.0")));
    path.with_file_name(name)
}

/// A copy that is there already is never overwritten.
fn keep_copy(copy: &Path, text: &str) -> Result<(), Fault> {
    match std::fs::read_to_string(copy) {
        Ok(same) if same == text => Ok(()),
        Ok(_) => Err(Fault::new(
            FaultKind::Conflict,
            format!(
                "{} is there already and holds something else",
                copy.display()
            ),
        )
        .hint("move it away; it may hold a key")),
        Err(_) => create(copy, text),
    }
}
