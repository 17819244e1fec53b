//! `paictl config` and `paictl codesource`.

use pai_proto::{
    v1::{
        CheckConfigResponse, ConfigChange, ConfigChanged, ConfigField, DeleteProfileRequest,
        GetCodeSourceRequest, GetCodeSourceResponse, GetConfigResponse, GetConfigSchemaRequest,
        GetConfigSchemaResponse, ImportProfileRequest, MigrateConfigRequest, Profile,
        ProfileReplica, PutProfileRequest, UpdateCodeSourceRequest, UpdateConfigRequest,
    },
    value,
};
use serde_json::{Value, json};

use super::*;

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A daemon that changes one key.
fn daemon() -> Fake {
    Fake {
        job: sample::running(),
        changed: ConfigChanged {
            files: vec!["/home/me/settings.json".into()],
            changes: vec![ConfigChange {
                path: "limits.maxGPU".into(),
                from: Some(value::to_message(&json!(8))),
                to: Some(value::to_message(&json!(16))),
            }],
            written: true,
            ..Default::default()
        },
        config: GetConfigResponse {
            prefix: "demo".into(),
            profiles: vec![Profile {
                name: "gpu".into(),
                job_type: "PyTorchJob".into(),
                replicas: vec![ProfileReplica {
                    role: "Worker".into(),
                    count: 2,
                    cpu: "8".into(),
                    gpu: "1".into(),
                    memory: "32Gi".into(),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        },
        ..Default::default()
    }
}

/// Runs it; what the daemon was asked.
async fn asked(line: &[&str]) -> (Ran, Vec<Call>) {
    let daemon = daemon();
    let heard = daemon.heard.clone();
    (run(Some(daemon), line).await, heard.calls())
}

#[tokio::test]
async fn a_change_is_told_with_what_was_there_before() {
    let line = [
        "config",
        "set",
        "limits.maxGPU",
        "16",
        "codeSource.defaultBranch",
        "main",
        "limits.maxCPU",
        "-1",
    ];
    let ((exit, stdout, stderr), calls) = asked(&line).await;
    assert_eq!(
        (exit, stdout.as_str()),
        (Exit::Ok, "limits.maxGPU: 8 → 16\n")
    );
    assert_eq!(stderr, "written: /home/me/settings.json\n");
    let set = [
        ("limits.maxGPU", json!(16)),
        ("codeSource.defaultBranch", json!("main")),
        ("limits.maxCPU", json!(-1)),
    ];
    let set = set.map(|(path, json)| (path.to_owned(), value::to_message(&json)));
    let request = UpdateConfigRequest {
        set: set.into(),
        ..Default::default()
    };
    assert_eq!(calls, [Call::Change(request)]);
    let line = ["--json", "config", "set", "limits.maxGPU", "16"];
    let ((_, stdout, stderr), _) = asked(&line).await;
    assert_eq!(stderr, "");
    let answer = read(&stdout);
    assert_eq!(answer["written"], true);
    assert_eq!(
        answer["changes"][0],
        json!({"path": "limits.maxGPU", "from": 8, "to": 16})
    );
}

#[tokio::test]
async fn keys_are_removed_and_looked_at_inside_of_a_profile() {
    let line = [
        "config",
        "unset",
        "priority",
        "envs.LR",
        "--profile",
        "gpu",
        "--dry-run",
    ];
    let (_, calls) = asked(&line).await;
    let request = UpdateConfigRequest {
        remove: vec!["priority".into(), "envs.LR".into()],
        profile: "gpu".into(),
        dry_run: true,
        ..Default::default()
    };
    assert_eq!(calls, [Call::Change(request)]);
    let line = ["config", "set", "-p", "gpu", "priority", "\"5\""];
    let (_, calls) = asked(&line).await;
    let request = UpdateConfigRequest {
        set: [("priority".into(), value::to_message(&json!("5")))].into(),
        profile: "gpu".into(),
        ..Default::default()
    };
    assert_eq!(calls, [Call::Change(request)]);
}

#[tokio::test]
async fn paths_without_a_value_or_named_twice_are_usage_errors() {
    for (line, said) in [
        (&["a", "1", "b"][..], "the path b has no value"),
        (&["a", "1", "a", "2"], "the path a is given twice"),
    ] {
        let line = [&["config", "set"], line].concat();
        let ((exit, _, stderr), calls) = asked(&line).await;
        assert_eq!((exit, calls.len()), (Exit::Usage, 0));
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_exit_1_with_the_reason() {
    let checking = |problem: Option<ErrorDetail>| Fake {
        checked: CheckConfigResponse {
            settings_path: "/home/me/settings.json".into(),
            own_path: "/home/me/pai.json".into(),
            problem,
            warnings: vec!["unknown key colour".into()],
        },
        ..Default::default()
    };
    let (exit, stdout, stderr) = run(Some(checking(None)), &["config", "check"]).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(
        stdout,
        "Settings  /home/me/settings.json\nOwn keys  /home/me/pai.json\nUsable    yes\n"
    );
    assert_eq!(stderr, "warning: unknown key colour\n");
    let problem = || {
        Some(ErrorDetail {
            kind: ErrorKind::Settings.into(),
            message: "limits.maxGPU is no whole number".into(),
            hint: "write a number".into(),
            ..Default::default()
        })
    };
    let (exit, stdout, _) = run(Some(checking(problem())), &["config", "check"]).await;
    assert_eq!(exit, Exit::Error);
    assert!(
        stdout.ends_with(
            "Usable    no\nProblem   limits.maxGPU is no whole number\nHint      write a number\n"
        ),
        "{stdout}"
    );
    let line = ["config", "check", "--json"];
    let (exit, stdout, _) = run(Some(checking(problem())), &line).await;
    assert_eq!(exit, Exit::Error);
    let answer = read(&stdout);
    assert_eq!(
        (&answer["usable"], &answer["problem"]["kind"]),
        (&json!(false), &json!("settings"))
    );
}

#[tokio::test]
async fn the_schema_is_that_of_one_file_or_the_fields_of_both() {
    let daemon = || Fake {
        schema: GetConfigSchemaResponse {
            fields: vec![ConfigField {
                path: "limits.maxGPU".into(),
                kind: "whole number".into(),
                description: "GPUs over all active jobs".into(),
                constraint: "0 or more".into(),
                current: Some(value::to_message(&json!(8))),
                modifiable: true,
            }],
            raw_settings: r#"{"title": "settings"}"#.into(),
            raw_own: r#"{"title": "own"}"#.into(),
        },
        ..Default::default()
    };
    for (line, title) in [
        (&["config", "schema"][..], "settings"),
        (&["config", "schema", "settings"], "settings"),
        (&["config", "schema", "own"], "own"),
    ] {
        let fake = daemon();
        let heard = fake.heard.clone();
        let (_, stdout, _) = run(Some(fake), line).await;
        assert_eq!(read(&stdout)["title"], title);
        assert_eq!(
            heard.calls(),
            [Call::Schema(GetConfigSchemaRequest { raw: true })]
        );
    }
    let (_, stdout, _) = run(Some(daemon()), &["config", "schema", "--fields"]).await;
    assert_eq!(
        stdout,
        "limits.maxGPU\twhole number\t8\tyes\tGPUs over all active jobs; 0 or more\n"
    );
    let line = ["config", "schema", "--fields", "--json"];
    let (_, stdout, _) = run(Some(daemon()), &line).await;
    assert_eq!(read(&stdout)[0]["current"], 8);
    let (exit, ..) = run(Some(Fake::default()), &["config", "schema"]).await;
    assert_eq!(exit, Exit::Error, "an empty schema is none");
}

#[tokio::test]
async fn files_are_migrated_and_jobs_become_profiles() {
    let (_, calls) = asked(&["config", "migrate", "--dry-run"]).await;
    assert_eq!(
        calls,
        [Call::Migrate(MigrateConfigRequest { dry_run: true })]
    );
    let import = |profile: &str| {
        Call::Import(ImportProfileRequest {
            id: "dlc1".into(),
            profile: profile.into(),
            dry_run: false,
        })
    };
    let (_, calls) = asked(&["config", "import", "dlc1", "night"]).await;
    assert_eq!(calls, [import("night")]);
    // The job of the daemon is called demo-train-20261120-x7k2.
    let (_, calls) = asked(&["config", "import", "dlc1"]).await;
    assert_eq!(calls, [import("train")]);
}

#[tokio::test]
async fn profiles_are_listed_shown_made_and_deleted() {
    let (ran, _) = asked(&["config", "profile", "ls"]).await;
    assert_eq!(ran.1, "gpu\tPyTorchJob\tWorker x 2\t8 CPU 1 GPU 32Gi\n");
    let (ran, _) = asked(&["config", "profile", "show", "gpu"]).await;
    assert!(ran.1.starts_with("PROFILE gpu (PyTorchJob)\n"), "{}", ran.1);
    let (ran, _) = asked(&["config", "profile", "show", "--json", "gpu"]).await;
    assert_eq!(read(&ran.1)["replicas"][0]["count"], 2);
    let ((exit, _, stderr), _) = asked(&["config", "profile", "show", "cpu"]).await;
    assert_eq!(exit, Exit::NotFound);
    assert_eq!(
        stderr,
        "error: there is no profile `cpu`\nhint: there are: gpu\n"
    );

    let line = [
        "config",
        "profile",
        "create",
        "night",
        "--from",
        "gpu",
        "priority=1",
        "envs={\"LR\": \"0.1\"}",
        "description=at night",
    ];
    let (_, calls) = asked(&line).await;
    let profile = json!({"priority": 1, "envs": {"LR": "0.1"}, "description": "at night"});
    let request = PutProfileRequest {
        name: "night".into(),
        profile: Some(value::to_struct(profile.as_object().unwrap())),
        base: "gpu".into(),
        ..Default::default()
    };
    assert_eq!(calls, [Call::Profile(request)]);
    let line = [
        "config",
        "profile",
        "create",
        "night",
        "jobSpecs[0].podCount=2",
    ];
    let ((exit, _, stderr), calls) = asked(&line).await;
    assert_eq!((exit, calls.len()), (Exit::Usage, 0));
    assert!(
        stderr.contains("paictl config set --profile night jobSpecs[0].podCount VALUE"),
        "{stderr}"
    );

    let (_, calls) = asked(&["config", "profile", "delete", "night"]).await;
    let request = DeleteProfileRequest {
        name: "night".into(),
        ..Default::default()
    };
    assert_eq!(calls, [Call::NoProfile(request)]);
}

#[tokio::test]
async fn the_code_source_is_shown_and_changed_here_or_at_the_cloud() {
    let fake = |verified| Fake {
        code: Some(GetCodeSourceResponse {
            code_source_id: "code-1".into(),
            default_branch: "main".into(),
            ..Default::default()
        }),
        verified,
        ..daemon()
    };
    let ran = async |fake: Fake, line: &[&str]| {
        let heard = fake.heard.clone();
        let ran = run(Some(fake), &[&["codesource"], line].concat()).await;
        (ran, heard.calls())
    };
    let ((exit, stdout, _), calls) = ran(fake(false), &["get", "--local"]).await;
    assert_eq!(exit, Exit::Ok);
    assert!(stdout.starts_with("Code source  code-1\n"), "{stdout}");
    assert_eq!(
        calls,
        [Call::CodeSource(GetCodeSourceRequest { local_only: true })]
    );
    let ((_, stdout, _), _) = ran(fake(false), &["get", "--json"]).await;
    assert_eq!(read(&stdout)["default_branch"], "main");

    let line = ["set", "--branch", "dev", "--commit", ""];
    let ((exit, stdout, stderr), calls) = ran(fake(false), &line).await;
    assert_eq!(
        (exit, stdout.as_str()),
        (Exit::Ok, "limits.maxGPU: 8 → 16\n")
    );
    assert_eq!(stderr, "written: /home/me/settings.json\n");
    let request = UpdateCodeSourceRequest {
        branch: Some("dev".into()),
        commit: Some(String::new()),
        ..Default::default()
    };
    assert_eq!(calls, [Call::NewCode(request)]);

    let ((exit, ..), calls) = ran(fake(true), &["set", "--branch", "dev", "--remote"]).await;
    assert_eq!((exit, calls.len()), (Exit::Usage, 0), "nobody can be asked");
    let line = ["set", "--branch", "dev", "--remote", "--yes"];
    let ((exit, _, stderr), calls) = ran(fake(true), &line).await;
    assert_eq!(exit, Exit::Ok);
    assert!(stderr.starts_with("changed at the cloud"), "{stderr}");
    let request = UpdateCodeSourceRequest {
        branch: Some("dev".into()),
        remote: true,
        ..Default::default()
    };
    assert_eq!(calls, [Call::NewCode(request)]);
    let ((exit, _, stderr), _) = ran(fake(false), &line).await;
    assert_eq!(exit, Exit::Error);
    assert!(
        stderr.starts_with("accepted by the cloud, which does not show it"),
        "{stderr}"
    );
    let ((exit, stdout, _), _) = ran(
        fake(false),
        &["--json", "set", "--branch", "x", "--remote", "-y"],
    )
    .await;
    assert_eq!(
        (exit, &read(&stdout)["verified"]),
        (Exit::Error, &json!(false))
    );
    let usage = Cli::try_parse_from(["paictl", "codesource", "set", "--remote"]).unwrap_err();
    assert_eq!(usage.exit_code(), 2);
}
