//! Logs: every pod, every line once and in order, before the job starts, over kills, and to the last one.

use pai_emulator::Status;
use pai_proto::{
    follow::FollowUpdate,
    meta::ClientKind,
    v1::{ErrorKind, FollowLogsRequest},
};
use pai_tests::{
    Gate, World,
    log::{Log, follow_request, log_now},
    until::within,
    wire::{refusal, submit_request},
    world::{Plan, profile},
};
use serde_json::json;

/// A cloud whose lines appear late, and a daemon that knows.
fn late(plan: &mut Plan) {
    plan.emulator.log_lag = std::time::Duration::from_millis(700);
    plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 1}});
}

/// Two pods, and lines appear at once.
fn two_pods(plan: &mut Plan) {
    plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2}});
    let mut profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
    profile["jobSpecs"][0]["podCount"] = json!(2);
    plan.settings = json!({"profiles": {"default": profile}});
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("line {n}")).collect()
}

/// Prints so many numbered lines, with a rest after each hundred.
fn printing(count: usize) -> String {
    format!(
        "n=0; while [ $n -lt {count} ]; do n=$((n+1)); echo line $n; [ $((n % 100)) -eq 0 ] && sleep 0.2; done; true"
    )
}

#[tokio::test]
async fn a_follow_begins_before_the_job_does_and_ends_behind_its_last_line() {
    let world = World::with(|plan| {
        two_pods(plan);
        late(plan);
    })
    .await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let gate = Gate::new(&world, "open");
    let command = format!("{}; {}", gate.command(), printing(250));
    let request = submit_request("train", &command);
    let job = client.submit(request).await.unwrap().job.unwrap();
    let follow = client.follow(follow_request(&job.uid));
    let reading = tokio::spawn(async move {
        let mut log = Log::default();
        (log.to_end(follow).await, log)
    });
    gate.open();
    let (ended, log) = reading.await.unwrap();
    assert!(ended.complete && ended.note.is_empty(), "{ended:?}");
    for pod in ["worker-0", "worker-1"] {
        assert_eq!(log.of(pod), numbered(250), "{pod}");
    }
    assert!(log.is_gapless_from(1));
    assert!(log.said.is_empty(), "{:?}", log.said);
}

#[tokio::test]
async fn follows_go_on_over_kills_and_miss_and_repeat_no_line() {
    let world = World::with(two_pods).await;
    let mut daemon = world.daemon().await;
    let client = world.client().await;
    let command = format!("{}; {}", printing(3_000), "echo the end");
    let request = submit_request("train", &command);
    let job = client.submit(request).await.unwrap().job.unwrap();
    world.reached(&job.native_id, Status::Running).await;
    let mut follow = client.follow(follow_request(&job.uid));
    let mut log = Log::default();
    let mut kills = 0;
    let ended = loop {
        let update = within("an update", follow.next()).await.unwrap().unwrap();
        let before = log.len();
        if let Some(ended) = log.take(update) {
            break ended;
        }
        // Whenever new lines came, six times: at once, or after some more.
        if kills < 6 && log.len() > before + kills * 20 {
            daemon.kill9().await;
            daemon = world.daemon().await;
            kills += 1;
        }
    };
    assert_eq!(kills, 6, "the job was over too soon");
    assert!(ended.complete, "{ended:?}");
    let mut expected = numbered(3_000);
    expected.push("the end".into());
    for pod in ["worker-0", "worker-1"] {
        assert!(
            log.of(pod) == expected,
            "{pod}: {} lines",
            log.of(pod).len()
        );
    }
    assert!(log.is_gapless_from(1));
    let told = |update: &FollowUpdate| matches!(update, FollowUpdate::Reconnecting(_));
    let breaks = log.said.iter().filter(|update| told(update)).count();
    let said = &log.said;
    assert!(
        (1..=kills).contains(&breaks),
        "said once per break: {said:?}"
    );
    assert_eq!(said.len(), 2 * breaks, "and that it is back: {said:?}");
}

