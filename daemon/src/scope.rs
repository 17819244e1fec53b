//! What all work on one context needs: its settings, its backend, its memory.

use std::sync::Arc;

use crate::{
    config::Settings,
    journal::{Journal, StoreError},
    model::{Fault, redact::Redactor},
    poll::{Interest, Looks},
    provider::Provider,
    sys::Clock,
};

/// One usable context.
#[derive(Debug)]
pub struct Scope {
    /// Its id in the journal.
    pub context: i64,
    /// The settings in force.
    pub settings: Settings,
    /// The backend.
    pub provider: Arc<dyn Provider>,
    /// The memory.
    pub journal: Journal,
    /// The time.
    pub clock: Clock,
    /// Who waits.
    pub interest: Arc<Interest>,
    /// How fresh the data is.
    pub looks: Looks,
    /// Masks what must not be stored or told.
    pub redactor: Redactor,
}

impl Scope {
    /// `{prefix}-`: what every own job's name begins with.
    pub fn own_start(&self) -> String {
        format!("{}-", self.settings.prefix)
    }

    /// From when on ended jobs are listed and kept, Unix ms.
    pub fn ended_from_ms(&self) -> i64 {
        let days = i64::from(self.settings.own.list.ended_days);
        self.clock.wall_ms() - days * 86_400_000
    }
}

/// A new uid: `job-` and ten characters, without those that are easily confused.
pub fn new_uid() -> String {
    format!("job-{}", random_word(10))
}

/// Random lower-case letters and digits.
pub fn random_word(len: usize) -> String {
    use rand::RngExt as _;
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut rng = rand::rng();
    (0..len)
        .map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]))
        .collect()
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let hint = error.hint();
        let fault = Self::internal(&error);
        match hint {
            "" => fault,
            hint => fault.hint(hint),
        }
    }
}
