//! A daemon's work on the logs of one job, with the true client, against a true cloud over HTTP; the clocks of both stand still
//! until the test moves them, and never move while a call is under way.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aliyun::TokenBucket;
use pai_emulator::{Clock as CloudClock, Control, LogKeep, Status};
use pai_tests::{LIMIT, until::within};
use paid::{
    config,
    contexts::{self, Running},
    journal::Journal,
    logs::Followed,
    model::{Caller, redact::Redactor},
    provider::dlc::DlcProvider,
    scope::{Parts, Scope, Setup, place},
    submit::{self, Claims, Prints, Wish},
    sys::{Clock, clock::ManualClock},
};
use serde_json::json;
use tokio::sync::watch;

use super::{
    compare::Sides,
    line::{Line, Traffic},
    script::Printed,
};

/// When worlds begin, Unix ms.
const BEGIN_MS: i64 = 1_790_000_000_000;
/// So often everything that waits for nothing but others has its turn.
const TURNS: usize = 12;

/// What is different from world to world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nature {
    pub(crate) keeps: LogKeep,
    pub(crate) lag_ms: i64,
    /// By so much the daemon's clock is ahead of the cloud's.
    pub(crate) ahead_ms: i64,
    pub(crate) seed: u64,
}

pub(crate) struct World {
    base: pai_tests::World,
    hands: ManualClock,
    journal: Option<Journal>,
    running: Option<Arc<Running>>,
    alive: watch::Sender<bool>,
    pub(crate) traffic: Traffic,
    pub(crate) followed: Option<Followed>,
    pub(crate) job_id: String,
    pub(crate) job_uid: String,
}

impl World {
    /// With a running job that prints nothing by itself.
    pub(crate) async fn new(nature: Nature) -> Self {
        let base = pai_tests::World::with(|plan| {
            plan.emulator.clock = CloudClock::stopped_at(BEGIN_MS);
            plan.emulator.log_keep = nature.keeps;
            plan.emulator.log_lag = Duration::from_millis(nature.lag_ms.unsigned_abs());
            plan.emulator.seed = Some(nature.seed);
            plan.own = json!({});
        })
        .await;
        let mut world = Self {
            base,
            hands: ManualClock::new(BEGIN_MS + nature.ahead_ms),
            journal: None,
            running: None,
            alive: watch::Sender::new(false),
            traffic: Traffic::default(),
            followed: None,
            job_id: String::new(),
            job_uid: String::new(),
        };
        world.start().await;
        let wish = Wish {
            name: "train".into(),
            command: "exec sleep infinity".into(),
            ..Wish::default()
        };
        let running = world.running();
        let submitted = submit::submit(&running.scope, &running.poller, wish, Caller::default());
        let job = submitted.await.unwrap().job;
        world.job_id = job.native_id.unwrap();
        world.job_uid = job.uid;
        world.base.reached(&world.job_id, Status::Running).await;
        world
    }

    pub(crate) fn control(&self) -> Control {
        self.base.control()
    }

    pub(crate) fn running(&self) -> Arc<Running> {
        Arc::clone(self.running.as_ref().unwrap())
    }

    fn journal(&self) -> &Journal {
        self.journal.as_ref().unwrap()
    }

    /// Starts the context, as a daemon does.
    pub(crate) async fn start(&mut self) {
        let clock = Clock::Manual(self.hands.clone());
        let folder = self.base.state();
        std::fs::create_dir_all(&folder).unwrap();
        let (journal, _) = Journal::open(&folder, clock.clone()).unwrap();
        let settings = config::load(&self.base.settings_path(), &|_| None).unwrap();
        let here = place(&settings);
        let context = journal.write(move |tx| tx.context("model", &here)).await;
        let redactor = Redactor::default().beside(settings.secrets.clone());
        let bucket = Arc::new(TokenBucket::new(1_000_000.0, 1_000_000));
        let client = DlcProvider::new(&settings, bucket, redactor.clone(), clock.clone()).unwrap();
        self.alive = watch::Sender::new(true);
        let line = Line {
            client,
            traffic: self.traffic.clone(),
            alive: self.alive.subscribe(),
        };
        let scope = Scope::new(Parts {
            context: context.unwrap(),
            setup: Setup {
                settings: Arc::new(settings),
                provider: Arc::new(line),
            },
            journal: journal.clone(),
            clock,
            redactor,
            claims: Claims::default(),
            prints: Prints::default(),
        });
        self.journal = Some(journal);
        self.running = Some(contexts::run(Arc::new(scope)).await.unwrap());
    }

