//! From the old shape to the new one.

use std::os::unix::fs::MetadataExt;

use super::*;

/// As the seed's README shows it.
const OLD: &str = r#"{
  "version": "0.3.0",
  "projectPrefix": "yousiki", // whose jobs
  "regionId": "ap-southeast-1",
  "workspaceId": "123456",
  "resourceId": "quota-xxxx",
  "credentials": { "accessKeyId": "LTAI-test", "accessKeySecret": "old-secret", "securityToken": null },
  "codeSource": { "codeSourceId": "code-1", "mountPath": "/root/code", "defaultBranch": "main", "defaultCommit": null },
  "jobDefaults": {
    "jobType": "PyTorchJob",
    "displayNamePrefix": "yousiki",
    /* copied from a past job */
    "jobSpecs": [{ "type": "Worker", "image": "img:1", "podCount": 1 }],
  },
  // the data
  "mounts": [{ "name": "data", "uri": "oss://b/p/", "mountPath": "/mnt/data", "mountAccess": "RO" }],
}
"#;

fn old(text: &str) -> Folder {
    Folder::new(&[("settings.json", text)])
}

#[test]
fn an_old_file_is_read_and_never_changed_before_it_is_migrated() {
    for text in [OLD, &SETTINGS.replace("\"0.5.0\"", "\"0.4.2\"")] {
        let folder = old(text);
        let person = folder.person();
        let changes = [
            person.update(&set("limits.maxGPU", json!(1))),
            person.put_profile("x", Some("default"), &Map::new()),
            person.delete_profile("x"),
        ];
        for fault in changes.map(Result::unwrap_err) {
            assert_eq!(fault.kind, FaultKind::Conflict);
            assert!(fault.hint.contains("paictl config migrate"), "{fault}");
        }
        assert_eq!(folder.text("settings.json"), text);
    }
}

#[test]
fn an_old_file_becomes_one_that_the_other_tool_accepts_and_means_the_same() {
    let folder = old(OLD);
    let before = folder.load();
    let outcome = migrate(&folder.path, &|_| None, true).unwrap();
    assert!(
        outcome.written && outcome.warnings.is_empty(),
        "{outcome:?}"
    );
    assert_eq!(
        outcome.files,
        [
            folder.at("settings.json"),
            folder.at("settings.json.0.3.0.bak")
        ]
    );
    insta::assert_snapshot!(folder.text("settings.json"), @r#"
    {
      "version": "0.5.0",
      "projectPrefix": "yousiki", // whose jobs
      "regionId": "ap-southeast-1",
      "workspaceId": "123456",
      "resourceId": "quota-xxxx",
      "credentials": { "accessKeyId": "LTAI-test", "accessKeySecret": "old-secret" },
      "codeSource": { "codeSourceId": "code-1", "mountPath": "/root/code", "defaultBranch": "main" },
      // the data
      "mounts": [{ "name": "data", "uri": "oss://b/p/", "mountPath": "/mnt/data", "mountAccess": "ReadOnly" }],
      "profiles": {
        "default": {
          "jobSpecs": [
            {
              "image": "img:1",
              "podCount": 1,
              "type": "Worker",
            },
          ],
          "jobType": "PyTorchJob",
        },
      },
    }
    "#);
    let documents = config::documents(&folder.path).unwrap();
    assert_eq!(seed::refuses(&documents.settings), None);
    let after = folder.load();
    assert_eq!(after.version, "0.5.0");
    assert_eq!(after.profiles, before.profiles);
    assert_eq!(
        after.mounts[0].wire_access(),
        before.mounts[0].wire_access()
    );
    assert!(!format!("{outcome:?}").contains("old-secret"));
    folder
        .person()
        .update(&set("limits.maxGPU", json!(1)))
        .unwrap();
}

#[test]
fn the_old_file_is_kept_beside_it_for_the_owner_alone_and_never_overwritten() {
    let folder = old(OLD);
    migrate(&folder.path, &|_| None, true).unwrap();
    let copy = folder.at("settings.json.0.3.0.bak");
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), OLD);
    assert_eq!(std::fs::metadata(&copy).unwrap().mode() & 0o777, 0o600);

    let new = folder.text("settings.json");
    let again = migrate(&folder.path, &|_| None, true).unwrap();
    assert!(!again.written && again.files.is_empty() && again.changes.is_empty());
    assert_eq!(folder.text("settings.json"), new, "there is nothing to do");

    let other = OLD.replace("123456", "654321");
    std::fs::write(&folder.path, &other).unwrap();
    let fault = migrate(&folder.path, &|_| None, true).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict);
    assert!(fault.message.contains(".bak"), "{fault}");
    assert_eq!(folder.text("settings.json"), other);
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), OLD);
}

#[test]
fn a_dry_run_of_the_migration_writes_nothing() {
    let folder = old(OLD);
    let outcome = migrate(&folder.path, &|_| None, false).unwrap();
    assert!(!outcome.written);
    let paths: Vec<_> = outcome
        .changes
        .iter()
        .map(|change| change.path.as_str())
        .collect();
    assert!(
        paths.contains(&"version") && paths.contains(&"profiles.default.jobType"),
        "{paths:?}"
    );
    assert_eq!(folder.text("settings.json"), OLD);
    assert_eq!(folder.names(), ["settings.json"]);
}

#[test]
fn simple_defaults_become_one_worker_as_the_other_tool_spells_it() {
    let simple = OLD.replace(
        r#""jobSpecs": [{ "type": "Worker", "image": "img:1", "podCount": 1 }],"#,
        r#""simple": { "dockerImage": "img:2", "ecsSpec": "ecs.g6.large", "podCount": 2 }, "priority": 5"#,
    );
    let folder = old(&simple);
    let outcome = migrate(&folder.path, &|_| None, true).unwrap();
    assert_eq!(
        outcome.warnings,
        ["jobDefaults.priority has no place in 0.5.0; it was left out"]
    );
    assert_eq!(
        folder.load().profiles["default"].job_specs,
        [json!({"type": "Worker", "image": "img:2", "ecsSpec": "ecs.g6.large", "podCount": 2})]
    );
}

#[test]
fn profiles_that_stand_there_already_stay_and_what_was_refused_before_is_told() {
    let text = SETTINGS
        .replace("\"0.5.0\"", "\"0.3.0\"")
        .replace("\"resourceId\": \"quota1\",", "")
        .replace("\"mounts\"", "\"jobDefaults\": {\"jobType\": \"TFJob\", \"jobSpecs\": [{\"podCount\": 9}]}, \"mounts\"");
    let folder = old(&text);
    let outcome = migrate(&folder.path, &|_| None, true).unwrap();
    assert!(
        outcome
            .warnings
            .iter()
            .any(|warning| warning.contains("resourceId")),
        "{outcome:?}"
    );
    let settings = folder.load();
    assert_eq!(
        (settings.profiles.len(), settings.version.as_str()),
        (2, "0.5.0")
    );
    assert_eq!(settings.profiles["default"].job_type, "PyTorchJob");
}
