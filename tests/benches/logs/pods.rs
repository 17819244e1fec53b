//! A job of a hundred pods that print without end, followed: how much of a processor that takes.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use paid::sys::Clock;
use rustix::time::ClockId;

use super::{
    cloud::{Cloud, context, processor},
    table::{Budget, row},
    text,
};

const PODS: usize = 100;
/// Lines of a pod in a second.
const RATE: usize = 100;
const LAG: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// The job began so long before.
const BEFORE_S: usize = 180;
/// What was printed before is read in this time.
const WARM: Duration = Duration::from_secs(20);
const SPAN: Duration = Duration::from_secs(30);
/// For longer than all of it.
const AFTER_S: usize = 600;

pub(crate) async fn run() {
    let now = Clock::System.wall_ms().div_euclid(1000);
    let begun = now - i64::try_from(BEFORE_S).unwrap_or(0);
    let at = |n: usize| begun + i64::try_from(n / RATE).unwrap_or(0);
    let lines = text::trainer((BEFORE_S + AFTER_S) * RATE);
    let dated = lines.into_iter().enumerate();
    let dated = dated.map(|(n, text)| (at(n), text)).collect();
    let context = context(Cloud::new(PODS, LAG, dated)).await;
    let mut followed = context.running.tails.follow(&context.uid);
    let read = followed.progress.wait_for(|progress| progress.finished > 0);
    drop(read.await.expect("it is read"));
    tokio::time::sleep(WARM).await;

    let figures = || {
        let spent = &context.cloud.spent;
        (
            processor(ClockId::ProcessCPUTime),
            spent.processor(),
            spent.calls.load(Ordering::Relaxed),
            spent.lines.load(Ordering::Relaxed),
        )
    };
    let logs = context.running.scope.journal.logs();
    let stored = async || {
        let streams = logs.streams(&context.uid).await.expect("the store");
        streams.iter().map(|stream| stream.last).sum::<u64>()
    };
    let (before, looks) = (figures(), followed.progress.borrow().finished);
    let (began, had) = (Instant::now(), stored().await);
    tokio::time::sleep(SPAN).await;
    let (after, took) = (figures(), began.elapsed().as_secs_f64());
    let new = stored().await - had;
    let looks = followed.progress.borrow().finished - looks;
    let fault = followed.progress.borrow().fault.clone();
    assert!(fault.is_none(), "{fault:?}");
    let theirs = (after.1 - before.1).as_secs_f64();
    let ours = (after.0 - before.0).as_secs_f64() - theirs;
    let share = ours * 100.0 / took;
    let each = |number: u64| number as f64 / took;
    let of_a_look = ours / looks as f64;
    // Looks that take no time but their own follow each other after this pause.
    let at_most = of_a_look * 100.0 / (LOOK.as_secs_f64() + of_a_look);
    row(
        &format!("{PODS} pods that print {RATE} lines a second each, followed for {took:.0} s"),
        &format!(
            "{share:.1} % of a core, without the backend in memory, which took {:.1} %; {:.0} lines stored and {:.0} answers of {:.0} lines read a second, {looks} looks of {:.0} ms of a core each: on a machine with nothing else to do {at_most:.1} %",
            theirs * 100.0 / took,
            each(new),
            each(after.2 - before.2),
            each(after.3 - before.3),
            of_a_look * 1000.0,
        ),
        share.max(at_most),
        &Budget::AtMost(25.0, "% of a core"),
    );
}
