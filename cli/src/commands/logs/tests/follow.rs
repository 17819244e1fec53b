//! Following a log to the job's result.

use std::sync::{Arc, Mutex};

use pai_proto::v1::{ErrorDetail, LogGap, LogGoingAway, LogJobEnded, Phase, Stale};

use super::*;

#[tokio::test]
async fn a_follow_says_what_it_waits_for_and_what_became_of_the_job() {
    let queued = || Job {
        phase: Phase::Queued.into(),
        status: "Queuing".into(),
        running_at_ms: None,
        ..alone()
    };
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one"]), ended("")]];
    let fake = Fake {
        later: Some(finished()),
        ..daemon(queued(), logs())
    };
    let (exit, stdout, stderr) = run(fake, &["logs", "-f", "dlc1"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "one\n"));
    assert_eq!(
        stderr,
        "dlc1running is Queuing; its log begins when it runs\ndlc1running Succeeded\n"
    );
    let line = ["logs", "dlc1running"];
    let (exit, stdout, stderr) = run(daemon(queued(), vec![vec![ended("")]]), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, ""));
    assert!(stderr.starts_with("dlc1running is Queuing and has no log yet"));
}

#[tokio::test]
async fn the_result_of_the_job_is_the_exit_code_of_a_follow_and_of_no_other() {
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one"]), ended("")]];
    let of = |phase: Phase, status: &str| Job {
        phase: phase.into(),
        status: status.into(),
        ..finished()
    };
    let unknown = Job {
        result_unknown: true,
        ..of(Phase::Running, "Running")
    };
    for (job, expected) in [
        (of(Phase::Succeeded, "Succeeded"), Exit::Ok),
        (of(Phase::Failed, "Failed"), Exit::Failed),
        (of(Phase::Stopped, "Stopped"), Exit::Stopped),
        (of(Phase::Gone, "Running"), Exit::Gone),
        (unknown, Exit::Gone),
    ] {
        let told = format!("dlc1running {}\n", crate::view::word::of_job(&job));
        let ran = run(daemon(job.clone(), logs()), &["logs", "-f", "dlc1"]).await;
        assert_eq!(ran.0, expected, "{told}");
        assert!(ran.2.ends_with(&told), "{told}: {}", ran.2);
        // How a job ended is no failure of its log.
        let (exit, _, stderr) = run(daemon(job, logs()), &["logs", "dlc1"]).await;
        assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    }
}

#[tokio::test]
async fn a_job_that_is_not_known_to_have_ended_with_its_log_is_waited_for() {
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one"]), ended("")]];
    let failed = Job {
        native_id: "dlc1running".into(),
        ..sample::failed()
    };
    let fake = Fake {
        frames: becomes(failed),
        ..daemon(alone(), logs())
    };
    let (exit, stdout, stderr) = run(fake, &["logs", "-f", "dlc1"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Failed, "one\n"));
    assert_eq!(
        stderr,
        "dlc1running Failed (OOMKilled: worker-0 was killed)\n"
    );
    let mut frames = becomes(alone());
    if let wait_jobs_response::Frame::Ended(ended) = &mut frames[0] {
        ended.results[0].job = None;
    }
    let fake = Fake {
        frames,
        ..daemon(alone(), logs())
    };
    let (exit, _, stderr) = run(fake, &["logs", "-f", "dlc1"]).await;
    assert_eq!(
        (exit, stderr.as_str()),
        (Exit::Gone, "dlc1running is gone\n")
    );
}

#[tokio::test]
async fn a_follow_of_a_log_without_lines_says_so_at_its_end() {
    let complete = Frame::Ended(LogEnded {
        complete: true,
        ..Default::default()
    });
    let line = ["logs", "-f", "dlc1failed"];
    let (exit, stdout, stderr) = run(daemon(sample::failed(), vec![vec![complete]]), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Failed, ""));
    assert_eq!(
        stderr,
        "dlc1failed is Failed and has no lines\ndlc1failed Failed (OOMKilled: worker-0 was killed)\n"
    );
}

#[tokio::test]
async fn a_follow_goes_on_over_restarts_of_daemon_and_pod_and_tells_them() {
    let gap = LogGap {
        pod_id: "dlc1running-worker-0".into(),
        pod_uid: "b".into(),
        reason: "too many lines".into(),
        cursor: "gap".into(),
        ..Default::default()
    };
    let stale = |since_ms| {
        Frame::Stale(Stale {
            since_ms,
            reason: "throttled".into(),
            ..Default::default()
        })
    };
    let going = LogGoingAway {
        reason: "it was asked to".into(),
        cursor: "going".into(),
    };
    let fake = daemon(
        alone(),
        vec![
            vec![chunk("worker-0", "a", 1, &["one"])],
            vec![
                chunk("worker-0", "b", 1, &["two"]),
                Frame::Gap(gap),
                stale(Some(sample::NOW)),
                stale(None),
                Frame::GoingAway(going),
            ],
            vec![
                chunk("worker-0", "b", 9, &["three"]),
                ended("the last lines are not there"),
            ],
        ],
    );
    let fake = Fake {
        later: Some(finished()),
        ..fake
    };
    let followed = fake.followed.clone();
    let (exit, stdout, stderr) = run(fake, &["logs", "-f", "dlc1"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Ok, "one\ntwo\nthree\n"));
    let told: Vec<_> = stderr.lines().collect();
    let expected = [
        "the connection to the daemon broke (the stream ended without a last word); trying again",
        "the daemon is back",
        "──── worker-0 began anew ────",
        "lines of worker-0 may be missing here: too many lines",
        ": throttled; trying again",
        "the log is up to date again",
        "the connection to the daemon broke (it was asked to); trying again",
        "the daemon is back",
        "the last lines are not there",
        "dlc1running Succeeded",
    ];
    assert_eq!(told.len(), expected.len(), "{stderr}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.ends_with(expected), "{told:?}: {expected:?}");
    }
    let followed = followed.lock().unwrap();
    let cursors: Vec<_> = followed.iter().map(|request| &request.cursor[..]).collect();
    assert_eq!(cursors, [&b""[..], b"worker-0 a 1", b"going"]);
}

