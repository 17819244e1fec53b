//! Dropping and keeping. These answer on stdout as other commands do, and not past it as lines of logs.

use std::future::ready;

use futures_util::FutureExt as _;
use pai_proto::v1::{KeepLogsRequest, PruneLogsRequest, PruneLogsResponse};

use super::*;
use crate::fake::Call;

/// Runs it; before a person who types this, if anything.
async fn answered(daemon: Fake, line: &[&str], typed: Option<&'static str>) -> Ran {
    let (stdout, stderr) = (Captured::default(), Captured::default());
    let (out, told) = (stdout.clone(), stderr.clone());
    let exit = run_as(daemon, line, io::sink(), io::sink(), move |context| {
        context.out = Output::new(Box::new(out), Box::new(told), None);
        if let Some(typed) = typed {
            context.person = Some(Box::new(move || ready(Ok(typed.into())).boxed_local()));
        }
    })
    .await;
    let plain = |text: String| strip_str(&text).to_string();
    (exit, plain(stdout.text()), plain(stderr.text()))
}

fn dropping(jobs: u32, dropped_bytes: u64) -> Fake {
    Fake {
        job: sample::succeeded(),
        pruned: PruneLogsResponse {
            jobs,
            dropped_bytes,
            left_bytes: 5 << 30,
        },
        ..Default::default()
    }
}

#[tokio::test]
async fn what_is_over_the_limits_is_dropped_where_nobody_can_be_asked() {
    for (line, jobs, expected, request) in [
        (
            &["logs", "--prune"][..],
            3,
            "dropped 12.0 MiB of 3 jobs; 5.0 GiB are left\n",
            PruneLogsRequest::default(),
        ),
        (
            &["logs", "--prune", "--older-than", "7d"],
            1,
            "dropped 12.0 MiB of 1 job; 5.0 GiB are left\n",
            PruneLogsRequest {
                older_than_ms: Some(7 * 86_400_000),
                ..Default::default()
            },
        ),
        (
            &["logs", "--prune", "--dry-run"],
            3,
            "would drop 12.0 MiB of 3 jobs; 5.0 GiB would be left\n",
            PruneLogsRequest {
                dry_run: true,
                ..Default::default()
            },
        ),
        (
            &["logs", "--prune"],
            0,
            "nothing was dropped; 5.0 GiB are stored\n",
            PruneLogsRequest::default(),
        ),
        (
            &["logs", "--prune", "--dry-run", "dlc1"],
            0,
            "nothing would be dropped; 5.0 GiB are stored\n",
            PruneLogsRequest {
                ids: vec!["dlc1".into()],
                dry_run: true,
                ..Default::default()
            },
        ),
    ] {
        let fake = dropping(jobs, 12 << 20);
        let heard = fake.heard.clone();
        let ran = answered(fake, line, None).await;
        assert_eq!(ran, (Exit::Ok, expected.into(), String::new()), "{line:?}");
        assert_eq!(heard.calls(), [Call::Prune(request)], "{line:?}");
    }
}

#[tokio::test]
async fn the_logs_of_named_jobs_are_dropped_after_a_yes() {
    let prune = |id: &str, dry_run| {
        Call::Prune(PruneLogsRequest {
            ids: vec![id.into()],
            dry_run,
            ..Default::default()
        })
    };
    let line = ["logs", "--prune", "@last"];
    let fake = dropping(1, 2048);
    let heard = fake.heard.clone();
    let (exit, stdout, stderr) = answered(fake, &line, Some("y")).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(stdout, "dropped 2.0 KiB of 1 job; 5.0 GiB are left\n");
    assert_eq!(
        stderr,
        "dlc1ended  demo-short-20261120-bbbb  Succeeded\ndrop the stored log of 1 job (2.0 KiB)? [y/N] "
    );
    let shown = [prune("dlc1ended", true), prune("dlc1ended", false)];
    assert_eq!(heard.calls(), shown, "@last may be another job later");

    let fake = dropping(1, 2048);
    let heard = fake.heard.clone();
    let (exit, stdout, stderr) = answered(fake, &line, Some("")).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Error, ""));
    assert!(stderr.ends_with("error: nothing was dropped\n"), "{stderr}");
    assert_eq!(heard.calls(), [prune("dlc1ended", true)]);

    // Nobody is there to be asked, or it was said beforehand.
    for (line, typed) in [
        (&line[..], None),
        (&["logs", "--prune", "@last", "--yes"], Some("n")),
    ] {
        let fake = dropping(1, 2048);
        let heard = fake.heard.clone();
        let (exit, _, stderr) = answered(fake, line, typed).await;
        assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""), "{line:?}");
        assert_eq!(heard.calls(), [prune("@last", false)]);
    }
}

