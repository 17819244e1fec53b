//! What a submit may say: options, secrets, a file; and what it would send.

use std::fs;

use pai_tests::{
    Gate, World,
    cli::Finished,
    hidden::{holds_none, stored_nowhere},
    world::text,
};
use serde_json::{Value, json};

/// Settings whose profile says more than it must.
fn further() -> Value {
    json!({
        "resourceId": "quota-e2e",
        "limits": {"maxRunningJobs": 9, "maxGPU": 8},
        "profiles": {"default": {
            "jobType": "PyTorchJob",
            "jobSpecs": [{
                "type": "Worker", "podCount": 1, "image": "registry.test/train:1",
                "resourceConfig": {"CPU": "1", "memory": "1Gi", "GPU": "1"},
            }],
            "envs": {"LR": "1", "KEEP": "yes", "HF_TOKEN": "profile-t0ken"},
            "priority": 2,
            "jobMaxRunningTimeMinutes": 100,
        }},
    })
}

/// The job of an answer that was not refused.
#[track_caller]
fn made(done: &Finished) -> Value {
    assert_eq!(done.code, 0, "{done:?}");
    done.json()
}

/// The words of a command line none of which holds a blank.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// A request without what is new in each.
fn lasting(mut request: Value) -> Value {
    request["DisplayName"].take();
    request["Settings"]["Tags"]["pai-uid"].take();
    request
}

#[tokio::test]
async fn what_a_submit_says_goes_before_its_profile_and_reaches_the_cloud() {
    let world = World::with(|plan| plan.settings = further()).await;
    let _daemon = world.daemon().await;
    let args = [
        &words("submit train --json --env LR=0.10 --priority 7 --max-minutes 90")[..],
        &words("--set gpu=2 --set Worker.memory=3Gi --set podCount=2"),
        &words("--tag team=vision --session night"),
        &["--env", "MSG=a b=c", "--", "true"],
    ];
    let args = args.concat();
    let job = made(&world.paictl(&args).await);
    let id = text(&job["job_id"]);
    let request = world.request(&id);
    let envs = json!({"LR": "0.10", "KEEP": "yes", "HF_TOKEN": "profile-t0ken", "MSG": "a b=c"});
    assert_eq!(request["Envs"], envs);
    assert_eq!(request["Priority"], 7);
    assert_eq!(request["JobMaxRunningTimeMinutes"], 90);
    let role = &request["JobSpecs"][0];
    assert_eq!(role["PodCount"], 2);
    let resources = json!({"CPU": "1", "Memory": "3Gi", "GPU": "2"});
    assert_eq!(role["ResourceConfig"], resources);
    let tags = &request["Settings"]["Tags"];
    assert_eq!(
        (&tags["team"], &tags["pai-session"]),
        (&json!("vision"), &json!("night"))
    );
    assert_eq!(
        (&tags["pai-prefix"], &tags["pai-uid"]),
        (&json!("e2e"), &job["uid"])
    );
    let shown = world.paictl(&["get", &id, "--json"]).await.json();
    assert_eq!(
        (&shown["priority"], &shown["max_run_minutes"]),
        (&json!(7), &json!(90))
    );
    assert_eq!(shown["requested"]["gpu_milli"], 4000);
    assert_eq!(shown["tags"]["team"], "vision");

    for (args, code, part) in [
        (&["--set", "nodes=3"][..], 1, "\"nodes\" cannot be set"),
        (&["--set", "Chief.gpu=1"], 1, "the roles are: Worker"),
        (&["--tag", "pai-uid=mine"], 1, "the daemon's own"),
        (&["--priority", "10"], 2, "1..=9"),
        (&["--env", "LR"], 2, "KEY=VALUE"),
    ] {
        let line = [&["submit", "bad"], args, &["--", "true"]].concat();
        let refused = world.paictl(&line).await;
        assert_eq!(refused.code, code, "{refused:?}");
        assert!(refused.stderr.contains(part), "{refused:?}");
    }
    let long = format!("echo {}", "x".repeat(70_000));
    let refused = world
        .paictl(&["submit", "long", "--json", "--", &long])
        .await;
    assert_eq!(refused.code, 1, "{refused:?}");
    let message = text(&refused.failure()["message"]);
    assert!(message.contains("the cloud takes 65536"), "{message}");
    assert_eq!(world.control().call_count("CreateJob"), 1);
}

