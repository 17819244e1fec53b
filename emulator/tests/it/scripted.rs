//! Logs that no process printed, and what the emulator knows of what it withheld.

use std::time::Duration;

use pai_emulator::{Clock, LogKeep, Options, ScriptedLine, Status, WithheldSecond};
use serde_json::Value;

use crate::client::{LIMIT, Setup};

/// A running job of one pod that prints nothing, below a clock that stands at second 1000.
struct Scripted {
    setup: Setup,
    job_id: String,
    pod_uid: String,
}

impl Scripted {
    async fn new(change: impl FnOnce(&mut Options)) -> Self {
        let setup = Setup::with(|options| {
            options.clock = Clock::stopped_at(1_000_000);
            change(options);
        })
        .await;
        let job_id = setup.submit("exec sleep infinity").await;
        let job = setup.reached(&job_id, Status::Running).await;
        Self {
            pod_uid: job.pods[0].pod_uid.clone(),
            setup,
            job_id,
        }
    }

    fn script(&self, lines: &[ScriptedLine]) {
        let control = &self.setup.control;
        control.script_log(&self.pod_uid, lines).unwrap();
    }

    fn advance(&self, ms: i64) {
        self.setup.control.clock().advance(ms);
    }

    async fn lines(&self, query: &[(&str, &str)]) -> Vec<String> {
        self.setup.client.lines(&self.job_id, query).await
    }

    /// The lines of one window of whole seconds.
    async fn window(&self, start: i64, end: i64, max_lines: &str) -> Vec<String> {
        let iso = |second| jiff::Timestamp::from_second(second).unwrap().to_string();
        let (start, end) = (iso(start), iso(end));
        let query = [
            ("StartTime", start.as_str()),
            ("EndTime", &end),
            ("MaxLines", max_lines),
        ];
        self.lines(&query).await
    }

    fn withheld(&self) -> Vec<i64> {
        let withheld = self.setup.control.withheld();
        assert!(withheld.iter().all(|each| each.pod_uid == self.pod_uid));
        withheld.iter().map(|each| each.second).collect()
    }
}

fn line(ms: i64, text: &str) -> ScriptedLine {
    ScriptedLine::new(ms, text)
}

#[tokio::test]
async fn scripted_lines_stand_where_their_second_puts_them() {
    let scripted = Scripted::new(|_| {}).await;
    scripted.script(&[line(990_500, "b"), line(995_000, "e"), line(990_100, "c")]);
    scripted.script(&[line(985_000, "a"), line(990_000, "d")]);
    assert_eq!(scripted.lines(&[]).await, ["a", "b", "c", "d", "e"]);
    assert_eq!(
        scripted.window(990, 990, "9").await,
        ["b", "c", "d"],
        "within a second the order is that of storing"
    );
}

#[tokio::test]
async fn scripted_lines_show_when_they_have_arrived() {
    let scripted = Scripted::new(|options| options.log_lag = Duration::from_secs(10)).await;
    scripted.script(&[
        line(990_000, "old"),
        line(990_001, "now"),
        line(999_000, "new"),
    ]);
    assert_eq!(scripted.lines(&[]).await, ["old"]);
    scripted.advance(1);
    assert_eq!(scripted.lines(&[]).await, ["old", "now"]);
    scripted.advance(9_000);
    assert_eq!(scripted.lines(&[]).await, ["old", "now", "new"]);
}

#[tokio::test]
async fn a_late_line_shows_later_among_those_of_its_second() {
    let scripted = Scripted::new(|_| {}).await;
    let late = line(980_000, "late").visible_at(1_000_001);
    scripted.script(&[line(980_000, "before"), late, line(980_000, "after")]);
    scripted.script(&[line(990_000, "next")]);
    assert_eq!(scripted.lines(&[]).await, ["before", "after", "next"]);
    scripted.advance(1);
    let all = ["before", "late", "after", "next"];
    assert_eq!(scripted.lines(&[]).await, all);
}

