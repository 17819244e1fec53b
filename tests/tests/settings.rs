//! With missing or broken settings the daemon runs, says what is wrong and what to do, and goes on as soon as the file
//! is mended.

use std::fs;

use pai_tests::{Daemon, World, cli::Finished, world::text};
use serde_json::{Value, json};

/// The daemon is there, every call fails with the reason, and the mended file is enough.
async fn told_and_mended(world: &World, _daemon: &Daemon, kind: &str, parts: &[&str]) {
    let status = world.paictl(&["daemon", "status", "--json"]).await;
    assert_eq!(status.code, 0, "{status:?}");
    let context = &status.json()["contexts"][0];
    assert_eq!(context["usable"], false, "{context:#}");
    let told = format!(
        "{} {}",
        context["problem"]["message"], context["problem"]["hint"]
    );
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
    assert!(
        context["problem"]["hint"].is_string(),
        "a next step: {context:#}"
    );
    for args in [
        &["ls", "--json"][..],
        &["submit", "x", "--json", "--", "true"],
    ] {
        let failed = world.paictl(args).await;
        assert_eq!(failed.code, 1, "{failed:?}");
        assert_eq!(failed.failure()["kind"], kind);
        assert_eq!(failed.failure()["message"], context["problem"]["message"]);
    }

    if world.settings_path().is_dir() {
        fs::remove_dir(world.settings_path()).unwrap();
    }
    world.write_settings(&world.settings());
    let listed = world.paictl(&["ls", "--json"]).await;
    assert_eq!(listed.code, 0, "{listed:?}");
    let id = world.submit("after", "true").await;
    assert!(world.control().job(&id).is_some());
}

/// The settings of `world`, changed in this way, are refused with a message that has these parts.
async fn refused(change: impl FnOnce(&mut Value), parts: &[&str]) {
    let world = World::new().await;
    let mut settings = world.settings();
    change(&mut settings);
    world.write_settings(&settings);
    let daemon = world.daemon().await;
    told_and_mended(&world, &daemon, "settings", parts).await;
    let secret = world.emulator().access_key_secret();
    assert!(!daemon.log().contains(secret));
}

#[tokio::test]
async fn missing_settings_are_told_with_the_path() {
    let world = World::new().await;
    fs::remove_file(world.settings_path()).unwrap();
    let daemon = world.daemon().await;
    let path = text(&json!(world.settings_path()));
    let parts = [path.as_str(), "ALIYUN_PAI_SETTINGS_PATH"];
    told_and_mended(&world, &daemon, "settings", &parts).await;
}

