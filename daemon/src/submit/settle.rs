//! Sends an intent and finds out what became of it. Runs on when the client leaves; after a crash the next daemon goes
//! on where this one was.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::sync::oneshot;

use super::lost::{self, Next, Why};
use crate::{
    journal::{Intent, IntentState, Tx},
    model::{EventDraft, EventKind, Fault, FaultKind, Job, Observation, Phase},
    poll::{Aftermath, PollerHandle, apply, plan::MARGIN_MS},
    provider::{Listing, Priority, dlc::request},
    scope::{Scope, new_uid},
    sys::clock::Mono,
};

/// A submit that is throttled for longer than this is given up: nothing was sent.
const THROTTLED_MAX: Duration = Duration::from_secs(600);
/// Pause after a look that failed; doubled up to [`LOOK_RETRY_MAX`].
const LOOK_RETRY: Duration = Duration::from_secs(2);
const LOOK_RETRY_MAX: Duration = Duration::from_secs(30);

/// An intent whose outcome is not known.
pub(super) struct Open {
    pub uid: String,
    pub name: String,
    /// The wire body; `None` when it cannot be sent (again).
    pub body: Option<Value>,
    /// It may have been sent already.
    pub sent: bool,
}

/// Brings an intent to its end. `outcome` hears of it if its receiver is still there.
pub(super) async fn settle(
    scope: Arc<Scope>,
    poller: PollerHandle,
    open: Open,
    outcome: oneshot::Sender<Result<(), Fault>>,
) {
    let mut settling = Settling {
        scope,
        poller,
        open,
        sent_at: None,
    };
    let result = settling.run().await;
    let told = match result {
        Ok(()) => Ok(()),
        Err(fault) => {
            // Somebody who hears the fault needs no row in the list; otherwise the row is how it is told.
            let heard = !outcome.is_closed();
            if let Err(error) = settling.drop_intent(&fault, heard).await {
                tracing::error!(uid = %settling.open.uid, %error, "a submit's end could not be stored");
            }
            Err(fault)
        }
    };
    settling.poller.think();
    // The client may have gone.
    let _unheard = outcome.send(told);
}

/// Goes on with the intents that an earlier daemon left open.
///
/// # Errors
/// When the store cannot be read.
pub async fn resume(scope: &Arc<Scope>, poller: &PollerHandle) -> Result<usize, Fault> {
    let context = scope.context;
    let intents = scope
        .journal
        .read(move |reader| reader.open_intents(context))
        .await?;
    let count = intents.len();
    for intent in intents {
        let open = Open {
            body: repeatable_body(scope, &intent),
            uid: intent.uid,
            name: intent.name,
            sent: true,
        };
        tracing::info!(uid = %open.uid, name = %open.name, "going on with an unconfirmed submit");
        let (outcome, _nobody) = oneshot::channel();
        tokio::spawn(settle(Arc::clone(scope), poller.clone(), open, outcome));
    }
    Ok(count)
}

/// Intents that were saved from a corrupt store have lost their jobs' rows. To be called before the first look, which would
/// take such a job for somebody else's.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn restore(scope: &Scope) -> Result<(), Fault> {
    let context = scope.context;
    for intent in scope
        .journal
        .read(move |reader| reader.open_intents(context))
        .await?
    {
        restore_job(scope, intent).await?;
    }
    Ok(())
}

async fn restore_job(scope: &Scope, intent: Intent) -> Result<(), Fault> {
    let context = scope.context;
    let work = move |tx: &mut Tx<'_>| {
        if tx.job(&intent.uid)?.is_some() {
            return Ok(());
        }
        let mut job = Job::new(intent.uid, intent.name, Phase::Unconfirmed, tx.now_ms());
        job.created_ms = Some(intent.created_ms);
        job.profile = intent.profile;
        let event = EventDraft {
            to_phase: Some(Phase::Unconfirmed),
            ..EventDraft::new(EventKind::Discovered)
        };
        tx.put_job(context, &mut job, vec![event])
    };
    Ok(scope.journal.write(work).await?)
}

/// The stored body with today's secrets in it.
fn repeatable_body(scope: &Scope, intent: &Intent) -> Option<Value> {
    if !intent.resendable {
        return None;
    }
    let stored: Value = serde_json::from_str(&intent.request).ok()?;
    let today = match scope.settings.profiles.get(&intent.profile) {
        Some(profile) => request::body(&scope.settings, profile, &intent.name, ""),
        None => Value::Null,
    };
    request::unsealed(&stored, &today)
}

/// An intent on its way to its end.
pub(super) struct Settling {
    pub(super) scope: Arc<Scope>,
    pub(super) poller: PollerHandle,
    pub(super) open: Open,
    /// When this daemon last sent it; looks count from there, whatever happens to the wall clock.
    sent_at: Option<Mono>,
}

