//! One daemon serves several settings files, and reads each again when it has changed.

use std::{fs, time::Duration};

use pai_proto::{
    v1::{GetStatusResponse, WatchJobsRequest},
    watch::WatchUpdate,
};
use pai_tests::{
    Call, Gate, Mcp, World,
    cli::{Finished, command},
    processes::Strays,
    programs::programs,
    wire::{read_until, status_shows, submit_request},
    world::{profile, text},
};
use serde_json::{Value, json};

/// The settings of this world with one key changed.
fn with(world: &World, key: &str, value: Value) -> Value {
    let mut settings = world.settings();
    settings[key] = value;
    settings
}

/// A `paictl` that is told of no settings by their path, and may start the daemon.
fn by_name(world: &World, args: &[&str]) -> Call {
    let call = world.call(args).without("ALIYUN_PAI_SETTINGS_PATH");
    call.without("PAI_NO_AUTOSTART")
}

/// The names of jobs in an answer of `ls --json`.
fn names(listed: &Finished) -> Vec<String> {
    assert_eq!(listed.code, 0, "{listed:?}");
    let jobs = listed.json();
    let names = jobs.as_array().unwrap().iter();
    names.map(|job| text(&job["name"])).collect()
}

#[tokio::test]
async fn jobs_of_two_files_stay_apart_and_one_daemon_serves_both() {
    let world = World::new().await;
    let strays = Strays::of(&world);
    world.write_context("work", &with(&world, "projectPrefix", json!("e2e-work")));
    let usual = world.path("home/.config/aliyun-pai/settings.json");
    fs::copy(world.path("pai.json"), usual.with_file_name("pai.json")).unwrap();
    world.write(&usual, &world.settings().to_string());

    let gate = Gate::new(&world, "never").command();
    let submit = ["submit", "train", "--json", "--", &gate];
    // The first call starts the daemon, for settings that are not the usual ones.
    let work = by_name(&world, &submit).env("PAI_CONTEXT", "work");
    let work = work.finish().await.json();
    let mine = by_name(&world, &submit).finish().await.json();
    let option = ["--context", "work", "ls", "--json"];
    let of_option = by_name(&world, &option).env("PAI_CONTEXT", "default");
    assert_eq!(names(&of_option.finish().await), [text(&work["name"])]);
    assert!(text(&work["name"]).starts_with("e2e-work-train-"));
    // Looks of the shorter prefix meet the jobs of both.
    let (id, name) = (text(&work["job_id"]), text(&work["name"]));
    let own_id = text(&mine["job_id"]);
    let wait = ["wait", &own_id, "--for", "running"];
    assert_eq!(by_name(&world, &wait).finish().await.code, 0);
    let listed = by_name(&world, &["ls", "--json"]).finish().await;
    assert_eq!(names(&listed), [text(&mine["name"])]);

    // By its name it is not known here; by its id anything can be looked at, and nothing done to it.
    assert_eq!(by_name(&world, &["get", &name]).finish().await.code, 5);
    let seen = by_name(&world, &["get", &id, "--json"]).finish().await;
    assert_eq!(seen.json()["own"], false);
    let stop = by_name(&world, &["stop", &id]).finish().await;
    assert_eq!(stop.code, 4, "{stop:?}");
    let stop = by_name(&world, &["--context", "work", "stop", &id]);
    assert_eq!(stop.finish().await.code, 0);

    let status = ["daemon", "status", "--json"];
    let status = by_name(&world, &status).finish().await.json();
    let contexts = status["contexts"].as_array().unwrap().iter();
    let served = contexts.map(|context| (text(&context["name"]), text(&context["prefix"])));
    let mut served: Vec<_> = served.collect();
    served.sort();
    let both = [("default", "e2e"), ("work", "e2e-work")];
    assert_eq!(
        served,
        both.map(|(name, prefix)| (name.to_owned(), prefix.to_owned()))
    );
    let mut server = command(&world, &programs().mcp);
    server.args(["--context", "work"]);
    let mut agent = Mcp::spawn(&world, server);
    agent.shake_hands().await;
    let listed = agent.call("pai_job_list", json!({})).await;
    let jobs = listed.record()["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:#?}");
    assert_eq!(jobs[0]["name"], work["name"]);
    assert!(strays.daemons().is_none_or(|found| found.len() == 1));
}

