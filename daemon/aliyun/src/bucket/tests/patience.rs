//! Those who do not wait for ever.

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

async fn within(bucket: &TokenBucket) -> Result<(), TooLong> {
    bucket.acquire_within(Priority::Interactive, PATIENCE).await
}

/// Whole seconds, rounded up as tokio's clock does, and whether a pause is the reason.
fn seconds(too_long: TooLong) -> (u64, bool) {
    let rounded = too_long.rest + Duration::from_millis(999);
    (rounded.as_secs(), too_long.paused)
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_patience_is_told_at_once() {
    let bucket = TokenBucket::default();
    let start = Instant::now();
    bucket.pause_for(Duration::from_secs(240));
    let refused = within(&bucket).await.unwrap_err();
    assert_eq!(
        (seconds(refused), start.elapsed()),
        ((240, true), Duration::ZERO)
    );
    assert_eq!(bucket.waiting(), (0, 0));

    tokio::time::advance(Duration::from_secs(235)).await;
    within(&bucket).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 240);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_begins_meanwhile_is_told_at_once() {
    let bucket = TokenBucket::new(1.0, 1);
    drain(&bucket, 1).await;
    let mut first = pin!(within(&bucket));
    let mut second = pin!(within(&bucket));
    tokio::select! {
        biased;
        _ = &mut first => panic!("there is no token"),
        _ = &mut second => panic!("there is no token"),
        () = std::future::ready(()) => {}
    }
    let start = Instant::now();
    bucket.pause_for(Duration::from_secs(60));
    assert_eq!(seconds(first.await.unwrap_err()), (60, true));
    assert_eq!(seconds(second.await.unwrap_err()), (60, true));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_queue_beyond_the_patience_is_told_at_once() {
    let bucket = Arc::new(TokenBucket::new(0.25, 1));
    drain(&bucket, 1).await;
    let start = Instant::now();
    let (done, mut results) = mpsc::unbounded_channel();
    for name in ["a", "b"] {
        caller(&bucket, Priority::Interactive, name, &done, start).await;
    }
    let refused = within(&bucket).await.unwrap_err();
    assert_eq!(
        (seconds(refused), start.elapsed()),
        ((12, false), Duration::ZERO)
    );
    assert_eq!(collect(&mut results, 2).await, [("a", 4000), ("b", 8000)]);
    within(&bucket).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn patience_ends_even_if_the_first_does_not_take_its_turn() {
    let bucket = TokenBucket::new(0.1, 1);
    drain(&bucket, 1).await;
    let start = Instant::now();
    let mut background = pin!(bucket.acquire(Priority::Background));
    assert!(!is_ready(background.as_mut()));
    for _ in 1..LOWER_SHARE {
        within(&bucket).await.unwrap();
    }
    let refused = within(&bucket).await.unwrap_err();
    assert_eq!(seconds(refused), (10, false));
    assert_eq!(start.elapsed().as_secs(), 40);
    assert!(is_ready(background.as_mut()));
}

#[tokio::test(start_paused = true)]
async fn no_patience_takes_what_is_there() {
    let bucket = TokenBucket::new(1.0, 2);
    let now = |bucket| TokenBucket::acquire_within(bucket, Priority::Interactive, Duration::ZERO);
    now(&bucket).await.unwrap();
    now(&bucket).await.unwrap();
    assert_eq!(seconds(now(&bucket).await.unwrap_err()), (1, false));
    let endless = bucket.acquire_within(Priority::Interactive, Duration::MAX);
    endless.await.unwrap();
}
