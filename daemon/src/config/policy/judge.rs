//! May this change be? Decided on what the files say before and after it, whatever path led there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Actor, Policy,
    caps::{self, Profiles},
    grant::{Permit, grant_for, permit},
    leaves::{Leaf, changed, leaves},
    refused,
};
use crate::{
    config::{
        Documents, Limits,
        keys::{Place, Step, show},
    },
    model::{Fault, FaultKind, Resources},
};

/// What an instance type has, where that is known.
pub type Sizes<'a> = &'a dyn Fn(&str) -> Option<Resources>;

/// Whether `actor` may take the settings from `before` to `after`. `limits` are those before.
///
/// # Errors
/// A [`Fault`] of kind `Permission` that names the first path that may not change, or of kind `Limit` that names a cap.
pub fn judge(
    policy: &Policy,
    limits: &Limits,
    actor: Actor,
    before: &Documents,
    after: &Documents,
    sizes: Sizes<'_>,
) -> Result<(), Fault> {
    policy.check_open(actor)?;
    let (old, new) = (before.profile_names(), after.profile_names());
    let pairs = [
        (&before.settings, &after.settings),
        (&before.own, &after.own),
    ];
    for (before, after) in pairs {
        let (before, after) = (leaves(before, Place::TOP), leaves(after, Place::TOP));
        for (path, from, to) in changed(&before, &after) {
            let whole =
                profile_of(path).is_some_and(|name| old.contains(name) != new.contains(name));
            // Profiles that come or go are judged as a whole, below.
            if !(whole && actor == Actor::Tool) {
                leaf(policy, actor, path, from, to)?;
            }
        }
    }
    if actor == Actor::Person {
        return Ok(());
    }
    let (before, after) = (before.profiles_in_force(), after.profiles_in_force());
    for name in new.difference(&old) {
        comes(policy, name, &before, &after)?;
    }
    for name in old.difference(&new) {
        goes(policy, name, &before)?;
    }
    caps::check(policy, limits, &before, &after, sizes)
}

fn leaf(
    policy: &Policy,
    actor: Actor,
    path: &[Step],
    from: Option<&Leaf>,
    to: Option<&Leaf>,
) -> Result<(), Fault> {
    let is_readable = |leaf: Option<&Leaf>| {
        leaf.is_some_and(|leaf| matches!(leaf.value.as_str(), Some("ReadOnly" | "RO")))
    };
    let allowed = match permit(policy, actor, path) {
        Permit::Yes => true,
        Permit::ToReadOnly => from.is_some() && is_readable(to),
        Permit::No => false,
    };
    let shown = to.or(from).map_or(path, |leaf| leaf.path.as_slice());
    match allowed {
        true => Ok(()),
        false => Err(locked(actor, shown)),
    }
}

/// A new profile holds no locked key, or the same ones as a profile that was there: what is locked is neither made nor mixed.
fn comes(policy: &Policy, name: &str, before: &Profiles, after: &Profiles) -> Result<(), Fault> {
    may_be_made(policy, name)?;
    let held = locked_part(policy, name, after);
    let known = held.is_empty()
        || before
            .keys()
            .any(|other| locked_part(policy, other, before) == held);
    match held.keys().next() {
        Some(path) if !known => Err(locked(Actor::Tool, &below(name, path))
            .hint("leave that key out, or copy a profile that has it as it is")),
        _ => Ok(()),
    }
}

/// A profile that goes held no locked key: under its name another one could be made, without what the person locked.
fn goes(policy: &Policy, name: &str, before: &Profiles) -> Result<(), Fault> {
    may_be_made(policy, name)?;
    match locked_part(policy, name, before).keys().next() {
        Some(path) => Err(locked(Actor::Tool, &below(name, path))),
        None => Ok(()),
    }
}

fn may_be_made(policy: &Policy, name: &str) -> Result<(), Fault> {
    let path = at_profile(name);
    match permit(policy, Actor::Tool, &path) {
        Permit::Yes => Ok(()),
        _ => Err(locked(Actor::Tool, &path)),
    }
}

/// What of a profile in force no tool may change, by its place in the profile.
fn locked_part(policy: &Policy, name: &str, profiles: &Profiles) -> BTreeMap<Vec<Step>, Value> {
    profiles
        .get(name)
        .map(|profile| leaves(profile, Place::PROFILE))
        .unwrap_or_default()
        .into_iter()
        .filter(|(path, _)| permit(policy, Actor::Tool, &below(name, path)) != Permit::Yes)
        .map(|(path, leaf)| (path, leaf.value))
        .collect()
}

fn below(name: &str, path: &[Step]) -> Vec<Step> {
    [&at_profile(name), path].concat()
}

fn at_profile(name: &str) -> Vec<Step> {
    vec![Step::Key("profiles".to_owned()), Step::Key(name.to_owned())]
}

fn profile_of(path: &[Step]) -> Option<&String> {
    match path {
        [Step::Key(root), Step::Key(name), ..] if root == "profiles" => Some(name),
        _ => None,
    }
}

fn locked(actor: Actor, path: &[Step]) -> Fault {
    let shown = show(&Place::respelt_path(path, Place::key));
    match (actor, grant_for(path)) {
        (Actor::Person, _) => Fault::new(
            FaultKind::Permission,
            format!("{shown} is not changed by any command"),
        )
        .hint("edit the file by hand; a new shape of the file is made by `paictl config migrate`"),
        (Actor::Tool, Some(entry)) => refused(
            format!("tools may not change {shown} here"),
            "change",
            &entry,
        ),
        (Actor::Tool, None) => {
            Fault::new(FaultKind::Permission, format!("tools never change {shown}"))
                .hint("only the person changes it, with paictl or by hand")
        }
    }
    .field(shown)
}
