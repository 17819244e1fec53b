//! The loop around the pure parts. One per context.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use rand::RngExt as _;
use tokio::sync::{mpsc, oneshot};

use super::{
    apply::{Aftermath, apply},
    backoff,
    diff::{gone, may_be_late, wants_answer_of_its_own},
    plan::{self, Ground},
    schedule::{self, Look, Scene},
};
use crate::{
    model::{EventDraft, EventKind, Fault, FaultKind, Job, Observation, Phase},
    provider::{Priority, StopAck},
    scope::{Scope, new_uid},
    sys::clock::Mono,
};

/// A change seen in a list waits at most this long for the job's own answer.
const PATIENCE_FOR_DETAIL: Duration = Duration::from_secs(2);
/// Own answers asked for at the same time.
const DETAILS_AT_ONCE: usize = 4;
/// Own answers asked for in one look.
const DETAILS_PER_LOOK: usize = 64;
/// A list that shows a status which the job has left is taken for late at first; asked for after this, and again after
/// [`MISSING_RECHECK`].
const DOUBT_RIPENS: Duration = Duration::from_secs(5);
/// A job that lists do not show is asked for again after this.
const MISSING_RECHECK: Duration = Duration::from_secs(30);
/// Pages read of one list at most.
const PAGES_MAX: u32 = 200;
/// Observations applied in one transaction.
const BATCH: usize = 64;
/// Events are kept this long.
const EVENTS_KEPT_MS: i64 = 30 * 86_400_000;

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
        let closed = || Fault::new(FaultKind::Unavailable, "the daemon is about to leave");
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
    let poller = Poller {
        scope,
        last_look: None,
        last_sweep: None,
        last_change: None,
        failures: 0,
        held_off_until: None,
        detail_due: HashSet::new(),
        doubts: HashMap::new(),
        missing_checked: HashMap::new(),
    };
    (PollerHandle { commands }, tokio::spawn(poller.run(queue)))
}

struct Poller {
    scope: Arc<Scope>,
    last_look: Option<Mono>,
    last_sweep: Option<Mono>,
    last_change: Option<Mono>,
    failures: u32,
    held_off_until: Option<Mono>,
    /// Uids whose change was committed from a list.
    detail_due: HashSet<String>,
    /// Uids of jobs of which only lists say that they went backwards, and when to ask the job itself.
    doubts: HashMap<String, Mono>,
    /// When a missing job was last asked for.
    missing_checked: HashMap<String, Mono>,
}

