//! What a submit sends, and how it ends.

use std::fs;

use pai_tests::{Gate, World};

#[tokio::test]
async fn one_word_after_the_dashes_is_shell_text() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let out = world.path("out");
    let command = format!("printf '%s|' \"a  b\" $((1+1)) > {} && true", out.display());
    let id = world.submit("one", &command).await;
    world.ended(&id).await;
    assert_eq!(fs::read_to_string(out).unwrap(), "a  b|2|");
}

#[tokio::test]
async fn several_words_reach_the_job_as_the_same_words() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let out = world.path("out");
    let script = format!(
        "for each; do printf '%s|' \"$each\"; done > {}",
        out.display()
    );
    let words = [
        "two words",
        "$HOME",
        "it's",
        "",
        "a;b",
        "*",
        "\"q\"",
        "--json",
    ];
    let mut args = vec!["submit", "several", "--", "sh", "-c", &script, "sh"];
    args.extend(words);
    let done = world.paictl(&args).await;
    assert_eq!(done.code, 0, "{done:?}");
    world.ended(done.stdout.trim()).await;
    assert_eq!(
        fs::read_to_string(out).unwrap(),
        format!("{}|", words.join("|"))
    );
}

#[tokio::test]
async fn an_unknown_profile_is_exit_5_and_the_hint_names_those_that_are_there() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let done = world
        .paictl(&["submit", "x", "--profile", "huge", "--", "true"])
        .await;
    assert_eq!(done.code, 5, "{done:?}");
    assert!(done.stderr.contains("\"huge\""), "{done:?}");
    assert!(done.stderr.contains("default"), "{done:?}");
    assert!(world.control().jobs().is_empty());
}

#[tokio::test]
async fn a_submit_answers_before_the_job_has_run() {
    let world = World::with(|plan| plan.emulator.time_scale = 1.0).await;
    let _daemon = world.daemon().await;
    let done = world.paictl(&["submit", "x", "--json", "--", "true"]).await;
    assert_eq!(done.json()["phase"], "pending");
    assert_eq!(world.control().jobs()[0].name, done.json()["name"]);
}

#[tokio::test]
async fn camel_case_and_pascal_case_make_the_same_job() {
    let pascal = serde_json::json!({
        "default": {"jobType": "PyTorchJob", "jobSpecs": [{"type": "Worker", "podCount": 2,
            "image": "local", "resourceConfig": {"CPU": "2", "memory": "2Gi", "GPU": "1"}}]},
        "pascal": {"jobType": "PyTorchJob", "jobSpecs": [{"Type": "Worker", "PodCount": 2,
            "Image": "local", "ResourceConfig": {"CPU": "2", "Memory": "2Gi", "GPU": "1"}}]},
    });
    let world = World::with(|plan| plan.settings = serde_json::json!({"profiles": pascal})).await;
    let _daemon = world.daemon().await;
    for profile in ["default", "pascal"] {
        let args = ["submit", "x", "-p", profile, "--json", "--", "true"];
        let done = world.paictl(&args).await;
        assert_eq!(done.code, 0, "{done:?}");
        let requested = &done.json()["requested"];
        assert_eq!(requested["cpu_milli"], 4000, "{profile}");
        assert_eq!(requested["gpu_milli"], 2000, "{profile}");
        let id = pai_tests::world::text(&done.json()["job_id"]);
        assert_eq!(world.ended(&id).await.pods.len(), 2, "{profile}");
    }
}

#[tokio::test]
async fn a_submit_that_waits_or_follows_ends_with_the_result_of_its_job() {
    let world = World::new().await;
    let inside = world.inside().await;
    let clock = inside.run_clock(20);
    let submit = async |how: &str, command: &str| {
        world
            .paictl(&["submit", "train", how, "--new", "--", command])
            .await
    };
    let good = submit("--wait", "true").await;
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.ends_with(" Succeeded\n"), "{good:?}");
    assert_eq!(submit("--wait", "exit 3").await.code, 10);
    let followed = submit("--follow", "echo one; echo two; exit 3").await;
    assert_eq!(followed.code, 10, "{followed:?}");
    assert_eq!(followed.stdout, "one\ntwo\n", "nothing but the log");
    assert!(followed.stderr.starts_with("submitted dlc"), "{followed:?}");
    let never = Gate::new(&world, "never").command();
    let long = world.start_paictl(&["submit", "long", "--wait", "--", &never]);
    world.called("CreateJob", 4).await;
    let stop = world.paictl(&["stop", "@last"]).await;
    assert_eq!(stop.code, 0, "{stop:?}");
    assert_eq!(long.finish().await.code, 11);
    drop(clock);
    inside.shutdown().await;
}
