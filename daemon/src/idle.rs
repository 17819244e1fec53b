//! When a daemon that a client started leaves by itself: after [`IDLE_EXIT`] without work.
//!
//! [`Idle`] decides and is pure; [`until_idle`] is the loop around it. A daemon that somebody started by hand, or that a
//! service manager started, stays.

use std::time::Duration;

use pai_proto::start::IDLE_EXIT;

use crate::sys::{Clock, clock::Mono};

/// Longest time between two looks at the work: jobs end without a word to us.
const LOOK: Duration = Duration::from_secs(30);

/// What keeps a daemon from leaving, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Open connections: calls, streams, and a client that just keeps its channel open.
    pub clients: u32,
    /// Jobs that have not ended, or hold compute.
    pub active_jobs: u32,
    /// Submits that are held or whose outcome is not known.
    pub open_submits: u32,
    /// Logs that are being read and have not come to their end.
    pub open_logs: u32,
}

impl Work {
    /// Whether nothing keeps it.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// What was found in one look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The work; `None` when it cannot be told, which is no reason to leave.
    pub work: Option<Work>,
    /// When the last client left: it may have come and gone since the look before.
    pub last_client: Option<Mono>,
}

/// Since when there has been no work.
#[derive(Debug)]
pub struct Idle {
    since: Mono,
}

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is work.
    Stay,
    /// There is none: it may leave then, if none comes.
    LeaveAt(Mono),
    /// There has been none for long enough.
    Leave,
}

impl Idle {
    /// A daemon that starts now: whoever started it is given time to come.
    pub fn new(now: Mono) -> Self {
        Self { since: now }
    }

    /// Judges a look that was taken now.
    pub fn judge(&mut self, now: Mono, look: Look) -> Verdict {
        if !look.work.is_some_and(Work::is_none) {
            self.since = now;
            return Verdict::Stay;
        }
        self.since = self.since.max(look.last_client.unwrap_or_default());
        match self.since + IDLE_EXIT {
            at if at > now => Verdict::LeaveAt(at),
            _ => Verdict::Leave,
        }
    }
}

/// Returns when a daemon that started now has been idle for long enough. `look` must count the clients last, after
/// everything that it has to wait for: then none can have come between its answer and the return.
pub async fn until_idle(clock: &Clock, look: impl AsyncFn() -> Look) {
    let mut idle = Idle::new(clock.mono());
    let mut at = clock.mono() + LOOK;
    loop {
        clock.sleep_until(at).await;
        let found = look().await;
        let now = clock.mono();
        at = match idle.judge(now, found) {
            Verdict::Leave => return,
            Verdict::Stay => now + LOOK,
            Verdict::LeaveAt(at) => at.min(now + LOOK),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::clock::ManualClock;
    use std::{
        cell::{Cell, RefCell},
        collections::VecDeque,
    };

    const MINUTE: Duration = Duration::from_secs(60);

    fn no_work(last_client: Option<Mono>) -> Look {
        Look {
            work: Some(Work::default()),
            last_client,
        }
    }

    #[test]
    fn each_kind_of_work_keeps_it_and_so_does_not_knowing() {
        let work = Work::default();
        let keeps = [
            Some(Work { clients: 1, ..work }),
            Some(Work {
                active_jobs: 1,
                ..work
            }),
            Some(Work {
                open_submits: 1,
                ..work
            }),
            Some(Work {
                open_logs: 1,
                ..work
            }),
            None,
        ];
        for work in keeps {
            let mut idle = Idle::new(MINUTE);
            let look = Look {
                work,
                last_client: None,
            };
            assert_eq!(idle.judge(100 * MINUTE, look), Verdict::Stay, "{work:?}");
            // The time begins again.
            assert_eq!(
                idle.judge(101 * MINUTE, no_work(None)),
                Verdict::LeaveAt(100 * MINUTE + IDLE_EXIT),
                "{work:?}"
            );
        }
    }

    #[test]
    fn the_time_runs_from_the_last_work() {
        let soon = |at| Verdict::LeaveAt(at + IDLE_EXIT);
        for (now, last_client, verdict) in [
            (2 * MINUTE, None, soon(MINUTE)),
            (MINUTE + IDLE_EXIT, None, Verdict::Leave),
            (99 * MINUTE, None, Verdict::Leave),
            // A client that came and went between two looks.
            (99 * MINUTE, Some(98 * MINUTE), soon(98 * MINUTE)),
            (99 * MINUTE, Some(99 * MINUTE - IDLE_EXIT), Verdict::Leave),
            // One that left before the daemon had other work is no reason to leave early.
            (2 * MINUTE, Some(Duration::ZERO), soon(MINUTE)),
        ] {
            let mut idle = Idle::new(MINUTE);
            let found = idle.judge(now, no_work(last_client));
            assert_eq!(found, verdict, "at {now:?}, {last_client:?}");
        }
    }

    /// Moves the clock on in small steps until it leaves, with these looks, of which the last one is repeated; when it
    /// left, and how often it looked.
    async fn leaves_after(looks: &[Look]) -> (Mono, u32) {
        let hands = ManualClock::new(0);
        let clock = Clock::Manual(hands.clone());
        let began = clock.mono();
        let (left, count) = (RefCell::new(VecDeque::from(looks.to_vec())), Cell::new(0));
        let look = async || {
            count.set(count.get() + 1);
            let mut left = left.borrow_mut();
            match left.len() {
                1 => left[0],
                _ => left.pop_front().unwrap(),
            }
        };
        let mut leaving = std::pin::pin!(until_idle(&clock, look));
        let ticking = async {
            loop {
                tokio::select! {
                    biased;
                    () = &mut leaving => return,
                    () = tokio::task::yield_now() => hands.advance(Duration::from_secs(1)),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ticking)
            .await
            .unwrap();
        (clock.mono() - began, count.get())
    }

    #[tokio::test]
    async fn an_idle_daemon_leaves_on_the_second_and_looks_rarely() {
        let (after, looks) = leaves_after(&[no_work(None)]).await;
        assert_eq!((after, looks), (IDLE_EXIT, 30));
    }

    #[tokio::test]
    async fn work_is_seen_and_its_end_too() {
        let busy = Look {
            work: Some(Work {
                active_jobs: 1,
                ..Work::default()
            }),
            last_client: None,
        };
        let mut looks = vec![busy; 100];
        looks.push(no_work(None));
        let (after, _) = leaves_after(&looks).await;
        assert_eq!(after, 100 * LOOK + IDLE_EXIT);
    }
}