#[tokio::test]
async fn what_nobody_followed_is_fetched_when_it_is_asked_for() {
    let world = World::with(two_pods).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let id = world.submit("train", &printing(120)).await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    assert_eq!(world.control().call_count("GetPodLogs"), 0);
    let mut log = Log::default();
    log.to_end(client.follow(log_now(&id))).await;
    for pod in ["worker-0", "worker-1"] {
        assert_eq!(log.of(pod), numbered(120), "{pod}");
    }
    // Once it is complete, the store is enough.
    let mut whole = Log::default();
    let ended = whole.to_end(client.follow(follow_request(&id))).await;
    assert!(ended.complete);
    let calls = world.control().call_count("GetPodLogs");
    let mut again = Log::default();
    assert!(again.to_end(client.follow(log_now(&id))).await.complete);
    assert_eq!(again.lines, log.lines);
    // But for the look at each pod that nobody waits for.
    assert!(world.control().call_count("GetPodLogs") <= calls + 2);
}

#[tokio::test]
async fn the_last_lines_of_a_job_that_has_just_ended_are_waited_for_or_told_of() {
    let world = World::with(|plan| {
        plan.emulator.log_lag = std::time::Duration::from_secs(4);
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 5}});
    })
    .await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let id = world.submit("train", "echo boom; echo boom; exit 1").await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 10);
    let mut now = Log::default();
    let ended = now.to_end(client.follow(log_now(&id))).await;
    assert!(ended.more && !ended.complete, "{ended:?}");
    let note = "the last lines of the log may be missing: the job has just ended";
    assert!(ended.note.starts_with(note), "{ended:?}");
    let wait = ended.note.rsplit_once("ask again in ").unwrap().1;
    let seconds: u64 = wait.strip_suffix(" s").unwrap().parse().unwrap();
    assert!((2..=5).contains(&seconds), "{ended:?}");
    let mut all = Log::default();
    let to_the_end = FollowLogsRequest {
        to_the_end: true,
        ..log_now(&id)
    };
    let ended = all.to_end(client.follow(to_the_end)).await;
    assert!(ended.complete, "{ended:?}");
    assert_eq!(all.of("worker-0"), ["boom", "boom"]);
}

/// The lines that the cloud shows late are awaited for longer than the test has patience for.
#[tokio::test]
async fn a_follow_tells_the_end_of_the_job_before_its_last_lines_are_there() {
    let world = World::with(|plan| {
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 600}});
    })
    .await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "end");
    let id = world
        .submit("train", &format!("echo one; {}; exit 1", gate.command()))
        .await;
    let mut follow = world.start_paictl(&["logs", "-f", &id]);
    follow.prints("one").await;
    gate.open();
    let told = follow.says("waiting for the last lines of its log").await;
    assert!(told.contains(&format!(" {id} Failed; ")), "{told}");
}