    /// Ends the daemon as a kill does: what it was doing stops where it is. What it had handed over to be written may be written.
    pub(crate) async fn kill(&mut self) {
        self.followed = None;
        self.alive.send_replace(false);
        self.running = None;
        let journal = self.journal.take().unwrap();
        journal.write(|_| Ok(())).await.unwrap();
        journal.logs().complete(Vec::new()).await.unwrap();
    }

    pub(crate) fn follow(&mut self) -> &Followed {
        let followed = self.running().tails.follow(&self.job_uid);
        self.followed.insert(followed)
    }

    /// Asks for a look of whoever follows.
    pub(crate) fn look_now(&self) {
        if let Some(followed) = &self.followed {
            followed.look_now(Clock::Manual(self.hands.clone()).mono());
        }
    }

    /// Lets everything go as far as it can without the clocks moving.
    pub(crate) async fn settle(&self) {
        loop {
            within("the end of all calls", self.traffic.quiet()).await;
            let begun = self.traffic.begun();
            for _ in 0..TURNS {
                self.turn().await;
            }
            if self.traffic.begun() == begun && self.traffic.is_quiet() {
                return;
            }
        }
    }

    /// Lets everything that waits for the journal, or for work on other threads, have one turn.
    pub(crate) async fn turn(&self) {
        tokio::task::yield_now().await;
        let Some(journal) = &self.journal else { return };
        journal.write(|_| Ok(())).await.unwrap();
        journal.read(|_| Ok(())).await.unwrap();
        journal.logs().complete(Vec::new()).await.unwrap();
        journal.logs().streams("").await.unwrap();
        tokio::task::spawn_blocking(|| ()).await.unwrap();
    }

    /// The cloud's time, Unix ms.
    pub(crate) fn now_ms(&self) -> i64 {
        self.control().clock().now_ms()
    }

    /// Moves both clocks once no call is under way.
    pub(crate) async fn advance(&self, ms: i64) {
        within("the end of all calls", self.traffic.quiet()).await;
        self.control().clock().advance(ms);
        self.hands.advance(Duration::from_millis(ms.unsigned_abs()));
    }

    /// The incarnation of the job's pod that runs.
    pub(crate) fn pod_uid(&self) -> String {
        self.control().job(&self.job_id).unwrap().pods[0]
            .pod_uid
            .clone()
    }

    /// The pod is lost, and comes again; its new incarnation.
    pub(crate) async fn restart(&self) -> String {
        let old = self.pod_uid();
        let control = self.control();
        assert!(control.restart_job(&self.job_id));
        let again = control.wait_for(LIMIT, |control| {
            let job = control.job(&self.job_id)?;
            let uid = &job.pods[0].pod_uid;
            (job.status == Status::Running && *uid != old).then(|| uid.clone())
        });
        again.await.unwrap()
    }

    pub(crate) async fn end(&self, code: i32) {
        assert!(self.control().end_job(&self.job_id, code));
        self.base.ended(&self.job_id).await;
    }

    /// Whether the log was read to its end.
    pub(crate) async fn is_closed(&self) -> bool {
        let asked = self.journal().logs().asked(&self.job_uid).await.unwrap();
        asked.closed
    }

    /// What there is of an incarnation's log.
    pub(crate) async fn sides(&self, pod_uid: &str, printed: Vec<Printed>) -> Sides {
        let logs = self.journal().logs();
        let withheld = self.control().withheld();
        let withheld = withheld.iter().filter(|each| each.pod_uid == pod_uid);
        let mut sides = Sides {
            printed,
            withheld: withheld.map(|each| each.second).collect::<BTreeSet<_>>(),
            ..Sides::default()
        };
        let streams = logs.streams(&self.job_uid).await.unwrap();
        for stream in streams.iter().filter(|each| each.key.pod_uid == pod_uid) {
            let page = logs.after(stream.id, 0, 0, usize::MAX, usize::MAX, None);
            let page = page.await.unwrap();
            let gaps = page.gaps.iter();
            sides
                .gaps
                .extend(gaps.map(|gap| (gap.from_second, gap.to_second)));
            sides.stored.push(page.lines);
        }
        sides
    }
}
