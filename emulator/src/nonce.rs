//! Signature nonces seen lately: each may be used once.
//!
//! A nonce is forgotten when its request would be refused for its age anyway.

use std::collections::{HashSet, VecDeque};

/// How long a nonce is remembered, in milliseconds: twice the tolerated clock difference, since a
/// date may lie that far in the future when first seen.
const MEMORY_MS: i64 = 2 * crate::signature::MAX_SKEW_MS;

/// The nonces of the last half hour.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    seen: HashSet<String>,
    order: VecDeque<(i64, String)>,
}

impl Nonces {
    /// Takes note of a nonce; false when it was used before.
    pub(crate) fn admit(&mut self, nonce: &str, now_ms: i64) -> bool {
        while self
            .order
            .front()
            .is_some_and(|(at, _)| now_ms - at > MEMORY_MS)
        {
            if let Some((_, old)) = self.order.pop_front() {
                self.seen.remove(&old);
            }
        }
        if !self.seen.insert(nonce.to_owned()) {
            return false;
        }
        self.order.push_back((now_ms, nonce.to_owned()));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once_until_it_is_forgotten() {
        let mut nonces = Nonces::default();
        assert!(nonces.admit("a", 0));
        assert!(nonces.admit("b", 1));
        assert!(!nonces.admit("a", MEMORY_MS));
        assert!(nonces.admit("a", MEMORY_MS + 1));
        assert!(!nonces.admit("b", MEMORY_MS + 1));
    }
}
