//! Secrets stay in memory (invariant 8).

use std::fs;

use pai_tests::{
    World,
    hidden::{holds_none, stored_nowhere},
    world::text,
};
use serde_json::json;

const PASSWORD: &str = "Registry-Passw0rd-of-e2e";
const TOKEN: &str = "hf_abcdefghijklmnopqrstuvwx";
const PLAIN: &str = "just-a-word-as-secret-42";

async fn world() -> World {
    World::with(|plan| {
        plan.settings = json!({"profiles": {"default": {
            "jobType": "PyTorchJob",
            "jobSpecs": [{
                "type": "Worker", "podCount": 1, "image": "registry.test/private:1",
                "imageConfig": {"username": "me", "password": PASSWORD},
                "resourceConfig": {"CPU": "1", "memory": "1Gi", "GPU": "0"},
            }],
        }}});
    })
    .await
}

fn command(world: &World) -> String {
    let out = world.path("out").display().to_string();
    format!(
        "export HF_TOKEN={TOKEN} DB_PASSWORD='{PLAIN}'; echo \"$HF_TOKEN $DB_PASSWORD\" > {out}"
    )
}

/// The key of the world, and everything above.
fn hidden(world: &World) -> [&str; 4] {
    let key = world.emulator().access_key_secret();
    [key, PASSWORD, TOKEN, PLAIN]
}

#[tokio::test]
async fn no_secret_is_stored_told_or_logged_and_the_job_has_them_all() {
    let world = world().await;
    let log = world.state().join("paid.log");
    let daemon = world
        .launch()
        .env("PAI_LOG", "debug")
        .start()
        .await
        .unwrap();
    assert!(!log.exists());
    let id = world.submit("train", &command(&world)).await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    let given = fs::read_to_string(world.path("out")).unwrap();
    assert_eq!(
        given,
        format!("{TOKEN} {PLAIN}\n"),
        "the job itself has them"
    );
    for args in [
        &["get", &id, "--json"][..],
        &["get", &id],
        &["ls", "--json"],
        &["ls"],
        &["config", "get", "--json"],
        &["config", "get"],
        &["daemon", "status", "--json"],
        &["daemon", "status"],
        &["wait", &id, "--json"],
        &["whoami", "--json"],
    ] {
        let done = world.paictl(args).await;
        assert_eq!(done.code, 0, "{done:?}");
        let said = format!("{} {}", done.stdout, done.stderr);
        holds_none(&hidden(&world), &args.join(" "), said.as_bytes());
    }
    let shown = world.paictl(&["get", &id, "--json"]).await.json();
    let command = shown["command"].as_str().unwrap();
    assert!(command.contains("[redacted]"), "{command}");
    stored_nowhere(&hidden(&world), &world, &daemon);
}

#[tokio::test]
async fn no_secret_is_stored_while_a_submit_is_open_and_it_is_found_after_a_crash() {
    let world = world().await;
    let daemon = world
        .launch()
        .env("PAI_LOG", "debug")
        .start()
        .await
        .unwrap();
    world.fault("CreateJob:slow:after=1:delay_ms=60000:count=1");
    let command = command(&world);
    let submit = world.start_paictl(&["submit", "train", "--json", "--", &command]);
    let made = world
        .control()
        .wait_for(pai_tests::LIMIT, |control| control.jobs().pop())
        .await
        .unwrap();
    stored_nowhere(&hidden(&world), &world, &daemon);
    daemon.kill9().await;
    drop(submit);
    let next = world.daemon().await;
    let done = world.paictl(&["wait", "@last", "--json"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.json()[0]["job_id"], made.job_id.as_str());
    stored_nowhere(&hidden(&world), &world, &next);
}

#[tokio::test]
async fn a_secret_of_the_profile_is_sent_again_from_todays_settings_after_a_crash() {
    let world = world().await;
    let daemon = world.daemon().await;
    world.fault("CreateJob:cut_before:count=1");
    let submit = world.start_paictl(&["submit", "train", "--json", "--", "true"]);
    world.called("CreateJob", 1).await;
    daemon.kill9().await;
    drop(submit);
    let inside = world.inside().await;
    let clock = inside.run_clock(100);
    let done = world.paictl(&["wait", "@last"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(world.control().jobs().len(), 1);
    assert_eq!(world.control().call_count("CreateJob"), 2);
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_secret_of_a_call_stays_masked_when_the_next_daemon_does_not_know_it() {
    let source =
        json!({"codeSourceId": "code-demo", "mountPath": "/code", "defaultBranch": "main"});
    let world = World::with(|plan| plan.settings = json!({"codeSource": source})).await;
    let daemon = world.daemon().await;
    let command = format!("test \"$GIVEN\" = {PLAIN}; sleep 600");
    let given = ["--secret-env", "GIVEN", "--json", "--"];
    let submit = ["submit", "train", "--code-branch", TOKEN];
    let line = [&submit[..], &given, &[&command]].concat();
    let done = world.call(&line).env("GIVEN", PLAIN).finish().await;
    assert_eq!(done.code, 0, "{done:?}");
    let id = text(&done.json()["job_id"]);
    daemon.kill9().await;
    let daemon = world.daemon().await;
    assert_eq!(
        world.paictl(&["wait", &id, "--for", "running"]).await.code,
        0
    );
    let clone = [&["clone", &id, "--dry-run"][..], &given, &["true"]].concat();
    for args in [
        &["ls", "--json"][..],
        &["ls", "--all", "--json"],
        &["get", &id, "--json"],
        &["dump-job-specs", &id],
        &clone,
        &["audit", "--json"],
    ] {
        let done = world.call(args).env("GIVEN", "another").finish().await;
        assert_eq!(done.code, 0, "{done:?}");
        let said = format!("{} {}", done.stdout, done.stderr);
        holds_none(&[PLAIN, TOKEN], &args.join(" "), said.as_bytes());
    }
    let client = world.client().await;
    let raw = client.get_raw(&id).await.unwrap();
    let raw = format!("{raw:?}");
    assert!(raw.contains("UserCommand"), "{raw}");
    holds_none(&[PLAIN, TOKEN], "the cloud's answer", raw.as_bytes());
    stored_nowhere(&[PLAIN, TOKEN], &world, &daemon);
}
