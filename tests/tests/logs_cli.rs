//! `paictl logs`: lines on stdout, everything else on stderr, over kills and to the end.

use pai_emulator::Status;
use pai_tests::{Gate, World, world::profile};
use rustix::process::Signal;
use serde_json::json;

async fn world(pods: u32) -> World {
    World::with(|plan| {
        let mut profile = profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}));
        profile["jobSpecs"][0]["podCount"] = json!(pods);
        plan.settings = json!({"profiles": {"default": profile}});
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": 0.2}});
    })
    .await
}

#[tokio::test]
async fn a_follow_prints_every_line_of_every_pod_once_over_a_kill() {
    let world = world(2).await;
    let daemon = world.daemon().await;
    let (half, end) = (Gate::new(&world, "half"), Gate::new(&world, "end"));
    let command = format!(
        "echo one; {}; echo two; {}; echo three",
        half.command(),
        end.command()
    );
    let id = world.submit("train", &command).await;
    let mut follow = world.start_paictl(&["logs", "-f", &id]);
    world.reached(&id, Status::Running).await;
    follow.prints("one").await;
    daemon.kill9().await;
    follow.says("trying again").await;
    half.open();
    let _next = world.daemon().await;
    follow.prints("two").await;
    end.open();
    let done = follow.finish().await;
    assert_eq!(done.code, 0, "{done:?}");
    for pod in ["worker-0", "worker-1"] {
        let start = format!("[{pod}] ");
        let lines: Vec<_> = done
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix(&start))
            .collect();
        assert_eq!(lines, ["one", "two", "three"], "{done:?}");
    }
    assert_eq!(
        done.stdout.lines().count(),
        6,
        "nothing but lines: {done:?}"
    );
    assert!(done.stderr.contains("Succeeded"), "{done:?}");
}

#[tokio::test]
async fn raw_lines_are_the_clouds_own_and_others_are_safe_for_a_terminal() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let id = world
        .submit(
            "train",
            r"printf 'a\033[31mred\033[0m\033]0;title\007 b\n10%%\r20%%\n\tend\n'",
        )
        .await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    let raw = world.paictl(&["logs", &id, "--raw"]).await;
    assert_eq!(
        raw.stdout,
        "a\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7} b\n10%\r20%\n\tend\n"
    );
    let safe = world.paictl(&["logs", &id]).await;
    assert_eq!(
        (safe.code, safe.stdout.as_str()),
        (0, "ared b\n20%\n\tend\n"),
        "{safe:?}"
    );
    let last = world
        .paictl(&["logs", &id, "--tail", "1", "--pod", "worker-0"])
        .await;
    assert_eq!(last.stdout, "\tend\n");
    assert_eq!(world.paictl(&["logs", "dlcnothere"]).await.code, 5);
    assert_eq!(
        world.paictl(&["logs", &id, "--pod", "worker-9"]).await.code,
        5
    );
}

#[tokio::test]
async fn a_pod_that_the_job_turns_out_not_to_have_ends_its_follow() {
    let world = world(2).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "never");
    let id = world.submit("train", &gate.command()).await;
    let follow = world.start_paictl(&["logs", "-f", &id, "--pod", "worker-9"]);
    let done = follow.finish().await;
    assert_eq!((done.code, done.stdout.as_str()), (5, ""), "{done:?}");
    assert!(done.stderr.contains("worker-9"), "{done:?}");
    assert!(done.stderr.contains(&format!("{id}-worker-1")), "{done:?}");
    let job = world.control().job(&id).unwrap();
    assert!(!job.status.is_final(), "{job:?}");
}

#[tokio::test]
async fn a_log_that_takes_long_to_read_is_no_silence() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let id = world.submit("train", "echo one").await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    world.fault("GetPodLogs:slow:delay_ms=6500:count=1");
    let done = world.paictl(&["logs", &id]).await;
    assert_eq!((done.code, done.stdout.as_str()), (0, "one\n"), "{done:?}");
    let told = done.stderr.matches("the cloud takes its time").count();
    assert_eq!(told, 1, "{done:?}");
}

#[tokio::test]
async fn ctrl_c_leaves_at_once_and_the_job_goes_on() {
    let world = world(1).await;
    let _daemon = world.daemon().await;
    let gate = Gate::new(&world, "open");
    let id = world
        .submit("train", &format!("echo here; {}", gate.command()))
        .await;
    let mut follow = world.start_paictl(&["logs", "-f", &id]);
    follow.prints("here").await;
    follow.signal(Signal::INT);
    let done = follow.finish().await;
    assert_eq!(done.code, 130, "{done:?}");
    let job = world.control().job(&id).unwrap();
    assert_eq!(job.status, Status::Running);
}
