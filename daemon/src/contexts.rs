//! The contexts that this daemon serves: one for each settings file that a client means.
//!
//! A file is read when somebody first means it, and read again when it has changed. A broken edit keeps the settings that
//! were good before, and says so. With missing or broken settings a context is there all the same, and every call on it
//! answers with the reason and the fix.

mod budgets;
mod client;
mod entry;
mod known;
mod moved;
mod running;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    config::{self, Settings},
    journal::{Journal, StoreError},
    model::{Fault, redact::Redactor},
    provider::{Provider, dlc::DlcProvider},
    scope::{Parts, Scope, Setup, place},
    submit::{Claims, Prints},
    sys::Clock,
};

use budgets::Budgets;
use client::{known_secrets, same_client};
use entry::{Entry, real};
pub use known::Known;
pub use running::{Running, run};

/// The daemon's environment, as far as settings ask for it.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How often files are looked at while nobody calls.
pub const FILES_EVERY: Duration = Duration::from_secs(10);

/// All contexts.
pub struct Contexts {
    default: PathBuf,
    env: Env,
    journal: Journal,
    clock: Clock,
    budgets: Budgets,
    claims: Claims,
    prints: Prints,
    /// Of no settings: those of all contexts share the secrets of calls with it.
    redactor: Redactor,
    entries: Mutex<BTreeMap<PathBuf, Arc<Entry>>>,
}

impl std::fmt::Debug for Contexts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contexts")
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}

impl Contexts {
    /// Serves the settings at `default`, and those with which an earlier daemon was not finished.
    pub async fn start(default: PathBuf, env: Env, journal: Journal, clock: Clock) -> Self {
        let contexts = Self {
            default,
            env,
            journal,
            clock,
            budgets: Budgets::default(),
            claims: Claims::default(),
            prints: Prints::default(),
            redactor: Redactor::default(),
            entries: Mutex::default(),
        };
        contexts.note_neighbours().await;
        contexts.read(None).await;
        contexts.go_on().await;
        for known in contexts.all() {
            if let Some(running) = known.running {
                contexts.take_over(&running).await;
            }
        }
        contexts
    }

    /// The environment in which settings are read.
    pub fn env(&self) -> Env {
        Arc::clone(&self.env)
    }

    /// The settings file that is meant where a client names none.
    pub fn path(&self) -> &Path {
        &self.default
    }

