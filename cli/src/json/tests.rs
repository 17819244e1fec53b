use super::*;
use crate::view::sample;
use pai_proto::v1::stop_job_response::Outcome;

#[test]
fn a_job_in_full() {
    insta::assert_snapshot!(
        "job",
        pretty(&JobDetail::new(
            &sample::running(),
            "",
            Some(&sample::log())
        ))
    );
    insta::assert_snapshot!(
        "failed",
        pretty(&JobDetail::new(&sample::failed(), "throttled", None))
    );
}

#[test]
fn a_submit_that_is_not_confirmed_is_called_by_its_uid() {
    let submitted = Submitted::new(&sample::unconfirmed(), false, &["the quota is full".into()]);
    insta::assert_snapshot!("submitted", pretty(&submitted));
}

#[test]
fn a_stop() {
    insta::assert_snapshot!(
        "stopped",
        pretty(&Stopped::new(&sample::running(), Outcome::Requested))
    );
}

#[test]
fn the_results_of_a_wait() {
    let reached = v1::WaitResult {
        id: "dlc1ended".into(),
        job: Some(sample::succeeded()),
        reached: true,
        milestone: sample::running().milestones.pop(),
        ..Default::default()
    };
    let lost = v1::WaitResult {
        id: "dlc1lost".into(),
        log_note: "its log could not be read".into(),
        ..Default::default()
    };
    let results = [Waited::new(&reached, true), Waited::new(&lost, true)];
    insta::assert_snapshot!("waited", pretty(&results));
}

#[test]
fn what_the_daemon_commands_say() {
    let started = DaemonStarted {
        running: true,
        started: true,
        pid: 7,
        socket: "/run/s".into(),
    };
    let stopped = DaemonStopped {
        running: false,
        stopped: true,
        pid: Some(7),
    };
    let error = CliError::Client(pai_proto::ClientError::Unreachable {
        socket: "/run/s".into(),
        reason: "refused".into(),
    });
    let absent = DaemonStatus::absent(std::path::Path::new("/run/s"), &error);
    insta::assert_snapshot!(
        "daemon",
        [pretty(&started), pretty(&stopped), pretty(&absent)].join("\n")
    );
}

#[test]
fn phases_and_kinds_are_lower_case_words() {
    assert_eq!(phase(v1::Phase::Unconfirmed), "unconfirmed");
    assert_eq!(kind(v1::ErrorKind::ClockSkew), "clock_skew");
}

#[test]
fn a_time_is_rfc_3339_in_utc() {
    assert_eq!(
        time(Some(sample::NOW)).as_deref(),
        Some("2026-11-20T12:03:04Z")
    );
    assert_eq!(
        time(Some(sample::NOW + 7)).as_deref(),
        Some("2026-11-20T12:03:04.007Z")
    );
    assert_eq!(time(Some(0)), None);
    assert_eq!(time(None), None);
}
