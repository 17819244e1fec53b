use super::*;
use crate::{context::tests::context, view::sample};
use jiff::tz::TimeZone;
use pai_proto::v1::{Change, Event, EventKind, Phase, Stale};

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: WaitArgs,
}

fn parsed(words: &[&str]) -> Result<WaitArgs, clap::Error> {
    let words = std::iter::once("wait").chain(words.iter().copied());
    <Line as clap::Parser>::try_parse_from(words).map(|line| line.args)
}

fn args(words: &[&str]) -> WaitArgs {
    parsed(words).unwrap()
}

fn line(news: &mut news::News, update: WaitUpdate) -> Option<String> {
    news.line(&update, &TimeZone::UTC, sample::NOW)
}

fn event(kind: EventKind, from: (&str, Phase), to: (&str, Phase)) -> WaitUpdate {
    WaitUpdate::Change(Box::new(Change {
        event: Some(Event {
            kind: kind.into(),
            job_uid: "uid-1".into(),
            from_status: from.0.into(),
            from_phase: from.1.into(),
            to_status: to.0.into(),
            to_phase: to.1.into(),
            at_ms: Some(sample::NOW - 1000),
            observed_at_ms: sample::NOW,
            ..Default::default()
        }),
        job: Some(sample::running()),
        encoded: None,
    }))
}

#[test]
fn a_negative_timeout_is_no_duration() {
    for timeout in ["-1", "-1d"] {
        let usage = parsed(&["dlc1", "--timeout", timeout]).unwrap_err();
        assert_eq!(usage.exit_code(), 2);
        let (text, told) = (usage.to_string(), format!("`{timeout}` is no duration"));
        assert!(text.contains(&told) && !text.contains("tip:"), "{text}");
    }
}

#[test]
fn zero_looks_once_and_no_timeout_is_none() {
    assert_eq!(request(&args(&["dlc1"])).timeout_ms, 0);
    assert_eq!(request(&args(&["dlc1", "--timeout", "0"])).timeout_ms, 50);
    assert_eq!(
        request(&args(&["dlc1", "--timeout", "1m"])).timeout_ms,
        60_000
    );
}

#[test]
fn a_single_look_did_not_time_out() {
    assert_eq!(out_of_time(Some(Duration::ZERO)), "not there yet");
}

#[test]
fn the_target_and_mode_become_the_request() {
    let all = request(&args(&["dlc1", "dlc2"]));
    assert_eq!(all.mode(), Mode::All);
    assert_eq!(all.condition, Some(Condition::Terminal(Terminal {})));
    let running = request(&args(&["dlc1", "--for", "RUNNING", "--any"]));
    assert_eq!(running.mode(), Mode::Any);
    assert_eq!(
        running.condition,
        Some(Condition::Phase(Phase::Running.into()))
    );
    let status = request(&args(&["dlc1", "--for", "envpreparing"]));
    assert_eq!(
        status.condition,
        Some(Condition::Status("envpreparing".into()))
    );
    let line = request(&args(&["dlc1", "--for", "log:/loss 0/i"]));
    assert_eq!(
        line.condition,
        Some(Condition::LogPattern("(?i)loss 0".into()))
    );
}

#[test]
fn every_change_is_one_line() {
    let mut news = news::News::default();
    let first = WaitUpdate::Change(Box::new(Change {
        event: None,
        job: Some(sample::running()),
        encoded: None,
    }));
    assert_eq!(
        line(&mut news, first).as_deref(),
        Some("11:58:03 demo-train-20261120-x7k2  Running")
    );
    let changed = event(
        EventKind::Status,
        ("Queuing", Phase::Queued),
        ("Running", Phase::Running),
    );
    assert_eq!(
        line(&mut news, changed).as_deref(),
        Some("12:03:03 demo-train-20261120-x7k2  Queuing → Running")
    );
    let confirmed = event(
        EventKind::Confirmed,
        ("", Phase::Unconfirmed),
        ("Creating", Phase::Pending),
    );
    assert_eq!(
        line(&mut news, confirmed).as_deref(),
        Some("12:03:03 demo-train-20261120-x7k2  unconfirmed → Creating")
    );
    let stop = event(
        EventKind::StopRequested,
        ("Running", Phase::Running),
        ("Running", Phase::Running),
    );
    assert_eq!(
        line(&mut news, stop).as_deref(),
        Some("12:03:03 demo-train-20261120-x7k2  stop requested")
    );
}

#[test]
fn a_first_line_without_a_known_time_has_none() {
    let first = WaitUpdate::Change(Box::new(Change {
        event: None,
        job: Some(sample::unconfirmed()),
        encoded: None,
    }));
    assert_eq!(
        line(&mut news::News::default(), first).as_deref(),
        Some("         demo-lost-20261120-aaaa  unconfirmed")
    );
}

#[test]
fn the_daemon_may_not_take_longer_than_the_wait() {
    for (timeout, expected) in [(None, 7), (Some(0), 1), (Some(3), 3), (Some(60), 7)] {
        let limit = patience(timeout.map(Duration::from_secs));
        assert_eq!(limit, Duration::from_secs(expected), "{timeout:?}");
    }
}