#[tokio::test]
async fn withheld_seconds_are_those_of_the_last_reading() {
    for keep in [LogKeep::Head, LogKeep::Tail] {
        let scripted = Scripted::new(|options| {
            options.log_keep = keep;
            options.max_lines = 3;
        })
        .await;
        let texts = ["1", "2", "3", "4"].map(|text| line(990_000, text));
        scripted.script(&texts);
        scripted.script(&texts[..3]);
        scripted.script(&[line(991_000, "5"), line(991_000, "6")]);
        scripted.window(980, 999, "3").await;
        assert!(scripted.withheld().is_empty(), "of many seconds");
        assert_eq!(scripted.window(991, 991, "2").await, ["5", "6"]);
        assert!(scripted.withheld().is_empty(), "full, and nothing left out");
        scripted.window(991, 991, "1").await;
        assert_eq!(scripted.window(990, 990, "9").await.len(), 3);
        assert_eq!(scripted.withheld(), [990, 991]);
        scripted.window(990, 991, "3").await;
        scripted.window(991, 991, "2").await;
        assert_eq!(scripted.withheld(), [990]);
    }
}

#[tokio::test]
async fn what_is_withheld_for_its_bytes_or_shows_later_is_told_too() {
    let scripted = Scripted::new(|options| options.max_answer_bytes = 10).await;
    let late = line(991_000, "three").visible_at(1_000_001);
    scripted.script(&[line(990_000, "much too long"), line(991_000, "one"), late]);
    assert!(scripted.window(990, 990, "9").await.is_empty());
    assert_eq!(scripted.window(991, 991, "9").await, ["one"]);
    assert_eq!(
        scripted.withheld(),
        [990],
        "what is not visible is missed by nobody"
    );
    scripted.advance(1);
    assert_eq!(scripted.window(991, 991, "9").await, ["one", "three"]);
    scripted.script(&[line(991_000, "four")]);
    assert_eq!(scripted.window(991, 991, "9").await, ["four"]);
    assert_eq!(scripted.withheld(), [990, 991]);
}

#[tokio::test]
async fn an_answer_that_a_fault_keeps_back_is_no_reading() {
    let scripted = Scripted::new(|_| {}).await;
    scripted.script(&[line(990_000, "1"), line(990_000, "2")]);
    let pod_id = format!("{}-worker-0", scripted.job_id);
    let path = format!("/api/v1/jobs/{}/pods/{pod_id}/logs", scripted.job_id);
    let time = "1970-01-01T00:16:30Z";
    let query = [("StartTime", time), ("EndTime", time), ("MaxLines", "1")];
    for fault in [
        "cut_after",
        "truncated",
        "server_error:after=true",
        "throttle",
    ] {
        let rule = format!("GetPodLogs:{fault}:count=1").parse().unwrap();
        scripted.setup.control.add_fault(rule);
        let client = &scripted.setup.client;
        let reply = client.call("GetPodLogs", "GET", &path, &query, "").await;
        assert!(reply.is_err() || reply.unwrap().status != 200, "{fault}");
        assert!(scripted.withheld().is_empty(), "{fault}");
    }
    scripted.window(990, 990, "1").await;
    assert_eq!(scripted.withheld(), [990]);
}

