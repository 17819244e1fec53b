//! What agents may do: what the person's policy allows, on the resulting values, whatever the path.

use pai_proto::{Client, meta::ClientKind, v1, v1::ErrorKind, value::to_message};
use pai_tests::{
    World,
    wire::{refusal, submit_request},
    world::{profile, text},
};
use serde_json::{Value, json};

/// A world with two profiles, a writable mount and a limit of GPUs.
async fn world(own: Value) -> World {
    World::with(|plan| {
        plan.settings = json!({
            "codeSource": {"codeSourceId": "code-demo", "mountPath": "/code", "defaultBranch": "main"},
            "mounts": [{"name": "out", "uri": "oss://b/out/", "mountPath": "/out", "mountAccess": "ReadWrite"}],
            "limits": {"maxRunningJobs": 9, "maxGPU": 4},
            "profiles": {
                "default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "1"})),
                "urgent": {"priority": 5, "jobType": "PyTorchJob", "jobSpecs": [{"type": "Worker",
                    "podCount": 2, "image": "local", "resourceConfig": {"CPU": "1", "memory": "1Gi", "GPU": "1"}}]},
            },
        });
        let api = plan.own["api"].clone();
        plan.own = own;
        plan.own["api"] = api;
    })
    .await
}

/// A client as `pai-mcp` is one.
async fn tool(world: &World) -> Client {
    let mut options = world.options();
    options.kind = ClientKind::Tool;
    Client::connect(options).await.expect("the daemon answers")
}

fn set(path: &str, value: &Value) -> v1::UpdateConfigRequest {
    v1::UpdateConfigRequest {
        set: [(path.to_owned(), to_message(value))].into(),
        ..Default::default()
    }
}

fn with(change: impl FnOnce(&mut v1::SubmitJobRequest)) -> v1::SubmitJobRequest {
    let mut request = submit_request("x", "true");
    change(&mut request);
    request
}

#[tokio::test]
async fn agents_change_profiles_within_caps_and_nothing_that_is_the_persons() {
    let world = world(json!({})).await;
    let _daemon = world.daemon().await;
    let agent = tool(&world).await;
    let before = std::fs::read_to_string(world.settings_path()).unwrap();
    for (path, value) in [
        ("mounts[0].uri", json!("oss://other/")),
        ("MOUNTS[0].MountAccess", json!("RW")),
        ("limits", json!({"maxRunningJobs": 9, "maxGPU": 64})),
        (
            "codeSource",
            json!({"codeSourceId": "code-2", "mountPath": "/code", "defaultBranch": "main"}),
        ),
        ("endpoint", json!("https://elsewhere.test")),
        ("Endpoint.dlc", json!("https://elsewhere.test")),
        ("policy", json!({"tools": {"calls": ["delete"]}})),
        ("hooks", json!({"onEnd": "sh"})),
        ("credentials.accessKeyId", json!("x")),
        ("profiles.default.resourceId", json!("another-quota")),
        (
            "profiles.default.jobSpecs[0].imageConfig",
            json!({"auth": "x"}),
        ),
    ] {
        let detail = refusal(agent.update_config(set(path, &value)).await);
        assert!(
            matches!(detail.kind(), ErrorKind::Permission | ErrorKind::Invalid),
            "{path}: {detail:?}"
        );
        assert!(
            detail.kind() == ErrorKind::Invalid || !detail.hint.is_empty(),
            "{path}: {detail:?}"
        );
    }
    let detail = refusal(
        agent
            .update_config(set("profiles.default.jobSpecs[0].podCount", &json!(5)))
            .await,
    );
    assert_eq!(detail.kind(), ErrorKind::Limit, "{detail:?}");
    assert!(detail.message.contains("limits.maxGPU"), "{detail:?}");
    let migrated = refusal(
        agent
            .migrate_config(v1::MigrateConfigRequest { dry_run: false })
            .await,
    );
    assert_eq!(migrated.kind(), ErrorKind::Permission);
    assert_eq!(
        std::fs::read_to_string(world.settings_path()).unwrap(),
        before
    );

    for (path, value) in [
        ("profiles.default.jobSpecs[0].podCount", json!(2)),
        ("mounts[0].mountAccess", json!("ReadOnly")),
        ("codeSource.defaultBranch", json!("dev")),
    ] {
        let changed = agent.update_config(set(path, &value)).await.unwrap();
        assert!(changed.written, "{path}");
    }
    let id = world.submit("after", "true").await;
    let request = world.request(&id);
    assert_eq!(request["JobSpecs"][0]["PodCount"], 2);
    assert_eq!(request["DataSources"][0]["MountAccess"], "RO");
    assert_eq!(request["CodeSource"]["Branch"], "dev");
}

