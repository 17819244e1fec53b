//! The loop around the pure parts. One per context.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::FutureExt as _;

use rand::RngExt as _;
use tokio::sync::{mpsc, oneshot};

use super::{
    backoff,
    look::Looker,
    schedule::{self, Look, Scene},
    stale::{note_fresh, note_stale},
};
use crate::{
    model::{Fault, FaultKind},
    provider::Priority,
    scope::Scope,
    sys::clock::{Mono, millis},
};

/// A look that takes longer has nothing fresh to show: the data counts as old from then on.
const SLOW_LOOK: Duration = Duration::from_secs(15);

/// A wall clock that goes otherwise than the monotonic one by this was set, ms.
const STEADY_MS: i64 = 10_000;
/// Looks in a row during which it may be set.
const STEADY_TRIES: u32 = 3;

/// Before a poller that panicked is replaced.
const RESTART: Duration = Duration::from_secs(5);

enum Command {
    /// A look whose request is sent after now; answers when it is done.
    LookNow(oneshot::Sender<Result<(), Fault>>),
    /// Something changed: think again about when the next look is due.
    Think,
}

/// The way to ask a poller for something. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PollerHandle {
    commands: mpsc::UnboundedSender<Command>,
}

impl PollerHandle {
    /// Looks now (one look serves everybody who asked before it began) and returns when what it saw is committed.
    ///
    /// # Errors
    /// Why the look failed.
    pub async fn look_now(&self) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        let closed = || {
            Fault::new(
                FaultKind::Unavailable,
                "the look was not finished: the daemon is leaving, or failed",
            )
            .hint("try again; `paictl daemon status` shows what it does")
        };
        self.commands
            .send(Command::LookNow(answer))
            .map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Makes the poller think again, since a job changed.
    pub fn think(&self) {
        // A poller that is gone needs no thought.
        let _gone = self.commands.send(Command::Think);
    }
}

/// Starts the poller of a scope. It ends when its task is aborted.
pub fn start(scope: Arc<Scope>) -> (PollerHandle, tokio::task::JoinHandle<()>) {
    let (commands, queue) = mpsc::unbounded_channel();
    (
        PollerHandle { commands },
        tokio::spawn(supervise(scope, queue)),
    )
}

/// A poller that panics is replaced: waits go on, and hear meanwhile that the data is old.
async fn supervise(scope: Arc<Scope>, mut queue: mpsc::UnboundedReceiver<Command>) {
    loop {
        let poller = Poller::new(Arc::clone(&scope));
        if AssertUnwindSafe(poller.run(&mut queue))
            .catch_unwind()
            .await
            .is_ok()
        {
            return;
        }
        let fault = Fault::internal("a look at the cloud panicked, see its log");
        tracing::error!(%fault, "the poller is started anew");
        note_stale(&scope, &fault).await;
        scope.clock.sleep(RESTART).await;
    }
}

struct Poller {
    scope: Arc<Scope>,
    looker: Looker,
    last_look: Option<Mono>,
    last_sweep: Option<Mono>,
    last_change: Option<Mono>,
    failures: u32,
    held_off_until: Option<Mono>,
}

impl Poller {
    fn new(scope: Arc<Scope>) -> Self {
        Self {
            looker: Looker::new(Arc::clone(&scope)),
            scope,
            last_look: None,
            last_sweep: None,
            last_change: None,
            failures: 0,
            held_off_until: None,
        }
    }