#[test]
fn a_failure_has_its_reason_and_a_success_needs_none() {
    let mut news = news::News::default();
    let mut told = |to| {
        let WaitUpdate::Change(mut change) =
            event(EventKind::Status, ("Running", Phase::Running), to)
        else {
            unreachable!("that is what it makes")
        };
        if let Some(event) = &mut change.event {
            event.reason = sample::failed().reason;
        }
        line(&mut news, WaitUpdate::Change(change)).unwrap_or_default()
    };
    let failed = told(("Failed", Phase::Failed));
    assert!(failed.ends_with("Running → Failed (OOMKilled: worker-0 was killed)"));
    let succeeded = told(("Succeeded", Phase::Succeeded));
    assert!(succeeded.ends_with("Running → Succeeded"));
}

#[test]
fn old_data_is_told_once_and_so_is_its_end() {
    let mut news = news::News::default();
    let old = || {
        WaitUpdate::Stale(Stale {
            since_ms: Some(sample::NOW - 180_000),
            reason: "throttled".into(),
            ..Default::default()
        })
    };
    let fresh = || WaitUpdate::Stale(Stale::default());
    assert_eq!(line(&mut news, fresh()), None);
    assert_eq!(
        line(&mut news, old()).as_deref(),
        Some("12:03:04 as of 3m ago: throttled; the wait goes on")
    );
    assert_eq!(line(&mut news, old()), None);
    assert_eq!(
        line(&mut news, fresh()).as_deref(),
        Some("12:03:04 the data is fresh again")
    );
    assert_eq!(line(&mut news, fresh()), None);
}

#[test]
fn the_end_is_one_line_per_job_on_stdout() {
    let (mut context, stdout, stderr) = context(false);
    let result = |job| WaitResult {
        job: Some(job),
        reached: true,
        ..Default::default()
    };
    let ended = WaitEnded {
        met: true,
        results: vec![result(sample::succeeded()), result(sample::failed())],
        ..Default::default()
    };
    let exit = conclude(&args(&["dlc1ended", "dlc1failed"]), &ended, &mut context);
    assert_eq!(exit, Exit::Failed);
    assert_eq!(stdout.text(), "dlc1ended Succeeded\ndlc1failed Failed\n");
    assert_eq!(stderr.text(), "");
}

#[test]
fn a_line_stands_beside_its_job_and_is_clean() {
    let (mut context, stdout, stderr) = context(false);
    let found = WaitResult {
        job: Some(sample::running()),
        reached: true,
        line_pod_id: "dlc1running-worker-0".into(),
        line: "loss\u{1b}[2J 0.5\tof 1".into(),
        ..Default::default()
    };
    let without = WaitResult {
        job: Some(sample::succeeded()),
        unreachable: true,
        ..Default::default()
    };
    let mut ended = WaitEnded {
        results: vec![found, without],
        ..Default::default()
    };
    let args = args(&["dlc1running", "dlc1ended", "--for", "log:/loss/"]);
    assert_eq!(conclude(&args, &ended, &mut context), Exit::Error);
    assert_eq!(
        stdout.text(),
        "dlc1running Running [worker-0] loss 0.5\tof 1\ndlc1ended Succeeded\n"
    );
    assert_eq!(stderr.text(), "dlc1ended Succeeded without such a line\n");
    ended.results[1].job = Some(sample::failed());
    assert_eq!(conclude(&args, &ended, &mut context), Exit::Failed);
    ended.results.remove(1);
    ended.met = true;
    assert_eq!(conclude(&args, &ended, &mut context), Exit::Ok);
}

#[test]
fn that_there_is_no_line_is_not_said_of_a_log_that_is_not_known_whole() {
    let ended = WaitEnded {
        results: vec![WaitResult {
            job: Some(sample::succeeded()),
            unreachable: true,
            log_note: "lines of its log were dropped".into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let args = args(&["dlc1ended", "--for", "log:/loss/"]);
    let (mut context, stdout, stderr) = context(false);
    assert_eq!(conclude(&args, &ended, &mut context), Exit::Error);
    assert_eq!(stdout.text(), "dlc1ended Succeeded\n");
    assert_eq!(
        stderr.text(),
        "dlc1ended Succeeded without such a line as far as its log is known: lines of its log were dropped\n"
    );
}

#[test]
fn of_a_progress_bar_the_state_that_matched_is_shown() {
    let shown = |start, end| {
        result_line(&WaitResult {
            job: Some(sample::running()),
            line_pod_id: "dlc1running-worker-0".into(),
            line: " 20%|##\r100%|####".into(),
            line_start: start,
            line_end: end,
            ..Default::default()
        })
    };
    assert_eq!(shown(0, 4), "dlc1running Running [worker-0]  20%|##");
    // An older daemon does not tell where it matched.
    assert_eq!(shown(0, 0), "dlc1running Running [worker-0] 100%|####");
}

#[test]
fn a_timeout_says_what_was_known_last() {
    let (mut context, stdout, stderr) = context(false);
    let mut news = news::News::default();
    let first = WaitUpdate::Change(Box::new(Change {
        event: None,
        job: Some(sample::running()),
        encoded: None,
    }));
    line(&mut news, first);
    let ended = WaitEnded {
        timed_out: true,
        results: news.last_known(),
        ..Default::default()
    };
    let args = args(&["dlc1running", "--timeout", "90"]);
    assert_eq!(conclude(&args, &ended, &mut context), Exit::TimedOut);
    assert_eq!(stdout.text(), "dlc1running Running\n");
    assert_eq!(stderr.text(), "timed out after 1m30s; jobs are untouched\n");
}
