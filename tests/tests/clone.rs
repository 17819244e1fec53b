//! A clone is the request of another job, as it was sent, with what the call changes in it.

use pai_emulator::USER_ID;
use pai_tests::{World, cli::Finished, world::text};
use serde_json::{Value, json};

fn profile(image: &str, password: &str) -> Value {
    json!({
        "jobType": "PyTorchJob",
        "jobSpecs": [{
            "type": "Worker", "podCount": 1, "image": image,
            "imageConfig": {"username": "me", "password": password},
            "resourceConfig": {"CPU": "1", "memory": "1Gi", "GPU": "0"},
        }],
        "envs": {"FROM": image},
    })
}

fn settings() -> Value {
    json!({
        "codeSource": {"codeSourceId": "code-demo", "mountPath": "/root/code", "defaultBranch": "main"},
        "mounts": [{"name": "data", "uri": "oss://bucket/data/", "mountPath": "/data", "mountAccess": "ReadOnly"}],
        "profiles": {"default": profile("one:1", "pw-of-one"), "other": profile("other:1", "pw-of-other")},
    })
}

async fn world() -> World {
    World::with(|plan| plan.settings = settings()).await
}

/// What was made by a call that was not refused, and the request that the cloud got.
#[track_caller]
fn made(world: &World, done: &Finished) -> (Value, Value) {
    assert_eq!(done.code, 0, "{done:?}");
    let job = done.json();
    let request = world.request(&text(&job["job_id"]));
    (job, request)
}

/// A request without what is new in each.
fn lasting(mut request: Value) -> Value {
    request["DisplayName"].take();
    request["Settings"]["Tags"]["pai-uid"].take();
    request
}

#[tokio::test]
async fn a_clone_is_the_request_as_it_was_sent_whatever_its_profile_says_today() {
    let world = world().await;
    let daemon = world.daemon().await;
    let line = [
        &[
            "submit", "train", "--json", "--env", "LR=0.2", "--set", "cpu=2",
        ][..],
        &[
            "--priority",
            "3",
            "--code-branch",
            "dev",
            "--",
            "echo 'a  b'",
        ],
    ];
    let (original, sent) = made(&world, &world.paictl(&line.concat()).await);
    let id = text(&original["job_id"]);
    let clone = ["clone", &id, "--json"];

    // The next daemon knows it from the store alone; the profile has another image and a new password.
    daemon.kill9().await;
    let _daemon = world.daemon().await;
    let mut settings = world.settings();
    settings["profiles"]["default"] = profile("two:2", "pw-of-two");
    world.write_settings(&settings);
    let (copy, request) = made(&world, &world.paictl(&clone).await);
    assert!(text(&copy["name"]).starts_with("e2e-train-"), "{copy:#}");
    assert_ne!(copy["name"], original["name"]);
    let mut expected = sent.clone();
    // A secret is that of today: the old one is stored nowhere.
    expected["JobSpecs"][0]["ImageConfig"]["Password"] = json!("pw-of-two");
    assert_eq!(lasting(request), lasting(expected.clone()));
    let (again, _) = made(&world, &world.paictl(&clone).await);
    assert_eq!(
        (&again["joined"], &again["uid"]),
        (&json!(true), &copy["uid"])
    );

    // Without a password nothing of the profile is needed.
    let plain = ["submit", "plain", "-p", "plain", "--json", "--", "true"];
    settings["profiles"]["plain"] = profile("plain:1", "");
    settings["profiles"]["plain"]["jobSpecs"][0]["imageConfig"] = Value::Null;
    world.write_settings(&settings);
    let (original, sent) = made(&world, &world.paictl(&plain).await);
    settings["profiles"]
        .as_object_mut()
        .unwrap()
        .remove("plain");
    settings["profiles"]["default"]["jobSpecs"][0]["imageConfig"] = Value::Null;
    world.write_settings(&settings);
    let plain = ["clone", &text(&original["job_id"]), "--json"];
    let (_, request) = made(&world, &world.paictl(&plain).await);
    assert_eq!(lasting(request), lasting(sent));
    let refused = world.paictl(&["clone", &id, "--new", "--json"]).await;
    assert_eq!(refused.code, 1, "its password is gone: {refused:?}");
    let message = text(&refused.failure()["message"]);
    assert!(
        message.contains("/JobSpecs/0/ImageConfig/Password"),
        "{message}"
    );
    assert_eq!(world.control().call_count("CreateJob"), 4);
}

