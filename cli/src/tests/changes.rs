//! Stops, deletes and other changes of jobs.

use pai_proto::v1::{UpdateJobRequest, UpdateJobResponse, update_job_response};

use super::*;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// Knows every job but `dlc9`.
fn daemon() -> Fake {
    Fake {
        job: sample::running(),
        outcome: Outcome::Requested,
        unknown: vec!["dlc9"],
        ..Default::default()
    }
}

#[tokio::test]
async fn of_several_stops_the_first_failure_is_the_exit_code_and_holds_up_none() {
    let line = ["stop", "dlc1", "dlc9", "dlc2"];
    let fake = daemon();
    let heard = fake.heard.clone();
    let (exit, stdout, stderr) = run(Some(fake), &line).await;
    assert_eq!(exit, Exit::NotFound);
    assert_eq!(stdout, "dlc1running  stop requested\n".repeat(2));
    assert_eq!(stderr, "error: no job dlc9\n");
    let stops = ["dlc1", "dlc9", "dlc2"].map(|id| Call::Stop(id.into()));
    assert_eq!(heard.calls(), stops);
    let line = ["--json", "stop", "dlc1", "dlc9"];
    let (exit, stdout, stderr) = run(Some(daemon()), &line).await;
    assert_eq!((exit, stderr.as_str()), (Exit::NotFound, ""));
    let read = json(&stdout);
    assert_eq!(read[0]["outcome"], "requested");
    assert_eq!(read[1]["id"], "dlc9");
    assert_eq!(read[1]["error"]["kind"], "not_found");
    // One alone is an object, as ever.
    let (_, stdout, _) = run(Some(daemon()), &["--json", "stop", "dlc1"]).await;
    assert_eq!(json(&stdout)["outcome"], "requested");
    let (exit, stdout, stderr) = run(Some(daemon()), &["--json", "stop", "dlc9"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::NotFound, ""));
    assert_eq!(json(&stderr)["error"]["kind"], "not_found");
}

