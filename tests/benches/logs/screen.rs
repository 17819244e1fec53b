//! From a program's print to the line on somebody's screen: a cloud, a daemon and a `paictl logs -f`.

use std::{
    process::Stdio,
    time::{Duration, SystemTime},
};

use pai_emulator::Status;
use pai_tests::{World, bench, cli, programs::programs};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::table::{Budget, row};

/// Lines that are looked at.
const LINES: usize = 300;
/// Between two looks at a followed pod.
const LOOK: Duration = Duration::from_secs(2);
/// What the cloud adds, and what the daemon is told of it.
const LAGS: [(Duration, f64); 2] = [(Duration::ZERO, 0.0), (Duration::from_secs(1), 1.0)];

pub(crate) async fn run() {
    for (lag, told) in LAGS {
        one(lag, told).await;
    }
}

async fn one(lag: Duration, told: f64) {
    let world = World::with(|plan| {
        plan.emulator.log_lag = lag;
        plan.own = json!({"api": {"callsPerSecond": 100, "burst": 1000}, "logs": {"lag": told}});
    })
    .await;
    let _daemon = world.daemon().await;
    let id = world
        .submit("clock", "while :; do date +%s.%N; sleep 0.173; done")
        .await;
    world.reached(&id, Status::Running).await;
    let mut follow = cli::command(&world, &programs().paictl)
        .args(["logs", "-f", &id])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("paictl can be run");
    let stdout = follow.stdout.take().expect("stdout is a pipe");
    let mut lines = BufReader::new(stdout).lines();
    let mut delays = Vec::with_capacity(LINES);
    // What was printed before the follow began is older.
    let mut skip = 40;
    while delays.len() < LINES {
        let line = lines.next_line().await.expect("it goes on");
        let seen = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seen = seen.expect("a clock").as_secs_f64();
        let printed: f64 = line.expect("it goes on").parse().expect("a time");
        if skip > 0 {
            skip -= 1;
            continue;
        }
        delays.push(Duration::from_secs_f64((seen - printed).max(0.0)));
    }
    delays.sort_unstable();
    let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|share| bench::quantile(&delays, share));
    let beyond = bench::ms(p99) - bench::ms(lag + LOOK);
    row(
        &format!(
            "a new line on the screen, lines readable after {} s, a look every 2 s, {LINES} lines",
            lag.as_secs()
        ),
        &format!(
            "p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms: p99 is {beyond:+.0} ms from lag and interval",
            bench::ms(p50),
            bench::ms(p99),
            bench::ms(longest),
        ),
        beyond,
        &Budget::AtMost(100.0, "ms beyond lag and interval"),
    );
}
