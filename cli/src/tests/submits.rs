//! `paictl submit` and `paictl clone`: what is sent, and what is said.

use std::process::{Command, Stdio};

use pai_proto::v1::{
    CheckSubmitResponse, CodeSource, FollowLogsRequest, GetCodeSourceResponse, GetConfigResponse,
    Job, LogEnded, RemoteCodeSource, SubmitCheck, SubmitJobResponse,
    check_submit_response::Verdict, follow_logs_response, submit_check::Outcome as Checked,
};

use crate::fake::Heard;

use super::*;

/// What ran, and what the daemon heard.
async fn heard(daemon: Fake, line: &[&str]) -> (Ran, Heard) {
    let heard = daemon.heard.clone();
    (run(Some(daemon), line).await, heard)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_submit_that_was_joined_says_so_once() {
    let joined = || Fake {
        job: sample::running(),
        submitted: SubmitJobResponse {
            joined: true,
            warnings: vec!["joined: an equal submit was made 12 s ago; --new makes another".into()],
            ..Default::default()
        },
        ..Default::default()
    };
    let line = ["submit", "train", "--", "true"];
    let ((exit, stdout, stderr), heard) = heard(joined(), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "dlc1running\n"));
    assert_eq!(stderr.matches("joined").count(), 1, "{stderr}");
    assert!(!heard.submit().another);
    let line = ["--json", "submit", "train", "--new", "--", "true"];
    let ((_, stdout, _), heard) = self::heard(joined(), &line).await;
    let read = json(&stdout);
    assert_eq!(read["joined"], true);
    assert_eq!(read["warnings"].as_array().unwrap().len(), 1);
    assert!(heard.submit().another);
}

#[tokio::test]
async fn a_held_submit_tells_its_place() {
    let line = ["submit", "train", "--queue", "--", "true"];
    let ((exit, stdout, stderr), heard) = heard(with_job(sample::held()).unwrap(), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "uid-4\n"));
    assert!(
        stderr.starts_with("held: place 3 in the queue; "),
        "{stderr}"
    );
    assert!(heard.submit().queue);
    let line = ["submit", "train", "--queue", "--json", "--", "true"];
    let ((_, stdout, _), _) = self::heard(with_job(sample::held()).unwrap(), &line).await;
    let read = json(&stdout);
    assert_eq!(
        (&read["phase"], &read["status"]),
        (&"held".into(), &serde_json::Value::Null)
    );
    assert_eq!(read["queue_position"], 3);
}

fn checked(verdict: Verdict) -> Fake {
    let check = |name: &str, outcome: Checked, detail: &str| SubmitCheck {
        name: name.into(),
        outcome: outcome.into(),
        detail: detail.into(),
    };
    Fake {
        check: CheckSubmitResponse {
            raw: r#"{"DisplayName":"me-train","JobSpecs":[{"PodCount":1}]}"#.into(),
            checks: vec![
                check("profile", Checked::Passed, "default"),
                check(
                    "maxGPU",
                    Checked::Refused,
                    "8 of 8 GPUs are in use\u{1b}[2J",
                ),
            ],
            verdict: verdict.into(),
        },
        ..Default::default()
    }
}

#[tokio::test]
async fn a_dry_run_prints_the_request_and_every_check_and_submits_nothing() {
    let line = ["submit", "train", "--dry-run", "--", "true"];
    let ((exit, stdout, stderr), heard) = heard(checked(Verdict::Refused), &line).await;
    assert_eq!(exit, Exit::Error);
    assert_eq!(json(&stdout)["JobSpecs"][0]["PodCount"], 1);
    assert!(stdout.lines().count() > 3, "{stdout}");
    assert_eq!(
        stderr,
        "CHECK    OUTCOME  DETAIL\nprofile  passed   default\n\
         maxGPU   refused  8 of 8 GPUs are in use\\u{1b}[2J\nit would be refused\n"
    );
    assert!(matches!(heard.calls()[..], [Call::Check(_)]));
    for (verdict, word) in [
        (Verdict::Sent, "sent"),
        (Verdict::Held, "held"),
        (Verdict::Joined, "joined"),
    ] {
        let line = ["--json", "submit", "train", "--dry-run", "--", "true"];
        let ((exit, stdout, stderr), _) = self::heard(checked(verdict), &line).await;
        assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
        let read = json(&stdout);
        assert_eq!(read["verdict"], word);
        assert_eq!(read["request"]["DisplayName"], "me-train");
        assert_eq!(read["checks"][1]["outcome"], "refused");
    }
    let line = ["submit", "train", "--dry-run", "--", "true"];
    let broken = Fake {
        check: CheckSubmitResponse::default(),
        ..Default::default()
    };
    let ((exit, stdout, stderr), _) = self::heard(broken, &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Error, ""));
    assert!(stderr.contains("without a verdict"), "{stderr}");
}

