//! A context on the scripted cloud, with a clock that stands still.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use paid::{
    config::{self, Settings},
    contexts::{self, Running},
    journal::Journal,
    model::{Caller, Fault, Job, redact::Redactor},
    provider::Provider,
    scope::{Parts, Scope, Setup, place},
    submit::{self, Claims, Prints, Submitted, Wish},
    sys::{Clock, clock::ManualClock},
};

use crate::cloud::{Cloud, Create, EPOCH_MS, Line};

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn env(key: &str) -> Option<String> {
    (key == "ALIBABA_CLOUD_ACCESS_KEY_ID" || key == "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        .then(|| "scripted-key".to_owned())
}

/// The text of a settings file with these limits, as JSON.
pub(crate) fn settings_text(limits: &str) -> String {
    format!(
        r#"{{"version": "0.5.0", "projectPrefix": "me", "regionId": "r", "workspaceId": "w",
             "resourceId": "q", "mounts": [], "limits": {limits},
             "codeSource": {{"codeSourceId": "code-1", "mountPath": "/code", "defaultBranch": "main"}},
             "profiles": {{"default": {{"jobType": "PyTorchJob", "jobSpecs": [{{"type": "Worker",
               "podCount": 1, "image": "i", "imageConfig": {{"password": "registry-pw"}},
               "resourceConfig": {{"CPU": "1", "GPU": "1", "memory": "1Gi"}}}}]}}}}}}"#
    )
}

/// What a daemon reads of a settings file.
pub(crate) fn load(path: &Path) -> Settings {
    config::load(path, &env).unwrap()
}

/// What all scopes of one daemon share.
#[derive(Clone, Default)]
pub(crate) struct Common {
    claims: Claims,
    prints: Prints,
    redactor: Redactor,
}

/// The scope that a daemon makes of settings. The journal knows them by `file`.
pub(crate) async fn scope_of(
    settings: Settings,
    file: &'static str,
    provider: Arc<dyn Provider>,
    (journal, clock, common): (Journal, Clock, Common),
) -> Arc<Scope> {
    let place = place(&settings);
    let context = journal.write(move |tx| tx.context(file, &place));
    let context = context.await.unwrap();
    Arc::new(Scope::new(Parts {
        context,
        redactor: common.redactor.beside(settings.secrets.clone()),
        setup: Setup {
            settings: Arc::new(settings),
            provider,
        },
        journal,
        clock,
        claims: common.claims,
        prints: common.prints,
    }))
}

/// What is asked for by a command alone.
pub(crate) fn wish(command: &str) -> Wish {
    Wish {
        name: "train".into(),
        command: command.into(),
        ..Wish::default()
    }
}

/// A context on the scripted cloud.
pub(crate) struct World {
    pub(crate) hands: ManualClock,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) journal: Journal,
    pub(crate) running: Option<Arc<Running>>,
    pub(crate) context: i64,
    alive: Arc<AtomicBool>,
    common: Common,
    folder: tempfile::TempDir,
}

impl World {
    /// With these limits, as JSON.
    pub(crate) async fn new(limits: &str) -> Self {
        Self::with_own(limits, "{}").await
    }

    /// With our own keys, too.
    pub(crate) async fn with_own(limits: &str, own: &str) -> Self {
        let hands = ManualClock::new(EPOCH_MS);
        let clock = Clock::Manual(hands.clone());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.json"), settings_text(limits)).unwrap();
        std::fs::write(folder.path().join("pai.json"), own).unwrap();
        let (journal, _) = Journal::open(folder.path(), clock.clone()).unwrap();
        let cloud = Arc::new(Cloud::new(clock));
        let mut world = Self {
            hands,
            cloud,
            journal,
            running: None,
            context: 0,
            alive: Arc::default(),
            common: Common::default(),
            folder,
        };
        world.start().await;
        world
    }

    /// Starts the context, as a daemon does; what an earlier one left open goes on.
    pub(crate) async fn start(&mut self) {
        let clock = Clock::Manual(self.hands.clone());
        let path = self.folder.path().join("settings.json");
        self.alive = Arc::new(AtomicBool::new(true));
        self.common = Common::default();
        let line = Arc::new(Line::new(&self.cloud, &self.alive));
        let ground = (self.journal.clone(), clock, self.common.clone());
        let scope = scope_of(load(&path), "scripted", line, ground).await;
        self.context = scope.context;
        self.running = Some(contexts::run(scope).await.unwrap());
        self.settle().await;
    }

