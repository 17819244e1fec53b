//! Sends an intent and finds out what became of it. Runs on when the client leaves; after a crash the next daemon goes
//! on where this one was.
//!
//! Whether it may be sent is asked of the journal right before each send, but for the first one after the intent was stored:
//! somebody else (the poller, a stop) may have settled it. A failure of the store settles nothing; it is tried again.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::sync::oneshot;

use super::{
    again::todays_base,
    draft::Draft,
    lost::{self, Next, Why},
    note::{Leave, Notes},
};
use crate::{
    journal::{Intent, IntentState, StoreError},
    model::{Fault, FaultKind, Observation, Phase},
    poll::PollerHandle,
    provider::{Listing, Priority, dlc::request},
    scope::Scope,
    sys::clock::Mono,
};

/// A submit that is throttled for longer than this is given up: nothing was sent.
const THROTTLED_MAX: Duration = Duration::from_secs(600);
/// Pause after throttling without a delay of the server's, doubled up to [`PAUSE_MAX`].
const THROTTLE_PAUSE: Duration = Duration::from_secs(1);
/// Pause after a look that failed, doubled up to [`PAUSE_MAX`].
const LOOK_PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Pause after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// A daemon that died may have sent this much later than it noted: a call waits at most that long for its turn.
const SENT_LATER: Duration = Duration::from_secs(10);

/// How a submit ended: the backend's id of the request that made the job (empty when it was found by its name), or why there
/// is none.
pub(super) type Settled = Result<String, Fault>;

/// What is known of an intent beside the journal.
pub(super) struct Open {
    name: String,
    /// The wire body; `None` when it cannot be sent (again).
    body: Option<Value>,
    /// It may have been sent already, by an earlier daemon.
    sent: bool,
    /// How much later than noted it may have been sent.
    sent_later: Duration,
    /// For one that was held: hears when the cloud has answered, or its answer is lost (true), or that it waits again.
    queue: Option<oneshot::Sender<bool>>,
    /// Nobody waits for the outcome: it is told in the audit.
    by_itself: bool,
    /// Its room was taken this moment, and the time of the send noted.
    just_stored: bool,
}

impl Open {
    pub(super) fn of(draft: &Draft) -> Self {
        Self {
            name: draft.name.clone(),
            body: Some(draft.body.clone()),
            sent: false,
            sent_later: Duration::ZERO,
            queue: None,
            by_itself: false,
            just_stored: true,
        }
    }

    /// One that was held, with today's secrets in it.
    pub(super) fn of_held(scope: &Scope, intent: &Intent, answered: oneshot::Sender<bool>) -> Self {
        Self {
            name: intent.name.clone(),
            body: repeatable_body(scope, intent),
            sent: false,
            sent_later: Duration::ZERO,
            queue: Some(answered),
            by_itself: true,
            just_stored: true,
        }
    }
}

