//! The settings are read, checked and changed through the daemon; a change is in force when it is answered.

use std::fs;

use pai_emulator::{CodeSource, Options};
use pai_tests::{
    World,
    world::{profile, text},
};
use serde_json::{Value, json};

/// A file with comments, in which two profiles differ.
fn commented(world: &World) -> String {
    format!(
        r#"// mine
{{
  "version": "0.5.0", "projectPrefix": "e2e", "regionId": "cn-test", "workspaceId": "emulator",
  "endpoint": "{}", // the cloud
  "credentials": {{"accessKeyId": "{}", "accessKeySecret": "{}"}},
  "mounts": [],
  "limits": {{"maxRunningJobs": 9 /* nine */}},
  "profiles": {{
    "default": {{"jobType": "PyTorchJob", "jobSpecs": [
      {{"type": "Worker", "podCount": 1, "image": "local", "resourceConfig": {{"CPU": "1", "memory": "1Gi", "GPU": "0"}}}},
    ]}},
  }},
}}
"#,
        world.emulator().base_url(),
        world.emulator().access_key_id(),
        world.emulator().access_key_secret(),
    )
}

fn settings(world: &World) -> String {
    fs::read_to_string(world.settings_path()).unwrap()
}

fn own(world: &World) -> Value {
    serde_json::from_str(&fs::read_to_string(world.path("pai.json")).unwrap()).unwrap()
}

/// `paictl …`, which has to succeed.
async fn done(world: &World, args: &[&str]) -> pai_tests::cli::Finished {
    let done = world.paictl(args).await;
    assert_eq!(done.code, 0, "{args:?}: {done:?}");
    done
}

#[tokio::test]
async fn a_change_keeps_comments_goes_to_the_file_that_may_hold_it_and_is_in_force_at_once() {
    let world = World::new().await;
    world.write(&world.settings_path(), &commented(&world));
    let _daemon = world.daemon().await;
    let set = [
        "config",
        "set",
        "limits.maxRunningJobs",
        "1",
        "limits.maxRunMinutes",
        "90",
        "--json",
    ];
    let changed = done(&world, &set).await.json();
    assert_eq!(changed["written"], true, "{changed:#}");
    let after = settings(&world);
    assert_eq!(
        after,
        commented(&world).replace("9 /* nine */", "1 /* nine */")
    );
    // The other tool refuses limits that it does not know.
    assert!(!after.contains("maxRunMinutes"));
    let files = changed["files"].as_array().unwrap();
    assert_eq!(files.len(), 2, "{changed:#}");

    let id = world.submit("first", "sleep 60").await;
    let body = world.request(&id);
    assert_eq!(body["JobMaxRunningTimeMinutes"], 90);
    let refused = world
        .paictl(&["submit", "second", "--new", "--", "true"])
        .await;
    assert!(
        refused.stderr.contains("limits.maxRunningJobs is 1"),
        "{refused:?}"
    );

    done(&world, &["config", "unset", "limits.maxRunMinutes"]).await;
    let shown = done(&world, &["config", "get", "--json"]).await.json();
    assert_eq!(shown["limits"]["max_run_minutes"], Value::Null, "{shown:#}");

    done(
        &world,
        &["config", "set", "logs.keep", "all", "logs.lag", "2.5"],
    )
    .await;
    let shown = done(&world, &["config", "get", "--json"]).await.json();
    let logs = json!({"lag": 2.5, "keep": "all", "days": 30, "job_megabytes": 1024, "total_megabytes": 8192});
    assert_eq!(shown["logs"], logs, "{shown:#}");

    let tried = done(
        &world,
        &["config", "set", "limits.maxRunningJobs", "5", "--dry-run"],
    )
    .await;
    assert!(
        tried.stdout.contains("limits.maxRunningJobs: 1 → 5"),
        "{tried:?}"
    );
    assert_eq!(settings(&world), after, "nothing was written");
    for (args, part) in [
        (
            &["config", "set", "limits.maxRunningJobs", "many"][..],
            "limits.maxRunningJobs",
        ),
        (&["config", "set", "limits.maxHats", "1"], "maxHats"),
        (
            &["config", "set", "credentials.accessKeySecret", "x"],
            "credentials",
        ),
        (&["config", "unset", "limits.maxGPU"], "limits.maxGPU"),
    ] {
        let refused = world.paictl(args).await;
        assert_ne!(refused.code, 0, "{refused:?}");
        assert!(refused.stderr.contains(part), "{refused:?}");
    }
    assert_eq!(settings(&world), after, "nothing was written");
}

