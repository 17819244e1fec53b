//! Limits hold (invariant 5): two submits can not both get the last place.

use std::time::Duration;

use pai_proto::v1::{ErrorKind, Phase};
use pai_tests::{
    Gate, World,
    wire::{end_of, refusal, submit_request},
    world::profile,
};
use serde_json::{Value, json};

/// Eight clients submit at the same time; one gets in.
async fn one_of_eight(settings: Value, limit: &str) {
    let world = World::with(|plan| plan.settings = settings).await;
    let _daemon = world.daemon().await;
    let never = Gate::new(&world, "never").command();
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(world.client().await);
    }
    let submits: Vec<_> = clients
        .iter()
        .map(|client| {
            let (client, request) = (client.clone(), submit_request("race", &never));
            tokio::spawn(async move { client.submit(request).await })
        })
        .collect();
    let mut admitted = Vec::new();
    for submit in submits {
        match submit.await.unwrap() {
            Ok(answer) => admitted.push(answer.job.unwrap()),
            refused => {
                let detail = refusal(refused);
                assert_eq!(detail.kind(), ErrorKind::Limit, "{detail:?}");
                assert_eq!(detail.field, format!("limits.{limit}"), "{detail:?}");
            }
        }
    }
    assert_eq!(admitted.len(), 1, "{admitted:?}");
    assert_eq!(world.control().jobs().len(), 1);
    assert_eq!(
        clients[0]
            .list(Default::default())
            .await
            .unwrap()
            .jobs
            .len(),
        1
    );
}

#[tokio::test]
async fn of_eight_submits_at_once_one_gets_the_last_place() {
    one_of_eight(json!({"limits": {"maxRunningJobs": 1}}), "maxRunningJobs").await;
}

#[tokio::test]
async fn of_eight_submits_at_once_one_gets_the_last_gpu() {
    let settings = json!({
        "limits": {"maxRunningJobs": 100, "maxGPU": 3},
        "profiles": {"default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "2"}))},
    });
    one_of_eight(settings, "maxGPU").await;
}

#[tokio::test]
async fn without_limits_one_job_may_run_and_the_refusal_tells_the_holder_and_the_way_out() {
    let world = World::with(|plan| plan.settings = json!({"limits": null})).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let id = world.submit("first", &gate.command()).await;
    let refused = world
        .paictl(&["submit", "second", "--json", "--", "true"])
        .await;
    assert_eq!(refused.code, 1, "{refused:?}");
    let failure = refused.failure();
    assert_eq!(failure["kind"], "limit");
    let message = failure["message"].as_str().unwrap();
    assert!(
        message.contains(&id) && message.contains("e2e-first-"),
        "{message}"
    );
    assert!(message.contains("maxRunningJobs is 1"), "{message}");
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("config set limits.maxRunningJobs"), "{hint}");

    gate.open();
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    world.submit("second", "true").await;
    assert_eq!(world.control().jobs().len(), 2);
}

#[tokio::test]
async fn jobs_of_the_prefix_that_were_made_elsewhere_count_too() {
    let limits = json!({"limits": {"maxRunningJobs": 1}});
    let world = World::with(|plan| plan.settings = limits).await;
    let gate = Gate::new(&world, "never");
    // Another daemon, with other state, on the same account: it knows nothing of this one.
    let other = world
        .launch()
        .env("PAI_STATE_DIR", world.path("other"))
        .start()
        .await
        .unwrap();
    world.submit("elsewhere", &gate.command()).await;
    other.term().await;
    let _daemon = world.daemon().await;
    let refused = world.paictl(&["submit", "here", "--", "true"]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("e2e-elsewhere-"), "{refused:?}");
}

#[tokio::test]
async fn a_quantity_that_cannot_be_read_is_refused() {
    let settings = json!({
        "limits": {"maxRunningJobs": 9, "maxGPU": 8},
        "profiles": {
            "default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "many"})),
            "silent": {"jobType": "PyTorchJob", "jobSpecs": [
                {"type": "Worker", "podCount": 1, "image": "local", "ecsSpec": "ecs.unheard-of"},
            ]},
        },
    });
    let world = World::with(|plan| plan.settings = settings).await;
    let _daemon = world.daemon().await;
    for profile in ["default", "silent"] {
        let refused = world
            .paictl(&["submit", "x", "-p", profile, "--json", "--", "true"])
            .await;
        assert_eq!(refused.code, 1, "{profile}: {refused:?}");
        let message = refused.failure()["message"].to_string();
        assert!(message.contains("GPU"), "{profile}: {message}");
    }
    assert!(world.control().jobs().is_empty());
}

#[tokio::test]
async fn a_refused_submit_leaves_no_job_and_gives_its_room_back() {
    let settings = json!({
        "limits": {"maxRunningJobs": 1},
        "profiles": {
            "default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"})),
            "wrong": {"jobType": "NoSuchJob", "jobSpecs": [
                {"type": "Worker", "podCount": 1, "image": "local"},
            ]},
        },
    });
    let world = World::with(|plan| plan.settings = settings).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    for (profile, rule, kind) in [
        ("wrong", None, ErrorKind::Invalid),
        (
            "default",
            Some("CreateJob:forbidden:count=1"),
            ErrorKind::Permission,
        ),
    ] {
        if let Some(rule) = rule {
            world.fault(rule);
        }
        let mut request = submit_request("refused", "true");
        request.profile = profile.into();
        let detail = refusal(client.submit(request).await);
        assert_eq!(detail.kind(), kind, "{detail:?}");
        assert!(!detail.request_id.is_empty(), "{detail:?}");
        assert!(
            client
                .list(Default::default())
                .await
                .unwrap()
                .jobs
                .is_empty()
        );
    }
    assert!(world.control().jobs().is_empty());
    let job = world.submit_by(&client, "after").await.unwrap();
    assert_eq!(end_of(&client, &job.uid).await.phase(), Phase::Succeeded);
}

#[tokio::test]
async fn a_submit_is_refused_while_the_limits_cannot_be_checked() {
    let world = World::new().await;
    world.fault("ListJobs:server_error");
    let inside = world.inside().await;
    let client = world.client().await;
    let detail = refusal(client.submit(submit_request("blind", "true")).await);
    assert_eq!(detail.kind(), ErrorKind::Unavailable, "{detail:?}");
    assert!(
        detail.message.contains("limits cannot be checked"),
        "{detail:?}"
    );
    assert_eq!(world.control().call_count("CreateJob"), 0);

    world.control().clear_faults();
    inside.advance(Duration::from_secs(60));
    world.submit_by(&client, "seeing").await.unwrap();
    // What it saw is too old by now.
    world.fault("ListJobs:server_error");
    inside.advance(Duration::from_secs(11));
    let detail = refusal(client.submit(submit_request("blind", "true")).await);
    assert_eq!(detail.kind(), ErrorKind::Unavailable, "{detail:?}");
    inside.shutdown().await;
}
