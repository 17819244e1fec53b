//! The faults of the tool before this one, by the numbers of the fact sheet (seed systems, 4.1): each of them would break a
//! test here, or one of the same name among the daemon's own.

use std::fs;

use pai_emulator::Status;
use pai_proto::v1::{self, ErrorKind};
use pai_tests::{
    Gate, Mcp, World,
    wire::{outcome, refusal, submit_request, until_ended},
    world::{profile, text},
};
use serde_json::json;

#[tokio::test]
async fn p7_quantities_are_read_as_the_cloud_reads_them_and_instance_types_are_looked_up() {
    let typed = json!({"jobType": "PyTorchJob", "jobSpecs": [
        {"type": "Worker", "podCount": 1, "image": "local", "ecsSpec": "ecs.gn6v-c8g1.2xlarge"}]});
    let world = World::with(|plan| {
        plan.settings = json!({
            "resourceId": "",
            "limits": {"maxRunningJobs": 99, "maxCPU": 9, "maxGPU": 2},
            "profiles": {
                "default": profile(json!({"CPU": "500m", "memory": "512Mi", "GPU": "0.5"})),
                "typed": typed,
            },
        });
    })
    .await;
    let _daemon = world.daemon().await;
    let submit = async |profile: &str| {
        let args = [
            "submit", "x", "-p", profile, "--new", "--json", "--", "sleep 60",
        ];
        world.paictl(&args).await
    };
    let half = submit("default").await.json();
    assert_eq!(half["requested"]["cpu_milli"], 500);
    assert_eq!(half["requested"]["gpu_milli"], 500);
    assert_eq!(half["requested"]["memory_bytes"], 512 << 20);
    // 8 cores and a GPU, as ListEcsSpecs tells.
    let typed = submit("typed").await.json();
    assert_eq!(typed["requested"]["cpu_milli"], 8000, "{typed:#}");
    assert_eq!(typed["requested"]["gpu_milli"], 1000, "{typed:#}");
    assert_eq!(world.control().call_count("ListEcsSpecs"), 1);
    assert_eq!(submit("default").await.code, 0, "9 cores and 2 GPUs");
    let full = submit("default").await;
    assert_eq!(full.code, 1, "{full:?}");
    assert!(full.stderr.contains("limits.max"), "{full:?}");
}

#[tokio::test]
async fn p9_a_deleted_profile_is_gone() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let make = ["config", "profile", "create", "quick", "--from", "default"];
    assert_eq!(world.paictl(&make).await.code, 0);
    let gone = world
        .paictl(&["config", "profile", "delete", "quick"])
        .await;
    assert_eq!(gone.code, 0, "{gone:?}");
    let file = fs::read_to_string(world.settings_path()).unwrap();
    assert!(!file.contains("quick"), "{file}");
    let shown = world.paictl(&["config", "get", "--json"]).await.json();
    assert_eq!(shown["profiles"].as_array().unwrap().len(), 1, "{shown:#}");
}

#[tokio::test]
async fn p10_a_lock_is_on_the_value_and_not_on_the_path() {
    let world = World::with(|plan| {
        plan.settings = json!({
            "codeSource": {"codeSourceId": "code-demo", "mountPath": "/code", "defaultBranch": "main"},
            "mounts": [{"name": "d", "uri": "oss://b/d/", "mountPath": "/d", "mountAccess": "ReadOnly"}],
        });
    })
    .await;
    let _daemon = world.daemon().await;
    let mut options = world.options();
    options.kind = pai_proto::meta::ClientKind::Tool;
    let agent = pai_proto::Client::connect(options).await.unwrap();
    for (path, value) in [
        (
            "codeSource",
            json!({"codeSourceId": "code-2", "mountPath": "/code"}),
        ),
        ("codesource.CodeSourceId", json!("code-2")),
        (
            "mounts",
            json!([{"name": "d", "uri": "oss://b/d/", "mountPath": "/d", "mountAccess": "ReadWrite"}]),
        ),
        ("mounts[0].mountAccess", json!("RW")),
        ("limits.maxRunningJobs", json!(1_000_000)),
    ] {
        let request = v1::UpdateConfigRequest {
            set: [(path.to_owned(), pai_proto::value::to_message(&value))].into(),
            ..Default::default()
        };
        let detail = refusal(agent.update_config(request).await);
        assert_eq!(detail.kind(), ErrorKind::Permission, "{path}: {detail:?}");
    }
}

