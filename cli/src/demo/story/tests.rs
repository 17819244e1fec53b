use pai_proto::v1::{Change, Event, LogChunk, LogEnded, LogLine, WaitEnded, WaitResult};

use super::*;
use crate::view::sample;
use agent::{Waited, WaitedJob};

/// A story in a folder with a cloud's record, and what it says.
struct Stage {
    folder: Folder,
    story: Story,
    said: Vec<String>,
}

impl Stage {
    fn new() -> Self {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        std::fs::create_dir(folder.cloud()).unwrap();
        let mut job = sample::running();
        job.status = "Queuing".into();
        job.milestones.truncate(2);
        let story = Story::new(job, sample::NOW - 1_000);
        let stage = Self {
            folder,
            story,
            said: Vec::new(),
        };
        stage.record(&[("Queuing", 0), ("Running", 1_000)]);
        stage
    }

    /// What the cloud wrote down: statuses and ms after [`sample::NOW`].
    fn record(&self, changes: &[(&str, i64)]) {
        let line = |(status, ms): &(&str, i64)| {
            let ms = sample::NOW + ms;
            format!("{{\"ms\":{ms},\"job_id\":\"dlc1running\",\"status\":\"{status}\"}}\n")
        };
        let text: String = changes.iter().map(line).collect();
        std::fs::write(self.folder.cloud().join("transitions.jsonl"), text).unwrap();
    }

    fn hear(&mut self, client: usize, ms: i64, heard: Heard) {
        let cloud = Cloud {
            folder: &self.folder,
            zone: &TimeZone::UTC,
        };
        let said = &mut self.said;
        self.story
            .hear(client, sample::NOW + ms, heard, &cloud, &mut |line| {
                said.push(line)
            });
    }

    fn progress(&mut self, client: usize, ms: i64, text: &str) {
        self.hear(
            client,
            ms,
            Heard::Agent(agent::Heard::Progress(text.into())),
        );
    }

    fn answer(&mut self, client: usize, ms: i64, done: bool, status: &str) {
        let job = WaitedJob {
            job_id: Some("dlc1running".into()),
            status: Some(status.into()),
        };
        let answer = Waited {
            done,
            jobs: vec![job],
        };
        self.hear(client, ms, Heard::Agent(agent::Heard::Answer(answer)));
    }

    fn log(&mut self, update: FollowUpdate) {
        self.hear(0, 0, Heard::Log(update));
    }

    fn end(self) -> (Summary, Exit) {
        let found = self.story.end(&self.folder);
        self.folder.remove().unwrap();
        found
    }
}

fn changed(status: &str) -> Heard {
    let event = Event {
        to_status: status.into(),
        ..Default::default()
    };
    Heard::Job(WaitUpdate::Change(Box::new(Change {
        event: Some(event),
        job: Some(sample::running()),
        encoded: None,
    })))
}

fn succeeded() -> Heard {
    let mut job = sample::running();
    job.status = "Succeeded".into();
    job.phase = pai_proto::v1::Phase::Succeeded.into();
    let result = WaitResult {
        job: Some(job),
        reached: true,
        ..Default::default()
    };
    Heard::Job(WaitUpdate::Ended(WaitEnded {
        met: true,
        results: vec![result],
        ..Default::default()
    }))
}

#[test]
fn a_status_is_a_sighting_once_per_client_and_what_the_submit_told_is_none() {
    let mut stage = Stage::new();
    stage.hear(1, 1_200, changed("Running"));
    stage.hear(1, 1_300, changed("Running"));
    stage.progress(2, 1_250, "demo-train-20261120-x7k2: Queuing → Running");
    stage.progress(
        2,
        1_400,
        "waiting for 10 s: demo-train-20261120-x7k2 Running",
    );
    stage.answer(3, 1_500, false, "Running");
    assert_eq!(
        stage.said,
        [
            "12:03:05  client 1  Running        0.20 s after the change",
            "12:03:05  agent 1   Running        0.25 s after the change",
            "12:03:05  agent 2   Running        0.50 s after the change",
        ]
    );
    let (summary, _) = stage.end();
    assert_eq!(summary.changes[0].delays_ms, [None, None, None]);
    assert_eq!(
        summary.changes[1].delays_ms,
        [Some(200), Some(250), Some(500)]
    );
}

#[test]
fn only_words_of_the_clouds_own_record_are_statuses() {
    let mut stage = Stage::new();
    stage.progress(2, 1_100, "the daemon is away; trying again");
    stage.progress(2, 1_100, "demo: Runningly, Succeeded");
    assert_eq!(stage.said, [""; 0]);
    stage.record(&[("Running", 1_000), ("Succeeded", 2_000)]);
    stage.progress(2, 2_100, "demo: Running → Succeeded");
    assert_eq!(stage.said.len(), 2, "{:?}", stage.said);
    stage.end();
}

#[test]
fn the_story_is_over_when_everybody_knows_the_end_and_the_log_has_ended() {
    let mut stage = Stage::new();
    stage.record(&[("Running", 1_000), ("Succeeded", 6_000)]);
    stage.answer(3, 6_100, true, "Succeeded");
    stage.hear(1, 6_200, succeeded());
    stage.answer(2, 6_150, false, "Running");
    assert!(!stage.story.all_know());
    stage.answer(2, 6_300, true, "Succeeded");
    assert!(stage.story.all_know() && !stage.story.is_over());
    stage.log(FollowUpdate::Ended(LogEnded::default()));
    assert!(stage.story.is_over());
    let (summary, exit) = stage.end();
    assert_eq!(exit, Exit::Ok);
    assert_eq!(summary.waited_ms, 7_300, "until the last one knew");
    assert_eq!(
        summary.changes[1].delays_ms,
        [Some(200), Some(300), Some(100)]
    );
    assert_eq!(summary.client_kinds, CLIENTS);
}

#[test]
fn the_log_is_counted_and_shown_in_excerpts() {
    let mut stage = Stage::new();
    let line = |number| LogLine {
        number,
        text: format!("step {number}").into_bytes(),
        ..Default::default()
    };
    stage.log(FollowUpdate::Lines(LogChunk {
        pod_id: "dlc1running-worker-0".into(),
        lines: (1..=10).map(line).collect(),
        ..Default::default()
    }));
    stage.log(FollowUpdate::Reconnecting("it left".into()));
    stage.log(FollowUpdate::Ended(LogEnded::default()));
    assert_eq!(
        stage.said,
        [
            "log  [worker-0] step 1",
            "log  the connection to the daemon broke (it left)",
            "log  [worker-0] step 10",
        ]
    );
    let (summary, _) = stage.end();
    assert_eq!((summary.log_lines, summary.log_pods), (10, 1));
}

#[test]
fn a_log_whose_end_does_not_come_is_given_up_and_that_is_told() {
    let mut stage = Stage::new();
    for client in [2, 3] {
        stage.answer(client, 6_100, true, "Succeeded");
    }
    stage.hear(1, 6_200, succeeded());
    stage.said.clear();
    let said = &mut stage.said;
    stage.story.give_the_log_up(&mut |line| said.push(line));
    assert!(stage.story.is_over());
    assert_eq!(
        stage.said,
        ["log  its end did not come; the demo goes on without"]
    );
    stage.end();
}
