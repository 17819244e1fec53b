//! Every call gets an answer. The SDK sends none for one that panics, and the daemon may never send the answer that a
//! call waits for; in both cases the client would wait until its own patience ends.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;

use crate::{answer::Answer, error::Failure};

/// Longest call, a little under the minute after which many clients give one up.
pub(crate) const LIMIT: Duration = Duration::from_secs(55);

/// The outcome of a call, whatever becomes of it.
pub(crate) async fn answered(
    tool: &str,
    call: impl Future<Output = Result<Answer, Failure>>,
) -> Result<Answer, Failure> {
    // What a call shares with others survives a panic: a connection, and a lock that is not poisoned by one.
    let call = AssertUnwindSafe(call).catch_unwind();
    match tokio::time::timeout(LIMIT, call).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(Failure::new(
            format!(
                "{tool} failed by a fault of this server: {}",
                words(&*panic)
            ),
            "this is a bug; what it was to do may have been done: see pai_job_list before you repeat it",
        )),
        Err(_) => Err(Failure::new(
            format!(
                "{tool} got no answer of the daemon within {} s",
                LIMIT.as_secs()
            ),
            "what it was to do may have been done: see `paictl daemon status`, and pai_job_list before you repeat it",
        )),
    }
}

/// What was said when it panicked.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure_with_its_words() {
        let (number, yes) = (7, true);
        let formatted = answered("t", async { panic!("number {number}") }).await;
        assert!(formatted.unwrap_err().text().contains("number 7"));
        let fixed = answered("t", async {
            assert!(!yes, "plain");
            Ok(Answer::text(String::new()))
        });
        assert!(fixed.await.unwrap_err().text().contains("plain"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_ends_is_given_up_within_a_minute() {
        let begin = tokio::time::Instant::now();
        let failure = answered("t", std::future::pending()).await.unwrap_err();
        assert!(failure.text().contains("55 s"), "{failure:?}");
        assert!(begin.elapsed() < Duration::from_secs(60));
    }
}