    async fn run(mut self, queue: &mut mpsc::UnboundedReceiver<Command>) {
        loop {
            let due = self.next_due().await;
            let scope = Arc::clone(&self.scope);
            let sleep = async {
                match due {
                    Some((at, look)) => {
                        scope.clock.sleep_until(at).await;
                        look
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                look = sleep => {
                    // The reason is kept in `looks`; nobody asked for this look in particular.
                    let _kept = self.look(look, Priority::Background).await;
                }
                command = queue.recv() => match command {
                    None => return,
                    Some(Command::Think) => self.last_change = Some(self.scope.clock.mono()),
                    Some(Command::LookNow(answer)) => self.answer(answer, queue).await,
                },
                () = self.scope.interest.changed() => {}
            }
        }
    }

    async fn answer(
        &mut self,
        answer: oneshot::Sender<Result<(), Fault>>,
        queue: &mut mpsc::UnboundedReceiver<Command>,
    ) {
        let mut answers = vec![answer];
        while let Ok(command) = queue.try_recv() {
            match command {
                Command::LookNow(answer) => answers.push(answer),
                Command::Think => self.last_change = Some(self.scope.clock.mono()),
            }
        }
        let look = match self.last_sweep {
            None => Look::Sweep,
            Some(_) => Look::Regular,
        };
        let result = self.look(look, Priority::Interactive).await;
        for answer in answers {
            // The asker may have gone.
            let _unheard = answer.send(result.clone());
        }
    }

    /// When the next look is due; tells it to those who show it.
    async fn next_due(&self) -> Option<(Mono, Look)> {
        let scope = &self.scope;
        let (now, now_ms) = (scope.clock.mono(), scope.clock.wall_ms());
        let context = scope.context;
        // A store that cannot be read now is asked again at the next turn; the sweep goes on meanwhile.
        let active = scope
            .journal
            .read(move |reader| reader.active_jobs(context))
            .await
            .unwrap_or_default();
        let with_backend = || active.iter().filter(|job| job.native_id.is_some());
        let scene = Scene {
            last_look: self.last_look,
            last_sweep: self.last_sweep,
            in_transition: with_backend().any(|job| schedule::in_transition(job, now_ms)),
            active: with_backend().next().is_some(),
            waited_for: with_backend().any(|job| scope.interest.is_waited_for(&job.uid)),
            last_change: self.last_change,
            last_waiter_left: scope.interest.last_left(),
            held_off_until: self.held_off_until,
            sweeping: true,
        };
        let due = schedule::next(&scene, now);
        let next_ms = due.map(|(at, _)| now_ms + millis(at.saturating_sub(now)));
        scope.looks.update(|looks| looks.next_ms = next_ms);
        due
    }

    /// One look, and what follows from its outcome for the next ones.
    async fn look(&mut self, look: Look, priority: Priority) -> Result<(), Fault> {
        let (began, began_ms) = (self.scope.clock.mono(), self.scope.clock.wall_ms());
        self.last_look = Some(began);
        let result = self.look_on_a_steady_clock(look, priority).await;
        if self.looker.take_changed() {
            self.last_change = Some(self.scope.clock.mono());
        }
        match &result {
            Ok(backend_ms) => {
                if look == Look::Sweep {
                    self.last_sweep = Some(began);
                }
                self.failures = 0;
                self.held_off_until = None;
                self.scope.looks.update(|looks| {
                    looks.last_ok = Some(began);
                    looks.last_ok_ms = Some(began_ms);
                    looks.last_complete = Some(began);
                    looks.last_complete_ms = Some(*backend_ms);
                    looks.last_error = None;
                });
                note_fresh(&self.scope).await;
                self.scope.queue.think();
            }
            Err(fault) => {
                self.failures += 1;
                let pause = backoff::pause(self.failures, fault);
                let jitter = rand::rng().random_range(1.0..1.2);
                self.held_off_until = Some(self.scope.clock.mono() + pause.mul_f64(jitter));
                tracing::warn!(failures = self.failures, ?pause, %fault, "a look failed");
                note_stale(&self.scope, fault).await;
            }
        }
        self.scope.looks.note_tried();
        result.map(|_| ())
    }

    /// One look, and when it began by the backend's clock, Unix ms. How that goes may be learnt during the look, and where this
    /// machine's clock was set meanwhile nothing is learnt: it is looked again.
    async fn look_on_a_steady_clock(
        &mut self,
        look: Look,
        priority: Priority,
    ) -> Result<i64, Fault> {
        for _ in 0..STEADY_TRIES {
            let clock = self.scope.clock.clone();
            let (began, began_ms) = (clock.mono(), clock.wall_ms());
            let rev = self.scope.journal.rev();
            self.look_and_say_when_slow(look, priority).await?;
            let lag = self.scope.nature.visibility_lag;
            self.scope.looks.note_complete(began, rev, lag);
            let took_ms = millis(clock.mono().saturating_sub(began));
            if (clock.wall_ms() - began_ms - took_ms).abs() < STEADY_MS {
                return Ok(self.scope.provider().now_ms() - took_ms);
            }
            tracing::warn!("this machine's clock was set during a look: looking again");
        }
        let fault = Fault::new(
            FaultKind::Unavailable,
            "this machine's clock is set again and again",
        );
        Err(fault.hint("see to what sets it; the daemon looks again by itself"))
    }

    async fn look_and_say_when_slow(
        &mut self,
        look: Look,
        priority: Priority,
    ) -> Result<(), Fault> {
        let scope = Arc::clone(&self.scope);
        let mut looking = pin!(self.looker.look(look, priority));
        tokio::select! {
            result = &mut looking => return result,
            () = scope.clock.sleep(SLOW_LOOK) => {}
        }
        let slow = Fault::new(
            FaultKind::Unavailable,
            "the cloud has not answered for a while, or has asked to wait",
        );
        note_stale(&scope, &slow).await;
        looking.await
    }
}
