//! Work on large answers, off the thread that serves everybody.

/// Smaller pieces are worked on where they are: handing them over would cost more. About half a millisecond of JSON.
const SMALL: usize = 64 << 10;

/// Runs `work`, which goes over so many bytes, on a thread of the runtime's blocking pool where they are many.
pub async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if bytes < SMALL {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going away, and we with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[tokio::test]
    async fn large_pieces_are_worked_on_elsewhere() {
        let here = thread::current().id();
        assert_eq!(aside(SMALL - 1, || thread::current().id()).await, here);
        assert_ne!(aside(SMALL, || thread::current().id()).await, here);
    }

    #[tokio::test]
    #[should_panic(expected = "its own words")]
    async fn a_panic_is_the_askers() {
        aside(SMALL, || panic!("its own words")).await;
    }
}
