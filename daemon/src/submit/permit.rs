//! What a tool may say at a submit: what the person's policy allows, within its caps. Whoever is a person may say all.

use serde_json::{Map, Value};

use super::{
    Wish,
    draft::{base_of, profile_of},
    overrides, sizes,
};
use crate::{
    config::{
        Actor, Settings,
        policy::{self, Call},
    },
    model::{Caller, Fault},
    scope::Scope,
};

/// Whether this wish may be made.
///
/// # Errors
/// A [`Fault`] of kind `Permission` or `Limit` that says what is refused and how the person would allow it, or why the sizes of
/// instance types cannot be told.
pub(super) async fn permit(
    scope: &Scope,
    settings: &Settings,
    wish: &Wish,
    caller: &Caller,
) -> Result<(), Fault> {
    let actor = Actor::from(caller);
    if actor == Actor::Person {
        return Ok(());
    }
    let call = match wish.original {
        Some(_) => Call::Clone,
        None => Call::Submit,
    };
    settings.policy.check_call(actor, call)?;
    for name in set_by(wish) {
        settings.policy.check_override(actor, name)?;
    }
    let before = base_of(settings, wish)?;
    let after = changed(before.clone(), wish)?;
    if after == before {
        return Ok(());
    }
    if !wish.overrides.is_empty() {
        sizes::learn(scope, types_of(&after)).await?;
    }
    let known = |name: &str| scope.sizes.of(name);
    policy::check_submit(settings, profile_of(wish), &before, &after, &known)
}

/// What the call sets beside the profile, as the policy spells it. Tags that tell where a job comes from are no choice.
fn set_by(wish: &Wish) -> Vec<&str> {
    let mut names: Vec<_> = wish
        .overrides
        .keys()
        .map(|key| key.rsplit_once('.').map_or(key.as_str(), |(_, name)| name))
        .collect();
    let given = [
        (
            "envs",
            !wish.envs.is_empty() || !wish.secret_envs.is_empty(),
        ),
        ("priority", wish.priority.is_some()),
        ("jobMaxRunningTimeMinutes", wish.max_minutes.is_some()),
        (
            "tags",
            wish.tags.keys().any(|tag| !super::draft::is_origin(tag)),
        ),
    ];
    names.extend(
        given
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(name, _)| name),
    );
    names
}

/// The request's base as the call changes it.
fn changed(mut base: Map<String, Value>, wish: &Wish) -> Result<Map<String, Value>, Fault> {
    for (key, value) in &wish.overrides {
        overrides::apply(&mut base, key, value)?;
    }
    if let Some(priority) = wish.priority {
        base.insert("Priority".into(), priority.into());
    }
    if let Some(minutes) = wish.max_minutes {
        base.insert("JobMaxRunningTimeMinutes".into(), minutes.into());
    }
    Ok(base)
}

fn types_of(base: &Map<String, Value>) -> Vec<String> {
    let roles = base.get("JobSpecs").and_then(Value::as_array);
    let roles = roles.into_iter().flatten();
    let types = roles.filter_map(|role| role["EcsSpec"].as_str());
    types
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_sets_is_named_as_the_policy_spells_it() {
        let entry = |key: &str| [(key.to_owned(), "1".to_owned())];
        let mut wish = Wish::default();
        assert!(set_by(&wish).is_empty());
        wish.tags.extend(entry("pai-repo"));
        assert!(set_by(&wish).is_empty(), "where it comes from");
        wish.tags.extend(entry("team"));
        wish.overrides.extend(entry("Worker.gpu"));
        wish.overrides.extend(entry("image"));
        wish.secret_envs.insert("HF_TOKEN".into(), "x".into());
        wish.priority = Some(9);
        wish.max_minutes = Some(5);
        assert_eq!(
            set_by(&wish),
            [
                "gpu",
                "image",
                "envs",
                "priority",
                "jobMaxRunningTimeMinutes",
                "tags"
            ]
        );
    }
}