    /// The context of a second settings file that names the same place.
    pub(crate) async fn second(&self, limits: &str) -> Arc<Running> {
        let path = self.folder.path().join("second.json");
        std::fs::write(&path, settings_text(limits)).unwrap();
        let line = Arc::new(Line::new(&self.cloud, &self.alive));
        let clock = Clock::Manual(self.hands.clone());
        let ground = (self.journal.clone(), clock, self.common.clone());
        let scope = scope_of(load(&path), "second", line, ground).await;
        let running = contexts::run(scope).await.unwrap();
        self.settle().await;
        running
    }

    /// Other limits, as after an edit of the settings.
    pub(crate) fn change_limits(&self, limits: &str) {
        let path = self.folder.path().join("settings.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut settings: serde_json::Value = serde_json::from_str(&text).unwrap();
        settings["limits"] = serde_json::from_str(limits).unwrap();
        std::fs::write(&path, settings.to_string()).unwrap();
        let Some(running) = &self.running else { return };
        let setup = running.scope.setup();
        running.scope.adopt(Setup {
            settings: Arc::new(load(&path)),
            ..setup
        });
        running.scope.queue.changed();
    }

    /// Ends the context as a kill does: what it was doing stops where it is.
    pub(crate) fn kill(&mut self) {
        self.running = None;
        self.alive.store(false, Ordering::SeqCst);
    }

    pub(crate) fn running(&self) -> Arc<Running> {
        Arc::clone(self.running.as_ref().unwrap())
    }

    /// Submits in the background.
    pub(crate) fn submit(
        &self,
        command: &str,
    ) -> tokio::task::JoinHandle<Result<Submitted, Fault>> {
        self.submit_wish(Wish {
            // Two of one command are two.
            another: true,
            ..wish(command)
        })
    }

    /// Submits in the background.
    pub(crate) fn submit_wish(
        &self,
        wish: Wish,
    ) -> tokio::task::JoinHandle<Result<Submitted, Fault>> {
        Self::submit_through(self.running(), wish)
    }

    /// Submits in the background, through this context.
    pub(crate) fn submit_through(
        running: Arc<Running>,
        wish: Wish,
    ) -> tokio::task::JoinHandle<Result<Submitted, Fault>> {
        tokio::spawn(async move {
            submit::submit(&running.scope, &running.poller, wish, Caller::default()).await
        })
    }

    /// Submits in the background; CreateJob meets this. Returns when everything waits for the clock.
    pub(crate) async fn submit_meeting(
        &self,
        create: Create,
        command: &str,
    ) -> tokio::task::JoinHandle<Result<Submitted, Fault>> {
        self.cloud.with(|state| state.creates.push_back(create));
        let submit = self.submit(command);
        self.settle().await;
        submit
    }

    /// Lets every task go as far as it can without the clock moving: the journal's threads answer in between.
    pub(crate) async fn settle(&self) {
        for _ in 0..40 {
            tokio::task::yield_now().await;
            self.journal.write(|_| Ok(())).await.unwrap();
            self.journal.read(|_| Ok(())).await.unwrap();
            self.journal.logs().complete(Vec::new()).await.unwrap();
            self.journal.logs().streams("").await.unwrap();
        }
    }

    /// Moves the clock in small steps, and lets everything happen at each.
    pub(crate) async fn pass(&self, span: Duration) {
        let step = Duration::from_millis(500);
        let mut left = span;
        while !left.is_zero() {
            let now = left.min(step);
            self.hands.advance(now);
            self.settle().await;
            left -= now;
        }
    }

    /// Lets the next sweep come and go.
    pub(crate) async fn sweep(&self) {
        self.hands.advance(secs(300));
        self.pass(secs(1)).await;
    }

    /// The journal's database.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("pai.db")
    }

    /// Own jobs that the journal knows.
    pub(crate) async fn jobs(&self) -> Vec<Job> {
        let context = self.context;
        self.journal
            .read(move |reader| reader.jobs(context, 0))
            .await
            .unwrap()
    }
}
