//! On tokio's paused clock: time moves only when everybody waits.

use super::*;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tokio::sync::mpsc;

mod patience;

/// Polls once, without a waker: is it through?
fn is_ready(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
    matches!(
        future.poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(())
    )
}

/// Takes everything that lies in the bucket.
async fn drain(bucket: &TokenBucket, tokens: u32) {
    let start = Instant::now();
    for _ in 0..tokens {
        bucket.acquire(Priority::Background).await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// Starts a caller that reports its name and the time of its turn.
async fn caller(
    bucket: &Arc<TokenBucket>,
    priority: Priority,
    name: &'static str,
    done: &mpsc::UnboundedSender<(&'static str, Duration)>,
    start: Instant,
) -> tokio::task::JoinHandle<()> {
    let (bucket, done) = (Arc::clone(bucket), done.clone());
    let before = bucket.waiting();
    let watched = Arc::clone(&bucket);
    let task = tokio::spawn(async move {
        bucket.acquire(priority).await;
        done.send((name, start.elapsed())).unwrap();
    });
    while watched.waiting() == before {
        tokio::task::yield_now().await;
    }
    task
}

async fn collect(
    results: &mut mpsc::UnboundedReceiver<(&'static str, Duration)>,
    count: usize,
) -> Vec<(&'static str, u128)> {
    let mut seen = Vec::new();
    for _ in 0..count {
        let (name, at) = results.recv().await.unwrap();
        // Tokio's clock wakes at whole milliseconds, up to one late.
        seen.push((name, at.as_millis() / 10 * 10));
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn burst_goes_at_once_and_then_the_rate_holds() {
    let bucket = TokenBucket::default();
    let start = Instant::now();
    drain(&bucket, 10).await;
    for turn in 1..=6 {
        bucket.acquire(Priority::Interactive).await;
        assert_eq!(start.elapsed().as_millis() / 10, turn * 50);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_grow_back_up_to_the_burst() {
    let bucket = TokenBucket::new(2.0, 3);
    drain(&bucket, 3).await;
    tokio::time::advance(Duration::from_mins(1)).await;
    drain(&bucket, 3).await;
    assert!(!is_ready(pin!(bucket.acquire(Priority::Interactive))));
}

#[tokio::test(start_paused = true)]
async fn interactive_goes_first_and_each_queue_is_in_order() {
    let bucket = Arc::new(TokenBucket::new(1.0, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    for (priority, name) in [
        (Priority::Background, "b1"),
        (Priority::Background, "b2"),
        (Priority::Interactive, "i1"),
        (Priority::Interactive, "i2"),
    ] {
        caller(&bucket, priority, name, &done, start).await;
    }
    assert_eq!(
        collect(&mut results, 4).await,
        [("i1", 1000), ("i2", 2000), ("b1", 3000), ("b2", 4000)]
    );
    assert_eq!(bucket.waiting(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_takes_no_token_and_blocks_nobody() {
    let bucket = Arc::new(TokenBucket::new(1.0, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    let first = caller(&bucket, Priority::Interactive, "first", &done, start).await;
    let middle = caller(&bucket, Priority::Background, "middle", &done, start).await;
    caller(&bucket, Priority::Background, "last", &done, start).await;
    first.abort();
    middle.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(middle.await.unwrap_err().is_cancelled());
    assert_eq!(collect(&mut results, 1).await, [("last", 1000)]);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_dropped_at_its_turn_hands_it_on() {
    let bucket = TokenBucket::new(1.0, 1);
    drain(&bucket, 1).await;
    let mut second = pin!(bucket.acquire(Priority::Background));
    {
        let mut first = pin!(bucket.acquire(Priority::Background));
        assert!(!is_ready(first.as_mut()));
        assert!(!is_ready(second.as_mut()));
        tokio::time::advance(Duration::from_secs(1)).await;
        // The token is there, but its first taker goes away without looking.
    }
    assert!(is_ready(second.as_mut()));
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_and_spends_the_burst() {
    let bucket = Arc::new(TokenBucket::new(2.0, 10));
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    bucket.pause_for(Duration::from_secs(30));
    assert_eq!(bucket.paused_until(), Some(start + Duration::from_secs(30)));
    // Neither shortens the pause.
    bucket.pause_for(Duration::from_secs(2));
    bucket.set_rate(2.0, 10);
    for name in ["a", "b", "c"] {
        caller(&bucket, Priority::Interactive, name, &done, start).await;
    }
    assert_eq!(
        collect(&mut results, 3).await,
        [("a", 30000), ("b", 30500), ("c", 31000)]
    );
    assert_eq!(bucket.paused_until(), None);
}

#[tokio::test(start_paused = true)]
async fn a_pause_reaches_those_who_already_wait() {
    let bucket = Arc::new(TokenBucket::new(1.0, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    caller(&bucket, Priority::Interactive, "a", &done, start).await;
    bucket.pause_for(Duration::from_secs(10));
    assert_eq!(collect(&mut results, 1).await, [("a", 10000)]);
}

#[tokio::test(start_paused = true)]
async fn a_new_rate_reaches_those_who_already_wait() {
    let bucket = Arc::new(TokenBucket::new(0.01, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    caller(&bucket, Priority::Background, "a", &done, start).await;
    bucket.set_rate(1.0, 200);
    assert_eq!(collect(&mut results, 1).await, [("a", 0)]);
}

#[tokio::test(start_paused = true)]
async fn senseless_numbers_do_no_harm() {
    for per_second in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
        let bucket = TokenBucket::new(per_second, 0);
        bucket.pause_for(Duration::MAX);
        assert!(!is_ready(pin!(bucket.acquire(Priority::Interactive))));
        bucket.set_rate(per_second, u32::MAX);
    }
}

#[tokio::test(start_paused = true)]
async fn every_fourth_token_goes_to_the_background_while_it_waits() {
    let bucket = Arc::new(TokenBucket::new(1.0, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    for name in ["b1", "b2"] {
        caller(&bucket, Priority::Background, name, &done, start).await;
    }
    for name in ["i1", "i2", "i3", "i4", "i5", "i6", "i7", "i8"] {
        caller(&bucket, Priority::Interactive, name, &done, start).await;
    }
    let names: Vec<_> = collect(&mut results, 10)
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        ["i1", "i2", "i3", "b1", "i4", "i5", "i6", "b2", "i7", "i8"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_background_caller_that_leaves_before_its_share_blocks_nobody() {
    let bucket = Arc::new(TokenBucket::new(1.0, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    let background = caller(&bucket, Priority::Background, "b", &done, start).await;
    for name in ["i1", "i2", "i3", "i4"] {
        caller(&bucket, Priority::Interactive, name, &done, start).await;
    }
    assert_eq!(collect(&mut results, 3).await[2], ("i3", 3000));
    background.abort();
    assert!(background.await.unwrap_err().is_cancelled());
    assert_eq!(collect(&mut results, 1).await, [("i4", 4000)]);
}

#[tokio::test(start_paused = true)]
async fn each_kind_goes_before_the_next_and_none_is_left_out_for_ever() {
    let bucket = Arc::new(TokenBucket::new(1.0, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    let kinds = [
        (Priority::Idle, "idle", 3),
        (Priority::Bulk, "bulk", 5),
        (Priority::Background, "poll", 7),
    ];
    for (priority, name, count) in kinds {
        for _ in 0..count {
            caller(&bucket, priority, name, &done, start).await;
        }
    }
    let order = collect(&mut results, 15).await;
    let order: Vec<_> = order.into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        order,
        [
            "poll", "poll", "poll", "bulk", "poll", "poll", "poll", "bulk", "poll", "bulk", "idle",
            "bulk", "bulk", "idle", "idle"
        ]
    );
}