#[tokio::test]
async fn the_contexts_are_listed_and_a_name_that_is_none_of_them_is_told() {
    let world = World::new().await;
    world.write_context("work", &world.settings());
    let _daemon = world.daemon().await;
    let listed = world
        .call(&["context", "--json"])
        .env("PAI_CONTEXT", "work");
    let rows = listed.finish().await.json();
    let row = |name: &str| {
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap()
    };
    let path = world.context_path("work");
    assert_eq!(row("work")["settings_path"], path.to_str().unwrap());
    assert_eq!(row("work")["chosen_by"], "PAI_CONTEXT");
    assert_eq!(row("work")["exists"], true);
    assert_eq!(row("default")["exists"], false);
    assert_eq!(row("local")["chosen"], false);

    let unknown = world.paictl(&["--context", "wrok", "ls", "--json"]).await;
    assert_eq!(unknown.code, 5, "{unknown:?}");
    let failure = unknown.failure();
    assert_eq!(failure["kind"], "not_found");
    let message = text(&failure["message"]);
    let expected = world.context_path("wrok");
    assert!(message.contains("no context `wrok`"), "{message}");
    assert!(message.contains(expected.to_str().unwrap()), "{message}");
    assert!(text(&failure["hint"]).contains("`work`"), "{failure}");
    let local = world.paictl(&["--context", "local", "ls"]).await;
    assert_eq!(local.code, 5, "{local:?}");
    assert!(local.stderr.contains("`paictl local up`"), "{local:?}");
    let outside = world.call(&["ls"]).env("PAI_CONTEXT", "../settings");
    let outside = outside.finish().await;
    assert_eq!(outside.code, 2, "{outside:?}");
    assert!(
        outside.stderr.contains("no name of a context"),
        "{outside:?}"
    );
}

#[tokio::test]
async fn a_changed_file_is_in_force_at_the_next_call_and_also_where_nobody_calls() {
    let world = World::with(|plan| plan.settings = json!({"limits": {"maxRunningJobs": 1}})).await;
    let inside = world.inside().await;
    let never = Gate::new(&world, "never").command();
    world.submit("first", &never).await;
    let refused = world.paictl(&["submit", "second", "--", "true"]).await;
    assert_eq!(refused.code, 1, "{refused:?}");

    let mut settings = with(&world, "limits", json!({"maxRunningJobs": 2}));
    settings["profiles"]["two"] = profile(json!({"CPU": "2", "memory": "1Gi", "GPU": "0"}));
    world.write_settings(&settings);
    let second = ["submit", "second", "-p", "two", "--json", "--", &never];
    let second = world.paictl(&second).await;
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(second.json()["requested"]["cpu_milli"], 2000);
    let shown = world.paictl(&["config", "get", "--json"]).await.json();
    assert_eq!(shown["limits"]["max_running_jobs"], 2, "{shown:#}");

    // A held submit needs nobody's call.
    let held = ["submit", "third", "--queue", "--json", "--", &never];
    assert_eq!(world.paictl(&held).await.json()["phase"], "held");
    assert_eq!(world.control().call_count("CreateJob"), 2);
    settings["limits"]["maxRunningJobs"] = json!(3);
    world.write_settings(&settings);
    inside.advance(Duration::from_secs(11));
    world.called("CreateJob", 3).await;
    inside.shutdown().await;
}