/// Why an intent is not settled well.
enum End {
    /// It will not become a job: the backend refused it, or it is given up.
    Dropped(Fault),
    /// Nothing was done, and it was held before: it waits for a better time.
    HeldAgain(Fault),
    /// Nothing is decided; try again.
    Store(StoreError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Brings an intent to its end. `outcome` hears of it if its receiver is still there.
pub(super) async fn settle(
    scope: Arc<Scope>,
    poller: PollerHandle,
    uid: String,
    open: Open,
    outcome: oneshot::Sender<Settled>,
) {
    // Settings that named another place for a while have begun this scope anew: whoever settles it already goes on.
    let Some(_sole) = scope.claims.claim(&uid) else {
        return;
    };
    let lost = open.sent;
    let notes = Notes { scope, uid };
    let mut settling = Settling {
        notes,
        open,
        lost,
        lost_at: None,
        request_id: String::new(),
        made: None,
    };
    let told = loop {
        // Somebody who hears a refusal need not see it in lists; otherwise they are how it is told. After a lost answer
        // they show it: the job may still turn up.
        let ended = match settling.run().await {
            Ok(()) => Ok(Ok(std::mem::take(&mut settling.request_id))),
            Err(End::Dropped(fault)) => {
                let heard = !outcome.is_closed();
                let dropped = settling.notes.dropped(&fault, heard, settling.lost);
                dropped.await.map(|()| Err(fault))
            }
            Err(End::HeldAgain(fault)) => match settling.notes.held_again(&fault).await {
                Ok(()) => {
                    settling.tell_queue(false);
                    return;
                }
                Err(error) => Err(error),
            },
            Err(End::Store(error)) => Err(error),
        };
        match ended {
            Ok(told) => break told,
            Err(error) => {
                tracing::error!(uid = %settling.notes.uid, %error, "a submit cannot be settled now");
                settling.notes.scope.clock.sleep(STORE_PAUSE).await;
                settling.open.sent = true;
            }
        }
    };
    settling.tell_queue(true);
    if settling.open.by_itself || outcome.is_closed() {
        settling.notes.audit(&settling.open.name, &told).await;
    }
    // A refusal has given its room back, and so has a job that had ended by the time it was found; no look is due for that.
    settling.notes.scope.queue.changed();
    poller.think();
    // The client may have gone.
    let _unheard = outcome.send(told);
}

/// Goes on with the intents that an earlier daemon left open.
///
/// # Errors
/// When the store cannot be read.
pub async fn resume(scope: &Arc<Scope>, poller: &PollerHandle) -> Result<(), Fault> {
    let context = scope.context;
    let open = scope
        .journal
        .read(move |reader| {
            let intents = reader.open_intents(context)?.into_iter();
            intents
                .map(|intent| Ok((reader.job(&intent.uid)?, intent)))
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    for (job, intent) in open {
        // The loss of an answer is noted with its time; a daemon that died before that left the job "submitting".
        let noted = job.is_some_and(|job| job.phase == Phase::Unconfirmed);
        let open = Open {
            body: repeatable_body(scope, &intent),
            name: intent.name,
            sent: true,
            sent_later: if noted { Duration::ZERO } else { SENT_LATER },
            queue: None,
            by_itself: true,
            just_stored: false,
        };
        tracing::info!(uid = %intent.uid, name = %open.name, "going on with an unconfirmed submit");
        let (outcome, nobody) = oneshot::channel();
        drop(nobody);
        tokio::spawn(settle(
            Arc::clone(scope),
            poller.clone(),
            intent.uid,
            open,
            outcome,
        ));
    }
    Ok(())
}

/// Intents that were saved from a corrupt store have lost their jobs' rows. To be called before the first look, which would
/// take such a job for somebody else's, and before the queue thinks. (A confirmed one gets its row when its job is seen.)
///
/// # Errors
/// When the store cannot be read or written.
pub async fn restore(scope: &Arc<Scope>) -> Result<(), Fault> {
    let context = scope.context;
    let waiting = scope.journal.read(move |reader| reader.waiting(context));
    for uid in waiting.await? {
        let notes = Notes {
            scope: Arc::clone(scope),
            uid,
        };
        notes.restored().await?;
    }
    Ok(())
}

/// The stored body with today's secrets in it.
fn repeatable_body(scope: &Scope, intent: &Intent) -> Option<Value> {
    if !intent.resendable {
        return None;
    }
    let stored: Value = serde_json::from_str(&intent.request).ok()?;
    let today = todays_base(&scope.settings(), &intent.profile);
    request::unsealed(&stored, &today)
}

/// An intent on its way to its end.
struct Settling {
    notes: Notes,
    open: Open,
    /// An answer was lost: the job may exist without our knowing.
    lost: bool,
    /// When this daemon last lost an answer; looks count from there, whatever happens to the wall clock.
    lost_at: Option<Mono>,
    /// Of the request that made the job.
    request_id: String,
    /// The id that the backend gave it, and the number of the request.
    made: Option<(String, u64)>,
}

impl Settling {
    async fn run(&mut self) -> Result<(), End> {
        // It could not be stored before.
        if self.confirm().await? {
            return Ok(());
        }
        let mut must_send = !self.open.sent;
        if must_send && self.open.body.is_none() {
            return Err(End::Dropped(leads_nowhere()));
        }
        loop {
            if must_send && self.send().await? {
                return Ok(());
            }
            self.tell_queue(true);
            match must_send {
                true => self.notes.unconfirmed().await?,
                false => self.unheard().await?,
            }
            if self.find().await? {
                return Ok(());
            }
            if !self.notes.sending_again().await? {
                return Ok(());
            }
            must_send = true;
        }
    }

    /// The job is unconfirmed, and the daemon after this one finds the time from which looks count.
    async fn unheard(&mut self) -> Result<(), StoreError> {
        self.notes.unheard(self.open.sent_later).await?;
        self.open.sent_later = Duration::ZERO;
        Ok(())
    }

    /// The queue goes on.
    fn tell_queue(&mut self, answered: bool) {
        if let Some(queue) = self.open.queue.take() {
            // The queue may have ended.
            let _unheard = queue.send(answered);
        }
    }

    /// What the backend's refusal means for a submit of which nothing was done.
    fn refused(&self, fault: Fault) -> End {
        let of_the_moment = matches!(
            fault.kind,
            FaultKind::Throttled | FaultKind::Unavailable | FaultKind::Auth | FaultKind::ClockSkew
        );
        match of_the_moment && self.open.queue.is_some() && !self.lost {
            true => End::HeldAgain(fault),
            false => End::Dropped(fault),
        }
    }

    /// Stores what the backend has answered, if it has; true then.
    async fn confirm(&mut self) -> Result<bool, End> {
        let Some((native_id, seq)) = self.made.clone() else {
            return Ok(false);
        };
        self.notes.confirmed(native_id, seq).await?;
        self.notes.stop_if_due().await;
        Ok(true)
    }

    /// Sends until there is an answer (true), or the answer is lost (false).
    async fn send(&mut self) -> Result<bool, End> {
        let Some(body) = self.open.body.clone() else {
            return Ok(false);
        };
        let scope = Arc::clone(&self.notes.scope);
        let began = scope.clock.mono();
        let mut pause = THROTTLE_PAUSE;
        loop {
            // An intent that was stored this very moment says what it says.
            if !std::mem::take(&mut self.open.just_stored) {
                match self.notes.leave_to_send().await? {
                    Leave::Send => {}
                    Leave::Settled => return Ok(true),
                    Leave::Stopped => return Err(End::Dropped(given_up(Why::Stopped))),
                }
            }
            let seq = scope.journal.next_seq();
            let fault = match scope.provider().submit(&body).await {
                Ok(made) => {
                    self.request_id = made.request_id;
                    self.made = Some((made.value, seq));
                    return self.confirm().await;
                }
                Err(fault) => fault,
            };
            if fault.maybe_done {
                tracing::warn!(name = %self.open.name, %fault, "the answer to a submit was lost");
                self.lost = true;
                self.lost_at = Some(scope.clock.mono());
                return Ok(false);
            }
            let waited = scope.clock.mono().saturating_sub(began);
            if fault.kind != FaultKind::Throttled || waited > THROTTLED_MAX {
                return Err(self.refused(fault));
            }
            scope.clock.sleep(fault.retry_after.unwrap_or(pause)).await;
            pause = (pause * 2).min(PAUSE_MAX);
            // What an earlier send may have made had time to show itself meanwhile.
            if self.lost && self.look_until_answered().await? {
                return Ok(true);
            }
        }
    }

    /// Looks the job up by its name until it is found (true) or the rule says to send it again (false).
    async fn find(&mut self) -> Result<bool, End> {
        loop {
            let Some(intent) = self.notes.intent().await? else {
                return Ok(true);
            };
            if intent.state != IntentState::Open {
                return Ok(true);
            }
            let can_repeat = self.open.body.is_some();
            let next = lost::next(
                intent.empty_looks,
                intent.sends,
                intent.stop_wanted,
                can_repeat,
            );
            let after = match next {
                Next::LookAfter(after) => after,
                Next::SendAgain => return Ok(false),
                Next::GiveUp(why) => return Err(End::Dropped(given_up(why))),
            };
            self.sleep_until_after_loss(&intent, after).await;
            if self.look_until_answered().await? {
                return Ok(true);
            }
            self.notes.empty_look().await?;
        }
    }

    async fn sleep_until_after_loss(&self, intent: &Intent, after: Duration) {
        let clock = &self.notes.scope.clock;
        if let Some(lost_at) = self.lost_at {
            return clock.sleep_until(lost_at + after).await;
        }
        // Sent by an earlier daemon: only the wall clock knows when, and it may have been set back.
        let since = clock.wall_ms() - intent.last_sent_ms;
        let since = Duration::from_millis(since.unsigned_abs());
        let left = match intent.last_sent_ms > clock.wall_ms() {
            true => after + since.min(SENT_LATER),
            false => after.saturating_sub(since),
        };
        clock.sleep(left).await;
    }

    /// One look that is answered: a look that failed is not an empty look.
    async fn look_until_answered(&self) -> Result<bool, End> {
        let mut pause = LOOK_PAUSE;
        loop {
            let fault = match self.namesakes().await {
                Ok(namesakes) if namesakes.is_empty() => return Ok(false),
                Ok(namesakes) => {
                    self.notes.found(namesakes).await?;
                    self.notes.stop_if_due().await;
                    return Ok(true);
                }
                Err(fault) => fault,
            };
            tracing::warn!(name = %self.open.name, %fault, "a look for a lost submit failed");
            self.notes
                .scope
                .clock
                .sleep(fault.retry_after.unwrap_or(pause))
                .await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Everything that the backend has under the exact name, oldest first: of any age, for the clocks may differ.
    async fn namesakes(&self) -> Result<Vec<Observation>, Fault> {
        let scope = &self.notes.scope;
        let mut namesakes: Vec<Observation> = Vec::new();
        let (mut number, mut received) = (1, 0);
        loop {
            let listing = Listing {
                own_named: Some(self.open.name.clone()),
                page: number,
                ..Listing::default()
            };
            let seq = scope.journal.next_seq();
            let page = scope
                .provider()
                .list(listing, seq, Priority::Interactive)
                .await?;
            received += page.received as u64;
            let last = page.is_last(received, &scope.nature);
            namesakes.extend(
                page.jobs
                    .into_iter()
                    .filter(|job| job.name == self.open.name),
            );
            if last || number >= 10 {
                break;
            }
            number += 1;
        }
        namesakes.sort_by_key(|job| job.created_ms);
        Ok(namesakes)
    }
}

/// A held submit whose secrets cannot be found any more.
fn leads_nowhere() -> Fault {
    Fault::new(
        FaultKind::Settings,
        "the held submit cannot be sent: a secret that it refers to is not in the settings any more, or its profile is gone",
    )
    .hint("submit it again")
}

fn given_up(why: Why) -> Fault {
    let (message, hint) = match why {
        Why::Stopped => ("the submit was stopped before the job was found", ""),
        Why::CannotBeRepeated => (
            "the answer to the submit was lost, the job was not found, and the request cannot be repeated, since a \
             secret in it was not stored or its profile is gone",
            "submit it again",
        ),
        Why::TooOften => (
            "the answer to the submit was lost each time it was sent, and the job was not found",
            "check the endpoint with `paictl daemon status`, then submit it again",
        ),
    };
    Fault::new(FaultKind::Unavailable, message).hint(hint)
}
