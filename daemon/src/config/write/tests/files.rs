//! What happens to the files.

use std::os::unix::fs::{MetadataExt, symlink};

use super::*;

#[test]
fn comments_and_form_of_both_files_stay_and_each_key_goes_where_it_belongs() {
    let folder = Folder::both();
    let outcome = folder
        .person()
        .update(&updates([
            ("limits.maxGPU", Some(json!(4))),
            ("limits.maxRunMinutes", Some(json!(600))),
            ("profiles.default.jobSpecs[0].podCount", Some(json!(2))),
            ("profiles.default.priority", Some(json!(3))),
            ("profiles.default.envs.MODE", None),
            ("mounts[1]", None),
            ("list.endedDays", Some(json!(7))),
        ]))
        .unwrap();
    assert!(
        outcome.written && outcome.warnings.is_empty(),
        "{outcome:?}"
    );
    assert_eq!(
        outcome.files,
        [folder.at("settings.json"), folder.at("pai.json")]
    );
    let both = format!(
        "{}----\n{}",
        folder.text("settings.json"),
        folder.text("pai.json")
    );
    insta::assert_snapshot!(both, @r#"
    {
      "version": "0.5.0",
      "projectPrefix": "me", // mine
      "regionId": "cn-hangzhou",
      "workspaceId": "1",
      "resourceId": "quota1",
      "credentials": { "accessKeyId": "LTAI-test", "accessKeySecret": "top-secret" },
      "codeSource": { "codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "main" },
      "mounts": [
        { "name": "data", "uri": "oss://b/", "mountPath": "/data", "mountAccess": "ReadOnly" },
      ],
      // agreed upon
      "limits": { "maxRunningJobs": 3, "maxGPU": 4 },
      "profiles": {
        // one GPU
        "default": {
          "jobType": "PyTorchJob",
          "jobSpecs": [
            {
              "type": "Worker",
              "podCount": 2, // enough
              "image": "i:1",
              "imageConfig": { "username": "me", "password": "registry-pw" },
              "resourceConfig": { "CPU": "8", "GPU": "1", "memory": "32Gi" },
            },
          ],
        },
        "big": {
          "jobType": "PyTorchJob",
          "jobSpecs": [{ "type": "Worker", "podCount": 2, "image": "i:1", "resourceConfig": { "CPU": "16", "GPU": "2", "memory": "64Gi" } }],
        },
      },
    }
    ----
    {
      // slowly
      "api": { "burst": 5 },
      "profiles": {
        "default": {
          "envs": { "HF_TOKEN": "hf-of-the-profile" },
          "jobMaxRunningTimeMinutes": 60,
          "priority": 3
        },
        "big": { "dataSources": [{ "uri": "oss://c/", "mountAccess": "ReadOnly" }], "priority": 5, "jobMaxRunningTimeMinutes": 120 },
      },
      "limits": {
        "maxRunMinutes": 600,
      },
      "list": {
        "endedDays": 7,
      },
    }
    "#);
    let settings = folder.load();
    assert_eq!(settings.limits.max_run_minutes, Some(600));
    assert_eq!(settings.profiles["default"].further["Priority"], 3);
}

#[test]
fn a_new_own_file_is_made_beside_the_settings_with_the_name_that_belongs_to_them() {
    for (name, own) in [("settings.json", "pai.json"), ("dev.json", "dev.pai.json")] {
        let mut folder = Folder::new(&[(name, SETTINGS)]);
        folder.path = folder.at(name);
        let outcome = folder
            .person()
            .update(&set("limits.maxRunMinutes", json!(5)))
            .unwrap();
        assert_eq!(outcome.files, [folder.at(own)]);
        assert_eq!(folder.text(name), SETTINGS);
        assert_eq!(
            folder.text(own),
            "{\n  \"limits\": {\n    \"maxRunMinutes\": 5\n  }\n}\n"
        );
        assert_eq!(
            std::fs::metadata(folder.at(own)).unwrap().mode() & 0o777,
            0o600
        );
        assert_eq!(folder.load().own_path, Some(folder.at(own)));
    }
}

#[test]
fn links_are_followed_and_stay_and_files_are_closed_to_others() {
    let folder = Folder::new(&[("real", SETTINGS), ("own", "{}")]);
    symlink("real", folder.at("settings.json")).unwrap();
    symlink(folder.at("own"), folder.at("pai.json")).unwrap();
    std::fs::set_permissions(folder.at("own"), PermissionsExt::from_mode(0o644)).unwrap();
    folder
        .person()
        .update(&updates([
            ("limits.maxGPU", Some(json!(1))),
            ("list.endedDays", Some(json!(7))),
        ]))
        .unwrap();
    for name in ["settings.json", "pai.json"] {
        assert!(folder.at(name).is_symlink(), "{name}");
        assert_eq!(
            std::fs::metadata(folder.at(name)).unwrap().mode() & 0o777,
            0o600
        );
    }
    assert!(folder.text("real").contains("\"maxGPU\": 1"));
    assert!(folder.text("own").contains("endedDays"));
    assert_eq!(folder.names(), ["own", "pai.json", "real", "settings.json"]);
}

#[test]
fn what_stands_in_the_place_of_our_own_file_is_never_taken_for_it() {
    let folder = Folder::new(&[("settings.json", SETTINGS)]);
    symlink("settings.json", folder.at("pai.json")).unwrap();
    assert_eq!(
        folder.load().own_path,
        None,
        "it is the settings themselves"
    );
    let outcome = folder
        .person()
        .update(&set("list.endedDays", json!(7)))
        .unwrap();
    assert_eq!(outcome.files, [folder.at("settings.pai.json")]);

    let folder = Folder::new(&[("settings.json", SETTINGS)]);
    for name in ["pai.json", "settings.pai.json"] {
        symlink("nowhere", folder.at(name)).unwrap();
    }
    let fault = folder
        .person()
        .update(&set("list.endedDays", json!(7)))
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Settings);
    assert!(fault.hint.contains("remove"), "{fault}");
}

#[test]
fn a_change_over_something_else_than_was_seen_is_refused() {
    let folder = Folder::both();
    let seen = config::digest(&folder.path).unwrap();
    assert!(seen.len() == 16 && seen.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for name in ["settings.json", "pai.json"] {
        let text = folder.text(name);
        std::fs::write(folder.at(name), format!("{text} ")).unwrap();
        let mut editor = folder.person();
        editor.expect = Some(&seen);
        let fault = editor.update(&set("limits.maxGPU", json!(1))).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Conflict, "{name}");
        std::fs::write(folder.at(name), text).unwrap();
    }
    folder.is_untouched();
    let mut editor = folder.person();
    editor.expect = Some(&seen);
    editor.update(&set("limits.maxGPU", json!(1))).unwrap();
    assert_ne!(config::digest(&folder.path).unwrap(), seen);
}

#[test]
fn somebody_elses_change_between_reading_and_writing_is_not_lost() {
    let folder = Folder::both();
    let editor = folder.person();
    let theirs = SETTINGS.replace("quota1", "quota2");
    let fault = change::change(&editor, |whole| {
        std::fs::write(&folder.path, &theirs).unwrap();
        apply::update(whole, &set("limits.maxGPU", json!(1)))
    })
    .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict);
    assert_eq!(folder.text("settings.json"), theirs);
    assert_eq!(folder.names(), ["pai.json", "settings.json"]);
}

#[test]
fn a_key_of_ours_that_stands_in_the_other_file_is_changed_there() {
    let settings = SETTINGS.replace("\"maxGPU\": 8", "\"maxGPU\": 8, \"maxRunMinutes\": 9");
    let folder = Folder::new(&[("settings.json", &settings)]);
    folder
        .person()
        .update(&set("limits.maxRunMinutes", json!(10)))
        .unwrap();
    assert_eq!(
        folder.text("settings.json"),
        settings.replace(": 9 ", ": 10 ")
    );
    assert_eq!(folder.names(), ["settings.json"]);
}

#[test]
fn p16_changes_made_at_the_same_time_are_all_there_in_the_end() {
    let folder = Folder::both();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let folder = &folder;
            scope.spawn(move || {
                let path = format!("profiles.default.envs.N{n}");
                folder.tool().update(&set(&path, json!("x"))).unwrap();
            });
        }
    });
    let envs = &folder.load().profiles["default"].further["Envs"];
    assert_eq!(envs.as_object().unwrap().len(), 2 + 8, "{envs}");
    assert_eq!(folder.names(), ["pai.json", "settings.json"]);
}
