//! Changes of the one document that people see. Pure; what may be is decided elsewhere.

use serde_json::{Map, Value};

use super::{Update, Updates};
use crate::{
    config::keys::{Place, Step, parse_path, show},
    model::{Fault, FaultKind},
};

/// Updates of one call.
const UPDATES_MAX: usize = 50;

/// Steps of a path.
const DEPTH_MAX: usize = 10;

/// Names that mean something else to the other tool's language than to ours.
const FORBIDDEN: &[&str] = &["__proto__", "prototype", "constructor"];

fn invalid(what: String) -> Fault {
    Fault::new(FaultKind::Invalid, what)
}

/// Makes the updates, one after the other: what is set first, then, from the back, what is removed.
pub(super) fn update(whole: &mut Map<String, Value>, updates: &Updates) -> Result<(), Fault> {
    let paths = paths(updates)?;
    if let Some(name) = &updates.profile
        && profile(whole, name).is_none()
    {
        return Err(no_profile(whole, name));
    }
    let mut document = Value::Object(std::mem::take(whole));
    for (steps, update) in &paths {
        if let Update::Set(value) = update {
            set_one(&mut document, steps, value)?;
        }
    }
    for (steps, update) in paths.iter().rev() {
        let is_removal = match update {
            Update::Remove => true,
            Update::Set(value) => is_absence(value, steps),
        };
        if is_removal
            && remove(&mut document, Place::TOP, steps).is_none()
            && **update == Update::Remove
        {
            return Err(Fault::new(
                FaultKind::NotFound,
                format!("there is no {} to remove", show(steps)),
            )
            .field(show(steps)));
        }
    }
    if let Value::Object(changed) = document {
        *whole = changed;
    }
    Ok(())
}

/// The paths of the updates in order, none of them within another.
fn paths(updates: &Updates) -> Result<Vec<(Vec<Step>, &Update)>, Fault> {
    if updates.paths.is_empty() || updates.paths.len() > UPDATES_MAX {
        return Err(invalid(format!(
            "{} updates at once: 1 to {UPDATES_MAX} can be made",
            updates.paths.len()
        )));
    }
    let mut paths = Vec::with_capacity(updates.paths.len());
    for (text, update) in &updates.paths {
        let mut steps = Vec::new();
        if let Some(name) = &updates.profile {
            steps.extend([Step::Key("profiles".to_owned()), Step::Key(name.clone())]);
        }
        steps.extend(parse_path(text)?);
        if steps.len() > DEPTH_MAX {
            return Err(invalid(format!(
                "the path {text} has more than {DEPTH_MAX} steps"
            )));
        }
        let forbidden = |step: &Step| matches!(step, Step::Key(key) if is_forbidden(key));
        if steps.iter().any(forbidden) {
            return Err(invalid(format!("the path {text} holds a forbidden name")));
        }
        paths.push((Place::respelt_path(&steps, Place::key_loosely), update));
    }
    paths.sort_by(|(a, _), (b, _)| a.cmp(b));
    for pair in paths.windows(2) {
        if let [(first, _), (second, _)] = pair
            && second.starts_with(first)
        {
            return Err(invalid(format!(
                "{} stands within {}: change one of them",
                show(second),
                show(first)
            )));
        }
    }
    Ok(paths)
}

/// Null takes a known key away.
fn is_absence(value: &Value, steps: &[Step]) -> bool {
    value.is_null() && Place::is_known(steps)
}

fn set_one(document: &mut Value, steps: &[Step], value: &Value) -> Result<(), Fault> {
    if is_absence(value, steps) {
        return Ok(());
    }
    set(document, steps, 0, clean(value, Place::at(steps), steps)?)
}

/// A value as it is written: known keys spelt as the tables have them.
fn clean(value: &Value, place: Place, steps: &[Step]) -> Result<Value, Fault> {
    if holds_forbidden(value) {
        return Err(invalid(format!(
            "the value for {} holds a forbidden name",
            show(steps)
        )));
    }
    place.respelt(value).ok_or_else(|| {
        invalid(format!(
            "the value for {} holds one key twice, in two spellings",
            show(steps)
        ))
    })
}

fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.contains(&name)
}

fn holds_forbidden(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_forbidden),
        Value::Object(map) => map
            .iter()
            .any(|(name, item)| is_forbidden(name) || holds_forbidden(item)),
        _ => false,
    }
}