#[tokio::test]
async fn a_stop_may_wait_for_the_end_whatever_that_is() {
    let stopping = || {
        let end = pai_proto::v1::Job {
            phase: Phase::Failed.into(),
            status: "Failed".into(),
            ..sample::running()
        };
        Fake {
            frames: vec![ended(end)],
            ..daemon()
        }
    };
    let fake = stopping();
    let heard = fake.heard.clone();
    let (exit, stdout, _) = run(Some(fake), &["stop", "--wait", "@last"]).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(stdout, "dlc1running  stop requested\ndlc1running  Failed\n");
    match &heard.calls()[..] {
        [Call::Stop(_), Call::Wait(request)] => assert_eq!(request.ids, ["dlc1running"]),
        other => panic!("{other:?}"),
    }
    let line = ["--json", "stop", "--wait", "dlc1", "dlc9"];
    let (exit, stdout, _) = run(Some(stopping()), &line).await;
    assert_eq!(exit, Exit::NotFound);
    let read = json(&stdout);
    assert_eq!(
        (&read[0]["outcome"], &read[0]["status"]),
        (&"requested".into(), &"Failed".into())
    );
    // Nothing is left to wait for.
    for outcome in [Outcome::AlreadyEnded, Outcome::NotSent] {
        let fake = Fake {
            outcome,
            ..daemon()
        };
        let heard = fake.heard.clone();
        let (exit, ..) = run(Some(fake), &["stop", "--wait", "dlc1"]).await;
        assert_eq!(exit, Exit::Ok);
        assert_eq!(heard.calls().len(), 1, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_delete_shows_and_asks_and_deletes_what_it_has_shown() {
    let fake = daemon();
    let heard = fake.heard.clone();
    let (exit, stdout, stderr) = run_before("y", fake, &["delete", "@last", "dlc9", "dlc1"]).await;
    assert_eq!(exit, Exit::NotFound);
    assert_eq!(stdout, "dlc1running  deleted (was Running)\n".repeat(2));
    assert_eq!(
        stderr,
        "dlc1running  demo-train-20261120-x7k2  Running\nerror: no job dlc9\n\
         dlc1running  demo-train-20261120-x7k2  Running\ndelete 2 jobs for good? [y/N] "
    );
    let shown = || Call::Delete("dlc1running".into());
    assert_eq!(heard.calls(), [shown(), shown()]);
    for typed in ["", "n", "no"] {
        let fake = daemon();
        let heard = fake.heard.clone();
        let (exit, stdout, stderr) = run_before(typed, fake, &["delete", "dlc1"]).await;
        assert_eq!((exit, stdout.as_str()), (Exit::Error, ""));
        assert!(stderr.ends_with("error: nothing was deleted\n"), "{stderr}");
        assert_eq!(heard.calls(), []);
    }
}

#[tokio::test]
async fn without_a_terminal_a_delete_needs_a_yes() {
    for line in [&["delete", "dlc1"][..], &["publish", "dlc1"]] {
        let fake = daemon();
        let heard = fake.heard.clone();
        let (exit, stdout, stderr) = run(Some(fake), line).await;
        assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
        assert!(stderr.contains("hint: add --yes"), "{stderr}");
        assert_eq!(heard.all(), [], "nobody is even asked");
    }
    let fake = daemon();
    let heard = fake.heard.clone();
    let (exit, stdout, _) = run(Some(fake), &["--json", "delete", "--yes", "@last"]).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(json(&stdout)["deleted"], true);
    assert_eq!(heard.calls(), [Call::Delete("@last".into())]);
}

fn answering(outcome: update_job_response::Outcome, note: &str) -> Fake {
    Fake {
        updated: UpdateJobResponse {
            outcome: outcome.into(),
            note: note.into(),
            ..Default::default()
        },
        ..daemon()
    }
}

#[tokio::test]
async fn a_change_that_does_not_show_is_accepted_and_not_applied() {
    use update_job_response::Outcome::{Accepted, Applied, Unspecified};
    let line = ["priority", "dlc1", "7"];
    let fake = answering(Applied, "");
    let heard = fake.heard.clone();
    let ran = run(Some(fake), &line).await;
    assert_eq!(
        ran,
        (Exit::Ok, "dlc1running  priority 7\n".into(), String::new())
    );
    let request = UpdateJobRequest {
        id: "dlc1".into(),
        priority: Some(7),
        publish: false,
    };
    assert_eq!(heard.calls(), [Call::Update(request)]);
    let note = "a job that runs keeps its priority";
    let (exit, stdout, stderr) = run(Some(answering(Accepted, note)), &line).await;
    assert_eq!(exit, Exit::Error);
    assert_eq!(stdout, "dlc1running  accepted, not applied\n");
    assert_eq!(stderr, format!("{note}\n"));
    let line = ["--json", "priority", "dlc1", "7"];
    let (exit, stdout, stderr) = run(Some(answering(Accepted, note)), &line).await;
    assert_eq!((exit, stderr.as_str()), (Exit::Error, ""));
    let read = json(&stdout);
    assert_eq!(
        (&read["outcome"], &read["note"]),
        (&"accepted".into(), &note.into())
    );
    assert_eq!(read["priority"], 5);
    let (exit, _, stderr) = run(Some(answering(Unspecified, "")), &line).await;
    assert_eq!(exit, Exit::Error);
    assert_eq!(json(&stderr)["error"]["kind"], "protocol");
    let usage = Cli::try_parse_from(["paictl", "priority", "dlc1", "0"]).unwrap_err();
    assert_eq!(usage.exit_code(), 2);
}

#[tokio::test]
async fn a_publish_asks_for_it_cannot_be_taken_back() {
    let published = || answering(update_job_response::Outcome::Applied, "");
    let request = |id: &str| {
        Call::Update(UpdateJobRequest {
            id: id.into(),
            priority: None,
            publish: true,
        })
    };
    let fake = published();
    let heard = fake.heard.clone();
    let (exit, stdout, stderr) = run_before("y", fake, &["publish", "@last"]).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(
        stdout,
        "dlc1running  visible to every member of the workspace\n"
    );
    assert!(
        stderr.contains("(demo-train-20261120-x7k2)? it cannot be taken back [y/N]"),
        "{stderr}"
    );
    assert_eq!(heard.calls(), [request("dlc1running")]);
    let fake = published();
    let heard = fake.heard.clone();
    let (exit, _, stderr) = run_before("", fake, &["publish", "@last"]).await;
    assert_eq!((exit, heard.calls().len()), (Exit::Error, 0));
    assert!(
        stderr.ends_with("error: nothing was published\n"),
        "{stderr}"
    );
    let fake = published();
    let heard = fake.heard.clone();
    assert_eq!(
        run(Some(fake), &["publish", "--yes", "dlc1"]).await.0,
        Exit::Ok
    );
    assert_eq!(heard.calls(), [request("dlc1")]);
}