#[tokio::test]
async fn every_incarnation_can_be_scripted_even_after_its_end() {
    let scripted = Scripted::new(|_| {}).await;
    let Scripted { setup, job_id, .. } = &scripted;
    let control = &setup.control;
    assert!(control.restart_job(job_id));
    let restarted = control.wait_for(LIMIT, |control| {
        let job = control.job(job_id)?;
        let running = job.status == Status::Running;
        (running && job.pods[0].earlier_uids == [scripted.pod_uid.as_str()]).then_some(job)
    });
    let new_uid = restarted.await.unwrap().pods[0].pod_uid.clone();
    control
        .script_log(&new_uid, &[line(999_000, "second")])
        .unwrap();
    scripted.script(&[line(990_000, "first"), line(990_000, "first too")]);
    assert_eq!(scripted.lines(&[]).await, ["second"]);
    let old = [("PodUid", scripted.pod_uid.as_str())];
    assert_eq!(scripted.lines(&old).await, ["first", "first too"]);
    let second = "1970-01-01T00:16:30Z";
    let query = [
        old[0],
        ("StartTime", second),
        ("EndTime", second),
        ("MaxLines", "1"),
    ];
    assert_eq!(scripted.lines(&query).await, ["first too"]);
    let expected = WithheldSecond {
        pod_uid: scripted.pod_uid.clone(),
        second: 990,
    };
    assert_eq!(control.withheld(), [expected]);
    assert!(control.end_job(job_id, 0));
    setup.end_of(job_id).await;
    control
        .script_log(&new_uid, &[line(999_000, "late")])
        .unwrap();
    assert_eq!(scripted.lines(&[]).await, ["second", "late"]);
}

#[tokio::test]
async fn a_job_ends_as_it_is_told() {
    for (code, status) in [(0, Status::Succeeded), (3, Status::Failed)] {
        let scripted = Scripted::new(|_| {}).await;
        let Scripted { setup, job_id, .. } = &scripted;
        assert!(setup.control.end_job(job_id, code));
        let job = setup.end_of(job_id).await;
        assert_eq!((job.status, job.pods[0].exit_code), (status, Some(code)));
        let shown: Value = setup.client.get(job_id).await.unwrap().ok();
        assert_eq!(shown["Pods"][0]["Status"], status.as_str());
        assert!(!setup.control.end_job(job_id, code), "it has ended");
    }
}

#[tokio::test]
async fn a_script_that_makes_no_log_is_refused_whole() {
    let scripted = Scripted::new(|options| options.max_line_bytes = 40 << 20).await;
    let control = &scripted.setup.control;
    let refused = |uid: &str, lines: &[ScriptedLine]| {
        let refused = control.script_log(uid, lines).unwrap_err();
        refused.kind()
    };
    use std::io::ErrorKind;
    assert_eq!(refused("none", &[line(1, "a")]), ErrorKind::NotFound);
    let with_feed = [line(1, "a"), line(1, "b\nc")];
    assert_eq!(
        refused(&scripted.pod_uid, &with_feed),
        ErrorKind::InvalidInput
    );
    let large = ScriptedLine::new(1, vec![b'x'; 33 << 20]);
    let two = [large.clone(), large];
    assert_eq!(refused(&scripted.pod_uid, &two), ErrorKind::StorageFull);
    assert_eq!(control.job(&scripted.job_id).unwrap().pods[0].lines, 0);
}

#[tokio::test]
async fn the_length_of_a_line_and_of_an_answer_are_options() {
    let scripted = Scripted::new(|options| {
        options.max_line_bytes = 10_000_000;
        options.max_answer_bytes = 10_000_020;
    })
    .await;
    let long = |length| ScriptedLine::new(990_000, vec![b'x'; length]);
    scripted.script(&[long(10_000_000), line(990_000, "short")]);
    let seen = scripted.lines(&[]).await;
    assert_eq!((seen[0].len(), seen[1].as_str()), (10_000_000, "short"));
    scripted.script(&[long(10_000_001)]);
    assert!(
        scripted.lines(&[]).await.is_empty(),
        "with its mark it is too long"
    );
    let setup = Setup::with(|options| options.max_line_bytes = 4).await;
    let id = setup
        .finished("echo 1234; echo 12345; printf 123456")
        .await
        .job_id;
    let cut = "1234 [line cut at 4 bytes]";
    assert_eq!(setup.client.lines(&id, &[]).await, ["1234", cut, cut]);
}