#[tokio::test]
async fn a_clone_takes_changes_and_another_profile_keeps_what_is_the_jobs_own() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let line = [
        &[
            "submit", "train", "--json", "--env", "LR=0.2", "--env", "EPOCHS=3",
        ][..],
        &["--code-branch", "dev", "--", "run"],
    ];
    let (original, sent) = made(&world, &world.paictl(&line.concat()).await);
    let id = text(&original["job_id"]);
    let changed = [
        &[
            "clone", &id, "--name", "again", "--env", "LR=0.3", "--set", "cpu=4",
        ][..],
        &["--max-minutes", "5", "--json", "--", "run", "more"],
    ];
    let (job, request) = made(&world, &world.paictl(&changed.concat()).await);
    assert!(text(&job["name"]).starts_with("e2e-again-"), "{job:#}");
    let mut expected = sent.clone();
    expected["Envs"]["LR"] = json!("0.3");
    expected["UserCommand"] = json!("run more");
    expected["JobMaxRunningTimeMinutes"] = json!(5);
    expected["JobSpecs"][0]["ResourceConfig"]["CPU"] = json!("4");
    assert_eq!(lasting(request), lasting(expected));

    let other = [
        "clone",
        &id,
        "--profile",
        "other",
        "--env",
        "LR=1",
        "--json",
    ];
    let (job, request) = made(&world, &world.paictl(&other).await);
    assert_eq!(job["profile"], "other");
    assert_eq!(request["JobSpecs"][0]["Image"], "other:1");
    let envs = json!({"FROM": "other:1", "LR": "1", "EPOCHS": "3"});
    assert_eq!(request["Envs"], envs, "the profile's own, and the job's");
    assert_eq!(request["CodeSource"]["Branch"], "dev");
    assert_eq!(request["UserCommand"], "run");
    let unknown = world.paictl(&["clone", &id, "--profile", "huge"]).await;
    assert_eq!(unknown.code, 5, "{unknown:?}");
    let dry = ["clone", &id, "--env", "LR=9", "--dry-run", "--json"];
    let dry = world.paictl(&dry).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    assert_eq!(dry.json()["request"]["Envs"]["LR"], "9");
    assert_eq!(world.control().call_count("CreateJob"), 3);
}

#[tokio::test]
async fn of_a_job_that_was_made_elsewhere_the_copy_names_what_the_cloud_does_not_tell() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let body = json!({
        "DisplayName": "theirs-model", "JobType": "PyTorchJob", "UserCommand": "run", "WorkspaceId": "emulator",
        "JobSpecs": [{
            "Type": "Worker", "PodCount": 2, "Image": "any:1",
            "ResourceConfig": {"CPU": "2", "Memory": "2Gi", "GPU": "0"},
        }],
        "Envs": {"LR": "0.1"}, "Priority": 4, "JobMaxRunningTimeMinutes": 60,
        "DataSources": [
            {"Uri": "oss://bucket/data/", "MountPath": "/data", "MountAccess": "RO"},
            {"Uri": "oss://elsewhere/", "MountPath": "/far", "MountAccess": "RO", "Options": "{}"},
        ],
    });
    for user in ["77", USER_ID] {
        let id = world.control().submit_as(user, &body).unwrap();
        let dry = world.paictl(&["clone", &id, "--dry-run", "--json"]).await;
        assert_eq!(dry.code, 0, "{dry:?}");
        let checks = dry.json()["checks"].to_string();
        assert!(checks.contains("was not submitted from here"), "{checks}");
        let done = world.paictl(&["clone", &id, "--json"]).await;
        let (job, request) = made(&world, &done);
        let warnings = job["warnings"].to_string();
        for part in ["SuccessPolicy", "image passwords", "the mount at /far"] {
            assert!(warnings.contains(part), "{part:?}: {warnings}");
        }
        assert!(
            !warnings.contains("/data"),
            "known from the settings: {warnings}"
        );
        assert!(done.stderr.contains("the mount at /far"), "{done:?}");
        assert_eq!(request["JobSpecs"], body["JobSpecs"]);
        for key in ["Envs", "Priority", "UserCommand", "JobType"] {
            assert_eq!(request[key], body[key], "{key}");
        }
        assert_eq!(request["DataSources"][0], body["DataSources"][0]);
        assert_eq!(request["DataSources"][1]["Uri"], "oss://elsewhere/");
        assert_eq!(request["Settings"]["Tags"]["pai-prefix"], "e2e");
        assert!(
            text(&job["name"]).starts_with("e2e-theirs-model-"),
            "{job:#}"
        );
        assert_eq!(job["own"], true);
    }
    let unknown = world.paictl(&["clone", "dlc0nosuchjob000"]).await;
    assert_eq!(unknown.code, 5, "{unknown:?}");
}

#[tokio::test]
async fn what_was_hidden_from_the_store_has_to_be_given_again() {
    let world = world().await;
    let _daemon = world.daemon().await;
    // Too short to be known again by its value: it is hidden for its name.
    let with_word = |args: &[&str]| world.call(args).env("GREETING", "yes").finish();
    let submit = [
        "submit",
        "train",
        "--secret-env",
        "GREETING",
        "--json",
        "--",
        "true",
    ];
    let (original, _) = made(&world, &with_word(&submit).await);
    let id = text(&original["job_id"]);
    let refused = world.paictl(&["clone", &id, "--json"]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    let failure = refused.failure();
    assert!(
        text(&failure["message"]).contains("was given GREETING"),
        "{failure}"
    );
    assert!(
        text(&failure["hint"]).contains("--secret-env GREETING"),
        "{failure}"
    );
    let given = ["clone", &id, "--secret-env", "GREETING", "--json"];
    let (_, request) = made(&world, &with_word(&given).await);
    assert_eq!(request["Envs"]["GREETING"], "yes");

    let command = "HF_TOKEN=hf_abcdefghijklmnopqrstuvwx run";
    let hidden = ["submit", "hidden", "--json", "--", command];
    let (original, _) = made(&world, &world.paictl(&hidden).await);
    let id = text(&original["job_id"]);
    let refused = world.paictl(&["clone", &id]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("held a secret"), "{refused:?}");
    let given = ["clone", &id, "--json", "--", "run"];
    let (_, request) = made(&world, &world.paictl(&given).await);
    assert_eq!(request["UserCommand"], "run");
    assert_eq!(world.control().call_count("CreateJob"), 4);
}
