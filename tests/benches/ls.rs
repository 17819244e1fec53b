//! `paictl ls` with ten thousand jobs in the store, of which 200 are shown: the whole process, and the daemon's memory then.
//!
//! `cargo bench -p pai-tests --bench ls`

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pai_tests::{World, bench, programs::programs};

const JOBS: usize = 10_000;
const RUNS: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let world = World::new().await;
    let inside = world.inside_now().await;
    let journal = inside.edge().journal.clone();
    let scope = &inside
        .edge()
        .contexts
        .get(None)
        .await
        .expect("a context")
        .scope;
    bench::fill(&journal, scope.context, JOBS).await;
    inside.shutdown().await;

    let daemon = world.daemon().await;
    let memory = |when| {
        let pid = daemon.pid().as_raw_nonzero().get();
        println!("paid: {:.1} MB resident {when}", bench::resident_mb(pid));
    };
    memory("after the start");
    let shown = world.paictl(&["ls"]).await;
    let lines = shown.stdout.lines().count();
    println!(
        "paictl ls shows {lines} of {JOBS} jobs: {}",
        shown.stderr.trim()
    );
    for args in [&["ls"][..], &["ls", "--json"], &["--version"]] {
        let mut times: Vec<_> = (0..RUNS).map(|_| run(&world, args)).collect();
        times.sort_unstable();
        println!(
            "paictl {:<10}  p50 {:.1} ms  p99 {:.1} ms  fastest {:.1} ms",
            args.join(" "),
            bench::ms(bench::quantile(&times, 0.50)),
            bench::ms(bench::quantile(&times, 0.99)),
            bench::ms(times[0]),
        );
    }
    memory("after that");
}

/// One whole process.
fn run(world: &World, args: &[&str]) -> Duration {
    let mut command = Command::new(&programs().paictl);
    command
        .args(args)
        .env("PAI_SOCKET", world.socket())
        .env("PAI_STATE_DIR", world.state())
        .env("ALIYUN_PAI_SETTINGS_PATH", world.settings_path())
        .env("PAI_NO_AUTOSTART", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status().expect("paictl can be run");
    let took = began.elapsed();
    assert!(status.success());
    took
}