#[tokio::test]
async fn a_submit_may_wait_for_the_end_and_exit_with_it() {
    let daemon = || Fake {
        job: sample::running(),
        frames: vec![ended(sample::failed())],
        ..Default::default()
    };
    let line = ["submit", "train", "--wait", "--", "true"];
    let ((exit, stdout, stderr), heard) = heard(daemon(), &line).await;
    assert_eq!(exit, Exit::Failed);
    assert_eq!(stdout, "dlc1running\ndlc1failed Failed\n");
    assert_eq!(stderr, "", "no next commands: it is waited for");
    match &heard.calls()[..] {
        [Call::Submit(_), Call::Wait(request)] => assert_eq!(request.ids, ["dlc1running"]),
        other => panic!("{other:?}"),
    }
    let line = ["submit", "train", "--wait", "--json", "--", "true"];
    let ((exit, stdout, _), _) = self::heard(daemon(), &line).await;
    assert_eq!(exit, Exit::Failed);
    let (first, rest) = stdout.split_once('\n').unwrap();
    assert_eq!(json(first)["job_id"], "dlc1running");
    assert_eq!(json(rest)[0]["status"], "Failed");
}

/// Lines themselves are tested with the command `logs`.
#[tokio::test]
async fn a_submit_may_follow_the_log_and_exit_with_the_result() {
    let over = follow_logs_response::Frame::Ended(LogEnded {
        complete: true,
        ..Default::default()
    });
    let daemon = |later: Job| Fake {
        job: sample::unconfirmed(),
        later: Some(later),
        logs: vec![vec![over.clone()]],
        frames: vec![ended(sample::succeeded())],
        ..Default::default()
    };
    let line = ["submit", "train", "--follow", "--", "true"];
    let failed = daemon(sample::failed());
    let followed = failed.followed.clone();
    let ((exit, stdout, stderr), heard) = heard(failed, &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Failed, ""));
    assert!(stderr.starts_with("submitted uid-3\n"), "{stderr}");
    assert!(
        stderr.ends_with("dlc1failed Failed (OOMKilled: worker-0 was killed)\n"),
        "{stderr}"
    );
    assert_eq!(heard.calls().len(), 1, "no wait is needed");
    let request = FollowLogsRequest {
        id: "uid-3".into(),
        ..Default::default()
    };
    assert_eq!(*followed.lock().unwrap(), [request]);
    // The log ends, and the job is known to have ended a moment later.
    let ((exit, _, _), heard) = self::heard(daemon(sample::running()), &line).await;
    assert_eq!(exit, Exit::Ok);
    assert!(matches!(
        heard.calls()[..],
        [Call::Submit(_), Call::Wait(_)]
    ));
}

#[tokio::test]
async fn a_job_is_read_from_a_file_and_a_wrong_file_is_a_usage_error() {
    let home = Folder::create(&std::env::temp_dir()).unwrap();
    let daemon = with_job(sample::running()).unwrap();
    let heard = daemon.heard.clone();
    daemon.serve(&home.socket());
    let file = home.path().join("job.yaml");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        "name: train\ncommand: python a.py\nenv: {LR: 0.10}\n",
    )
    .unwrap();
    let (exit, stdout, _) = run_in(&home, &["submit", "-f", path, "--priority", "3"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "dlc1running\n"));
    let request = heard.submit();
    assert_eq!(
        (request.name.as_str(), request.command.as_str()),
        ("train", "python a.py")
    );
    assert_eq!(request.envs, [("LR".into(), "0.10".into())].into());
    assert_eq!(request.priority, Some(3));
    std::fs::write(&file, "nmae: train\n").unwrap();
    let (exit, _, stderr) = run_in(&home, &["submit", "--file", path]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(stderr.contains("job.yaml: unknown key nmae"), "{stderr}");
    assert!(
        stderr.contains("hint: the keys of a job are name, command"),
        "{stderr}"
    );
    let (exit, _, stderr) = run_in(&home, &["submit", "-f", "/nowhere/job.yaml"]).await;
    assert_eq!(exit, Exit::Error);
    assert!(
        stderr.starts_with("error: cannot read /nowhere/job.yaml"),
        "{stderr}"
    );
    home.remove().unwrap();
}

