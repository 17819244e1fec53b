//! The jobs' own answers where a list shows a change: with pods and reasons, and never late.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream};

use super::{
    diff::{may_be_late, wants_answer_of_its_own},
    look::Seen,
};
use crate::{model::Job, provider::Priority, scope::Scope, sys::clock::Mono};

/// A change seen in a list waits at most this long for the job's own answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Own answers asked for at the same time.
const AT_ONCE: usize = 4;
/// Own answers asked for in one look.
const PER_LOOK: usize = 64;
/// A list that shows a status which the job has left is taken for late at first; asked for after this …
const DOUBT_RIPENS: Duration = Duration::from_secs(5);
/// … and again after this.
const DOUBT_RETURNS: Duration = Duration::from_secs(30);

/// Which jobs are to be asked themselves.
pub(super) struct Details {
    scope: Arc<Scope>,
    /// Uids whose change was committed from a list, since the answer did not come in time.
    due: HashSet<String>,
    /// Uids of which only lists say that they went backwards, and when to ask the job itself.
    doubts: HashMap<String, Mono>,
}

impl Details {
    pub(super) fn new(scope: Arc<Scope>) -> Self {
        Self {
            scope,
            due: HashSet::new(),
            doubts: HashMap::new(),
        }
    }

    /// Notes jobs of which a list said that they went backwards.
    pub(super) fn doubt(&mut self, uids: Vec<String>) {
        let now = self.scope.clock.mono();
        for uid in uids {
            let due = self.doubts.entry(uid).or_insert(now + DOUBT_RIPENS);
            if *due <= now {
                *due = now + DOUBT_RETURNS;
            }
        }
    }

    /// Replaces list items that show a change by the jobs' own answers, as far as these come in time.
    pub(super) async fn add(&mut self, active: &[Job], seen: &mut Seen, priority: Priority) {
        let wanted = self.wanting(active, seen).await;
        let scope = Arc::clone(&self.scope);
        let until = scope.clock.mono() + PATIENCE;
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
        let mut answers = answers.buffer_unordered(AT_ONCE);
        while let Some((uid, id, answer)) = answers.next().await {
            match answer {
                Some(Ok(detail)) => {
                    self.due.remove(&uid);
                    self.doubts.remove(&uid);
                    if let Some((observation, _)) = seen.get_mut(&id) {
                        *observation = detail;
                    }
                }
                // Asked and not answered: the list's word will do for this change.
                Some(Err(_)) => {
                    self.due.remove(&uid);
                }
                None => {
                    self.due.insert(uid);
                }
            }
        }
    }

    /// Jobs (uid, native id) whose list item is not enough.
    async fn wanting(&mut self, active: &[Job], seen: &Seen) -> Vec<(String, String)> {
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
        let mut wanted = Vec::new();
        for job in &known {
            let Some((observation, _)) = job.native_id.as_ref().and_then(|id| seen.get(id)) else {
                continue;
            };
            let wants = if may_be_late(job, observation) {
                self.doubts.get(&job.uid).is_some_and(|due| *due <= now)
            } else {
                self.doubts.remove(&job.uid);
                wants_answer_of_its_own(job, observation) || self.due.contains(&job.uid)
            };
            if wants && wanted.len() < PER_LOOK {
                wanted.push((job.uid.clone(), observation.native_id.clone()));
            }
        }
        wanted
    }
}