#[tokio::test]
async fn a_refusal_is_told_behind_the_lines_before_it() {
    let refusing = Fake {
        refusal: Some(ErrorDetail {
            kind: pai_proto::v1::ErrorKind::NotFound.into(),
            message: "no job dlc9".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let ran = run(refusing, &["logs", "-f", "dlc9"]).await;
    assert_eq!(
        ran,
        (Exit::NotFound, String::new(), "error: no job dlc9\n".into())
    );
}

#[tokio::test]
async fn a_job_that_was_unconfirmed_at_first_is_asked_for_again() {
    let logs = vec![vec![chunk("worker-0", "a", 1, &["one"]), ended("")]];
    let fake = Fake {
        later: Some(finished()),
        ..daemon(sample::unconfirmed(), logs)
    };
    let (_, stdout, stderr) = run(fake, &["logs", "-f", "uid-3"]).await;
    // How many pods it has was unknown at the start.
    assert_eq!(stdout, "[worker-0] one\n");
    assert!(stderr.starts_with("uid-3 is unconfirmed; "), "{stderr}");
    assert!(stderr.ends_with("dlc1running Succeeded\n"), "{stderr}");
}

/// The follow has no end of its own here.
#[tokio::test]
async fn a_reader_that_went_away_ends_the_follow_quietly_and_a_full_disk_does_not() {
    let fake = || daemon(alone(), vec![vec![chunk("worker-0", "a", 1, &["one"])]]);
    let (exit, stderr) = run_to(
        fake(),
        &["logs", "-f", "dlc1"],
        Broken(ErrorKind::BrokenPipe),
    )
    .await;
    assert_eq!((exit, stderr.as_str()), (Exit::ReaderLeft, ""));
    let full = Broken(ErrorKind::StorageFull);
    let (exit, stderr) = run_to(fake(), &["logs", "-f", "dlc1"], full).await;
    assert_eq!(exit, Exit::Error);
    assert!(
        stderr.starts_with("error: cannot write the log: "),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_reader_that_went_away_hides_no_result_that_is_known_and_is_no_failure_without_a_follow()
{
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one"])]];
    let gone = || Broken(ErrorKind::BrokenPipe);
    let over = daemon(sample::failed(), logs());
    let (exit, _) = run_to(over, &["logs", "-f", "dlc1"], gone()).await;
    assert_eq!(exit, Exit::Failed);
    let ends = vec![Frame::JobEnded(Box::new(LogJobEnded {
        job: Some(sample::failed()),
        behind: false,
    }))];
    let ends = daemon(alone(), vec![[ends, logs().remove(0)].concat()]);
    let (exit, stderr) = run_to(ends, &["logs", "-f", "dlc1"], gone()).await;
    assert_eq!(exit, Exit::Failed);
    let told = "dlc1failed Failed; waiting for the last lines of its log\n";
    assert!(stderr.ends_with(told), "{stderr}");
    let (exit, _) = run_to(daemon(alone(), logs()), &["logs", "dlc1"], gone()).await;
    assert_eq!(exit, Exit::Ok);
}

/// Takes one byte at a time: whoever does not wait for it has every chance to be first.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<Vec<u8>>>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        std::thread::yield_now();
        self.0.lock().unwrap().extend(bytes.first());
        Ok(bytes.len().min(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_is_said_stands_where_it_belongs_between_the_lines() {
    let long = "x".repeat(5_000);
    let logs = vec![vec![
        chunk("worker-0", "a", 1, &[&long]),
        chunk("worker-0", "b", 1, &[&long]),
        ended(""),
    ]];
    let terminal = Slow::default();
    let line = ["logs", "-f", "dlc1"];
    let daemon = Fake {
        later: Some(finished()),
        ..daemon(alone(), logs)
    };
    assert_eq!(
        run_with(daemon, &line, terminal.clone(), terminal.clone()).await,
        Exit::Ok
    );
    let shown = String::from_utf8(terminal.0.lock().unwrap().clone()).unwrap();
    let expected = [
        "──── worker-0 began anew ────",
        &long,
        "dlc1running Succeeded",
    ]
    .join("\n");
    assert_eq!(shown, format!("{long}\n{expected}\n"));
}
