//! The contexts that this daemon serves: one for now. With missing or broken settings it is there all the same, and every
//! call on it answers with the reason and the fix.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::JoinHandle;

use crate::{
    config::{self, Settings},
    journal::Journal,
    logs::Tails,
    model::{Fault, FaultKind, redact::Redactor},
    poll::{self, Interest, Looks, PollerHandle},
    provider::dlc::DlcProvider,
    scope::Scope,
    submit,
    sys::Clock,
};

/// The daemon's environment, as far as settings ask for it.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A context at work. Dropping it ends its poller.
#[derive(Debug)]
pub struct Running {
    /// What its work needs.
    pub scope: Arc<Scope>,
    /// The way to its poller.
    pub poller: PollerHandle,
    /// The logs that are read.
    pub tails: Tails,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// All contexts.
pub struct Contexts {
    path: PathBuf,
    env: Env,
    journal: Journal,
    clock: Clock,
    state: Mutex<Result<Arc<Running>, Fault>>,
    /// One loads at a time.
    loading: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Contexts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contexts")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Contexts {
    /// Serves the settings at `path`. They are read now; broken ones are read again at each call until they are good.
    pub async fn start(path: PathBuf, env: Env, journal: Journal, clock: Clock) -> Self {
        let not_yet = Fault::new(
            FaultKind::Unavailable,
            "the settings have not been read yet",
        );
        let contexts = Self {
            path,
            env,
            journal,
            clock,
            state: Mutex::new(Err(not_yet)),
            loading: tokio::sync::Mutex::default(),
        };
        if let Err(fault) = contexts.load().await {
            tracing::warn!(%fault, "the settings cannot be used");
        }
        contexts
    }

    /// The settings file that is served.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The context that a client means; `None` means ours.
    ///
    /// # Errors
    /// Why it cannot be used, or that the client means another one.
    pub async fn get(&self, asked: Option<&Path>) -> Result<Arc<Running>, Fault> {
        if let Some(asked) = asked
            && !same_file(asked, &self.path)
        {
            return Err(Fault::new(
                FaultKind::Conflict,
                format!(
                    "this daemon serves the settings {}, and this client means {}",
                    self.path.display(),
                    asked.display()
                ),
            )
            .hint(
                "give both the same ALIYUN_PAI_SETTINGS_PATH (where the client is right, `paictl daemon stop` ends this \
                 daemon, and the next command starts one), or run a second daemon with its own PAI_SOCKET and PAI_STATE_DIR",
            ));
        }
        match self.current() {
            Ok(running) => Ok(running),
            Err(_) => self.load().await,
        }
    }

    /// The context as it is, without reading anything again.
    pub fn current(&self) -> Result<Arc<Running>, Fault> {
        self.state().clone()
    }

    async fn load(&self) -> Result<Arc<Running>, Fault> {
        let _one_at_a_time = self.loading.lock().await;
        if let Ok(running) = self.current() {
            return Ok(running);
        }
        let loaded = self.try_load().await;
        *self.state() = loaded.clone();
        loaded
    }

    async fn try_load(&self) -> Result<Arc<Running>, Fault> {
        let env = Arc::clone(&self.env);
        let settings = config::load(&self.path, &move |key| env(key))?;
        for warning in &settings.warnings {
            tracing::warn!("{warning}");
        }
        let path = self.path.display().to_string();
        let place = format!(
            "{} {} {}",
            settings.endpoints.dlc, settings.region, settings.workspace_id
        );
        let context = self
            .journal
            .write(move |tx| tx.context(&path, &place))
            .await?;
        let redactor = Redactor::new(known_secrets(&settings));
        let provider = DlcProvider::new(&settings, redactor.clone(), self.clock.clone())?;
        let scope = Arc::new(Scope {
            context,
            settings,
            provider: Arc::new(provider),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            interest: Interest::new(self.clock.clone()),
            looks: Looks::default(),
            redactor,
        });
        run(scope).await
    }

    fn state(&self) -> MutexGuard<'_, Result<Arc<Running>, Fault>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the poller of a scope, and goes on with what an earlier daemon left open.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(scope: Arc<Scope>) -> Result<Arc<Running>, Fault> {
    submit::restore(&scope).await?;
    poll::restore_staleness(&scope).await?;
    let (poller, task) = poll::start(Arc::clone(&scope));
    let running = Arc::new(Running {
        tails: Tails::new(Arc::clone(&scope)),
        scope,
        poller,
        task,
    });
    submit::resume(&running.scope, &running.poller).await?;
    Ok(running)
}

fn known_secrets(settings: &Settings) -> Vec<String> {
    use secrecy::ExposeSecret as _;
    let mut known = settings.secrets.clone();
    known.push(
        settings
            .credentials
            .access_key_secret
            .expose_secret()
            .to_owned(),
    );
    known.extend(
        settings
            .credentials
            .security_token
            .iter()
            .map(|token| token.expose_secret().to_owned()),
    );
    known
}

/// Compared as files where both exist, else as texts.
fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