#[tokio::test]
async fn profiles_are_made_copied_changed_and_really_deleted() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    done(
        &world,
        &[
            "config",
            "profile",
            "create",
            "quick",
            "--from",
            "default",
            "priority=5",
            "envs={\"A\": \"1\"}",
        ],
    )
    .await;
    let again = ["config", "profile", "create", "quick", "priority=6"];
    let refused = world.paictl(&again).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("--replace"), "{refused:?}");
    let made = done(
        &world,
        &["submit", "x", "-p", "quick", "--json", "--", "true"],
    )
    .await
    .json();
    let body = world.request(&text(&made["job_id"]));
    assert_eq!(
        (&body["Priority"], &body["Envs"]["A"]),
        (&json!(5), &json!("1"))
    );
    done(
        &world,
        &[
            "config",
            "set",
            "--profile",
            "quick",
            "jobSpecs[0].podCount",
            "2",
        ],
    )
    .await;
    let shown = done(&world, &["config", "profile", "show", "quick", "--json"])
        .await
        .json();
    assert_eq!(shown["replicas"][0]["count"], 2, "{shown:#}");

    done(&world, &["config", "profile", "delete", "quick"]).await;
    assert!(!settings(&world).contains("quick"));
    assert!(
        own(&world)
            .get("profiles")
            .is_none_or(|all| all.get("quick").is_none())
    );
    let gone = world
        .paictl(&["submit", "x", "-p", "quick", "--", "true"])
        .await;
    assert_eq!(gone.code, 5, "{gone:?}");
    let default = world
        .paictl(&["config", "profile", "delete", "default"])
        .await;
    assert!(
        default.stderr.contains("default cannot be deleted"),
        "{default:?}"
    );
}

#[tokio::test]
async fn a_job_becomes_a_profile_without_its_secrets() {
    let world = World::with(|plan| {
        plan.settings = json!({"mounts": [
            {"name": "data", "uri": "oss://b/data/", "mountPath": "/mnt/data", "mountAccess": "ReadOnly"},
        ]});
    })
    .await;
    let _daemon = world.daemon().await;
    let submit = [
        "submit",
        "big",
        "--set",
        "cpu=3",
        "--priority",
        "4",
        "--env",
        "EPOCHS=7",
        "--env",
        "HF_TOKEN=hf_abcdefghijklmnopqrstuv",
        "--tag",
        "team=a",
        "--json",
        "--",
        "true",
    ];
    let id = text(&done(&world, &submit).await.json()["job_id"]);
    let imported = done(&world, &["config", "import", &id, "big"]).await;
    assert!(imported.stderr.contains("Envs.HF_TOKEN"), "{imported:?}");
    let files = settings(&world) + &own(&world).to_string();
    assert!(!files.contains("hf_abc"), "{files}");
    let again = done(
        &world,
        &["submit", "again", "-p", "big", "--json", "--", "true"],
    )
    .await
    .json();
    let body = world.request(&text(&again["job_id"]));
    assert_eq!(body["JobSpecs"][0]["ResourceConfig"]["CPU"], "3");
    assert_eq!(body["Priority"], 4);
    assert_eq!(body["Envs"], json!({"EPOCHS": "7"}));
    assert_eq!(body["Settings"]["Tags"]["team"], "a");
    assert_eq!(body["DataSources"].as_array().unwrap().len(), 1, "{body:#}");
}

#[tokio::test]
async fn the_old_shape_is_changed_only_after_a_migration() {
    let world = World::new().await;
    let mut old = world.settings();
    let default = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
    old["version"] = "0.3.0".into();
    old.as_object_mut().unwrap().remove("profiles");
    old["jobDefaults"] = default;
    world.write_settings(&old);
    let before = settings(&world);
    let _daemon = world.daemon().await;
    done(&world, &["config", "get"]).await;
    let refused = world
        .paictl(&["config", "set", "limits.maxRunningJobs", "3"])
        .await;
    assert!(
        refused.stderr.contains("paictl config migrate"),
        "{refused:?}"
    );
    assert_eq!(settings(&world), before);
    done(&world, &["config", "migrate", "--dry-run"]).await;
    assert_eq!(settings(&world), before);
    done(&world, &["config", "migrate"]).await;
    let copy = fs::read_to_string(world.path("settings.json.0.3.0.bak")).unwrap();
    assert_eq!(copy, before);
    done(&world, &["config", "set", "limits.maxRunningJobs", "3"]).await;
    world.submit("after", "true").await;
}

