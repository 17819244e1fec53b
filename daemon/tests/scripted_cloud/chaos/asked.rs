//! What clients have asked for, and what they were told.

use std::collections::BTreeSet;

use paid::submit::Wish;
use rand::{RngExt as _, rngs::StdRng};

/// For how long an equal submit is surely joined, whatever delays it: half of the minute, ms.
const SURELY_EQUAL_MS: i64 = 25_000;

/// One thing that is asked for, once or more often. It has a command of its own, by which its jobs are known at the cloud.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) wish: Wish,
    /// The jobs that clients were told.
    pub(super) uids: BTreeSet<String>,
    /// When it was last accepted, Unix ms.
    accepted_ms: Option<i64>,
    /// Somebody has stopped it, or it failed: an equal one is another one then.
    pub(super) is_over: bool,
    /// Calls that are under way.
    pub(super) calls: u32,
    /// It is asked for through the second settings file.
    pub(super) second: bool,
    /// How many jobs it may be at the most.
    pub(super) most: u32,
}

impl Asked {
    pub(super) fn new(number: usize, rng: &mut StdRng) -> Self {
        let another = rng.random_ratio(1, 6);
        let key = match !another && rng.random_ratio(1, 2) {
            true => format!("key-{number}"),
            false => String::new(),
        };
        let overrides = match rng.random_ratio(1, 4) {
            true => [("gpu".to_owned(), "2".to_owned())].into(),
            false => Default::default(),
        };
        Self {
            wish: Wish {
                name: "chaos".into(),
                command: format!("run {number}"),
                nonce: format!("nonce-{number}-0"),
                key,
                queue: rng.random_ratio(1, 2),
                priority: Some(rng.random_range(1..4)),
                overrides,
                another,
                max_minutes: rng.random_ratio(2, 3).then(|| rng.random_range(1..8) * 30),
                ..Wish::default()
            },
            uids: BTreeSet::new(),
            accepted_ms: None,
            is_over: false,
            calls: 0,
            second: rng.random_ratio(1, 3),
            most: 1,
        }
    }

    /// Another client asks for the same: by the key, or by equal arguments while that certainly means the same job, or for
    /// another of its kind.
    pub(super) fn again(&mut self, call: usize, now_ms: i64) -> Option<Wish> {
        self.most += u32::from(self.wish.another);
        let is_equal = || {
            let fresh = |at: i64| now_ms - at < SURELY_EQUAL_MS;
            !self.is_over && self.accepted_ms.is_some_and(fresh)
        };
        (self.wish.another || !self.wish.key.is_empty() || is_equal()).then(|| Wish {
            nonce: format!("nonce-again-{call}"),
            ..self.wish.clone()
        })
    }

    pub(super) fn accepted(&mut self, uid: String, now_ms: i64) {
        if self.uids.insert(uid) {
            self.accepted_ms = Some(now_ms);
        }
    }

    /// Whether the machine's clock may be set without an equal call under way becoming another job, for that it is not a minute
    /// later now.
    pub(super) fn may_meet_another_time(&self) -> bool {
        self.may_end_badly() || (self.calls == 1 && self.accepted_ms.is_none())
    }

    /// The machine's clock was set: for the daemon after this one, what is equal is not certainly young any more.
    pub(super) fn meets_another_time(&mut self) {
        self.is_over = true;
    }

    /// Whether it may be stopped or fail without an equal call under way becoming another job.
    pub(super) fn may_end_badly(&self) -> bool {
        self.wish.another || !self.wish.key.is_empty() || self.calls == 0
    }
}