#[tokio::test]
async fn agents_submit_by_profile_and_override_only_what_the_policy_allows() {
    let world = world(json!({})).await;
    let _daemon = world.daemon().await;
    let agent = tool(&world).await;
    let overrides = |key: &str, value: &str| {
        let entry = [(key.to_owned(), value.to_owned())];
        with(|request| request.overrides = entry.into())
    };
    for key in ["gpu", "Worker.gpu", "image", "podCount", "resourceId"] {
        let detail = refusal(agent.submit(overrides(key, "1")).await);
        assert_eq!(detail.kind(), ErrorKind::Permission, "{detail:?}");
        assert!(detail.hint.contains("policy.tools.overrides"), "{detail:?}");
    }
    let over = refusal(
        agent
            .submit(with(|request| request.priority = Some(9)))
            .await,
    );
    assert_eq!(over.kind(), ErrorKind::Limit, "{over:?}");
    assert!(over.message.contains("priority 5"), "{over:?}");
    assert!(world.control().jobs().is_empty());
    let made = agent
        .submit(with(|request| {
            request.priority = Some(4);
            request.envs = [("A".to_owned(), "1".to_owned())].into();
        }))
        .await
        .unwrap();
    let id = made.job.unwrap().native_id;
    assert_eq!(world.request(&id)["Priority"], 4);

    // What the person writes counts from the next call on, also for the same connection.
    let allow = json!({"policy": {"tools": {"overrides": ["gpu"], "caps": {"maxGPU": 3}}}});
    world.write(&world.path("pai.json"), &allow.to_string());
    let over = refusal(agent.submit(overrides("gpu", "4")).await);
    assert_eq!(over.kind(), ErrorKind::Limit, "{over:?}");
    assert!(
        over.message.contains("policy.tools.caps.maxGPU"),
        "{over:?}"
    );
    agent.submit(overrides("gpu", "3")).await.unwrap();
    let envs = with(|request| request.envs = [("A".to_owned(), "1".to_owned())].into());
    let detail = refusal(agent.submit(envs).await);
    assert_eq!(detail.kind(), ErrorKind::Permission, "{detail:?}");
}