impl Settling {
    async fn run(&mut self) -> Result<(), Fault> {
        let mut must_send = !self.open.sent;
        loop {
            if must_send {
                match self.send().await? {
                    Sent::Confirmed => return Ok(()),
                    Sent::Lost => {}
                }
            }
            self.note_unconfirmed().await?;
            match self.find().await? {
                Found::Yes => return Ok(()),
                Found::No => must_send = true,
            }
            self.note_sending_again().await?;
        }
    }

    /// Sends until there is an answer, or the answer is lost.
    async fn send(&mut self) -> Result<Sent, Fault> {
        let Some(body) = self.open.body.clone() else {
            return Ok(Sent::Lost);
        };
        let began = self.scope.clock.mono();
        loop {
            self.sent_at = Some(self.scope.clock.mono());
            let seq = self.scope.journal.next_seq();
            let fault = match self.scope.provider.submit(&body).await {
                Ok(native_id) => {
                    self.confirm(native_id, seq).await?;
                    return Ok(Sent::Confirmed);
                }
                Err(fault) => fault,
            };
            if fault.maybe_done {
                tracing::warn!(name = %self.open.name, %fault, "the answer to a submit was lost");
                return Ok(Sent::Lost);
            }
            let waited = self.scope.clock.mono().saturating_sub(began);
            if fault.kind != FaultKind::Throttled || waited > THROTTLED_MAX {
                return Err(fault);
            }
            if self.stop_wanted().await? {
                return Err(given_up(Why::Stopped));
            }
            let pause = fault.retry_after.unwrap_or(Duration::from_secs(1));
            self.scope.clock.sleep(pause).await;
            // The looks for a lost answer count from the send that may have lost it.
            self.note_sent_now().await?;
        }
    }

    /// Looks the job up by its name until it is found or the rule says otherwise.
    async fn find(&self) -> Result<Found, Fault> {
        let mut retry = LOOK_RETRY;
        loop {
            let Some(intent) = self.intent().await? else {
                return Ok(Found::Yes);
            };
            if intent.state != IntentState::Open {
                return Ok(Found::Yes);
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
                Next::SendAgain => return Ok(Found::No),
                Next::GiveUp(why) => return Err(given_up(why)),
            };
            self.sleep_until_after_send(&intent, after).await;
            match self.look(&intent).await {
                Ok(true) => return Ok(Found::Yes),
                Ok(false) => {
                    retry = LOOK_RETRY;
                    self.count_empty_look().await?;
                }
                Err(fault) => {
                    tracing::warn!(name = %self.open.name, %fault, "a look for a lost submit failed");
                    self.scope
                        .clock
                        .sleep(fault.retry_after.unwrap_or(retry))
                        .await;
                    retry = (retry * 2).min(LOOK_RETRY_MAX);
                }
            }
        }
    }

    async fn sleep_until_after_send(&self, intent: &Intent, after: Duration) {
        if let Some(sent_at) = self.sent_at {
            return self.scope.clock.sleep_until(sent_at + after).await;
        }
        // Sent by an earlier daemon: only the wall clock knows when.
        let since = self.scope.clock.wall_ms() - intent.last_sent_ms;
        let since = Duration::from_millis(u64::try_from(since).unwrap_or(0));
        self.scope.clock.sleep(after.saturating_sub(since)).await;
    }

    /// One look by the exact name; whatever it shows of this name goes into the journal.
    async fn look(&self, intent: &Intent) -> Result<bool, Fault> {
        let scope = &self.scope;
        let mut namesakes: Vec<Observation> = Vec::new();
        let (mut page_number, mut received) = (1, 0);
        loop {
            let listing = Listing {
                own_named: Some(self.open.name.clone()),
                created_from_ms: Some(intent.created_ms - MARGIN_MS),
                page: page_number,
                ..Listing::default()
            };
            let seq = scope.journal.next_seq();
            let page = scope
                .provider
                .list(listing, seq, Priority::Interactive)
                .await?;
            received += page.received as u64;
            let last = page.is_last(received, scope.provider.nature());
            namesakes.extend(
                page.jobs
                    .into_iter()
                    .filter(|job| job.name == self.open.name),
            );
            if last || page_number >= 10 {
                break;
            }
            page_number += 1;
        }
        if namesakes.is_empty() {
            return Ok(false);
        }
        // The oldest is the one that the first send made; a later one is its twin.
        namesakes.sort_by_key(|job| job.created_ms);
        let context = scope.context;
        scope
            .journal
            .write(move |tx| {
                for seen in &namesakes {
                    apply(tx, context, seen, true, new_uid, &mut Aftermath::default())?;
                }
                Ok(())
            })
            .await?;
        self.stop_if_wanted().await;
        Ok(true)
    }

    async fn intent(&self) -> Result<Option<Intent>, Fault> {
        let uid = self.open.uid.clone();
        Ok(self
            .scope
            .journal
            .read(move |reader| reader.intent(&uid))
            .await?)
    }

    async fn stop_wanted(&self) -> Result<bool, Fault> {
        Ok(self
            .intent()
            .await?
            .is_some_and(|intent| intent.stop_wanted))
    }
}

enum Sent {
    Confirmed,
    Lost,
}

enum Found {
    Yes,
    No,
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
