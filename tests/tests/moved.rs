//! A settings file by another name, or at another place: keys stay taken, and nothing that waits is forgotten.

use std::{fs, os::unix::fs::symlink};

use pai_tests::{Gate, World, cli::Finished, eventually, wire::looked, world::text};
use serde_json::json;

/// `paictl` with this settings file.
async fn with(world: &World, file: &str, args: &[&str]) -> Finished {
    let call = world.call(args);
    call.env("ALIYUN_PAI_SETTINGS_PATH", world.path(file))
        .finish()
        .await
}

const KEYED: &[&str] = &["submit", "x", "--key", "K", "--json", "--", "true"];

#[tokio::test]
async fn a_link_and_its_file_are_one_context_also_for_the_next_daemon() {
    let world = World::with(|plan| plan.settings = json!({"limits": {"maxRunningJobs": 1}})).await;
    symlink(world.settings_path(), world.path("link.json")).unwrap();
    let daemon = world
        .launch()
        .env("ALIYUN_PAI_SETTINGS_PATH", world.path("link.json"))
        .start()
        .await
        .unwrap();
    let first = text(&with(&world, "link.json", KEYED).await.json()["job_id"]);
    assert_eq!(world.paictl(&["wait", &first]).await.code, 0);
    let gate = Gate::new(&world, "full");
    world.submit("full", &gate.command()).await;
    let held = ["submit", "held", "--queue", "--json", "--", "true"];
    let held = with(&world, "link.json", &held).await.json();
    assert_eq!(held["phase"], "held", "{held:#}");
    daemon.kill9().await;
    fs::remove_file(world.path("link.json")).unwrap();
    let _next = world.daemon().await;
    let again = world.paictl(KEYED).await.json();
    assert_eq!(
        (&again["job_id"], &again["joined"]),
        (&json!(first), &json!(true))
    );
    gate.open();
    let waited = world.paictl(&["wait", &text(&held["uid"])]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
    assert_eq!(world.control().call_count("CreateJob"), 3);
}

#[tokio::test]
async fn one_key_is_one_job_for_all_files_of_a_place() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    world.write(&world.path("other.json"), &world.settings().to_string());
    let one = world.paictl(KEYED).await.json();
    let other = with(&world, "other.json", KEYED).await.json();
    assert_eq!(one["job_id"], other["job_id"]);
    assert_eq!(world.control().call_count("CreateJob"), 1);
}

#[tokio::test]
async fn what_was_under_way_by_a_file_that_was_renamed_goes_on_by_its_new_name() {
    let world = World::with(|plan| plan.settings = json!({"limits": {"maxRunningJobs": 1}})).await;
    let daemon = world.daemon().await;
    looked(&world.client().await).await;
    world.fault("CreateJob:cut_after:count=1");
    world.fault("ListJobs:server_error");
    let submit = world.start_paictl(&["submit", "lost", "--json", "--", "true"]);
    world.called("CreateJob", 1).await;
    daemon.kill9().await;
    drop(submit);
    world.control().clear_faults();
    fs::rename(world.settings_path(), world.path("new.json")).unwrap();
    let _next = world
        .launch()
        .env("ALIYUN_PAI_SETTINGS_PATH", world.path("new.json"))
        .start()
        .await
        .unwrap();
    let waited = with(&world, "new.json", &["wait", "@last"]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
    assert_eq!(world.control().jobs().len(), 1);
    let made = with(
        &world,
        "new.json",
        &["submit", "next", "--json", "--", "true"],
    )
    .await;
    assert_eq!(made.code, 0, "the room is free again: {made:?}");
}

#[tokio::test]
async fn what_waits_under_a_file_that_is_gone_goes_on_under_another_one_of_its_place() {
    let world = World::with(|plan| plan.settings = json!({"limits": {"maxRunningJobs": 1}})).await;
    let daemon = world.daemon().await;
    world.write(&world.path("other.json"), &world.settings().to_string());
    // Both are known.
    let gate = Gate::new(&world, "full");
    world.submit("full", &gate.command()).await;
    let held = ["submit", "held", "--queue", "--json", "--", "true"];
    let held = with(&world, "other.json", &held).await.json();
    assert_eq!(held["phase"], "held", "{held:#}");
    daemon.kill9().await;
    fs::remove_file(world.path("other.json")).unwrap();
    let _next = world.daemon().await;
    let listed = world.paictl(&["ls", "--json"]).await.json();
    let of = |uid: &serde_json::Value| {
        let listed = listed.as_array().unwrap();
        listed.iter().filter(|job| job["uid"] == *uid).count()
    };
    assert_eq!(of(&held["uid"]), 1, "{listed:#}");
    gate.open();
    let waited = world.paictl(&["wait", &text(&held["uid"])]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
}

#[tokio::test]
async fn settings_that_name_another_place_tell_of_what_waits_at_the_one_before() {
    let world = World::with(|plan| plan.settings = json!({"limits": {"maxRunningJobs": 1}})).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "full");
    world.submit("full", &gate.command()).await;
    let held = ["submit", "held", "--queue", "--json", "--", "true"];
    let held = text(&world.paictl(&held).await.json()["uid"]);
    let before = std::fs::read(world.settings_path()).unwrap();
    let told = ["config", "set", "projectPrefix", "elsewhere"];
    let told = world.paictl(&told).await;
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stderr.contains("1 held, 0 unconfirmed"), "{told:?}");
    let active = "active at the place before: 1;";
    assert!(told.stderr.contains(active), "{told:?}");
    let told = world.paictl(&["ls"]).await;
    assert!(told.stderr.contains("1 held, 0 unconfirmed"), "{told:?}");
    std::fs::write(world.settings_path(), before).unwrap();
    let told = world.paictl(&["ls"]).await;
    assert!(!told.stderr.contains("unconfirmed"), "{told:?}");
    gate.open();
    let sent = world.paictl(&["wait", &held]).await;
    assert_eq!(sent.code, 0, "{sent:?}");
    eventually("the room is given back", || {
        (world.control().jobs().len() == 2).then_some(())
    })
    .await;
}