impl Poller {
    async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Command>) {
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
                    Some(Command::LookNow(answer)) => self.answer(answer, &mut queue).await,
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
        let next_ms = due.map(|(at, _)| {
            now_ms + i64::try_from(at.saturating_sub(now).as_millis()).unwrap_or(i64::MAX / 2)
        });
        scope.looks.update(|looks| looks.next_ms = next_ms);
        due
    }

    /// One look, and what follows from its outcome for the next ones.
    async fn look(&mut self, look: Look, priority: Priority) -> Result<(), Fault> {
        let (began, began_ms) = (self.scope.clock.mono(), self.scope.clock.wall_ms());
        self.last_look = Some(began);
        let result = self.look_once(look, priority).await;
        match &result {
            Ok(()) => {
                if look == Look::Sweep {
                    self.last_sweep = Some(began);
                }
                self.failures = 0;
                self.held_off_until = None;
                self.scope.looks.update(|looks| {
                    looks.last_ok = Some(began);
                    looks.last_ok_ms = Some(began_ms);
                    looks.last_complete = Some(began);
                    looks.last_complete_ms = Some(began_ms);
                    looks.last_error = None;
                });
                self.note_fresh().await;
            }
            Err(fault) => {
                self.failures += 1;
                let pause = backoff::pause(self.failures, fault);
                let jitter = rand::rng().random_range(1.0..1.2);
                self.held_off_until = Some(self.scope.clock.mono() + pause.mul_f64(jitter));
                tracing::warn!(failures = self.failures, ?pause, %fault, "a look failed");
                self.note_stale(fault).await;
            }
        }
        result
    }

    async fn look_once(&mut self, look: Look, priority: Priority) -> Result<(), Fault> {
        let scope = Arc::clone(&self.scope);
        let context = scope.context;
        let active = scope
            .journal
            .read(move |reader| reader.active_jobs(context))
            .await?;
        let ground = self.ground(look, &active).await?;
        let lists = plan::listings(look, &ground, scope.provider.nature());

        let mut seen: HashMap<String, (Observation, bool)> = HashMap::new();
        for list in lists {
            self.read_list(list, priority, &ground.own_named, &mut seen)
                .await?;
        }
        self.add_details(&active, &mut seen, priority).await;
        self.apply(seen.values().cloned().collect()).await?;
        self.check_missing(&active, &seen, priority).await?;
        self.send_due_stops().await?;
        if look == Look::Sweep {
            self.prune().await?;
        }
        Ok(())
    }

    async fn ground(&self, look: Look, active: &[Job]) -> Result<Ground, Fault> {
        let scope = &self.scope;
        let with_backend = || active.iter().filter(|job| job.native_id.is_some());
        let ids = |own: bool| {
            with_backend()
                .filter(move |job| job.own == own)
                .filter_map(|job| job.native_id.clone())
        };
        let first = look == Look::Sweep && self.last_sweep.is_none();
        let mut ground = Ground {
            own_named: scope.own_start(),
            own_active: ids(true).collect(),
            foreign_active: ids(false).collect(),
            oldest_active_ms: with_backend()
                .filter(|job| job.own)
                .filter_map(|job| job.created_ms)
                .min(),
            last_complete_ms: scope.looks.get().last_complete_ms,
            own_in_window: 0,
            ended_from_ms: first.then(|| scope.ended_from_ms()),
        };
        if let Some(start) = plan::window_start(&ground) {
            let context = scope.context;
            ground.own_in_window = scope
                .journal
                .read(move |reader| reader.own_created_since(context, start))
                .await?;
        }
        Ok(ground)
    }

    /// Reads a list to its last page. Jobs of the principal whose name only contains the prefix are not ours.
    async fn read_list(
        &self,
        list: crate::provider::Listing,
        priority: Priority,
        own_start: &str,
        seen: &mut HashMap<String, (Observation, bool)>,
    ) -> Result<(), Fault> {
        let scope = &self.scope;
        let page_size = scope.provider.nature().page_size as usize;
        let own_list = list.own_named.is_some();
        let mut received = 0_u64;
        for number in 1..=PAGES_MAX {
            let page = crate::provider::Listing {
                page: number,
                ..list.clone()
            };
            let page = scope
                .provider
                .list(page, scope.journal.next_seq(), priority)
                .await?;
            received += page.received as u64;
            for observation in page.jobs {
                let own = own_list && observation.name.starts_with(own_start);
                if own || !own_list {
                    // The later request wins; its answer cannot be older.
                    seen.insert(observation.native_id.clone(), (observation, own));
                }
            }
            let all = page.total.is_some_and(|total| received >= total);
            if page.received < page_size || all {
                break;
            }
        }
        Ok(())
    }

    /// Replaces list items that show a change by the jobs' own answers, as far as these come in time.
    async fn add_details(
        &mut self,
        active: &[Job],
        seen: &mut HashMap<String, (Observation, bool)>,
        priority: Priority,
    ) {
        let wanted = self.wanting_detail(active, seen).await;
        let scope = Arc::clone(&self.scope);
        let until = scope.clock.mono() + PATIENCE_FOR_DETAIL;
        let answers = stream::iter(wanted).map(|(uid, id)| {
            let scope = Arc::clone(&scope);
            async move {
                let asked = scope.provider.get(&id, scope.journal.next_seq(), priority);
                let answer = tokio::select! {
                    answer = asked => Some(answer),
                    () = scope.clock.sleep_until(until) => None,
                };
                (uid, id, answer)
            }
        });
        let mut answers = answers.buffer_unordered(DETAILS_AT_ONCE);
        while let Some((uid, id, answer)) = answers.next().await {
            match answer {
                Some(Ok(detail)) => {
                    self.detail_due.remove(&uid);
                    self.doubts.remove(&uid);
                    if let Some((observation, _)) = seen.get_mut(&id) {
                        *observation = detail;
                    }
                }
                // Asked and not answered: the list's word will do for this change.
                Some(Err(_)) => {
                    self.detail_due.remove(&uid);
                }
                None => {
                    self.detail_due.insert(uid);
                }
            }
        }
    }

    /// Jobs (uid, native id) whose list item is not enough.
    async fn wanting_detail(
        &self,
        active: &[Job],
        seen: &HashMap<String, (Observation, bool)>,
    ) -> Vec<(String, String)> {
        let mut known: Vec<Job> = active.to_vec();
        // A job that counted as ended may turn up again; it is not among the active ones.
        for uid in self
            .doubts
            .keys()
            .filter(|uid| !active.iter().any(|job| job.uid == **uid))
        {
            let uid = uid.clone();
            known.extend(
                self.scope
                    .journal
                    .read(move |reader| reader.job(&uid))
                    .await
                    .ok()
                    .flatten(),
            );
        }
        let now = self.scope.clock.mono();
        known
            .iter()
            .filter_map(|job| {
                let (observation, _) = seen.get(job.native_id.as_ref()?)?;
                let wants = if may_be_late(job, observation) {
                    self.doubts.get(&job.uid).is_some_and(|due| *due <= now)
                } else {
                    wants_answer_of_its_own(job, observation) || self.detail_due.contains(&job.uid)
                };
                wants.then(|| (job.uid.clone(), observation.native_id.clone()))
            })
            .take(DETAILS_PER_LOOK)
            .collect()
    }

    async fn apply(&mut self, seen: Vec<(Observation, bool)>) -> Result<Aftermath, Fault> {
        let mut total = Aftermath::default();
        for batch in seen.chunks(BATCH) {
            let (context, batch) = (self.scope.context, batch.to_vec());
            let aftermath = self
                .scope
                .journal
                .write(move |tx| {
                    let mut aftermath = Aftermath::default();
                    for (observation, own) in &batch {
                        apply(tx, context, observation, *own, new_uid, &mut aftermath)?;
                    }
                    Ok(aftermath)
                })
                .await?;
            total.dropped += aftermath.dropped;
            total.changed.extend(aftermath.changed);
            total.doubtful.extend(aftermath.doubtful);
        }
        if !total.changed.is_empty() {
            self.last_change = Some(self.scope.clock.mono());
        }
        let now = self.scope.clock.mono();
        for uid in &total.doubtful {
            let due = self.doubts.entry(uid.clone()).or_insert(now + DOUBT_RIPENS);
            if *due <= now {
                *due = now + MISSING_RECHECK;
            }
        }
        self.scope
            .looks
            .update(|looks| looks.dropped += total.dropped);
        Ok(total)
    }

    /// A job that lists do not show is not gone until the backend says so, and not while lists may lag (invariant 6).
    async fn check_missing(
        &mut self,
        active: &[Job],
        seen: &HashMap<String, (Observation, bool)>,
        priority: Priority,
    ) -> Result<(), Fault> {
        let scope = Arc::clone(&self.scope);
        let now = scope.clock.mono();
        let lag = i64::try_from(scope.provider.nature().visibility_lag.as_millis()).unwrap_or(0);
        for job in active {
            let Some(id) = job.native_id.clone() else {
                continue;
            };
            if seen.contains_key(&id) {
                self.missing_checked.remove(&job.uid);
                continue;
            }
            let age = scope.clock.wall_ms() - job.created_ms.unwrap_or(0);
            let rested = self
                .missing_checked
                .get(&job.uid)
                .is_none_or(|last| now.saturating_sub(*last) >= MISSING_RECHECK);
            if age < lag || !rested {
                continue;
            }
            self.missing_checked.insert(job.uid.clone(), now);
            match scope
                .provider
                .get(&id, scope.journal.next_seq(), priority)
                .await
            {
                Ok(observation) => {
                    self.apply(vec![(observation, job.own)]).await?;
                }
                Err(fault) if fault.kind == FaultKind::NotFound => self.note_gone(&job.uid).await?,
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    async fn note_gone(&mut self, uid: &str) -> Result<(), Fault> {
        let (context, uid) = (self.scope.context, uid.to_owned());
        self.missing_checked.remove(&uid);
        self.last_change = Some(self.scope.clock.mono());
        self.scope
            .journal
            .write(move |tx| {
                let Some(known) = tx.job(&uid)?.filter(|job| job.phase != Phase::Gone) else {
                    return Ok(());
                };
                let (mut job, event) = gone(&known, tx.now_ms());
                tx.put_job(context, &mut job, vec![event])
            })
            .await?;
        Ok(())
    }

    /// Stops that were decided while the job could not be reached: of twins, and of submits that were given up.
    async fn send_due_stops(&self) -> Result<(), Fault> {
        let context = self.scope.context;
        let active = self
            .scope
            .journal
            .read(move |reader| reader.active_jobs(context))
            .await?;
        for job in active.into_iter().filter(|job| job.stop_due) {
            let Some(id) = job.native_id.clone() else {
                continue;
            };
            match self.scope.provider.stop(&id).await {
                Ok(StopAck::Accepted | StopAck::AlreadyEnded) => {}
                // It stays due, and the next look tries again.
                Err(fault) => {
                    tracing::warn!(job = %id, %fault, "a stop that is due could not be sent");
                    continue;
                }
            }
            self.scope
                .journal
                .write(move |tx| note_stop_sent(tx, context, &job.uid))
                .await?;
        }
        Ok(())
    }

    async fn prune(&self) -> Result<(), Fault> {
        let now_ms = self.scope.clock.wall_ms();
        let jobs_before = self.scope.ended_from_ms();
        let work =
            move |tx: &mut crate::journal::Tx<'_>| tx.prune(now_ms - EVENTS_KEPT_MS, jobs_before);
        Ok(self.scope.journal.write(work).await?)
    }

    async fn note_stale(&self, fault: &Fault) {
        let looks = self.scope.looks.get();
        let first = looks.stale_since_ms.is_none();
        let since = looks
            .last_ok_ms
            .unwrap_or_else(|| self.scope.clock.wall_ms());
        self.scope.looks.update(|looks| {
            looks.last_error = Some(fault.clone());
            looks.stale_since_ms.get_or_insert(since);
        });
        if first {
            let reason = crate::model::Reason {
                code: String::new(),
                message: fault.message.clone(),
            };
            let event = EventDraft {
                at_ms: Some(since),
                reason: Some(reason),
                ..EventDraft::new(EventKind::Stale)
            };
            self.note(event).await;
        }
    }

    async fn note_fresh(&self) {
        if self.scope.looks.get().stale_since_ms.is_some() {
            self.scope.looks.update(|looks| looks.stale_since_ms = None);
            self.note(EventDraft::new(EventKind::Fresh)).await;
        }
    }

    async fn note(&self, event: EventDraft) {
        let context = self.scope.context;
        if let Err(error) = self
            .scope
            .journal
            .write(move |tx| tx.note(context, event))
            .await
        {
            tracing::error!(%error, "an event of the scope could not be stored");
        }
    }
}

fn note_stop_sent(
    tx: &mut crate::journal::Tx<'_>,
    context: i64,
    uid: &str,
) -> Result<(), crate::journal::StoreError> {
    let Some(mut job) = tx.job(uid)? else {
        return Ok(());
    };
    job.stop_due = false;
    let events = match job.stop_requested {
        true => Vec::new(),
        false => vec![EventDraft {
            to_status: job.status.clone(),
            to_phase: Some(job.phase),
            ..EventDraft::new(EventKind::StopRequested)
        }],
    };
    job.stop_requested = true;
    tx.put_job(context, &mut job, events)
}
