//! Submits that wait for room: sent in the order of their priority, then of their age, when there is room for the first of
//! them.
//!
//! Nothing is looked at for their sake: the queue thinks after each look that is made anyway, after a change of the
//! settings, when one of them is taken out, when a submit was settled, and at midnight, when the hours of the day begin anew. One is sent at a time;
//! the next follows when the cloud has answered, or its answer is lost.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
};

use super::{
    admission::{self, Refusal},
    budget,
    draft::ask_of,
    house::House,
    look_is_fresh,
    reserve::reason_of,
    settle, sizes,
};
use crate::{
    journal::{Intent, IntentState, StoreError, Tx},
    model::{EventDraft, EventKind, Fault, Job, Phase},
    poll::PollerHandle,
    scope::Scope,
    sys::clock::Mono,
};

/// A thought that came of no look asks for one at most this often.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Wakes the queue of a context.
#[derive(Debug, Default)]
pub struct Queue {
    thought: Notify,
    changed: Notify,
}

/// What the queue does next.
enum Next {
    /// Nobody waits, or there is no room.
    Rest,
    /// The newest look is too old to decide on it.
    LookTooOld,
    /// What these instance types have must be known first.
    SizesUnknown(Vec<String>),
    /// This one is to be sent; it is stored as such.
    Send(Box<Intent>),
}

impl Queue {
    /// Nobody waits yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A look was answered.
    pub fn think(&self) {
        self.thought.notify_one();
    }

    /// Something changed that a look does not show: the settings, the queue itself, or a submit that was settled.
    pub fn changed(&self) {
        self.changed.notify_one();
    }
}

/// Starts the task that sends. It ends when it is aborted.
pub fn start(scope: Arc<Scope>, poller: PollerHandle) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut sender = Sender {
            scope,
            poller,
            asked: None,
        };
        // What an earlier daemon held.
        sender.scope.queue.changed();
        sender.run().await;
    })
}

struct Sender {
    scope: Arc<Scope>,
    poller: PollerHandle,
    /// When it last asked for a look.
    asked: Option<Mono>,
}

impl Sender {
    async fn run(&mut self) {
        loop {
            let scope = Arc::clone(&self.scope);
            let may_ask = tokio::select! {
                () = scope.queue.thought.notified() => false,
                () = scope.queue.changed.notified() => true,
                () = midnight(&scope) => true,
            };
            if let Err(fault) = self.drain(may_ask).await {
                tracing::warn!(%fault, "held submits cannot be sent for now");
            }
        }
    }

    /// Sends as long as there is room.
    async fn drain(&mut self, may_ask: bool) -> Result<(), Fault> {
        loop {
            let inside = Arc::clone(&self.scope);
            let next = self
                .scope
                .journal
                .write(move |tx| next(tx, &inside))
                .await?;
            match next {
                Next::Rest => return Ok(()),
                Next::LookTooOld if may_ask && self.may_look() => self.poller.look_now().await?,
                Next::LookTooOld => return Ok(()),
                Next::SizesUnknown(types) => sizes::learn(&self.scope, types).await?,
                Next::Send(intent) => {
                    if !self.send(*intent).await {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn may_look(&mut self) -> bool {
        let now = self.scope.clock.mono();
        let rested = self
            .asked
            .is_none_or(|asked| now.saturating_sub(asked) >= LOOK_EVERY);
        if rested {
            self.asked = Some(now);
        }
        rested
    }

    /// Sends one and returns when the cloud has answered or the answer is lost; false when nothing more is to be sent before
    /// the next look.
    async fn send(&self, intent: Intent) -> bool {
        let (scope, poller) = (Arc::clone(&self.scope), self.poller.clone());
        tracing::info!(uid = %intent.uid, name = %intent.name, "there is room: sending a held submit");
        let (answered, answer) = oneshot::channel();
        let uid = intent.uid.clone();
        let open = settle::Open::of_held(&scope, &intent, answered);
        let (outcome, nobody) = oneshot::channel();
        drop(nobody);
        tokio::spawn(settle::settle(scope, poller, uid, open, outcome));
        answer.await.unwrap_or(false)
    }
}

/// Returns when the hours of the day begin anew, where that may make room.
async fn midnight(scope: &Scope) {
    let limits = &scope.settings().limits;
    if limits.max_gpu_milli_hours_per_day.is_none() {
        return std::future::pending().await;
    }
    let now_ms = scope.now_ms();
    let left = u64::try_from(budget::day_end_ms(now_ms) - now_ms).unwrap_or(0);
    // A moment later: the clocks are not the same to the millisecond.
    let left = Duration::from_millis(left.saturating_add(1000));
    scope.clock.sleep(left).await;
}

/// The first of those who wait for whom there would be room if all that is active had ended, if there is room for it now: it is
/// taken out.
fn next(tx: &mut Tx<'_>, scope: &Scope) -> Result<Next, StoreError> {
    let held = tx.held(scope.context)?;
    if held.is_empty() {
        return Ok(Next::Rest);
    }
    if !look_is_fresh(scope) {
        return Ok(Next::LookTooOld);
    }
    let settings = scope.settings();
    let house = House::read(tx, scope, &settings.limits)?;
    let emptied = house.emptied();
    for uid in held {
        let (Some(mut job), Some(intent)) = (tx.job(&uid)?, tx.intent(&uid)?) else {
            continue;
        };
        scope.sizes.complete(&mut job);
        let unknown = house.unknown_sizes(scope, &settings.limits, &job);
        if !unknown.is_empty() {
            return Ok(Next::SizesUnknown(unknown));
        }
        let (limits, ask) = (&settings.limits, ask_of(&job));
        match admission::decide(limits, &house, &ask) {
            Ok(()) => return take(tx, scope, job, intent).map(Next::Send),
            Err(refusal) => match admission::decide(limits, &emptied, &ask) {
                // Whoever could not be sent now even if all had ended holds up nobody.
                Err(alone) => {
                    let never = admission::never_fits(limits, &house, &ask);
                    note(tx, scope, job, &never.unwrap_or(alone))?;
                }
                Ok(()) => {
                    note(tx, scope, job, &refusal)?;
                    return Ok(Next::Rest);
                }
            },
        }
    }
    Ok(Next::Rest)
}

/// It is being sent from now on, and takes its room.
fn take(
    tx: &mut Tx<'_>,
    scope: &Scope,
    mut job: Job,
    mut intent: Intent,
) -> Result<Box<Intent>, StoreError> {
    intent.state = IntentState::Open;
    intent.sends = 1;
    intent.last_sent_ms = tx.now_ms();
    tx.update_intent(&intent)?;
    let event = EventDraft {
        from_phase: Some(Phase::Held),
        to_phase: Some(Phase::Submitting),
        ..EventDraft::new(EventKind::Status)
    };
    job.phase = Phase::Submitting;
    job.reason = None;
    tx.put_job(scope.context, &mut job, vec![event])?;
    Ok(Box::new(intent))
}

/// Why it waits, for those who ask; it is no event.
fn note(tx: &mut Tx<'_>, scope: &Scope, mut job: Job, why: &Refusal) -> Result<(), StoreError> {
    let reason = Some(reason_of(why));
    if job.reason == reason {
        return Ok(());
    }
    job.reason = reason;
    tx.put_job(scope.context, &mut job, Vec::new())
}
