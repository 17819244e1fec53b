//! What is told of each field before a change.

use serde_json::json;

use super::*;
use crate::config::schema::{Field, fields};

/// The fields that `actor` is told of these settings.
fn told(actor: Actor, own: &str) -> Vec<Field> {
    let text = NEW
        .replace(r#""image": "i" }] },"#, r#""image": "i", "imageConfig": { "password": "registry-pw" } }, { "type": "Master" }] },"#)
        .replace(r#""limits""#, r#""codeSource": { "codeSourceId": "c", "mountPath": "/c", "defaultBranch": "main" }, "limits""#);
    let files = write(&text, 0o600);
    std::fs::write(files.path.with_file_name("pai.json"), own).unwrap();
    let settings = load(&files.path, &no_env).unwrap();
    fields(&settings, &documents(&files.path).unwrap(), actor)
}

const FIELDS_OWN: &str = r#"{ "profiles": { "default": { "envs": { "HF_TOKEN": "hf-secret-1", "A": "x" },
    "jobMaxRunningTimeMinutes": 30, "resourceId": "q" } }, "policy": { "tools": { "caps": { "maxGPU": 4 } } } }"#;

#[test]
fn fields_tell_what_stands_there_and_who_may_change_it() {
    let tool = told(Actor::Tool, FIELDS_OWN);
    let field = |path: &str| {
        tool.iter()
            .find(|field| field.path == path)
            .unwrap_or_else(|| panic!("{path}"))
    };
    for (path, current, modifiable) in [
        ("projectPrefix", Some(json!("me")), false),
        ("limits.maxGPU", Some(json!(8)), false),
        ("limits.maxRunMinutes", None, false),
        ("codeSource.codeSourceId", Some(json!("c")), false),
        ("codeSource.defaultBranch", Some(json!("main")), true),
        ("codeSource.defaultCommit", None, true),
        ("mounts[0].mountAccess", Some(json!("ReadWrite")), true),
        ("mounts[0].uri", Some(json!("nas://x/")), false),
        (
            "profiles.default.jobSpecs[0].podCount",
            Some(json!(2)),
            true,
        ),
        (
            "profiles.default.jobSpecs[1].type",
            Some(json!("Master")),
            true,
        ),
        (
            "profiles.default.jobSpecs[1].resourceConfig.GPU",
            None,
            true,
        ),
        (
            "profiles.default.jobSpecs[0].imageConfig",
            Some(json!({"password": "[redacted]"})),
            false,
        ),
        (
            "profiles.default.envs",
            Some(json!({"HF_TOKEN": "[redacted]", "A": "x"})),
            true,
        ),
        ("profiles.default.priority", None, true),
        ("profiles.default.resourceId", Some(json!("q")), false),
        ("profiles.cpu.jobSpecs[0].PodCount", Some(json!(1)), true),
        ("api.burst", None, false),
        ("policy.tools.caps.maxGPU", Some(json!(4)), false),
    ] {
        let field = field(path);
        assert_eq!(
            (&field.current, field.modifiable),
            (&current, modifiable),
            "{path}"
        );
        assert!(!field.description.is_empty() && !field.kind.is_empty());
    }
    assert_eq!(
        field("mounts[0].mountAccess").constraint,
        "only to ReadOnly"
    );
    assert_eq!(
        field("limits.maxRunningJobs").constraint,
        "a whole number from 0 on; 1 when absent"
    );
    let gpu = &field("profiles.default.jobSpecs[0].resourceConfig.GPU").constraint;
    assert!(
        gpu.ends_with("at most 4 GPUs in all pods of the profile (policy.tools.caps.maxGPU)"),
        "{gpu}"
    );
    for hidden in [
        "credentials",
        "caller",
        "jobDefaults",
        "profiles.default.userVpc",
    ] {
        assert!(
            tool.iter().all(|field| !field.path.starts_with(hidden)),
            "{hidden}"
        );
    }
    let told = format!("{tool:?}");
    for secret in [
        "new-secret",
        "sts-token",
        "LTAI-test",
        "registry-pw",
        "hf-secret-1",
    ] {
        assert!(!told.contains(secret), "{secret}");
    }
}

#[test]
fn a_person_may_change_all_but_what_is_edited_by_hand() {
    for field in told(Actor::Person, FIELDS_OWN) {
        let by_hand = field.path.starts_with("policy") || field.path == "version";
        assert_eq!(field.modifiable, !by_hand, "{}", field.path);
    }
}

#[test]
fn nothing_of_an_old_file_is_modifiable() {
    let files = write(OLD, 0o600);
    let settings = load(&files.path, &no_env).unwrap();
    let found = fields(&settings, &documents(&files.path).unwrap(), Actor::Person);
    assert!(
        found
            .iter()
            .any(|field| field.path == "jobDefaults.jobType")
    );
    assert!(found.iter().all(|field| !field.modifiable));
}

#[test]
fn every_path_that_is_told_as_modifiable_can_be_set() {
    let files = write(NEW, 0o600);
    let settings = load(&files.path, &no_env).unwrap();
    for actor in [Actor::Person, Actor::Tool] {
        for field in fields(&settings, &documents(&files.path).unwrap(), actor) {
            let (true, Some(current)) = (field.modifiable, field.current) else {
                continue;
            };
            let editor = write::Editor {
                path: &files.path,
                env: &no_env,
                actor,
                sizes: &|_| None,
                expect: None,
                write: false,
            };
            let same = write::Updates {
                profile: None,
                paths: [(field.path.clone(), write::Update::Set(current))].into(),
            };
            let outcome = editor
                .update(&same)
                .unwrap_or_else(|fault| panic!("{}: {fault}", field.path));
            assert!(outcome.changes.is_empty(), "{}", field.path);
        }
    }
}
