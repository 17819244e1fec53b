//! The last lines of a long log, and a search of it as somebody types it.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pai_tests::{World, bench, programs::programs};

use super::{
    store::{Filled, JOB, LINES},
    table::{self, Budget},
};

const WANTED: usize = 200;
const RUNS: usize = 200;
const PROCESSES: usize = 60;
const SEARCHED: usize = 20;
/// With one match, and with ten; a bar would end the cell.
const SEARCHES: [(&str, &str); 2] = [
    ("step 777776/", "step 777776/"),
    (
        "Traceback|NaN|OutOfMemory|AssertionError",
        r"Traceback\|NaN\|OutOfMemory\|AssertionError",
    ),
];

/// What the daemon does for it.
pub(crate) async fn inside(filled: &Filled) {
    let logs = filled.journal.logs();
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let began = Instant::now();
        let streams = logs.streams(JOB).await.expect("the store");
        let stream = &streams[0];
        let after = stream.last - WANTED as u64;
        let page = logs.after(stream.id, after, 0, WANTED, usize::MAX, None);
        let page = page.await.expect("the store");
        times.push(began.elapsed());
        assert_eq!(page.lines.len(), WANTED);
    }
    let what = format!("the last {WANTED} of {LINES} lines, in the daemon");
    table::times(&what, times, 5.0);
}

/// What somebody waits for who types it.
pub(crate) async fn processes(filled: Filled) {
    let Filled { world, inside, .. } = filled;
    drop(filled.journal);
    inside.shutdown().await;
    let daemon = world.daemon().await;
    let told = world.paictl(&["logs", JOB, "--tail", "200"]).await;
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(told.stdout.lines().count(), WANTED, "{}", told.stderr);
    for args in [
        &["logs", JOB, "--tail", "200", "--stored"][..],
        &["logs", JOB, "--tail", "200"],
    ] {
        let times = (0..PROCESSES).map(|_| process(&world, args)).collect();
        table::times(
            &format!("`paictl {}`, whole process", args.join(" ")),
            times,
            20.0,
        );
    }
    for (pattern, shown) in SEARCHES {
        let args = ["logs", JOB, "--grep", pattern];
        let times = (0..SEARCHED).map(|_| process(&world, &args)).collect();
        let what =
            format!("`paictl logs {JOB} --grep '{shown}'` over {LINES} lines, whole process");
        table::times(&what, times, 300.0);
    }
    let mut others: Vec<_> = (0..PROCESSES).map(|_| process(&world, &["ls"])).collect();
    others.sort_unstable();
    let pid = daemon.pid().as_raw_nonzero().get();
    table::row(
        "to compare: `paictl ls` of one job",
        &format!(
            "p50 {:.2} ms; `paid` {:.1} MB resident after all this",
            bench::ms(bench::quantile(&others, 0.5)),
            bench::resident_mb(pid)
        ),
        0.0,
        &Budget::None,
    );
}

fn process(world: &World, args: &[&str]) -> Duration {
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
