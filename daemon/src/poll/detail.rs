//! The jobs' own answers where a list shows a change: with pods and reasons, and never late.
//!
//! A look waits for them for two seconds. What takes longer goes on by itself, and commits its answer when it comes.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::task::{Id, JoinError, JoinSet};

use super::{
    commit::commit,
    look::{Seen, is_about_one},
    questions::Questions,
};
use crate::{
    model::{Fault, FaultKind, Job},
    provider::Priority,
    scope::Scope,
};

/// A change seen in a list waits at most this long for the job's own answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Own answers that a look waits for at the same time.
const AT_ONCE: usize = 4;
/// Calls under way, those of earlier looks included.
const UNDER_WAY: usize = 16;

/// Asks jobs themselves.
pub(super) struct Details {
    scope: Arc<Scope>,
    questions: Questions,
    /// Ends with this: nothing is asked for a context that is not served any more.
    calls: JoinSet<Result<Answered, Fault>>,
    asked: HashMap<Id, Question>,
    changed: bool,
}

struct Question {
    uid: String,
    id: String,
    /// What the list said.
    word: String,
    /// A list of the key's own jobs shows it.
    listed: bool,
    ended: bool,
}

struct Answered {
    status: String,
    changed: bool,
    outdated: bool,
}

impl Details {
    pub(super) fn new(scope: Arc<Scope>) -> Self {
        Self {
            scope,
            questions: Questions::default(),
            calls: JoinSet::new(),
            asked: HashMap::new(),
            changed: false,
        }
    }

    /// Whether an answer has changed anything since this was last asked.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Notes jobs of which a list said what cannot be believed.
    pub(super) fn suspect(&mut self, uids: Vec<String>) {
        self.questions.suspect(uids);
    }

    /// Asks the jobs whose list item is not enough. Returns the native ids of which the list's item is not to be applied.
    pub(super) async fn add(
        &mut self,
        active: &[Job],
        seen: &Seen,
        priority: Priority,
    ) -> Result<HashSet<String>, Fault> {
        while let Some(ended) = self.calls.try_join_next_with_id() {
            self.note(ended);
        }
        let others = self.others(active).await?;
        let now = self.scope.clock.mono();
        let (mut wanted, mut held_back) = (Vec::new(), HashSet::new());
        let all = || active.iter().chain(&others);
        for job in all() {
            let Some(id) = &job.native_id else { continue };
            let item = seen.get(id);
            // An active job that lists do not show is asked for as a missing one.
            if item.is_none() && job.is_active() {
                continue;
            }
            let observation = item.map(|(observation, _)| observation);
            let advice = self.questions.judge(job, observation, now);
            if advice.hold_back {
                held_back.insert(id.clone());
            }
            if advice.ask {
                wanted.push(Question {
                    uid: job.uid.clone(),
                    id: id.clone(),
                    word: observation.map_or_else(String::new, |seen| seen.status.clone()),
                    listed: item.is_some_and(|(_, listed)| *listed),
                    ended: job.has_ended(),
                });
            }
        }
        let judged: HashSet<_> = all().map(|job| job.uid.as_str()).collect();
        self.questions.keep_only(&judged);
        self.ask(wanted, priority, &mut held_back).await;
        Ok(held_back)
    }

    /// Jobs that are not active (any more) and still to be asked.
    async fn others(&self, active: &[Job]) -> Result<Vec<Job>, Fault> {
        let mut open = self.questions.open();
        for job in active {
            open.remove(&job.uid);
        }
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let jobs = self.scope.journal.read(move |reader| {
            let jobs = open.iter().map(|uid| reader.job(uid));
            jobs.filter_map(Result::transpose).collect()
        });
        Ok(jobs.await?)
    }

    /// Sends calls and waits for their answers, as long as patience lasts; nothing is sent after that.
    async fn ask(
        &mut self,
        wanted: Vec<Question>,
        priority: Priority,
        held_back: &mut HashSet<String>,
    ) {
        let clock = self.scope.clock.clone();
        let until = clock.mono() + PATIENCE;
        let mut wanted = wanted.into_iter().peekable();
        let mut open = HashSet::new();
        loop {
            while open.len() < AT_ONCE
                && self.calls.len() < UNDER_WAY
                && let Some(question) = wanted.next()
            {
                open.insert(self.send(question, priority));
            }
            if open.is_empty() && wanted.peek().is_none() {
                return;
            }
            tokio::select! {
                biased;
                () = clock.sleep_until(until) => return,
                Some(ended) = self.calls.join_next_with_id() => {
                    let (call, answered) = self.note(ended);
                    // The answer to a call of an earlier look is older than this look's lists.
                    if open.remove(&call) {
                        held_back.extend(answered);
                    }
                }
            }
        }
    }

    fn send(&mut self, question: Question, priority: Priority) -> Id {
        self.questions.sent(&question.uid);
        let call = tell(
            Arc::clone(&self.scope),
            question.id.clone(),
            question.listed,
            priority,
        );
        let id = self.calls.spawn(call).id();
        self.asked.insert(id, question);
        id
    }

    /// Notes what came of a call: which one, and the native id where there was an answer.
    fn note(
        &mut self,
        ended: Result<(Id, Result<Answered, Fault>), JoinError>,
    ) -> (Id, Option<String>) {
        let now = self.scope.clock.mono();
        let (call, result) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(Fault::internal(&error))),
        };
        let Some(Question {
            uid,
            id,
            word,
            ended,
            ..
        }) = self.asked.remove(&call)
        else {
            return (call, None);
        };
        match result {
            Ok(Answered {
                status,
                changed,
                outdated,
            }) => {
                self.changed |= changed;
                self.questions.answered(&uid, &word, &status, outdated, now);
                (call, Some(id))
            }
            // The list's word will do for this change.
            Err(fault) => {
                tracing::debug!(job = %id, %fault, "a job's own answer did not come");
                // A job that is not over may be too new to be found.
                let lasting = is_about_one(&fault) && (ended || fault.kind != FaultKind::NotFound);
                self.questions.failed(&uid, &word, lasting, now);
                (call, None)
            }
        }
    }
}

async fn tell(
    scope: Arc<Scope>,
    id: String,
    listed: bool,
    priority: Priority,
) -> Result<Answered, Fault> {
    let seq = scope.journal.next_seq();
    let seen = scope.provider().get(&id, seq, priority).await?;
    let status = seen.status.clone();
    let aftermath = commit(&scope, vec![(seen, listed)]).await?;
    Ok(Answered {
        status,
        changed: !aftermath.changed.is_empty(),
        outdated: aftermath.dropped > 0,
    })
}
