use super::*;
use pai_proto::v1::ErrorDetail;

const ENDS: [(Phase, Exit); 5] = [
    (Phase::Succeeded, Exit::Ok),
    (Phase::Failed, Exit::Failed),
    (Phase::Stopped, Exit::Stopped),
    (Phase::Gone, Exit::Gone),
    (Phase::Unknown, Exit::Gone),
];

fn result(phase: Phase, reached: bool, unreachable: bool) -> WaitResult {
    WaitResult {
        job: Some(Job {
            phase: phase.into(),
            ..Default::default()
        }),
        reached,
        unreachable,
        ..Default::default()
    }
}

fn ended(met: bool, timed_out: bool, results: Vec<WaitResult>) -> WaitEnded {
    WaitEnded {
        met,
        timed_out,
        results,
        cursor: None,
    }
}

#[test]
fn a_wait_for_the_end_exits_with_the_worst_result() {
    let rank = [Exit::Ok, Exit::Gone, Exit::Stopped, Exit::Failed];
    let place = |exit| rank.iter().position(|other| *other == exit);
    for (first, first_exit) in ENDS {
        for (second, second_exit) in ENDS {
            let results = vec![result(first, true, false), result(second, true, false)];
            let exit = Exit::of_wait(&Target::Terminal, &ended(true, false, results));
            let worst = std::cmp::max_by_key(first_exit, second_exit, |exit| place(*exit));
            assert_eq!(exit, worst, "{first:?} and {second:?}");
        }
    }
}

#[test]
fn with_any_only_those_that_ended_count() {
    let results = vec![
        result(Phase::Running, false, false),
        result(Phase::Succeeded, true, false),
    ];
    assert_eq!(
        Exit::of_wait(&Target::Terminal, &ended(true, false, results)),
        Exit::Ok
    );
}

#[test]
fn an_unknown_result_is_not_a_success() {
    let mut unknown = result(Phase::Succeeded, true, false);
    if let Some(job) = &mut unknown.job {
        job.result_unknown = true;
    }
    let lost = WaitResult {
        reached: true,
        ..Default::default()
    };
    for result in [unknown, lost] {
        let ended = ended(true, false, vec![result]);
        assert_eq!(Exit::of_wait(&Target::Terminal, &ended), Exit::Gone);
    }
    let nothing = ended(true, false, vec![]);
    assert_eq!(Exit::of_wait(&Target::Terminal, &nothing), Exit::Gone);
}

#[test]
fn running_is_reached_whatever_came_after() {
    for (phase, _) in ENDS {
        let ended = ended(true, false, vec![result(phase, true, false)]);
        assert_eq!(Exit::of_wait(&Target::Running, &ended), Exit::Ok);
    }
}

#[test]
fn a_job_that_never_ran_exits_with_its_end() {
    for (phase, exit) in ENDS {
        let ended = ended(false, false, vec![result(phase, false, true)]);
        let expected = if exit == Exit::Ok { Exit::Error } else { exit };
        assert_eq!(Exit::of_wait(&Target::Running, &ended), expected);
    }
}

#[test]
fn whoever_runs_does_not_decide_for_one_that_never_will() {
    for (phase, exit) in ENDS {
        let expected = if exit == Exit::Ok { Exit::Error } else { exit };
        for running in [Phase::Running, Phase::Stopping, Phase::Failed] {
            let results = vec![result(running, true, false), result(phase, false, true)];
            let exit = Exit::of_wait(&Target::Running, &ended(false, false, results));
            assert_eq!(exit, expected, "{running:?} and {phase:?}");
        }
    }
}

#[test]
fn a_status_is_reached_or_not() {
    let target = Target::Status("EnvPreparing".into());
    for (phase, _) in ENDS {
        let met = ended(true, false, vec![result(phase, true, false)]);
        assert_eq!(Exit::of_wait(&target, &met), Exit::Ok);
        let missed = ended(false, false, vec![result(phase, false, true)]);
        assert_eq!(Exit::of_wait(&target, &missed), Exit::Error);
    }
}

#[test]
fn a_timeout_is_124_for_every_target_and_whatever_ended_before() {
    for target in [
        Target::Terminal,
        Target::Running,
        Target::Status("x".into()),
    ] {
        for results in [
            vec![],
            vec![
                result(Phase::Failed, true, false),
                result(Phase::Running, false, false),
            ],
        ] {
            let ended = ended(false, true, results);
            assert_eq!(Exit::of_wait(&target, &ended), Exit::TimedOut);
        }
    }
}

#[test]
fn every_failed_call_has_its_code() {
    let refused = |kind: ErrorKind| {
        ClientError::Refused(ErrorDetail {
            kind: kind.into(),
            ..Default::default()
        })
    };
    for kind in (0..=12).filter_map(|number| ErrorKind::try_from(number).ok()) {
        let expected = match kind {
            ErrorKind::Auth | ErrorKind::Permission => Exit::Auth,
            ErrorKind::NotFound => Exit::NotFound,
            _ => Exit::Error,
        };
        assert_eq!(Exit::of_error(&refused(kind)), expected, "{kind:?}");
    }
    let (socket, reason) = ("/run/s".into(), "refused".into());
    let unreachable = ClientError::Unreachable { socket, reason };
    assert_eq!(Exit::of_error(&unreachable), Exit::Daemon);
    let silent = ClientError::Silent {
        socket: "/run/s".into(),
    };
    assert_eq!(Exit::of_error(&silent), Exit::Daemon);
    let incompatible = ClientError::Incompatible {
        theirs: "2.0".into(),
        ours: "1.0".into(),
        daemon: "9".into(),
    };
    assert_eq!(Exit::of_error(&incompatible), Exit::Daemon);
    assert_eq!(
        Exit::of_error(&ClientError::Broken("x".into())),
        Exit::Daemon
    );
    assert_eq!(
        Exit::of_error(&ClientError::TooOld("x".into())),
        Exit::Daemon
    );
    assert_eq!(
        Exit::of_error(&ClientError::Protocol("x".into())),
        Exit::Error
    );
}

#[test]
fn the_topic_names_every_code() {
    for exit in [
        Exit::Ok,
        Exit::Error,
        Exit::Usage,
        Exit::Auth,
        Exit::NotFound,
        Exit::Daemon,
        Exit::Failed,
        Exit::Stopped,
        Exit::Gone,
        Exit::TimedOut,
        Exit::HungUp,
        Exit::Interrupted,
        Exit::ReaderLeft,
        Exit::Terminated,
    ] {
        let start = format!("{:>5}  ", exit as u8);
        assert!(
            TOPIC.lines().any(|line| line.starts_with(&start)),
            "{exit:?}"
        );
    }
}
