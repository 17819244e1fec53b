use std::collections::VecDeque;

use pai_proto::v1::{Job, Stale, WaitResult};
use serde_json::{Value, json};

use super::*;
use crate::tests::sample::{self, NOON, change, present};

/// Updates at their times, counted from the beginning.
struct Script(Instant, VecDeque<(u64, WaitUpdate)>);

impl Updates for Script {
    async fn next(&mut self) -> Option<Result<WaitUpdate, ClientError>> {
        let (second, _) = self.1.front()?;
        tokio::time::sleep_until(self.0 + Duration::from_secs(*second)).await;
        self.1.pop_front().map(|(_, update)| Ok(update))
    }
}

/// What was told, and in which second.
#[derive(Default)]
struct Told(Vec<(u64, String)>, Option<Instant>);

impl Tell for Told {
    async fn tell(&mut self, message: &str) {
        let begun = self.1.expect("it has begun");
        self.0.push((begun.elapsed().as_secs(), message.into()));
    }
}

async fn told(script: impl IntoIterator<Item = (u64, WaitUpdate)>) -> (Vec<(u64, String)>, News) {
    let begun = Instant::now();
    let mut script = Script(begun, script.into_iter().collect());
    let (mut news, mut told) = (News::default(), Told(Vec::new(), Some(begun)));
    watch(&mut script, &mut news, &mut told, begun)
        .await
        .unwrap();
    (told.0, news)
}

fn changed(change: pai_proto::v1::Change) -> WaitUpdate {
    WaitUpdate::Change(Box::new(change))
}

fn ended() -> WaitUpdate {
    WaitUpdate::Ended(WaitEnded::default())
}

fn queued() -> Job {
    Job {
        name: "me-train".into(),
        status: "Queuing".into(),
        phase: Phase::Queued.into(),
        ..sample::running()
    }
}

fn says(second: u64, text: &str) -> (u64, String) {
    (second, text.into())
}

