//! A submit that finds no room waits for it, also over a crash of the daemon.

use pai_tests::{
    Gate, World,
    cli::Finished,
    world::{profile, text},
};
use serde_json::json;

async fn submit(world: &World, name: &str, more: &[&str]) -> Finished {
    let line = [
        &["submit", name, "--queue", "--json"],
        more,
        &["--", "true"],
    ]
    .concat();
    world.paictl(&line).await
}

/// Short name and place of those that are held, as `ls` shows them.
async fn held(world: &World) -> Vec<(String, u64)> {
    let listed = world.paictl(&["ls", "--json"]).await;
    let jobs = listed.json();
    let jobs = jobs.as_array().unwrap().iter();
    let held = jobs.filter(|job| job["phase"] == "held");
    let mut held: Vec<_> = held
        .map(|job| {
            let name = text(&job["name"]);
            let place = job["queue_position"].as_u64().unwrap();
            (name.split('-').nth(1).unwrap().to_owned(), place)
        })
        .collect();
    held.sort_by_key(|(_, place)| *place);
    held
}

fn places(names: &[&str]) -> Vec<(String, u64)> {
    let names = names.iter().map(|name| (*name).to_owned());
    names.zip(1..).collect()
}

#[tokio::test]
async fn held_submits_are_seen_taken_out_and_sent_in_order_by_the_next_daemon() {
    let world = World::with(|plan| {
        plan.settings = json!({
            "limits": {"maxRunningJobs": 1, "maxGPU": 2},
            "profiles": {
                "default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"})),
                "huge": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "3"})),
            },
        });
    })
    .await;
    let daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let first = world.submit("first", &gate.command()).await;
    let low = submit(&world, "low", &[]).await;
    assert_eq!(low.code, 0, "{low:?}");
    assert_eq!(
        (&low.json()["phase"], &low.json()["queue_position"]),
        (&json!("held"), &json!(1))
    );
    assert!(low.stderr.contains("place 1 in the queue"), "{low:?}");
    assert_eq!(submit(&world, "high", &["--priority", "5"]).await.code, 0);
    let last = submit(&world, "last", &[]).await.json();
    let joined = submit(&world, "last", &[]).await.json();
    assert_eq!(
        (&joined["joined"], &joined["uid"]),
        (&json!(true), &last["uid"])
    );
    assert_eq!(held(&world).await, places(&["high", "low", "last"]));
    let shown = world
        .paictl(&["get", &text(&last["uid"]), "--json"])
        .await
        .json();
    assert_eq!(
        shown["reason"]["code"], "maxRunningJobs",
        "why it waits: {shown:#}"
    );

    // What can never be sent is not held, nor what must not be stored.
    let never = submit(&world, "never", &["-p", "huge"]).await;
    assert_eq!(never.code, 1, "{never:?}");
    assert!(never.stderr.contains("limits.maxGPU is 2"), "{never:?}");
    let secret = [
        "submit",
        "secret",
        "--queue",
        "--secret-env",
        "WORD",
        "--",
        "true",
    ];
    let secret = world.call(&secret).env("WORD", "hush").finish().await;
    assert_eq!(secret.code, 1, "{secret:?}");
    assert!(secret.stderr.contains("is not stored"), "{secret:?}");

    let low = text(&low.json()["uid"]);
    let out = world.paictl(&["stop", &low, "--json"]).await;
    assert_eq!(out.json()["outcome"], "not_sent", "{out:?}");
    let moved = world
        .paictl(&["priority", &text(&last["uid"]), "9", "--json"])
        .await;
    assert_eq!(moved.json()["outcome"], "applied", "{moved:?}");
    assert_eq!(held(&world).await, places(&["last", "high"]));
    let status = world.paictl(&["daemon", "status", "--json"]).await.json();
    assert_eq!(status["contexts"][0]["held_submits"], 2);
    let waiting = world.start_paictl(&["wait", &text(&last["uid"])]);

    daemon.kill9().await;
    let inside = world.inside().await;
    let clock = inside.run_clock(20);
    assert_eq!(held(&world).await, places(&["last", "high"]));
    assert_eq!(world.control().call_count("CreateJob"), 1);
    gate.open();
    assert_eq!(world.paictl(&["wait", &first]).await.code, 0);
    let waited = waiting.finish().await;
    assert_eq!(waited.code, 0, "{waited:?}");
    world.called("CreateJob", 3).await;
    let jobs = world.control().jobs();
    let names: Vec<_> = jobs
        .iter()
        .filter_map(|job| job.name.split('-').nth(1))
        .collect();
    assert_eq!(names, ["first", "last", "high"]);
    assert!(held(&world).await.is_empty());
    let taken_out = world.paictl(&["wait", &low]).await;
    assert_eq!(taken_out.code, 11, "{taken_out:?}");
    // What the daemon does later, for somebody who does not wait for it, is noted as its own doing.
    let noted = world.paictl(&["audit", "--json"]).await.json();
    let noted = noted.as_array().unwrap().iter();
    let sent: Vec<_> = noted
        .filter(|entry| entry["client_kind"] == "daemon")
        .collect();
    assert_eq!(sent.len(), 2, "{sent:#?}");
    for entry in sent {
        assert_eq!(entry["action"], "submit.settled");
        assert!(
            text(&entry["detail"]).starts_with("for person paictl/"),
            "{entry:#}"
        );
        assert!(entry["request_id"].is_string(), "{entry:#}");
    }
    drop(clock);
    inside.shutdown().await;
}
