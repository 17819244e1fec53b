//! Waits for a line of the logs of jobs. What is stored is searched from the first line on, then the job is followed, and
//! searched on with each look: a line that was printed before the wait counts as one that comes later.
//!
//! Nothing is decided but by a stored line, or by the end of the log's reading: a look that fails ends nothing. That there is no such
//! line is said only where all of the log was read and searched; else what of it was not.

mod pattern;
mod search;
mod searched;

use std::{collections::HashSet, future::pending, sync::Arc};

use tokio::task::JoinSet;

pub use pattern::{LINE_MAX, Pattern, Told};

use self::search::{Ground, Search, Step};
use crate::{contexts::Running, model::Fault};

/// A line that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The pod that printed it.
    pub pod_id: String,
    /// What of it matched.
    pub told: Told,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No line so far.
    NotYet,
    /// It has printed this.
    Found(Line),
    /// All of its log was read, and has none.
    Never,
    /// What will be known of its log has none, and this of it was not searched: for people, as in "lines of its log were dropped".
    Unsure(&'static str),
}

/// The search of several logs. It ends, and so does its following, when this is dropped.
#[derive(Debug)]
pub struct Seek {
    ground: Arc<Ground>,
    tasks: JoinSet<(usize, Result<Step, Fault>)>,
    verdicts: Vec<Verdict>,
    /// Jobs of which not everything that was stored at the beginning is searched.
    unread: HashSet<usize>,
}

impl Seek {
    /// Begins with the jobs of these uids. Where it is `masked`, lines are matched and told without secrets: what a
    /// pattern finds must tell no more than the line does.
    pub fn begin(running: Arc<Running>, uids: Vec<String>, pattern: Pattern, masked: bool) -> Self {
        let mask = masked.then(|| running.scope.redactor.clone());
        let mut seek = Self {
            ground: Arc::new(Ground::new(running, pattern, mask)),
            tasks: JoinSet::new(),
            verdicts: vec![Verdict::NotYet; uids.len()],
            unread: (0..uids.len()).collect(),
        };
        for (place, uid) in uids.into_iter().enumerate() {
            let ground = Arc::clone(&seek.ground);
            seek.tasks
                .spawn(async move { (place, Search::new(uid).begin(&ground).await) });
        }
        seek
    }

    /// How far the job at this place is.
    pub fn verdict(&self, place: usize) -> &Verdict {
        self.verdicts.get(place).unwrap_or(&Verdict::NotYet)
    }

    /// Waits until something is known that was not. Nothing is lost where the future is dropped.
    ///
    /// # Errors
    /// When the stored lines cannot be read.
    pub async fn news(&mut self) -> Result<(), Fault> {
        let Some(done) = self.tasks.join_next().await else {
            return pending().await;
        };
        let (place, step) = done.map_err(|error| Fault::internal(format!("a search: {error}")))?;
        // Of one that is followed it is out already.
        self.unread.remove(&place);
        let verdict = match step? {
            Step::Found(line) => Verdict::Found(line),
            Step::Ended(lacks) => lacks.map_or(Verdict::Never, Verdict::Unsure),
            Step::Searched(search) => {
                let ground = Arc::clone(&self.ground);
                self.tasks
                    .spawn(async move { (place, search.follow(&ground).await) });
                return Ok(());
            }
        };
        if let Some(known) = self.verdicts.get_mut(place) {
            *known = verdict;
        }
        Ok(())
    }

    /// Waits until everything is searched that was stored at the beginning.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn looked(&mut self) -> Result<(), Fault> {
        while !self.unread.is_empty() {
            self.news().await?;
        }
        Ok(())
    }
}