#[tokio::test]
async fn a_secret_variable_reaches_the_job_and_nothing_else() {
    const WORD: &str = "just-a-word-as-secret-77";
    let world = World::new().await;
    let daemon = world
        .launch()
        .env("PAI_LOG", "debug")
        .start()
        .await
        .unwrap();
    let out = world.path("out");
    let command = format!("echo $GREETING > {}", out.display());
    let submit = ["submit", "train", "--secret-env", "GREETING", "--json"];
    let submit = [&submit[..], &["--wait", "--", &command]].concat();
    let missing = world.paictl(&submit).await;
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(
        missing.stderr.contains("GREETING is not set"),
        "{missing:?}"
    );

    let with_secret = |args: &[&str]| world.call(args).env("GREETING", WORD).finish();
    let dry = words("submit train --secret-env GREETING --secret-env SHORT --dry-run -- true");
    let dry = world.call(&dry).env("GREETING", WORD).env("SHORT", "yes");
    let dry = dry.finish().await;
    assert_eq!(dry.code, 0, "{dry:?}");
    let masked = json!({"GREETING": "[redacted]", "SHORT": "[redacted]"});
    assert_eq!(dry.json()["Envs"], masked);
    let done = with_secret(&submit).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(fs::read_to_string(out).unwrap(), format!("{WORD}\n"));
    for args in [
        &["get", "@last", "--json"][..],
        &["get", "@last"],
        &["dump-job-specs", "@last"],
        &["audit", "--json"],
        &["daemon", "status", "--json"],
    ] {
        let told = world.paictl(args).await;
        assert_eq!(told.code, 0, "{told:?}");
        let said = format!("{} {}", told.stdout, told.stderr);
        holds_none(&[WORD], &args.join(" "), said.as_bytes());
    }
    for done in [&dry, &done] {
        let said = format!("{} {}", done.stdout, done.stderr);
        holds_none(&[WORD], "the answer", said.as_bytes());
    }
    stored_nowhere(&[WORD], &world, &daemon);
}

#[tokio::test]
async fn a_job_may_stand_in_a_file_and_the_command_line_goes_before_it() {
    let world = World::with(|plan| plan.settings = further()).await;
    let _daemon = world.daemon().await;
    let yaml = "name: train\ncommand: |\n  true\nenv:\n  LR: 0.10\n  DEBUG: true\nsecretEnv: [GREETING]\n\
        priority: 6\nmaxMinutes: 30\nset: {gpu: 0, image: 'other:2'}\ntags: {team: vision}\nsession: s-1\n";
    fs::write(world.path("job.yaml"), yaml).unwrap();
    let json = json!({"name": "train", "command": "true\n", "env": {"LR": "0.10", "DEBUG": "true"},
        "secretEnv": ["GREETING"], "priority": 6, "maxMinutes": 30, "set": {"gpu": 0, "image": "other:2"},
        "tags": {"team": "vision"}, "session": "s-1"});
    fs::write(world.path("job.json"), json.to_string()).unwrap();
    let mut requests = Vec::new();
    for file in ["job.yaml", "job.json"] {
        let call = world.call(&["submit", "-f", file, "--new", "--json"]);
        let job = made(&call.env("GREETING", "hush").finish().await);
        requests.push(lasting(world.request(&text(&job["job_id"]))));
    }
    assert_eq!(requests[0], requests[1]);
    let request = &requests[0];
    assert_eq!(request["Envs"]["LR"], "0.10");
    assert_eq!(
        (&request["Envs"]["DEBUG"], &request["Envs"]["GREETING"]),
        (&json!("true"), &json!("hush"))
    );
    assert_eq!(request["JobSpecs"][0]["Image"], "other:2");
    assert_eq!(request["JobSpecs"][0]["ResourceConfig"]["GPU"], "0");
    assert_eq!(request["Settings"]["Tags"]["pai-session"], "s-1");
    let own = words("submit -f job.yaml other --env GREETING=open --priority 1 --json");
    let over = [&own[..], &["--", "exit 0"]].concat();
    let job = made(&world.paictl(&over).await);
    assert!(text(&job["name"]).starts_with("e2e-other-"), "{job:#}");
    let request = world.request(&text(&job["job_id"]));
    assert_eq!(
        (&request["Priority"], &request["UserCommand"]),
        (&json!(1), &json!("exit 0"))
    );
    assert_eq!(request["Envs"]["GREETING"], "open");

    for (text, parts) in [
        (
            "name: x\ncomand: S3CRET\n",
            ["unknown key comand", "the keys of a job are"],
        ),
        ("name: x\npriority: S3CRET\n", ["broken.yaml", "line 2"]),
        ("{\"env\": [\"S3CRET\"]}", ["broken.yaml", "line 1"]),
        ("name: x\n", ["no command", "`command` in the file"]),
    ] {
        fs::write(world.path("broken.yaml"), text).unwrap();
        let refused = world.paictl(&["submit", "-f", "broken.yaml"]).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        for part in parts {
            assert!(refused.stderr.contains(part), "{part:?}: {refused:?}");
        }
        assert!(!refused.stderr.contains("S3CRET"), "{refused:?}");
    }
    assert_eq!(world.control().call_count("CreateJob"), 3);
}