#[tokio::test]
async fn a_clone_names_its_original_and_what_changes() {
    let line = [
        "clone",
        "dlc1abc",
        "--profile",
        "gpu-8",
        "--env",
        "X=1",
        "--name",
        "again",
    ];
    let ((exit, stdout, _), heard) = heard(with_job(sample::running()).unwrap(), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "dlc1running\n"));
    let request = heard.submit();
    assert_eq!(request.clone_of, "dlc1abc");
    assert_eq!(
        (request.name.as_str(), request.command.as_str()),
        ("again", "")
    );
    assert_eq!(request.profile, "gpu-8");
    assert_eq!(request.envs, [("X".into(), "1".into())].into());
    let line = ["clone", "@last", "--dry-run", "--", "python", "b.py"];
    let ((exit, ..), heard) = self::heard(checked(Verdict::Sent), &line).await;
    assert_eq!(exit, Exit::Ok);
    let request = heard.submit();
    assert_eq!(
        (request.name.as_str(), request.command.as_str()),
        ("", "python b.py")
    );
}

/// A repository whose branch `dev` has a commit that no remote has.
fn repository() -> Folder {
    let folder = Folder::create(&std::env::temp_dir()).unwrap();
    let git = |args: &[&str]| {
        let status = Command::new("git")
            .arg("-C")
            .arg(folder.path())
            .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
            .args(args)
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{args:?}");
    };
    git(&["init", "-q", "-b", "dev"]);
    git(&[
        "remote",
        "add",
        "origin",
        "https://me:ghp_secret@host/team/repo.git",
    ]);
    git(&["commit", "-q", "--allow-empty", "-m", "one"]);
    folder
}

fn with_code(remote: Option<&str>) -> Fake {
    Fake {
        job: sample::running(),
        config: GetConfigResponse {
            code_source: Some(CodeSource {
                code_source_id: "code-1".into(),
                default_branch: "main".into(),
                ..Default::default()
            }),
            ..Default::default()
        },
        code: remote.map(|repo| GetCodeSourceResponse {
            remote: Some(RemoteCodeSource {
                repo: repo.into(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Runs a submit in the repository; its tags and what it was warned of.
async fn submit_from(
    repository: &Folder,
    daemon: Fake,
    line: &[&str],
) -> (Vec<String>, Vec<String>) {
    let home = Folder::create(&std::env::temp_dir()).unwrap();
    let heard = daemon.heard.clone();
    daemon.serve(&home.socket());
    let line = [&["submit", "train"], line, &["--", "true"]].concat();
    let (exit, _, stderr) = run_from(Some(repository.path()), &home, &line, &[]).await;
    assert_eq!(exit, Exit::Ok, "{stderr}");
    home.remove().unwrap();
    let tags = heard.submit().tags;
    let mut tags: Vec<_> = tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    tags.sort();
    let warned = stderr
        .lines()
        .filter_map(|line| line.strip_prefix("warning: "));
    (tags, warned.map(str::to_owned).collect())
}

#[tokio::test]
async fn what_lies_in_the_folder_is_tagged_and_what_will_not_run_is_warned_of() {
    let repository = repository();
    let (tags, warned) = submit_from(&repository, with_code(Some("git@host:team/repo")), &[]).await;
    assert_eq!(tags[0], "pai-branch=dev");
    assert!(tags[1].starts_with("pai-commit="), "{tags:?}");
    assert_eq!(tags[2], "pai-repo=https://host/team/repo.git");
    assert_eq!(
        warned,
        [
            "this folder is on branch dev, and the job runs branch main",
            "this folder has a commit that was not pushed; the job runs without it",
        ]
    );
    let line = ["--code-branch", "dev", "--tag", "pai-commit=mine"];
    let (tags, warned) = submit_from(&repository, with_code(None), &line).await;
    assert!(tags.contains(&"pai-commit=mine".to_owned()), "{tags:?}");
    assert_eq!(
        warned,
        [
            "if this folder is what the job runs: it has a commit that was not pushed; the job runs without it"
        ]
    );
    let elsewhere = with_code(Some("https://host/team/other"));
    let (_, warned) = submit_from(&repository, elsewhere, &[]).await;
    assert_eq!(warned, Vec::<String>::new());
    let (tags, warned) = submit_from(&repository, with_job(sample::running()).unwrap(), &[]).await;
    assert_eq!(
        (tags.len(), warned.len()),
        (3, 0),
        "no code source: nothing to warn of"
    );
    let (tags, warned) = submit_from(&repository, with_code(None), &["--no-git"]).await;
    assert_eq!((tags.len(), warned.len()), (0, 0));
    repository.remove().unwrap();
}