#[tokio::test]
async fn settings_that_are_no_json_are_told_with_the_place() {
    let world = World::new().await;
    let broken = "{\n  \"projectPrefix\": \"e2e\",\n  \"credentials\": {\"accessKeySecret\": \"hush-hush\" oops\n}";
    world.write(&world.settings_path(), broken);
    let daemon = world.daemon().await;
    told_and_mended(&world, &daemon, "settings", &["line 3"]).await;
    assert!(!daemon.log().contains("hush-hush"), "{}", daemon.log());
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_told_with_its_key() {
    let change = |settings: &mut Value| settings["limits"]["maxRunningJobs"] = json!("three");
    refused(change, &["limits.maxRunningJobs"]).await;
}

#[tokio::test]
async fn a_missing_key_is_told() {
    let change = |settings: &mut Value| {
        settings.as_object_mut().unwrap().remove("workspaceId");
    };
    refused(change, &["workspaceId"]).await;
}

#[tokio::test]
async fn settings_without_a_default_profile_are_told() {
    refused(|settings| settings["profiles"] = json!({}), &["default"]).await;
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused() {
    let change = |settings: &mut Value| settings["endpoint"] = json!("http://192.0.2.7:8080");
    refused(change, &["endpoint", "127.0.0.1"]).await;
}

#[tokio::test]
async fn settings_that_others_may_read_are_refused_while_they_hold_a_key() {
    let world = World::new().await;
    world.chmod(&world.settings_path(), 0o644);
    let daemon = world.daemon().await;
    let parts = ["open to others", "644", "chmod 600"];
    told_and_mended(&world, &daemon, "settings", &parts).await;
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_told() {
    let world = World::new().await;
    fs::remove_file(world.settings_path()).unwrap();
    fs::create_dir(world.settings_path()).unwrap();
    let daemon = world.daemon().await;
    let path = text(&json!(world.settings_path()));
    told_and_mended(&world, &daemon, "settings", &[&path]).await;
}

#[tokio::test]
async fn settings_that_this_user_may_not_read_are_told() {
    let world = World::new().await;
    world.chmod(&world.settings_path(), 0o000);
    if fs::read(world.settings_path()).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let daemon = world.daemon().await;
    told_and_mended(
        &world,
        &daemon,
        "settings",
        &["may not be read", "chmod 600"],
    )
    .await;
}

#[tokio::test]
async fn a_broken_pai_json_is_told() {
    let world = World::with(|plan| plan.own = json!({"api": {"callsPerSecond": "fast"}})).await;
    let daemon = world.daemon().await;
    let status = world.paictl(&["daemon", "status", "--json"]).await.json();
    let problem = text(&status["contexts"][0]["problem"]["message"]);
    assert!(
        problem.contains("pai.json") && problem.contains("callsPerSecond"),
        "{problem}"
    );
    world.write(&world.path("pai.json"), "{}");
    told_to_work(&world, &daemon).await;
}

async fn told_to_work(world: &World, _daemon: &Daemon) {
    let listed = world.paictl(&["ls"]).await;
    assert_eq!(listed.code, 0, "{listed:?}");
}

#[tokio::test]
async fn no_credentials_anywhere_are_told_with_both_places() {
    let change = |settings: &mut Value| {
        settings.as_object_mut().unwrap().remove("credentials");
    };
    refused(change, &["credentials", "ALIBABA_CLOUD_ACCESS_KEY_ID"]).await;
}

#[tokio::test]
async fn the_key_may_come_from_the_daemons_environment() {
    let world = World::with(|plan| plan.settings = json!({"credentials": null})).await;
    // Without a key in it, it may be open to others.
    world.chmod(&world.settings_path(), 0o644);
    let _daemon = world
        .launch()
        .env(
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            world.emulator().access_key_id(),
        )
        .env(
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            world.emulator().access_key_secret(),
        )
        .start()
        .await
        .unwrap();
    let id = world.submit("train", "true").await;
    assert!(world.control().job(&id).is_some());
    let who = world.paictl(&["whoami", "--json"]).await;
    assert_eq!(who.json()["credential_source"], "environment", "{who:?}");
}

#[tokio::test]
async fn a_wrong_key_is_told_with_its_source_and_never_with_its_secret() {
    const WRONG: &str = "WrongSecretWrongSecretWrong";
    let held = World::new().await;
    let mut settings = held.settings();
    settings["credentials"]["accessKeySecret"] = json!(WRONG);
    held.write_settings(&settings);
    let daemon = held.launch().env("PAI_LOG", "debug").start().await.unwrap();

    let lent = World::with(|plan| plan.settings = json!({"credentials": null})).await;
    let other = lent
        .launch()
        .env(
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            lent.emulator().access_key_id(),
        )
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", WRONG)
        .env("PAI_LOG", "debug")
        .start()
        .await
        .unwrap();

    for (world, daemon, source) in [
        (&held, &daemon, "settings file"),
        (&lent, &other, "environment"),
    ] {
        for args in [
            &["submit", "x", "--json", "--", "true"][..],
            &["whoami", "--json"],
            &["ls", "--json"],
        ] {
            let failed = world.paictl(args).await;
            assert_eq!(failed.code, 4, "{failed:?}");
            assert_eq!(failed.failure()["kind"], "auth", "{failed:?}");
            let hint = text(&failed.failure()["hint"]);
            assert!(hint.contains(source), "{hint}");
            assert!(!failed.stderr.contains(WRONG), "{failed:?}");
        }
        let status = world.paictl(&["daemon", "status"]).await;
        assert_eq!(status.code, 0, "{status:?}");
        assert!(status.stdout.contains(source), "{status:?}");
        assert!(!status.stdout.contains(WRONG) && !daemon.log().contains(WRONG));
    }
}

#[tokio::test]
async fn the_older_shape_comments_and_trailing_commas_are_taken() {
    let world = World::new().await;
    let text = format!(
        r#"{{
            // as in 0.3.0
            "version": "0.3.0",
            "projectPrefix": "old", "regionId": "cn-test", "workspaceId": "emulator",
            "resourceId": "", "endpoint": "{}",
            "credentials": {{"accessKeyId": "{}", "accessKeySecret": "{}",}},
            "mounts": [],
            "jobDefaults": {{"jobType": "PyTorchJob", "simple":
                {{"dockerImage": "local", "ecsSpec": "ecs.g6.large", "podCount": 1}}}},
        }}"#,
        world.emulator().base_url(),
        world.emulator().access_key_id(),
        world.emulator().access_key_secret(),
    );
    world.write(&world.settings_path(), &text);
    let _daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    assert!(world.ended(&id).await.name.starts_with("old-train-"));
}

/// `paictl` with another settings file.
async fn paictl_with(world: &World, settings: &std::path::Path, args: &[&str]) -> Finished {
    let mut command = pai_tests::cli::command(world, &pai_tests::programs::programs().paictl);
    command.args(args).env("ALIYUN_PAI_SETTINGS_PATH", settings);
    pai_tests::Running::spawn(command).finish().await
}

#[tokio::test]
async fn one_daemon_serves_another_file_of_settings_as_a_context_of_its_own() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let other = world.path("other.json");
    let mut settings = world.settings();
    settings["projectPrefix"] = "other".into();
    world.write(&other, &settings.to_string());
    let made = paictl_with(&world, &other, &["submit", "x", "--json", "--", "true"]).await;
    assert_eq!(made.code, 0, "{made:?}");
    assert!(
        text(&made.json()["name"]).starts_with("other-x-"),
        "{made:?}"
    );
    let job = text(&made.json()["job_id"]);
    // What one shows is not shown by the other.
    assert_eq!(world.paictl(&["ls", "--json"]).await.json(), json!([]));
    let listed = paictl_with(&world, &other, &["ls", "--json"]).await.json();
    assert_eq!(listed[0]["job_id"], job.as_str());

    // Another name of the same file is the same.
    let link = world.path("link.json");
    std::os::unix::fs::symlink(&other, &link).unwrap();
    let listed = paictl_with(&world, &link, &["ls", "--json"]).await.json();
    assert_eq!(listed[0]["job_id"], job.as_str());

    // A file that is not there is told by its own name, and harms nobody.
    let missing = world.path("missing.json");
    let failed = paictl_with(&world, &missing, &["ls", "--json"]).await;
    assert_eq!(failed.code, 1, "{failed:?}");
    let message = text(&failed.failure()["message"]);
    assert!(message.contains(missing.to_str().unwrap()), "{message}");
    assert_eq!(world.paictl(&["ls"]).await.code, 0);
}