#[tokio::test]
async fn a_broken_edit_keeps_the_last_good_settings_and_every_command_says_so() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    assert_eq!(world.paictl(&["ls"]).await.code, 0);
    let broken = "{\"projectPrefix\": \"e2e\", \"credentials\": {\"accessKeySecret\": \"hush-hush\" oops}}\n";
    world.write(&world.settings_path(), broken);
    for args in [
        &["ls"][..],
        &["ls", "--json"],
        &["submit", "train", "--new", "--", "true"],
        &["whoami"],
        &["config", "get"],
    ] {
        let done = world.paictl(args).await;
        assert_eq!(
            done.code, 0,
            "the settings from before are in force: {done:?}"
        );
        let warned = done
            .stderr
            .matches("cannot be used; those from before")
            .count();
        assert!(warned >= 1, "{args:?}: {done:?}");
        assert!(done.stderr.contains("line 1"), "the place: {done:?}");
        assert!(!done.stderr.contains("hush-hush"), "{done:?}");
    }
    let config = world.paictl(&["config", "get", "--json"]).await.json();
    assert!(
        config["warnings"].to_string().contains("line 1"),
        "{config:#}"
    );
    let status = world.paictl(&["daemon", "status", "--json"]).await.json();
    let context = &status["contexts"][0];
    assert_eq!(context["usable"], true, "{context:#}");
    assert_eq!(context["problem"]["kind"], "settings");
    assert!(context["settings_read_at"].is_string(), "{context:#}");
    let told = world.paictl(&["daemon", "status"]).await.stdout;
    assert!(told.contains("line 1"), "{told}");
    assert!(!daemon.log().contains("hush-hush"), "{}", daemon.log());

    world.write_settings(&world.settings());
    let mended = world.paictl(&["ls"]).await;
    assert!(!mended.stderr.contains("warning"), "{mended:?}");
    let status = world.paictl(&["daemon", "status", "--json"]).await.json();
    assert_eq!(status["contexts"][0]["problem"], Value::Null);
}

#[tokio::test]
async fn a_file_that_names_another_place_begins_anew_and_waits_and_watches_go_on() {
    let world = World::new().await;
    let inside = world.inside().await;
    let gate = Gate::new(&world, "open");
    let client = world.client().await;
    let request = submit_request("train", &gate.command());
    let job = client.submit(request).await.unwrap().job.unwrap();
    let wait = world.start_paictl(&["wait", &job.native_id]);
    let mut watch = client.watch(WatchJobsRequest::default());
    let is_end = |update: &WatchUpdate| matches!(update, WatchUpdate::SnapshotEnd(_));
    read_until(&mut watch, is_end).await;
    let waits = |status: &GetStatusResponse| status.contexts[0].waiters >= 1;
    status_shows(&client, "it is waited for", waits).await;

    world.write_settings(&with(&world, "projectPrefix", json!("other")));
    assert_eq!(
        names(&world.paictl(&["ls", "--json"]).await),
        Vec::<String>::new()
    );
    let updates = read_until(&mut watch, is_end).await;
    let resync = updates
        .iter()
        .any(|update| matches!(update, WatchUpdate::Resync(_)));
    assert!(resync, "what it knew is of another place: {updates:?}");
    let id = world.submit("fresh", "true").await;
    let told = |update: &WatchUpdate| match update {
        WatchUpdate::Change(change) => change.job.as_ref().is_some_and(|job| job.native_id == id),
        _ => false,
    };
    read_until(&mut watch, told).await;

    // The job of the old place is watched on behalf of whoever waits for it.
    gate.open();
    let clock = inside.run_clock(20);
    let waited = wait.finish().await;
    assert_eq!(waited.code, 0, "{waited:?}");
    assert!(waited.stderr.contains("another place"), "{waited:?}");
    world.write_settings(&with(&world, "workspaceId", json!("12345")));
    assert!(names(&world.paictl(&["ls", "--json"]).await).is_empty());
    world.write_settings(&world.settings());
    let back = world.paictl(&["wait", &job.uid]).await;
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(names(&world.paictl(&["ls", "--json"]).await), [job.name]);
    drop(clock);
    inside.shutdown().await;
}