    /// The context that a client means; `None` means ours. Its file is read again if it has changed.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub async fn get(&self, asked: Option<&Path>) -> Result<Arc<Running>, Fault> {
        let known = self.read(asked).await;
        match (known.running, known.problem) {
            (Some(running), _) => Ok(running),
            (None, Some(fault)) => Err(fault),
            (None, None) => Err(Fault::internal(
                "a context without settings and without a reason",
            )),
        }
    }

    /// The same with everything that there is to say of it.
    pub async fn read(&self, asked: Option<&Path>) -> Known {
        let entry = self.entry(asked.unwrap_or(&self.default));
        self.refresh(&entry).await;
        self.count_left(&entry).await;
        entry.known()
    }

    /// All contexts that were ever meant, as they are, the default one first.
    pub fn all(&self) -> Vec<Known> {
        let mut all: Vec<_> = self.entries().values().map(|entry| entry.known()).collect();
        let default = real(&self.default);
        all.sort_by_key(|known| known.path != default);
        all
    }

    /// Reads changed files, for ever: also of contexts for which nobody calls.
    pub async fn watch_files(&self) {
        loop {
            self.clock.sleep(FILES_EVERY).await;
            let entries: Vec<_> = self.entries().values().cloned().collect();
            for entry in entries {
                self.refresh(&entry).await;
            }
        }
    }

    /// By the file that is meant, whatever name or link leads there.
    fn entry(&self, path: &Path) -> Arc<Entry> {
        let file = real(path);
        let mut entries = self.entries();
        let entry = entries.entry(file.clone()).or_insert_with(|| {
            Arc::new(Entry {
                path: file,
                state: Mutex::default(),
                reading: tokio::sync::Mutex::default(),
            })
        });
        Arc::clone(entry)
    }

    async fn refresh(&self, entry: &Entry) {
        if entry.is_current() {
            return;
        }
        let _one_at_a_time = entry.reading.lock().await;
        if entry.is_current() {
            return;
        }
        // Before the files are read: what changes meanwhile is read again.
        let stamp = config::stamp(&entry.path);
        let before = entry.state().running.clone();
        let read = self.settings(&entry.path).await;
        let loaded = match read {
            Ok(settings) => self.adopt(before, settings).await,
            Err(fault) => {
                if let Some(running) = &before {
                    keep_with_todays_policy(&running.scope, &entry.path).await;
                }
                Err(fault)
            }
        };
        let mut state = entry.state();
        state.stamp = Some(stamp);
        match loaded {
            Ok(running) => {
                if state
                    .running
                    .as_ref()
                    .is_none_or(|before| !Arc::ptr_eq(before, &running))
                {
                    // To be counted.
                    state.left = (1, 1);
                }
                state.running = Some(running);
                state.problem = None;
                state.read_ms = Some(self.clock.wall_ms());
            }
            Err(fault) => {
                let kept = state.running.is_some();
                tracing::warn!(%fault, kept, "settings cannot be used");
                state.problem = Some(fault);
            }
        }
    }

    /// What nobody goes on with is counted for as long as there is some.
    async fn count_left(&self, entry: &Entry) {
        let (serves, left) = (entry.serves(), entry.state().left);
        if serves.is_some() && left == (0, 0) {
            return;
        }
        let path = entry.path.display().to_string();
        let counted = self.journal.read(move |reader| match serves {
            Some(context) => reader.waiting_elsewhere(context),
            None => reader.waiting_of_file(&path),
        });
        match counted.await {
            Ok(counted) => entry.state().left = counted,
            Err(error) => tracing::error!(%error, "waiting submits cannot be counted"),
        }
    }

    /// Files are read where nothing waits: a slow file system may take long.
    async fn settings(&self, path: &Path) -> Result<Settings, Fault> {
        let (env, path) = (self.env(), path.to_owned());
        let read = move || config::load(&path, &|key| env(key));
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or_else(|error| Err(Fault::internal(format!("reading settings: {error}"))))
    }

    /// Puts settings in force: over those of the same place, else as a context of their own.
    async fn adopt(
        &self,
        before: Option<Arc<Running>>,
        settings: Settings,
    ) -> Result<Arc<Running>, Fault> {
        for warning in &settings.warnings {
            tracing::warn!("{warning}");
        }
        match before {
            Some(running) if running.scope.place == place(&settings) => {
                self.replace(&running.scope, settings)?;
                running.scope.queue.changed();
                Ok(running)
            }
            before => {
                let running = self.begin(settings).await?;
                self.take_over(&running).await;
                if let Some(before) = before {
                    tracing::warn!(from = %before.scope.place, to = %running.scope.place, "the settings name another place");
                    before.retire();
                }
                Ok(running)
            }
        }
    }

    fn replace(&self, scope: &Scope, settings: Settings) -> Result<(), Fault> {
        scope.redactor.learn(known_secrets(&settings));
        let setup = scope.setup();
        let provider = match same_client(&setup.settings, &settings) {
            // Its connections, and what it has learnt of the clock, are kept.
            true => {
                let _same_budget_new_rate = self.budgets.of(&settings);
                setup.provider
            }
            false => self.provider(&settings, scope.redactor.clone())?,
        };
        scope.adopt(Setup {
            settings: Arc::new(settings),
            provider,
        });
        Ok(())
    }

    async fn begin(&self, settings: Settings) -> Result<Arc<Running>, Fault> {
        let context = self.number(&settings).await?;
        let redactor = self.redactor.beside(known_secrets(&settings));
        let provider = self.provider(&settings, redactor.clone())?;
        let scope = Scope::new(Parts {
            context,
            setup: Setup {
                settings: Arc::new(settings),
                provider,
            },
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            redactor,
            claims: self.claims.clone(),
            prints: self.prints.clone(),
        });
        run(Arc::new(scope)).await
    }

    async fn number(&self, settings: &Settings) -> Result<i64, StoreError> {
        let served: Vec<_> = self
            .entries()
            .values()
            .filter_map(|entry| entry.serves())
            .collect();
        let is_served = |id| served.contains(&id);
        moved::number(&self.journal, &settings.path, &place(settings), is_served).await
    }

    /// Nobody else will go on with what waits at its place under a file that is gone, or that names another place now.
    async fn take_over(&self, running: &Running) {
        let goes_on = |path: &Path, id: i64| {
            let entries = self.entries();
            let served = |entry: &Arc<Entry>| entry.serves() == Some(id);
            let is_usable = |entry: &Arc<Entry>| entry.serves().is_some();
            entries.values().any(served)
                // Broken, or nobody has meant it yet.
                || (path.exists() && !entries.get(path).is_some_and(is_usable))
        };
        if let Err(error) = moved::take_over(running, &self.claims, goes_on).await {
            tracing::error!(%error, "submits of other settings files of this place cannot be looked for");
        }
    }

    fn provider(
        &self,
        settings: &Settings,
        redactor: Redactor,
    ) -> Result<Arc<dyn Provider>, Fault> {
        let bucket = self.budgets.of(settings);
        let provider = DlcProvider::new(settings, bucket, redactor, self.clock.clone())?;
        Ok(Arc::new(provider))
    }

    /// Contexts beside the default file have prefixes that ours must be told from, also before anybody means them.
    async fn note_neighbours(&self) {
        let folder = self.default.with_file_name("contexts");
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let files = files.map(|file| real(&file.path()));
        let named = |path: &PathBuf| config::context_name(path).is_some();
        for path in files.filter(named) {
            let Ok(settings) = self.settings(&path).await else {
                continue;
            };
            if let Err(error) = self.number(&settings).await {
                tracing::error!(%error, "a context beside the default one cannot be noted");
            }
        }
    }

    /// Contexts with submits that are held or not confirmed, or with active jobs.
    async fn go_on(&self) {
        let files = self.journal.read(|reader| reader.files_with_work()).await;
        let files = files.unwrap_or_else(|error| {
            tracing::error!(%error, "what an earlier daemon left open cannot be read");
            Vec::new()
        });
        for (path, has_submits) in files {
            let path = PathBuf::from(path);
            // Of a file that is gone nothing can be asked; submits that wait for it are to be seen all the same.
            if has_submits || path.exists() {
                self.read(Some(&path)).await;
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settings that cannot be used leave those from before in force, but for what tools may do: a policy from before may be wider
/// than the one that the person has written since.
async fn keep_with_todays_policy(scope: &Scope, path: &Path) {
    let path = path.to_owned();
    let policy = tokio::task::spawn_blocking(move || config::policy_now(&path)).await;
    let Ok(policy) = policy else { return };
    let setup = scope.setup();
    let mut settings = (*setup.settings).clone();
    settings.policy = policy;
    scope.adopt(Setup {
        settings: Arc::new(settings),
        ..setup
    });
}