#[tokio::test]
async fn agents_make_the_calls_of_the_allow_list_and_every_refusal_is_noted() {
    let world = world(json!({})).await;
    let _daemon = world.daemon().await;
    let agent = tool(&world).await;
    let made = agent.submit(submit_request("x", "sleep 60")).await.unwrap();
    let id = made.job.unwrap().native_id;
    let refused = [
        refusal(agent.delete(&id).await),
        refusal(
            agent
                .update(v1::UpdateJobRequest {
                    id: id.clone(),
                    priority: Some(1),
                    ..Default::default()
                })
                .await,
        ),
        refusal(
            agent
                .update(v1::UpdateJobRequest {
                    id: id.clone(),
                    publish: true,
                    ..Default::default()
                })
                .await,
        ),
        refusal(
            agent
                .submit(with(|request| request.clone_of.clone_from(&id)))
                .await,
        ),
        refusal(
            agent
                .update_code_source(v1::UpdateCodeSourceRequest {
                    branch: Some("x".into()),
                    remote: true,
                    ..Default::default()
                })
                .await,
        ),
    ];
    for detail in refused {
        assert_eq!(detail.kind(), ErrorKind::Permission, "{detail:?}");
        assert!(detail.hint.contains("policy.tools.calls"), "{detail:?}");
    }
    agent.stop(&id).await.unwrap();
    world.ended(&id).await;

    world.write(
        &world.path("pai.json"),
        r#"{"policy": {"tools": {"calls": []}}}"#,
    );
    let detail = refusal(agent.submit(submit_request("x", "true")).await);
    assert_eq!(detail.kind(), ErrorKind::Permission, "{detail:?}");
    world.submit("person", "true").await;

    let noted = world.paictl(&["audit", "--json"]).await.json();
    let entries = noted.as_array().unwrap();
    let of = |action: &str, outcome: &str, kind: &str| {
        entries
            .iter()
            .filter(|entry| {
                (&entry["action"], &entry["outcome"], &entry["client_kind"])
                    == (&json!(action), &json!(outcome), &json!(kind))
            })
            .count()
    };
    assert_eq!(of("delete", "refused", "tool"), 1, "{noted:#}");
    assert_eq!(of("update", "refused", "tool"), 2, "{noted:#}");
    assert_eq!(of("submit", "refused", "tool"), 2, "{noted:#}");
    assert_eq!(of("codesource.remote", "refused", "tool"), 1, "{noted:#}");
    assert_eq!(of("stop", "done", "tool"), 1, "{noted:#}");
    assert_eq!(of("submit", "done", "person"), 1, "{noted:#}");
    let stop = entries
        .iter()
        .find(|entry| entry["action"] == "stop")
        .unwrap();
    assert!(!text(&stop["request_id"]).is_empty(), "{stop:#}");
}

#[tokio::test]
async fn a_client_that_does_not_say_what_it_is_counts_as_a_tool() {
    let world = world(json!({"policy": {"tools": {"calls": []}}})).await;
    let _daemon = world.daemon().await;
    let request = submit_request("x", "true");
    let status = pai_tests::wire::raw_jobs(&world).submit_job(request).await;
    assert_eq!(status.unwrap_err().code(), tonic::Code::PermissionDenied);
}

#[tokio::test]
async fn while_the_policy_cannot_be_read_agents_change_nothing_and_the_person_goes_on() {
    let world = world(json!({"policy": {"tools": {"calls": ["submit", "stop", "delete"]}}})).await;
    let _daemon = world.daemon().await;
    let agent = tool(&world).await;
    agent.submit(with(|_| {})).await.unwrap();
    let own = world.settings_path().with_file_name("pai.json");
    for slip in [
        r#"{"policy": {"tools": {"call": []}}}"#,
        "{",
        r#"{"polices": {}}"#,
    ] {
        world.write(&own, slip);
        let detail = refusal(agent.submit(with(|request| request.another = true)).await);
        assert_eq!(detail.kind(), ErrorKind::Permission, "{slip}: {detail:?}");
        assert!(detail.message.contains("pai.json"), "{slip}: {detail:?}");
        let branch = set("codeSource.defaultBranch", &json!("dev"));
        assert!(agent.update_config(branch).await.is_err(), "{slip}");
        let done = world
            .paictl(&["submit", "mine", "--new", "--", "true"])
            .await;
        assert_eq!(done.code, 0, "{slip}: {done:?}");
        assert!(done.stderr.contains("pai.json"), "{slip}: {done:?}");
        let check = world.paictl(&["config", "check"]).await;
        assert_ne!(check.code, 0, "{slip}: {check:?}");
    }
    world.write(&own, "{}");
    let branch = set("codeSource.defaultBranch", &json!("dev"));
    agent.update_config(branch).await.unwrap();
}