#[tokio::test(start_paused = true)]
async fn changes_are_told_as_they_come_and_life_every_ten_seconds() {
    let runs = change(
        &queued(),
        2,
        ("Queuing", Phase::Queued),
        ("Running", Phase::Running),
    );
    let (said, _) = told([
        (0, changed(present(queued()))),
        (13, changed(runs)),
        (31, ended()),
    ])
    .await;
    assert_eq!(
        said,
        [
            says(0, "me-train: Queuing"),
            says(10, "waiting for 10 s: me-train Queuing"),
            says(13, "me-train: Queuing → Running"),
            says(20, "waiting for 20 s: me-train Running"),
            says(30, "waiting for 30 s: me-train Running"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_is_away_is_told_once_and_so_is_its_return() {
    let (said, news) = told([
        (1, WaitUpdate::Reconnecting("broken pipe".into())),
        (12, WaitUpdate::Reconnected),
        (13, ended()),
    ])
    .await;
    assert_eq!(
        said,
        [
            says(1, "the daemon is away; trying again"),
            says(10, "waiting for 10 s: the daemon is away; trying again"),
            says(12, "the daemon is back; still waiting"),
        ]
    );
    assert!(!news.is_away());
}

#[tokio::test(start_paused = true)]
async fn old_data_is_told_once_and_so_is_its_end() {
    let stale = |since_ms| {
        WaitUpdate::Stale(Stale {
            since_ms,
            reason: "no route".into(),
            ..Stale::default()
        })
    };
    let (said, news) = told([
        (1, stale(Some(NOON))),
        (2, stale(Some(NOON))),
        (3, stale(None)),
        (4, stale(Some(NOON))),
        (5, ended()),
    ])
    .await;
    let since =
        "the cloud has not been reached since 2026-11-20T12:03:04Z (no route); still waiting";
    assert_eq!(
        said,
        [
            says(1, since),
            says(3, "the cloud is reached again"),
            says(4, since)
        ]
    );
    let waited = answer("terminal", None, &news);
    assert_eq!(waited["stale_since"], "2026-11-20T12:03:04Z");
    assert_eq!(waited["stale_reason"], "no route");
}

#[tokio::test(start_paused = true)]
async fn several_jobs_are_counted_by_status() {
    let named = |number: u32, job: Job| {
        let uid = format!("uid-{number}");
        changed(present(Job { uid, ..job }))
    };
    let (said, _) = told([
        (0, named(1, queued())),
        (0, named(2, sample::running())),
        (0, named(3, queued())),
        (11, ended()),
    ])
    .await;
    assert_eq!(
        said.last().unwrap().1,
        "waiting for 10 s: 2 Queuing, 1 Running"
    );
}

#[test]
fn a_slice_ends_within_fifty_seconds_of_the_call() {
    let begun = Instant::now();
    let s = Duration::from_secs;
    let asked = |timeout_s: Option<u32>| {
        let args = Args {
            timeout_s,
            ..args(&["dlc1"])
        };
        args.request().unwrap().0
    };
    for (timeout_s, connected, end) in [
        (None, s(0), s(49)),
        (None, s(7), s(49)),
        (Some(3), s(2), s(5)),
        (Some(3_600), s(0), s(49)),
        (Some(0), s(2), s(2) + ONCE),
    ] {
        let now = begun + connected;
        assert_eq!(
            end_of_slice(begun, now, asked(timeout_s)),
            begun + end,
            "{timeout_s:?}"
        );
    }
    assert!(s(49) + LAST_WORD <= s(50));
}

fn args(ids: &[&str]) -> Args {
    Args {
        job_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        until: None,
        mode: None,
        timeout_s: None,
    }
}

#[test]
fn what_is_waited_for_reaches_the_daemon() {
    let asked = |until: Option<&str>, mode| {
        let args = Args {
            until: until.map(Into::into),
            mode,
            ..args(&["dlc1", "@last"])
        };
        args.request().unwrap().1
    };
    let default = asked(None, None);
    assert_eq!(default.ids, ["dlc1", "@last"]);
    assert_eq!(default.mode(), WireMode::All);
    assert_eq!(default.condition, Some(Condition::Terminal(Terminal {})));
    let running = asked(Some(" Running "), Some(Mode::Any));
    assert_eq!(running.mode(), WireMode::Any);
    assert_eq!(
        running.condition,
        Some(Condition::Phase(Phase::Running.into()))
    );
    let word = asked(Some("EnvPreparing"), Some(Mode::All));
    assert_eq!(
        word.condition,
        Some(Condition::Status("EnvPreparing".into()))
    );

    let line = asked(Some(" log:/loss 0/i "), None);
    assert_eq!(
        line.condition,
        Some(Condition::LogPattern("(?i)loss 0".into()))
    );
    let half = Args {
        until: Some("log:loss".into()),
        ..args(&["dlc1"])
    };
    let refused = half.request().unwrap_err();
    assert!(
        refused.text().contains("log:/epoch 3"),
        "{}",
        refused.text()
    );

    let many = vec!["dlc1"; JOBS_MAX + 1];
    assert!(
        args(&many)
            .request()
            .unwrap_err()
            .text()
            .contains("50 jobs at most")
    );
    assert!(args(&[]).request().is_err());
}

fn answer(until: &str, ended: Option<WaitEnded>, news: &News) -> Value {
    serde_json::to_value(outcome::of(until, &["@last".into()], ended, news)).unwrap()
}

#[test]
fn an_end_is_told_job_by_job() {
    let result = |id: &str, job: Option<Job>, reached, unreachable| WaitResult {
        id: id.into(),
        job,
        reached,
        unreachable,
        milestone: None,
        ..Default::default()
    };
    let ended = WaitEnded {
        met: false,
        timed_out: false,
        results: vec![
            result("dlc1running", Some(sample::running()), true, false),
            result("dlc2", Some(sample::failed()), false, true),
            result("lost", None, false, true),
        ],
        cursor: None,
    };
    let waited = answer("EnvPreparing", Some(ended), &News::default());
    assert_eq!(waited["done"], true, "nothing is left to wait for");
    assert_eq!(waited["met"], false);
    assert!(waited.get("timed_out").is_none());
    let jobs = &waited["jobs"];
    assert_eq!(jobs[0]["reached"], true);
    assert!(jobs[0].get("unreachable").is_none());
    assert_eq!(jobs[1]["unreachable"], true);
    assert_eq!(jobs[1]["result"], "failed");
    assert_eq!(
        jobs[2],
        json!({"job_id": "lost", "status": "gone", "unreachable": true})
    );
    let hint = waited["hint"].as_str().unwrap();
    assert!(hint.contains("never reached EnvPreparing"), "{hint}");
    assert!(
        hint.contains(r#"pai_job_logs {"job_id": "dlc1running"}"#),
        "{hint}"
    );
}

#[test]
fn many_jobs_are_told_in_short() {
    let result = WaitResult {
        job: Some(sample::failed()),
        reached: true,
        ..Default::default()
    };
    let of = |count| {
        let ended = WaitEnded {
            met: true,
            results: vec![result.clone(); count],
            ..Default::default()
        };
        answer("terminal", Some(ended), &News::default())
    };
    assert!(of(10)["jobs"][0]["reason"].is_string());
    let many = of(JOBS_MAX);
    assert_eq!(many["jobs"][0]["result"], "failed");
    assert!(many["jobs"][0].get("reason").is_none());
    assert!(
        many.to_string().len() < 11_000,
        "{}",
        many.to_string().len()
    );
}

#[test]
fn a_line_is_told_clean_and_not_without_end() {
    let result = |line: String| WaitResult {
        job: Some(sample::running()),
        reached: true,
        line_pod_id: "dlc1running-worker-0".into(),
        line,
        ..Default::default()
    };
    let of = |results: Vec<WaitResult>| {
        let ended = WaitEnded {
            met: true,
            results,
            ..Default::default()
        };
        answer("log:/loss/", Some(ended), &News::default())
    };
    let one = of(vec![result("50%\r loss\u{1b}[2J 0.5".into())]);
    assert_eq!(one["jobs"][0]["line"], "50%  loss 0.5");
    assert_eq!(one["jobs"][0]["line_pod_id"], "dlc1running-worker-0");
    assert!(one.get("hint").is_none(), "{one}");
    let many = of(vec![result("x".repeat(4_096)); JOBS_MAX]);
    assert!(
        many.to_string().len() < 25_000,
        "{}",
        many.to_string().len()
    );
}

#[test]
fn who_ended_without_the_line_is_told() {
    let ended = WaitEnded {
        results: vec![WaitResult {
            job: Some(sample::failed()),
            unreachable: true,
            ..Default::default()
        }],
        ..Default::default()
    };
    let waited = answer("log:/loss/", Some(ended), &News::default());
    let hint = waited["hint"].as_str().unwrap();
    assert!(hint.contains("never printed log:/loss/"), "{hint}");
    assert!(hint.contains("pai_job_logs"), "{hint}");
}

#[test]
fn that_a_line_was_never_printed_is_not_said_of_a_log_that_is_not_known_whole() {
    let ended = WaitEnded {
        results: vec![WaitResult {
            id: "dlc1".into(),
            unreachable: true,
            log_note: "lines of its log were dropped".into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let waited = answer("log:/loss/", Some(ended), &News::default());
    assert_eq!(
        waited["hint"],
        "dlc1 has ended; no line matches log:/loss/ in what is known of its log (lines of its log were dropped)"
    );
    assert_eq!(
        waited["jobs"][0]["log_note"],
        "lines of its log were dropped"
    );
}

#[test]
fn success_needs_no_advice() {
    let ended = WaitEnded {
        met: true,
        timed_out: true,
        results: vec![WaitResult {
            job: Some(sample::running()),
            reached: true,
            ..Default::default()
        }],
        cursor: None,
    };
    let waited = answer("running", Some(ended), &News::default());
    assert_eq!(
        (&waited["done"], &waited["met"]),
        (&json!(true), &json!(true))
    );
    assert!(
        waited.get("hint").is_none() && waited.get("timed_out").is_none(),
        "{waited}"
    );
}

#[test]
fn what_is_not_there_yet_is_answered_with_what_was_seen_last() {
    let mut news = News::default();
    news.line(&changed(present(queued())));
    news.line(&WaitUpdate::Reconnecting(String::new()));
    let away = answer("terminal", None, &news);
    assert_eq!(away["done"], false);
    assert_eq!(away["timed_out"], true);
    assert_eq!(away["jobs"][0]["status"], "Queuing");
    assert!(
        away["hint"]
            .as_str()
            .unwrap()
            .contains("the daemon is away")
    );
    let silent = WaitEnded {
        timed_out: true,
        ..Default::default()
    };
    let told = answer("terminal", Some(silent), &news);
    assert_eq!(told, away, "the wait of the client said the same");
}

#[test]
fn a_status_that_may_never_come_is_told() {
    let hint = |until| {
        let not_yet = WaitEnded {
            timed_out: true,
            ..Default::default()
        };
        answer(until, Some(not_yet), &News::default())["hint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for known in ["terminal", "Terminal", "running", "EnvPreparing"] {
        assert!(hint(known).ends_with("with the same arguments"), "{known}");
    }
    assert!(hint("finished").contains("finished is not a status that PAI-DLC documents"));
}
