//! Which jobs are to be asked themselves, and which items of lists to believe meanwhile. Pure.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::diff::{may_be_late, wants_answer_of_its_own};
use crate::{
    model::{Job, Observation},
    sys::clock::Mono,
};

/// A list that shows a status which the job has left is taken for late at first; asked for after this.
const DOUBT_RIPENS: Duration = Duration::from_secs(5);
/// After a call, answered or not, the same word of a list is no reason for another one before this.
const REST: Duration = Duration::from_secs(30);
/// For how long a job's own answer stands against a list that goes on saying something else.
const STANDS: Duration = Duration::from_secs(60);

/// What to do about a job at a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Advice {
    /// Ask it.
    pub ask: bool,
    /// Leave the item of the list out: the job's own answer says more, or is about to.
    pub hold_back: bool,
}

/// What is still to be asked, and what was asked lately, by uid.
#[derive(Debug, Default)]
pub(super) struct Questions {
    of: HashMap<String, Memory>,
    /// Since when lists show a status that the job has left: when to ask.
    doubts: HashMap<String, Mono>,
    /// Jobs, not active ones perhaps, of which a list said what cannot be believed.
    suspects: HashSet<String>,
}

#[derive(Debug, Default)]
struct Memory {
    /// A change was seen, and the job's own answer has not come.
    due: bool,
    under_way: bool,
    /// By the list's word at which it was asked; empty where no list showed the job.
    asked: HashMap<String, Asked>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    rests_until: Mono,
    /// The status that the job itself told instead, and until when this counts.
    contradicted: Option<(String, Mono)>,
}

impl Asked {
    fn contradicts(&self, known: &Job, now: Mono) -> bool {
        let own_word = self.contradicted.as_ref();
        own_word.is_some_and(|(status, until)| *status == known.status && now < *until)
    }
}

impl Questions {
    /// What to do about a job, given what a list shows of it.
    pub(super) fn judge(&mut self, job: &Job, item: Option<&Observation>, now: Mono) -> Advice {
        let late = item.is_some_and(|seen| may_be_late(job, seen));
        let ripe = late && self.has_ripened(&job.uid, now);
        if !late {
            self.doubts.remove(&job.uid);
        }
        let differs = item.is_some_and(|seen| wants_answer_of_its_own(job, seen));
        let word = item.map_or("", |seen| seen.status.as_str());
        let memory = self.of.get(&job.uid);
        let asked = memory.and_then(|memory| memory.asked.get(word));
        let contradicted = differs && asked.is_some_and(|asked| asked.contradicts(job, now));
        if memory.is_some_and(|memory| memory.under_way) {
            // An item that tells nothing new would make the answer that is under way an outdated one.
            return Advice {
                ask: false,
                hold_back: !differs || contradicted,
            };
        }
        let rests = asked.is_some_and(|asked| now < asked.rests_until);
        let wants = match late {
            true => ripe,
            false => differs || memory.is_some_and(|memory| memory.due),
        };
        if differs && !late && !rests {
            self.memory(&job.uid).due = true;
        }
        Advice {
            ask: wants && !rests,
            hold_back: contradicted,
        }
    }

    /// Jobs that are to be judged though they may not be active any more.
    pub(super) fn open(&self) -> HashSet<String> {
        let due = self
            .of
            .iter()
            .filter(|(_, memory)| memory.due || memory.under_way)
            .map(|(uid, _)| uid);
        due.chain(&self.suspects).cloned().collect()
    }

    /// Notes jobs of which a list said what cannot be believed.
    pub(super) fn suspect(&mut self, uids: Vec<String>) {
        self.suspects = uids.into_iter().collect();
    }

    /// Forgets all jobs but these.
    pub(super) fn keep_only(&mut self, uids: &HashSet<&str>) {
        self.of
            .retain(|uid, memory| memory.under_way || uids.contains(uid.as_str()));
        self.doubts.retain(|uid, _| uids.contains(uid.as_str()));
    }

    /// A call is sent.
    pub(super) fn sent(&mut self, uid: &str) {
        self.memory(uid).under_way = true;
    }

    /// A call was answered; `outdated` when something newer was held already.
    pub(super) fn answered(
        &mut self,
        uid: &str,
        word: &str,
        status: &str,
        outdated: bool,
        now: Mono,
    ) {
        self.doubts.remove(uid);
        let differs = !word.is_empty() && status != word;
        let asked = Asked {
            rests_until: now + REST,
            contradicted: differs.then(|| (status.to_owned(), now + STANDS)),
        };
        let memory = self.memory(uid);
        memory.under_way = false;
        memory.due &= outdated;
        memory.asked.insert(word.to_owned(), asked);
    }

    /// A call failed; `lasting` when asking again would not help.
    pub(super) fn failed(&mut self, uid: &str, word: &str, lasting: bool, now: Mono) {
        let memory = self.memory(uid);
        memory.under_way = false;
        memory.due &= !lasting;
        let contradicted = memory
            .asked
            .remove(word)
            .and_then(|asked| asked.contradicted);
        let asked = Asked {
            rests_until: now + REST,
            contradicted,
        };
        memory.asked.insert(word.to_owned(), asked);
    }

    fn has_ripened(&mut self, uid: &str, now: Mono) -> bool {
        *self
            .doubts
            .entry(uid.to_owned())
            .or_insert(now + DOUBT_RIPENS)
            <= now
    }

    fn memory(&mut self, uid: &str) -> &mut Memory {
        self.of.entry(uid.to_owned()).or_default()
    }
}
