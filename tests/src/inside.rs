//! A daemon in this process, whose clock the test moves: a minute passes when the test says so.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use paid::{
    Boot, BootError, Daemon,
    rpc::Edge,
    sys::{Clock, clock::ManualClock, runtime::runtime},
};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{until::within, world::World};

/// Real time between two steps of a running clock.
const TICK: Duration = Duration::from_millis(10);

/// The daemon and the hands of its clock.
pub struct Inside {
    hands: ManualClock,
    cloud: pai_emulator::Clock,
    edge: Arc<Edge>,
    end: Option<oneshot::Sender<()>>,
    served: oneshot::Receiver<(Result<(), BootError>, Duration)>,
}

/// A clock that runs; it stands still again when this is dropped.
#[derive(Debug)]
pub struct Ticking(JoinHandle<()>);

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Inside {
    pub(crate) async fn boot(world: &World) -> Self {
        Self::boot_at(world, now_ms()).await
    }

    pub(crate) async fn boot_auto_started(world: &World) -> Self {
        Self::boot_as(world, now_ms(), true).await
    }

    /// Boots with a clock that shows this time; the cloud's clock is not touched.
    ///
    /// # Panics
    /// When it cannot serve.
    pub async fn boot_at(world: &World, wall_ms: i64) -> Self {
        Self::boot_as(world, wall_ms, false).await
    }

    /// Boots with the machine's own clock.
    pub(crate) async fn boot_now(world: &World) -> Self {
        Self::start(world, ManualClock::new(0), Clock::System, false).await
    }

    async fn boot_as(world: &World, wall_ms: i64, auto_started: bool) -> Self {
        let hands = ManualClock::new(wall_ms);
        let clock = Clock::Manual(hands.clone());
        Self::start(world, hands, clock, auto_started).await
    }

    async fn start(world: &World, hands: ManualClock, clock: Clock, auto_started: bool) -> Self {
        let boot = Boot {
            socket: world.socket(),
            state_dir: world.state(),
            settings: world.settings_path(),
            env: Arc::new(|_| None),
            clock,
            auto_started,
        };
        let (ready, booted) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        let (last, served) = oneshot::channel();
        let clock = boot.clock.clone();
        // As in its own process, it has a thread to itself.
        std::thread::spawn(move || {
            let runtime = runtime().expect("a runtime");
            let result = runtime.block_on(async {
                let daemon = Daemon::boot(boot).await?;
                // The test may have ended.
                let _unheard = ready.send(Arc::clone(daemon.edge()));
                // A dropped sender is an end, too.
                daemon.serve(async { drop(ended.await) }).await.0
            });
            drop(runtime);
            let _unheard = last.send((result, clock.mono()));
        });
        Self {
            hands,
            cloud: world.control().clock(),
            edge: within("a boot", booted).await.expect("the daemon boots"),
            end: Some(end),
            served,
        }
    }

    /// What its services hold.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The daemon's time since some start.
    pub fn now(&self) -> Duration {
        Clock::Manual(self.hands.clone()).mono()
    }

    /// Moves the daemon's clock and the cloud's.
    pub fn advance(&self, span: Duration) {
        advance(&self.hands, &self.cloud, span);
    }

    /// Lets both clocks run `speed` times as fast as time does.
    pub fn run_clock(&self, speed: u32) -> Ticking {
        let (hands, cloud) = (self.hands.clone(), self.cloud.clone());
        Ticking(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                ticks.tick().await;
                advance(&hands, &cloud, TICK * speed);
            }
        }))
    }

    /// Ends it.
    ///
    /// # Panics
    /// When it does not end well.
    pub async fn shutdown(mut self) {
        drop(self.end.take());
        self.left().await;
    }

    /// Waits until it has left; the time on its clock at which it did.
    ///
    /// # Panics
    /// When it does not end well.
    pub async fn left(self) -> Duration {
        let (result, at) = within("the end of the daemon", self.served)
            .await
            .expect("it does not panic");
        result.expect("it ends well");
        at
    }
}

fn now_ms() -> i64 {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(wall.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

fn advance(hands: &ManualClock, cloud: &pai_emulator::Clock, span: Duration) {
    cloud.advance(i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
    hands.advance(span);
}
