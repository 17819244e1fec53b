//! Reads `policy`. Whatever is not exactly right is an error.

use std::path::Path;

use serde_json::Value;

use super::{Call, Caps, Policy, grant::Grant};
use crate::{
    config::{
        fault,
        keys::{Kind, POLICY, fit_strictly},
        limits::milli,
    },
    model::Fault,
};

/// The policy that `value` states; what it does not state is as by default.
pub(in crate::config) fn read(path: &Path, value: &Value) -> Result<Policy, Fault> {
    fit_strictly(Kind::Object(POLICY), value)
        .map_err(|misfit| wrong(path, &misfit.at, &misfit.what))?;
    let mut policy = Policy::default();
    let tools = &value["tools"];
    if let Some(change) = tools.get("change") {
        let entries = texts(change).map(|text| {
            Grant::parse(text).map_err(|what| {
                wrong(
                    path,
                    ".tools.change",
                    &format!("holds \"{text}\", which {what}"),
                )
            })
        });
        policy.change = entries.collect::<Result<_, _>>()?;
    }
    if let Some(caps) = tools.get("caps") {
        policy.caps = read_caps(path, caps)?;
    }
    if let Some(overrides) = tools.get("overrides") {
        policy.overrides = texts(overrides).map(ToOwned::to_owned).collect();
    }
    if let Some(calls) = tools.get("calls") {
        let named = |call: &Call| texts(calls).any(|text| text == call.word());
        policy.calls = Call::ALL.into_iter().filter(named).collect();
    }
    Ok(policy)
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn read_caps(path: &Path, caps: &Value) -> Result<Caps, Fault> {
    let amount = |name: &str, read: fn(&Value) -> Option<u64>| match caps.get(name) {
        None => Ok(None),
        Some(value) => match read(value) {
            Some(amount) => Ok(Some(amount)),
            None => Err(wrong(
                path,
                &format!(".tools.caps.{name}"),
                "cannot be read as an amount",
            )),
        },
    };
    let thousandths = |value: &Value| match value {
        Value::Number(number) => milli(number),
        _ => None,
    };
    Ok(Caps {
        gpu_milli: amount("maxGPU", thousandths)?,
        cpu_milli: amount("maxCPU", thousandths)?,
        memory_bytes: amount("maxMemory", |value| {
            aliyun::quantity::memory_bytes(value.as_str()?).ok()
        })?,
        pods: amount("maxPods", Value::as_u64)?,
        priority: amount("maxPriority", Value::as_u64)?,
        run_minutes: amount("maxRunMinutes", Value::as_u64)?,
    })
}

fn wrong(path: &Path, at: &str, what: &str) -> Fault {
    fault(path, format!("policy{at} {what}"))
        .hint("mend it by hand; until then tools change nothing, so that a slip opens nothing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(value: &Value) -> Result<Policy, Fault> {
        read(Path::new("/x/pai.json"), value)
    }

    #[test]
    fn what_is_not_stated_is_as_by_default() {
        assert_eq!(parsed(&json!({})).unwrap(), Policy::default());
        assert_eq!(parsed(&json!({"tools": {}})).unwrap(), Policy::default());
        let policy = parsed(&json!({"tools": {"change": [], "calls": []}})).unwrap();
        assert!(policy.change.is_empty() && policy.calls.is_empty());
    }

    #[test]
    fn all_of_it_is_read() {
        let policy = parsed(&json!({"tools": {
            "change": ["limits.maxGPU"],
            "caps": {"maxGPU": 0.5, "maxCPU": 64, "maxMemory": "512Gi", "maxPods": 4, "maxPriority": 5, "maxRunMinutes": 1440},
            "overrides": ["image", "gpu"],
            "calls": ["submit", "publish"],
        }}))
        .unwrap();
        assert_eq!(policy.change, [Grant::path(&["limits", "maxGPU"])].into());
        assert_eq!(
            policy.caps,
            Caps {
                gpu_milli: Some(500),
                cpu_milli: Some(64_000),
                memory_bytes: Some(512 << 30),
                pods: Some(4),
                priority: Some(5),
                run_minutes: Some(1440),
            }
        );
        assert_eq!(policy.calls, [Call::Submit, Call::Publish].into());
        assert!(policy.overrides.contains("gpu"));
    }

    #[test]
    fn a_slip_anywhere_is_an_error_that_names_its_place() {
        for (value, at) in [
            (json!([]), "policy is not an object"),
            (json!({"tool": {}}), "policy.tool "),
            (json!({"tools": {"changes": []}}), "policy.tools.changes"),
            (
                json!({"tools": {"change": "profiles"}}),
                "policy.tools.change",
            ),
            (
                json!({"tools": {"change": ["Profiles"]}}),
                "policy.tools.change",
            ),
            (
                json!({"tools": {"change": ["credentials"]}}),
                "policy.tools.change",
            ),
            (json!({"tools": {"change": [1]}}), "policy.tools.change"),
            (
                json!({"tools": {"caps": {"maxGpu": 1}}}),
                "policy.tools.caps.maxGpu",
            ),
            (
                json!({"tools": {"caps": {"maxGPU": "8"}}}),
                "policy.tools.caps.maxGPU",
            ),
            (
                json!({"tools": {"caps": {"maxGPU": -1}}}),
                "policy.tools.caps.maxGPU",
            ),
            (
                json!({"tools": {"caps": {"maxMemory": "512 apples"}}}),
                "policy.tools.caps.maxMemory",
            ),
            (
                json!({"tools": {"caps": {"maxMemory": 512}}}),
                "policy.tools.caps.maxMemory",
            ),
            (
                json!({"tools": {"caps": {"maxPriority": 10}}}),
                "policy.tools.caps.maxPriority",
            ),
            (
                json!({"tools": {"caps": {"maxRunMinutes": 0}}}),
                "policy.tools.caps.maxRunMinutes",
            ),
            (
                json!({"tools": {"overrides": ["images"]}}),
                "policy.tools.overrides",
            ),
            (
                json!({"tools": {"calls": ["Submit"]}}),
                "policy.tools.calls",
            ),
            (json!({"tools": {"calls": null}}), "policy.tools.calls"),
        ] {
            let fault = parsed(&value).unwrap_err();
            assert!(fault.message.contains(at), "{value}: {fault}");
        }
    }
}
