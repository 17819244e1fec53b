//! Who settles an intent. Settings that name another place for a while end a scope and begin it anew, and what the first one
//! has under way goes on: the second one must leave it alone.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The intents that are being settled by this daemon. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Claims(Arc<Mutex<HashSet<String>>>);

/// The sole right to bring an intent to its end; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    uid: String,
    claims: Claims,
}

impl Claims {
    /// The right to settle this intent; `None` while somebody else has it.
    pub(super) fn claim(&self, uid: &str) -> Option<Claim> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(uid.to_owned()).then(|| Claim {
            uid: uid.to_owned(),
            claims: self.clone(),
        })
    }

    /// Whether somebody has it.
    pub fn is_claimed(&self, uid: &str) -> bool {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.contains(uid)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = self.claims.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&self.uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_settled_by_one_at_a_time() {
        let claims = Claims::default();
        let first = claims.claim("job-1").unwrap();
        assert!(claims.claim("job-1").is_none());
        assert!(claims.claim("job-2").is_some());
        drop(first);
        assert!(claims.claim("job-1").is_some());
    }
}