#[tokio::test]
async fn a_dry_run_shows_the_exact_request_and_every_check_and_sends_nothing() {
    let world = World::with(|plan| {
        plan.settings = further();
        plan.settings["limits"]["maxRunningJobs"] = json!(1);
    })
    .await;
    let _daemon = world.daemon().await;
    let never = Gate::new(&world, "never").command();
    let line = ["submit", "train", "--env", "LR=0.2", "--json", "--", &never];
    let dry = [&line[..2], &["--dry-run"], &line[2..]].concat();
    let checked = made(&world.paictl(&dry).await);
    assert_eq!(checked["verdict"], "sent");
    let outcome = |checked: &Value, name: &str| {
        let mut checks = checked["checks"].as_array().unwrap().iter();
        let check = checks.find(|check| check["name"] == name);
        text(&check.unwrap_or_else(|| panic!("no {name}: {checked:#}"))["outcome"])
    };
    for name in ["request", "repeated", "maxRunningJobs", "maxGPU"] {
        assert_eq!(outcome(&checked, name), "passed");
    }
    assert_eq!(world.control().call_count("CreateJob"), 0);
    assert_eq!(world.paictl(&["ls", "--json"]).await.json(), json!([]));

    let job = made(&world.paictl(&line).await);
    let mut sent = world.request(&text(&job["job_id"]));
    sent["Envs"]["HF_TOKEN"] = json!("[redacted]");
    assert_eq!(lasting(checked["request"].clone()), lasting(sent));
    let joined = made(&world.paictl(&dry).await);
    assert_eq!(
        (&joined["verdict"], outcome(&joined, "repeated")),
        (&json!("joined"), "warning".into())
    );

    let other = words("submit other --set gpu=9 --dry-run --json -- true");
    let refused = world.paictl(&other).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    let refused = refused.json();
    assert_eq!(refused["verdict"], "refused");
    for name in ["maxRunningJobs", "maxGPU"] {
        assert_eq!(
            outcome(&refused, name),
            "refused",
            "all of them: {refused:#}"
        );
    }
    let held = words("submit other --queue --dry-run --json -- true");
    assert_eq!(made(&world.paictl(&held).await)["verdict"], "held");
    let wrong = words("submit other --set podCount=0 --dry-run -- true");
    let wrong = world.paictl(&wrong).await;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (1, ""), "{wrong:?}");
    assert!(wrong.stderr.contains("podCount"), "{wrong:?}");
    let plain = world
        .paictl(&["submit", "x", "--dry-run", "--", "true"])
        .await;
    assert_eq!(plain.code, 1, "{plain:?}");
    assert_eq!(plain.json()["UserCommand"], "true", "the request alone");
    assert!(plain.stderr.ends_with("it would be refused\n"), "{plain:?}");
    assert_eq!(world.control().call_count("CreateJob"), 1);
}