/// Sets what stands at `steps`, of which `done` are behind us. Objects and lists that are missing are made.
fn set(value: &mut Value, steps: &[Step], done: usize, new: Value) -> Result<(), Fault> {
    let here = || match done {
        0 => "the file".to_owned(),
        _ => show(&steps[..done]),
    };
    match steps.get(done) {
        None => *value = new,
        Some(Step::Key(name)) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            let Value::Object(map) = value else {
                return Err(invalid(format!("{} is not an object", here())).field(show(steps)));
            };
            let key = Place::at(&steps[..done]).spelling(name, map);
            let below = map.entry(key).or_insert(Value::Null);
            set(below, steps, done + 1, new)?;
        }
        Some(Step::Index(index)) => {
            if value.is_null() {
                *value = Value::Array(Vec::new());
            }
            let Value::Array(items) = value else {
                return Err(invalid(format!("{} is not a list", here())).field(show(steps)));
            };
            if *index == items.len() {
                items.push(Value::Null);
            }
            let count = items.len();
            let below = items.get_mut(*index).ok_or_else(|| {
                invalid(format!("{} has {count} entries", here())).field(show(steps))
            })?;
            set(below, steps, done + 1, new)?;
        }
    }
    Ok(())
}

fn remove(value: &mut Value, place: Place, steps: &[Step]) -> Option<()> {
    let (step, rest) = steps.split_first()?;
    let below = place.step(step);
    match (step, value) {
        (Step::Key(name), Value::Object(map)) => {
            let key = place.spelling(name, map);
            match rest.is_empty() {
                true => map.remove(&key).map(|_| ()),
                false => remove(map.get_mut(&key)?, below, rest),
            }
        }
        (Step::Index(index), Value::Array(items)) => {
            let item = items.get_mut(*index)?;
            match rest.is_empty() {
                true => {
                    items.remove(*index);
                    Some(())
                }
                false => remove(item, below, rest),
            }
        }
        _ => None,
    }
}

/// Makes or replaces a profile.
pub(super) fn put_profile(
    whole: &mut Map<String, Value>,
    name: &str,
    base: Option<&str>,
    overrides: &Map<String, Value>,
) -> Result<(), Fault> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = !name.is_empty() && name.len() <= 64 && name.bytes().all(plain);
    if !fits || name == "current" || is_forbidden(name) {
        return Err(invalid(format!("{name:?} is no name for a profile"))
            .hint("take small letters, digits and dashes, at most 64, and not \"current\""));
    }
    let mut made = match base {
        Some(base) => profile(whole, base)
            .ok_or_else(|| no_profile(whole, base))?
            .clone(),
        None => Map::new(),
    };
    let at = [Step::Key("profiles".to_owned()), Step::Key(name.to_owned())];
    let overrides = clean(&Value::Object(overrides.clone()), Place::at(&at), &at)?;
    for (key, value) in overrides.as_object().into_iter().flatten() {
        let identity = Place::PROFILE.identity(key);
        made.retain(|other, _| Place::PROFILE.identity(other) != identity);
        if !value.is_null() {
            made.insert(key.clone(), value.clone());
        }
    }
    if made.is_empty() {
        return Err(invalid(format!("the profile {name} would be empty"))
            .hint("give jobType and jobSpecs, or a profile to copy"));
    }
    match whole.get_mut("profiles") {
        Some(Value::Object(profiles)) => {
            profiles.insert(name.to_owned(), made.into());
        }
        _ => {
            let profiles = Map::from_iter([(name.to_owned(), made.into())]);
            whole.insert("profiles".to_owned(), profiles.into());
        }
    }
    Ok(())
}

/// Takes a profile away.
pub(super) fn delete_profile(whole: &mut Map<String, Value>, name: &str) -> Result<(), Fault> {
    if name == "default" {
        return Err(invalid("the profile default cannot be deleted".to_owned())
            .hint("every submit without a profile uses it; change it instead"));
    }
    let gone = match whole.get_mut("profiles") {
        Some(Value::Object(profiles)) => profiles.remove(name),
        _ => None,
    };
    match gone {
        Some(_) => Ok(()),
        None => Err(no_profile(whole, name)),
    }
}

fn profile<'a>(whole: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    whole.get("profiles")?.get(name)?.as_object()
}

fn no_profile(whole: &Map<String, Value>, name: &str) -> Fault {
    let known: Vec<_> = whole
        .get("profiles")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    Fault::new(FaultKind::NotFound, format!("there is no profile {name:?}"))
        .hint(format!("the settings have: {}", known.join(", ")))
        .field("profile")
}

#[cfg(test)]
mod tests;
