//! What all work on one context needs: its settings, its backend, its memory.
//!
//! Settings and backend may be replaced while work goes on, but never the place that they name: work on another place is
//! another scope.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    config::Settings,
    journal::{Journal, StoreError},
    model::{Fault, redact::Redactor},
    poll::{Interest, Looks},
    provider::{Nature, Provider},
    submit::{Claims, Prints, Queue, Sizes},
    sys::{Clock, clock::millis},
};

/// One usable context.
#[derive(Debug)]
pub struct Scope {
    /// Its id in the journal.
    pub context: i64,
    /// Where its jobs are: see [`place`]. Contexts of the same place count for each other's limits.
    pub place: String,
    /// `{prefix}-`: what every own job's name begins with.
    pub own_start: String,
    /// What kind of backend it is.
    pub nature: Nature,
    setup: RwLock<Setup>,
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
    /// The submits that wait for room.
    pub queue: Queue,
    /// What instance types have.
    pub sizes: Sizes,
    /// The submits that somebody brings to their end.
    pub claims: Claims,
    /// What the submits of this daemon asked for, exactly.
    pub prints: Prints,
}

/// What is replaced when the settings change.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The settings in force.
    pub settings: Arc<Settings>,
    /// The backend.
    pub provider: Arc<dyn Provider>,
}

/// What a scope is made of.
#[derive(Debug)]
pub struct Parts {
    /// Its id in the journal.
    pub context: i64,
    /// Settings and backend.
    pub setup: Setup,
    /// The memory.
    pub journal: Journal,
    /// The time.
    pub clock: Clock,
    /// Masks what must not be stored or told; the one that the backend has.
    pub redactor: Redactor,
    /// The submits that somebody brings to their end; the same for all scopes of a daemon.
    pub claims: Claims,
    /// What the submits of this daemon asked for; the same for all scopes of a daemon.
    pub prints: Prints,
}

impl Scope {
    /// Nobody waits yet, and nothing was looked at.
    pub fn new(parts: Parts) -> Self {
        let settings = &parts.setup.settings;
        Self {
            context: parts.context,
            place: place(settings),
            own_start: format!("{}-", settings.prefix),
            nature: parts.setup.provider.nature().clone(),
            setup: RwLock::new(parts.setup),
            journal: parts.journal,
            interest: Interest::new(parts.clock.clone()),
            queue: Queue::new(),
            sizes: Sizes::default(),
            claims: parts.claims,
            prints: parts.prints,
            clock: parts.clock,
            looks: Looks::default(),
            redactor: parts.redactor,
        }
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        self.setup().settings
    }

    /// The backend.
    pub fn provider(&self) -> Arc<dyn Provider> {
        self.setup().provider
    }

    /// Settings and backend, as they belong together.
    pub fn setup(&self) -> Setup {
        let setup = self.setup.read();
        setup.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Settings of the same place take the place of those in force.
    pub fn adopt(&self, setup: Setup) {
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) = setup;
    }

    /// From when on ended jobs are listed and kept, Unix ms.
    pub fn ended_from_ms(&self) -> i64 {
        let days = i64::from(self.settings().own.list.ended_days);
        self.now_ms() - days * 86_400_000
    }

    /// The present by the backend's clock, Unix ms: counted from the newest look on, so that a wall clock that is set in between
    /// changes nothing. Before the first one see [`Provider::now_ms`].
    pub fn now_ms(&self) -> i64 {
        match self.looks.at_complete() {
            Some((at, backend_ms)) => backend_ms + millis(self.clock.mono().saturating_sub(at)),
            None => self.provider().now_ms(),
        }
    }
}

/// Endpoint, region, workspace and prefix: jobs of one place are the same jobs, whichever file names it.
pub fn place(settings: &Settings) -> String {
    format!(
        "{} {} {} {}",
        settings.endpoints.dlc, settings.region, settings.workspace_id, settings.prefix
    )
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
