//! Redacted commands, remembered: each look lists every active job with its whole command.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, PoisonError},
};

use crate::model::redact::Redactor;

/// Jobs that are remembered; beyond it everything is forgotten and learnt anew.
const JOBS_MAX: usize = 4096;

/// The newest command of each job, by native id: hash of the original, and the redacted text. The original itself, which
/// may hold a secret, is not kept.
#[derive(Debug, Default)]
pub(super) struct Redacted {
    known: Mutex<HashMap<String, (u64, String)>>,
}

impl Redacted {
    /// The command without its secrets.
    pub(super) fn of(&self, job: &str, command: &str, redactor: &Redactor) -> String {
        let mut hasher = DefaultHasher::new();
        // What was learnt meanwhile may be in it.
        redactor.version().hash(&mut hasher);
        command.hash(&mut hasher);
        let hash = hasher.finish();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((same, redacted)) = known.get(job)
            && *same == hash
        {
            return redacted.clone();
        }
        let redacted = redactor.text(command);
        if known.len() >= JOBS_MAX {
            known.clear();
        }
        known.insert(job.to_owned(), (hash, redacted.clone()));
        redacted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_command_is_redacted_anew() {
        let (redacted, redactor) = (Redacted::default(), Redactor::default());
        for _ in 0..2 {
            assert_eq!(
                redacted.of("dlc1", "TOKEN=abcdef x", &redactor),
                "TOKEN=[redacted] x"
            );
            assert_eq!(redacted.of("dlc1", "python t.py", &redactor), "python t.py");
        }
    }

    #[test]
    fn what_was_learnt_meanwhile_is_masked_in_a_command_that_is_known() {
        let (redacted, redactor) = (Redacted::default(), Redactor::default());
        assert_eq!(
            redacted.of("dlc1", "echo pa55-phrase", &redactor),
            "echo pa55-phrase"
        );
        redactor.remember(["pa55-phrase".to_owned()]);
        assert_eq!(
            redacted.of("dlc1", "echo pa55-phrase", &redactor),
            "echo [redacted]"
        );
        redactor.learn(["echo-me".to_owned()]);
        assert_eq!(
            redactor.text("echo-me pa55-phrase"),
            "[redacted] [redacted]"
        );
        redactor.learn([]);
        assert_eq!(redactor.text("echo-me pa55-phrase"), "echo-me [redacted]");
    }

    #[test]
    fn the_memory_is_bounded() {
        let (redacted, redactor) = (Redacted::default(), Redactor::default());
        for n in 0..3 * JOBS_MAX {
            redacted.of(&format!("dlc{n}"), "x", &redactor);
        }
        assert!(redacted.known.lock().unwrap().len() <= JOBS_MAX);
    }
}