#[tokio::test]
async fn the_last_lines_of_some_pods() {
    let world = World::with(two_pods).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let id = world.submit("train", &printing(30)).await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    let mut request = follow_request(&id);
    request.tail = Some(3);
    request.pods = vec!["worker-1".into()];
    let mut log = Log::default();
    log.to_end(client.follow(request)).await;
    assert_eq!(log.of("worker-1"), numbered(30)[27..]);
    assert_eq!(log.len(), 3, "the other pod is left out");

    let mut unknown = log_now(&id);
    unknown.pods = vec!["worker-7".into()];
    let refused = refusal(client.follow(unknown).next().await.unwrap());
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert!(refused.hint.contains("worker-1"), "{refused:?}");
    let refused = refusal(
        client
            .follow(log_now("nobody-knows-it"))
            .next()
            .await
            .unwrap(),
    );
    assert_eq!(refused.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_running_job_is_read_to_the_present() {
    let world = World::with(late).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let gate = Gate::new(&world, "open");
    let id = world
        .submit("train", &format!("{}; {}", printing(40), gate.command()))
        .await;
    let mut follow = client.follow(follow_request(&id));
    let mut followed = Log::default();
    while followed.len() < 40 {
        let update = within("lines", follow.next()).await.unwrap().unwrap();
        assert_eq!(followed.take(update), None);
    }
    let mut log = Log::default();
    let ended = log.to_end(client.follow(log_now(&id))).await;
    assert!(!ended.complete, "the job goes on");
    assert_eq!(log.of("worker-0"), numbered(40));
    gate.open();
    let ended = followed.to_end(follow).await;
    assert!(ended.complete && followed.len() == 40, "{ended:?}");
}

#[tokio::test]
async fn each_attempt_of_a_pod_has_a_log_of_its_own() {
    let world = World::with(late).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let gate = Gate::new(&world, "open");
    let command = format!("echo attempt; {}", gate.command());
    let id = world.submit("train", &command).await;
    let mut follow = client.follow(follow_request(&id));
    let mut log = Log::default();
    let mut read = async |attempts: usize| {
        while log.lines.len() < attempts {
            let update = within("lines", follow.next()).await.unwrap().unwrap();
            assert_eq!(log.take(update), None);
        }
        log.lines.clone()
    };
    read(1).await;
    assert!(world.control().restart_job(&id));
    let lines = read(2).await;
    gate.open();
    for (of, lines) in &lines {
        assert_eq!(lines, &[(1, "attempt".to_owned())], "{of:?}");
    }
    let mut whole = Log::default();
    assert!(
        whole
            .to_end(client.follow(follow_request(&id)))
            .await
            .complete
    );
    assert_eq!(whole.lines, lines);
}

#[tokio::test]
async fn an_agent_reads_no_known_secret() {
    let world = World::with(late).await;
    let _daemon = world.daemon().await;
    let secret = world.emulator().access_key_secret().to_owned();
    let id = world
        .submit("train", &format!("echo my key is {secret}"))
        .await;
    world.ended(&id).await;
    let mut options = world.options();
    options.kind = ClientKind::Tool;
    let agent = pai_proto::Client::connect(options).await.unwrap();
    let mut told = Log::default();
    told.to_end(agent.follow(follow_request(&id))).await;
    let told = told.of("worker-0").join("\n");
    assert!(
        told.starts_with("my key is ") && !told.contains(&secret),
        "{told}"
    );
    let mut own = Log::default();
    own.to_end(world.client().await.follow(follow_request(&id)))
        .await;
    assert!(
        own.of("worker-0").join("\n").contains(&secret),
        "lines are the user's own data"
    );
}

#[tokio::test]
async fn a_cloud_that_fails_ends_no_follow() {
    let world = World::with(late).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let gate = Gate::new(&world, "open");
    let command = format!("echo one; {}; echo two", gate.command());
    let id = world.submit("train", &command).await;
    let mut follow = client.follow(follow_request(&id));
    let mut log = Log::default();
    while log.is_empty() {
        let update = within("a line", follow.next()).await.unwrap().unwrap();
        assert_eq!(log.take(update), None);
    }
    world.fault("GetPodLogs:server_error:count=2");
    let stale = |log: &Log| {
        let told = |update: &FollowUpdate| match update {
            FollowUpdate::Stale(stale) => Some(stale.since_ms.is_some()),
            _ => None,
        };
        log.said.iter().filter_map(told).collect::<Vec<_>>()
    };
    while stale(&log) != [true, false] {
        let update = within("news", follow.next()).await.unwrap().unwrap();
        assert_eq!(log.take(update), None);
    }
    gate.open();
    assert!(log.to_end(follow).await.complete);
    assert_eq!(log.of("worker-0"), ["one", "two"]);

    world.fault("GetPodLogs:forbidden");
    let other = world.submit("train", "true").await;
    world.ended(&other).await;
    let refused = refusal(client.follow(log_now(&other)).next().await.unwrap());
    assert_eq!(refused.kind(), ErrorKind::Permission, "{refused:?}");
}

#[tokio::test]
async fn a_reader_that_never_reads_harms_nobody() {
    let world = World::with(late).await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let long = "x".repeat(1_000);
    let command = format!("n=0; while [ $n -lt 4000 ]; do n=$((n+1)); echo {long} $n; done");
    let id = world.submit("train", &command).await;
    let mut stuck = Vec::new();
    for _ in 0..20 {
        let mut follow = world.client().await.follow(follow_request(&id));
        // The first lines only.
        while !matches!(
            follow.next().await.unwrap().unwrap(),
            FollowUpdate::Lines(_)
        ) {}
        stuck.push(follow);
    }
    let mut log = Log::default();
    assert!(
        log.to_end(client.follow(follow_request(&id)))
            .await
            .complete
    );
    assert_eq!(log.len(), 4_000);
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    // A slow one gets everything, too.
    let mut slow = Log::default();
    let last = stuck.pop().unwrap();
    assert!(slow.to_end(last).await.complete);
    assert!(
        slow.len() < 4_000 && slow.len() > 3_000,
        "the first chunk was read before: {}",
        slow.len()
    );
}