#[tokio::test]
async fn files_are_checked_as_they_are_and_described() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    done(&world, &["config", "check"]).await;
    world.write(
        &world.path("pai.json"),
        r#"{"policy": {"tools": {"calls": ["sumbit"]}}}"#,
    );
    let wrong = world.paictl(&["config", "check", "--json"]).await;
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(wrong.stdout.contains("policy.tools.calls"), "{wrong:?}");
    // Agents are stopped by it, and everybody hears that.
    let listed = done(&world, &["ls"]).await;
    assert!(
        listed.stderr.contains("agents may change nothing"),
        "{listed:?}"
    );
    // What was good before is in force, and everybody hears that, too.
    world.write(&world.path("pai.json"), r#"{"list": {"endedDays": 0}}"#);
    let listed = done(&world, &["ls"]).await;
    assert!(
        listed.stderr.contains("from before are in force"),
        "{listed:?}"
    );
    world.write(&world.path("pai.json"), "{}");
    let listed = done(&world, &["ls"]).await;
    assert_eq!(listed.stderr.matches("warning").count(), 0, "{listed:?}");

    let schema = done(&world, &["config", "schema"]).await.json();
    assert!(schema["properties"]["limits"]["properties"]["maxRunningJobs"].is_object());
    let schema = done(&world, &["config", "schema", "own"]).await.json();
    assert!(schema["properties"]["policy"].is_object());
    let fields = done(&world, &["config", "schema", "--fields"]).await;
    assert!(
        fields
            .stdout
            .contains("profiles.default.jobSpecs[0].podCount"),
        "{fields:?}"
    );
    let secret = world.emulator().access_key_secret();
    assert!(!fields.stdout.contains(secret));
}

#[tokio::test]
async fn the_branch_of_every_submit_and_that_of_the_shared_object_are_two_things() {
    let world = World::with(|plan| {
        plan.emulator = Options {
            code_sources: vec![CodeSource {
                id: "code-1".into(),
                repo: "https://me:repo-password@git.test/team/train.git".into(),
                branch: "main".into(),
                ..CodeSource::demo()
            }],
            ..Options::fast(plan.emulator.scratch.clone())
        };
        plan.settings = json!({"codeSource": {"codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "main"}});
    })
    .await;
    let _daemon = world.daemon().await;
    done(
        &world,
        &["codesource", "set", "--branch", "dev", "--commit", "abc123"],
    )
    .await;
    let id = world.submit("x", "true").await;
    let code = world.request(&id)["CodeSource"].clone();
    assert_eq!(
        (&code["Branch"], &code["Commit"]),
        (&json!("dev"), &json!("abc123"))
    );
    let shown = done(&world, &["codesource", "get", "--json"]).await;
    assert!(!shown.stdout.contains("repo-password"), "{shown:?}");
    assert_eq!(
        shown.json()["remote"]["branch"],
        "main",
        "the shared one is untouched"
    );

    done(
        &world,
        &[
            "codesource",
            "set",
            "--remote",
            "--yes",
            "--branch",
            "release",
        ],
    )
    .await;
    let shown = done(&world, &["codesource", "get", "--json"]).await.json();
    assert_eq!(shown["remote"]["branch"], "release");
    assert_eq!(shown["default_branch"], "dev", "the settings are untouched");

    let unasked = ["codesource", "set", "--remote", "--branch", "other"];
    let unasked = world.paictl(&unasked).await;
    assert_eq!(unasked.code, 2, "nobody can be asked: {unasked:?}");

    // Taken, and left undone.
    world.fault("UpdateCodeSource:no_effect:count=1");
    let silent = world
        .paictl(&["codesource", "set", "--remote", "-y", "--branch", "other"])
        .await;
    assert_eq!(silent.code, 1, "{silent:?}");
    assert!(silent.stderr.contains("does not show it"), "{silent:?}");
    let removed = done(&world, &["codesource", "set", "--commit", ""]).await;
    assert!(
        removed.stdout.contains("codeSource.defaultCommit"),
        "{removed:?}"
    );
}
