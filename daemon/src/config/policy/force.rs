//! Which policy holds: that of our own file in force, else that of the common `pai.json` beside it. One that cannot be read, or
//! that stands where it does not count, closes everything to tools and stops no person.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Policy, read::read};
use crate::{
    config::{fault, file},
    model::Fault,
};

/// The policy in force, and what is wrong with the one that was written.
pub(in crate::config) fn in_force(
    settings: (&Path, &Map<String, Value>),
    own: Option<(&Path, &Map<String, Value>)>,
    common: Option<&Path>,
) -> (Policy, Option<Fault>) {
    match find(settings, own, common) {
        Ok(policy) => (policy, None),
        Err(fault) => (Policy::closed(&fault), Some(fault)),
    }
}

fn find(
    (settings, document): (&Path, &Map<String, Value>),
    own: Option<(&Path, &Map<String, Value>)>,
    common: Option<&Path>,
) -> Result<Policy, Fault> {
    if let Some(name) = document.keys().find(|name| is_meant(name)) {
        return Err(
            fault(settings, format!("the key {name} does not count there"))
                .hint("what tools may do stands under \"policy\" in pai.json beside it"),
        );
    }
    if let Some((path, document)) = own
        && let Some(value) = stated(path, document)?
    {
        return read(path, value);
    }
    let Some(path) = common else {
        return Ok(Policy::default());
    };
    file::refuse_if_others_write(path)?;
    let document = file::parse(path, &file::read(path)?)?;
    match stated(path, &document)? {
        Some(value) => read(path, value),
        None => Ok(Policy::default()),
    }
}

/// What a file of ours says. Null is no policy, and no mere absence of one either.
fn stated<'a>(path: &Path, document: &'a Map<String, Value>) -> Result<Option<&'a Value>, Fault> {
    let slip = document
        .keys()
        .find(|name| is_meant(name) && *name != "policy");
    match slip {
        Some(name) => Err(fault(
            path,
            format!("the key {name} is none; policy was perhaps meant"),
        )
        .hint("mend it by hand; until then tools change nothing")),
        None => Ok(document.get("policy")),
    }
}

/// However it is written.
fn is_meant(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    name.starts_with("polic") || name.starts_with("polyc") || name == "tools"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{Actor, policy::Call};

    fn of(settings: Value, own: Option<Value>, common: Option<&Path>) -> (Policy, Option<Fault>) {
        let map = |value: Value| value.as_object().unwrap().clone();
        let (settings, own) = (map(settings), own.map(map));
        let (path, own_path) = (Path::new("/x/dev.json"), Path::new("/x/dev.pai.json"));
        in_force(
            (path, &settings),
            own.as_ref().map(|own| (own_path, own)),
            common,
        )
    }

    #[test]
    fn a_policy_that_does_not_count_closes_everything_to_tools() {
        for (settings, own, at) in [
            (json!({"policy": {}}), None, "policy"),
            (json!({"Policy": {}}), None, "Policy"),
            (json!({}), Some(json!({"polices": {}})), "polices"),
            (json!({}), Some(json!({"POLICY": {}})), "POLICY"),
            (json!({}), Some(json!({"tools": {}})), "tools"),
            (json!({}), Some(json!({"policy": null})), "policy"),
            (
                json!({}),
                Some(json!({"policy": {"tool": {}}})),
                "policy.tool",
            ),
        ] {
            let (policy, fault) = of(settings, own, None);
            let fault = fault.unwrap();
            assert!(fault.message.contains(at), "{fault}");
            let refused = policy.check_call(Actor::Tool, Call::Stop).unwrap_err();
            assert!(refused.message.contains(at), "{refused}");
            policy.check_call(Actor::Person, Call::Stop).unwrap();
        }
    }

    #[test]
    fn the_common_file_counts_where_the_one_of_this_name_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let common = folder.path().join("pai.json");
        std::fs::write(&common, r#"{ "policy": { "tools": { "calls": [] } } }"#).unwrap();
        let (policy, fault) = of(json!({}), Some(json!({})), Some(&common));
        assert!(policy.calls.is_empty() && fault.is_none());
        let ours = json!({"policy": {"tools": {"calls": ["stop"]}}});
        let (policy, _) = of(json!({}), Some(ours), Some(&common));
        assert_eq!(policy.calls, [Call::Stop].into());
        std::fs::write(&common, "{").unwrap();
        let (policy, fault) = of(json!({}), Some(json!({})), Some(&common));
        assert!(policy.closed.is_some() && fault.is_some());
    }
}