#[tokio::test]
async fn on_a_terminal_what_is_over_the_limits_is_dropped_after_a_yes() {
    let prune = |dry_run| {
        Call::Prune(PruneLogsRequest {
            dry_run,
            older_than_ms: Some(0),
            ..Default::default()
        })
    };
    let line = ["logs", "--prune", "--older-than", "0s"];
    for (jobs, typed, asked, exit, calls) in [
        (2, "y", true, Exit::Ok, vec![prune(true), prune(false)]),
        (2, "", true, Exit::Error, vec![prune(true)]),
        (0, "", false, Exit::Ok, vec![prune(true), prune(false)]),
    ] {
        let fake = dropping(jobs, 2048);
        let heard = fake.heard.clone();
        let ran = answered(fake, &line, Some(typed)).await;
        let question = "drop 2.0 KiB of the stored logs of 2 jobs? [y/N] ";
        assert_eq!(ran.2.starts_with(question), asked, "{ran:?}");
        assert_eq!((ran.0, heard.calls()), (exit, calls));
    }
}

#[tokio::test]
async fn a_program_reads_what_was_dropped() {
    let line = ["--json", "logs", "--prune", "--dry-run"];
    let (_, stdout, _) = answered(dropping(3, 12), &line, None).await;
    insta::assert_snapshot!(stdout, @r#"
    {
      "jobs": 3,
      "dropped_bytes": 12,
      "left_bytes": 5368709120,
      "dry_run": true
    }
    "#);
}

#[tokio::test]
async fn logs_are_kept_and_not_any_more() {
    for (option, keep, expected) in [
        ("--keep", true, "dlc1ended  logs of all pods are kept\n"),
        (
            "--no-keep",
            false,
            "dlc1ended  logs are kept as the settings say\n",
        ),
    ] {
        let fake = dropping(0, 0);
        let heard = fake.heard.clone();
        let ran = answered(fake, &["logs", option, "dlc1"], None).await;
        assert_eq!(ran, (Exit::Ok, expected.into(), String::new()));
        let request = KeepLogsRequest {
            id: "dlc1".into(),
            keep,
        };
        assert_eq!(heard.calls(), [Call::Keep(request)]);
    }
    let (_, stdout, _) =
        answered(dropping(0, 0), &["--json", "logs", "--keep", "dlc1"], None).await;
    let kept: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (kept["job_id"].as_str(), kept["keep"].as_bool()),
        (Some("dlc1ended"), Some(true))
    );
}

#[tokio::test]
async fn one_job_that_is_not_known_holds_up_no_other() {
    let fake = Fake {
        unknown: vec!["dlc9"],
        ..dropping(0, 0)
    };
    let (exit, stdout, stderr) = answered(fake, &["logs", "--keep", "dlc9", "dlc1"], None).await;
    assert_eq!(exit, Exit::NotFound);
    assert_eq!(stdout, "dlc1ended  logs of all pods are kept\n");
    assert!(stderr.starts_with("error: no job dlc9\n"), "{stderr}");
}