#[tokio::test]
async fn p11_a_secret_is_masked_by_its_value_wherever_it_turns_up() {
    let secret = "plain-looking-word-77";
    let world = World::with(|plan| {
        let mut profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        profile["envs"] = json!({"HF_TOKEN": secret, "EPOCHS": "3"});
        plan.settings = json!({"profiles": {"default": profile}});
    })
    .await;
    let daemon = world.daemon().await;
    let command = format!("echo token is $HF_TOKEN; echo {secret} >&2; exit 3");
    let id = world.submit("leaky", &command).await;
    world.ended(&id).await;
    let mut told = String::new();
    for args in [
        &["get", &id][..],
        &["get", &id, "--json"],
        &["dump-job-specs", &id],
        &["submit", "x", "--dry-run", "--", &command],
        &["config", "get", "--json"],
        &["config", "schema", "--fields"],
        &["config", "profile", "show", "default"],
        &["audit", "--json"],
    ] {
        let done = world.paictl(args).await;
        assert_eq!(done.code, 0, "{done:?}");
        told += &(done.stdout + &done.stderr);
    }
    for entry in fs::read_dir(world.state()).unwrap().flatten() {
        let bytes = fs::read(entry.path()).unwrap();
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "{entry:?}");
    }
    // The log is the user's own: it is masked on the way to agents.
    let mut mcp = Mcp::open(&world).await;
    for (tool, arguments) in [
        ("pai_job_logs", json!({"job_id": id})),
        ("pai_job_get", json!({"job_id": id})),
    ] {
        told += &mcp.call(tool, arguments).await.message.to_string();
    }
    assert!(told.contains("token is [redacted]"), "{told}");
    assert!(!told.contains(secret), "{told}");
    assert!(!daemon.log().contains(secret));
}

#[tokio::test]
async fn p12_the_log_is_that_of_all_pods() {
    let world = World::with(|plan| {
        let mut two = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        two["jobSpecs"][0]["podCount"] = 2.into();
        plan.settings = json!({"profiles": {"default": two}});
    })
    .await;
    let _daemon = world.daemon().await;
    let id = world.submit("two", "echo rank $RANK").await;
    world.ended(&id).await;
    let log = world.paictl(&["logs", &id]).await;
    assert!(
        log.stdout.contains("rank 0") && log.stdout.contains("rank 1"),
        "{log:?}"
    );
}

#[tokio::test]
async fn p13_a_stop_is_requested_and_then_observed() {
    let world = World::with(|plan| plan.emulator.time_scale = 0.2).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "runs");
    let id = world.submit("long", &gate.command()).await;
    world.reached(&id, Status::Running).await;
    let stopped = world.paictl(&["stop", &id, "--json"]).await.json();
    assert_eq!(stopped["outcome"], "requested", "{stopped:#}");
    let waited = world.paictl(&["stop", &id, "--wait"]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
    assert_eq!(world.ended(&id).await.status, Status::Stopped);
    let again = world.paictl(&["stop", &id, "--json"]).await;
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(again.json()["outcome"], "already_ended");
}

