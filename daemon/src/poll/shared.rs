//! Questions to the backend that clients cause: one call serves everybody who asks the same.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    model::Fault,
    sys::{Clock, clock::Mono},
};

/// What was asked lately, by key.
#[derive(Debug)]
pub(super) struct Shared {
    slots: Mutex<VecDeque<(String, Slot)>>,
    most: usize,
}

type Slot = Arc<tokio::sync::Mutex<Option<Answer>>>;

/// What came of a question.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// When it came.
    pub at: Mono,
    /// Of the job, after it.
    pub rev: u64,
    pub result: Result<(), Fault>,
}

impl Shared {
    /// Remembers this many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            slots: Mutex::default(),
            most,
        }
    }

    /// The answer to a question: one that came while we waited for our turn, one that is still good, else a new one. `ask`
    /// gives the job's revision with it.
    pub(super) async fn answer(
        &self,
        key: &str,
        clock: &Clock,
        good: impl Fn(&Answer) -> bool,
        ask: impl Future<Output = Result<u64, Fault>>,
    ) -> Result<(), Fault> {
        let came = clock.mono();
        let slot = self.slot(key);
        let mut answer = slot.lock().await;
        if let Some(last) = answer.as_ref()
            && (last.at > came || good(last))
        {
            return last.result.clone();
        }
        let (rev, result) = match ask.await {
            Ok(rev) => (rev, Ok(())),
            Err(fault) => (0, Err(fault)),
        };
        *answer = Some(Answer {
            at: clock.mono(),
            rev,
            result: result.clone(),
        });
        result
    }

    fn slot(&self, key: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = slots.iter().find(|(known, _)| known == key) {
            return Arc::clone(slot);
        }
        if slots.len() >= self.most {
            slots.pop_front();
        }
        let slot = Slot::default();
        slots.push_back((key.to_owned(), Arc::clone(&slot)));
        slot
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use super::*;
    use crate::{model::FaultKind, sys::clock::ManualClock};

    #[tokio::test]
    async fn those_who_ask_while_a_call_is_under_way_share_its_failure_too() {
        let hands = ManualClock::new(0);
        let clock = Clock::Manual(hands.clone());
        let (shared, calls) = (Shared::new(2), AtomicU32::new(0));
        let ask = || {
            shared.answer("a", &clock, |_| false, async {
                calls.fetch_add(1, Ordering::SeqCst);
                clock.sleep(Duration::from_secs(1)).await;
                Err(Fault::new(FaultKind::Unavailable, "busy"))
            })
        };
        let asking = async { tokio::join!(ask(), ask(), ask()) };
        let moving = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
                hands.advance(Duration::from_secs(1));
            }
        };
        let (answers, ()) = tokio::join!(asking, moving);
        assert!(answers.0.is_err() && answers.1.is_err() && answers.2.is_err());
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn the_oldest_is_forgotten() {
        let clock = Clock::Manual(ManualClock::new(0));
        let (shared, calls) = (Shared::new(2), AtomicU32::new(0));
        for key in ["a", "b", "a", "c", "a"] {
            let ask = async {
                calls.fetch_add(1, Ordering::SeqCst);
                Ok(1)
            };
            shared.answer(key, &clock, |_| true, ask).await.unwrap();
        }
        assert_eq!(calls.load(Ordering::SeqCst), 4, "a, b, c, and a again");
    }
}