#[tokio::test]
async fn p14_the_default_commit_is_sent_and_any_job_may_be_looked_at() {
    let world = World::with(|plan| {
        plan.settings = json!({"codeSource": {"codeSourceId": "code-demo", "mountPath": "/code",
            "defaultBranch": "main", "defaultCommit": "abc123"}});
    })
    .await;
    let _daemon = world.daemon().await;
    let id = world.submit("x", "true").await;
    assert_eq!(world.request(&id)["CodeSource"]["Commit"], "abc123");
    let other = [
        "submit",
        "y",
        "--code-branch",
        "dev",
        "--json",
        "--",
        "true",
    ];
    let id = text(&world.paictl(&other).await.json()["job_id"]);
    let code = &world.request(&id)["CodeSource"];
    assert_eq!(code["Branch"], "dev");
    assert!(code["Commit"].is_null(), "it is a commit of another branch");

    // Somebody with another prefix looks at it, and waits for it.
    let mut settings = world.settings();
    settings["projectPrefix"] = "you".into();
    world.write_settings(&settings);
    let shown = world.paictl(&["get", &id, "--json"]).await;
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(shown.json()["own"], false);
    let client = world.client().await;
    let (ended, _) = outcome(client.wait(until_ended(&[&id]))).await;
    assert_eq!(ended.results.len(), 1);
}

#[tokio::test]
async fn p15_jobs_are_deleted_published_tagged_and_get_another_priority() {
    let world = World::with(|plan| plan.settings = json!({"resourceId": "quota-1"})).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "runs");
    let command = gate.command();
    let submit = ["submit", "x", "--tag", "team=a", "--json", "--", &command];
    let id = text(&world.paictl(&submit).await.json()["job_id"]);
    assert_eq!(world.request(&id)["Settings"]["Tags"]["team"], "a");
    for args in [&["priority", &id, "7"][..], &["publish", "-y", &id]] {
        let done = world.paictl(args).await;
        assert_eq!(done.code, 0, "{done:?}");
    }
    let job = world.control().job(&id).unwrap();
    assert_eq!((job.priority, job.accessibility.as_str()), (7, "PUBLIC"));
    gate.open();
    world.ended(&id).await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    let deleted = world.paictl(&["delete", "-y", &id]).await;
    assert_eq!(deleted.code, 0, "{deleted:?}");
    assert!(world.control().job(&id).is_none());
}

#[tokio::test]
async fn p16_settings_are_read_again_changes_do_not_clobber_each_other_and_sts_is_not_needed() {
    let world = World::new().await;
    world.fault("GetCallerIdentity:server_error");
    let _daemon = world.daemon().await;
    world.submit("without-sts", "true").await;
    // By hand, then two changes at the same time.
    let mut settings = world.settings();
    settings["limits"]["maxRunningJobs"] = 77.into();
    world.write_settings(&settings);
    let shown = world.paictl(&["config", "get", "--json"]).await.json();
    assert_eq!(shown["limits"]["max_running_jobs"], 77);
    let set = |path: &'static str| {
        let client = world.options();
        async move {
            let client = pai_proto::Client::connect(client).await.unwrap();
            let request = v1::UpdateConfigRequest {
                set: [(path.to_owned(), pai_proto::value::to_message(&json!(5)))].into(),
                ..Default::default()
            };
            client.update_config(request).await.unwrap()
        }
    };
    tokio::join!(set("limits.maxGPU"), set("limits.maxCPU"));
    let shown = world.paictl(&["config", "get", "--json"]).await.json();
    let limits = (&shown["limits"]["max_gpu"], &shown["limits"]["max_cpu"]);
    assert_eq!(limits, (&json!(5), &json!(5)), "{shown:#}");
    // Whoever has seen something else is told.
    let client = world.client().await;
    let stale = v1::UpdateConfigRequest {
        remove: vec!["limits.maxGPU".into()],
        digest: "0123456789abcdef".into(),
        ..Default::default()
    };
    assert_eq!(
        refusal(client.update_config(stale).await).kind(),
        ErrorKind::Conflict
    );
    client
        .submit(submit_request("after", "true"))
        .await
        .unwrap();
}
