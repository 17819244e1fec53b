//! The search of one job's log, page by page.

use std::{future::pending, sync::Arc};

use tokio::sync::Mutex;

use super::{
    Line,
    pattern::{Pattern, Told},
    searched::{Read, Searched},
};
use crate::{
    contexts::Running,
    logs::{Ended, has_hole, may_be_forgotten},
    model::{Fault, LogLine, redact::Redactor},
};

/// Lines of a page.
const LINES: usize = 2_000;
/// Bytes of a page, unless one line has more.
const BYTES: usize = 64 << 10;

/// What the searches of one wait share.
#[derive(Debug)]
pub(super) struct Ground {
    running: Arc<Running>,
    pattern: Arc<Pattern>,
    mask: Option<Redactor>,
    /// One wait holds one page and one thread, however many jobs it has and however slow its pattern is.
    turn: Mutex<()>,
}

/// What a search has come to.
#[derive(Debug)]
pub(super) enum Step {
    /// This line matches.
    Found(Line),
    /// Everything that is stored was searched; to be gone on with.
    Searched(Search),
    /// What will be stored of the log was searched. What of the log was not, for people.
    Ended(Option<&'static str>),
}

/// One job.
#[derive(Debug)]
pub(super) struct Search {
    uid: String,
    searched: Searched,
}

impl Ground {
    pub(super) fn new(running: Arc<Running>, pattern: Pattern, mask: Option<Redactor>) -> Self {
        Self {
            running,
            pattern: Arc::new(pattern),
            mask,
            turn: Mutex::new(()),
        }
    }

    /// The first of these lines that matches. On a thread that may block: patterns are foreign, and may be slow.
    async fn matching(&self, lines: Vec<LogLine>) -> Result<Option<Told>, Fault> {
        let pattern = Arc::clone(&self.pattern);
        let work = move || {
            let mut lines = lines.iter();
            lines.find_map(|line| pattern.find(&line.text))
        };
        let found = tokio::task::spawn_blocking(work).await;
        found.map_err(|error| Fault::internal(format!("a page of a log: {error}")))
    }
}

impl Search {
    pub(super) fn new(uid: String) -> Self {
        Self {
            uid,
            searched: Searched::default(),
        }
    }

    /// Searches what is stored. The cloud is not asked: it may be enough.
    pub(super) async fn begin(mut self, ground: &Ground) -> Result<Step, Fault> {
        let found = self.stored(ground).await?;
        Ok(found.map_or(Step::Searched(self), Step::Found))
    }

    /// Follows the log, and searches what comes.
    pub(super) async fn follow(mut self, ground: &Ground) -> Result<Step, Fault> {
        let mut followed = ground.running.tails.follow(&self.uid);
        loop {
            // Read before the lines: they are all stored when the end is told.
            let (ended, over) = {
                let progress = followed.progress.borrow_and_update();
                (progress.ended.clone(), progress.over)
            };
            if let Some(line) = self.stored(ground).await? {
                return Ok(Step::Found(line));
            }
            // What lies before a later part of it may still be read.
            let logs = ground.running.scope.journal.logs();
            let streams = logs.streams(&self.uid).await?;
            let is_last = over || !has_hole(&streams);
            // Else it may have been dropped meanwhile.
            let is_outdated = followed.progress.has_changed().unwrap_or(false);
            if let Some(ended) = ended.filter(|_| is_last && !is_outdated) {
                let read = self.read(ground, &ended).await?;
                return Ok(Step::Ended(self.searched.lacks(&streams, read)));
            }
            // Its other end goes only with the whole context, and then this goes, too.
            if followed.progress.changed().await.is_err() {
                return pending().await;
            }
        }
    }

    /// What the end of the reading tells of it.
    async fn read(&self, ground: &Ground, ended: &Ended) -> Result<Read, Fault> {
        if !ended.complete {
            return Ok(Read::Part);
        }
        let (scope, uid) = (&ground.running.scope, self.uid.clone());
        let job = scope.journal.read(move |reader| reader.job(&uid)).await?;
        let is_late = job.is_some_and(|job| may_be_forgotten(&job, scope.now_ms()));
        Ok(if is_late { Read::Late } else { Read::Whole })
    }

    /// The first line that matches among those that were not searched.
    async fn stored(&mut self, ground: &Ground) -> Result<Option<Line>, Fault> {
        let logs = ground.running.scope.journal.logs();
        let streams = logs.streams(&self.uid).await?;
        while let Some((stream, number)) = self.searched.next(&streams) {
            let _turn = ground.turn.lock().await;
            // No gaps but those of a damaged file.
            let mask = ground.mask.clone();
            let page = logs.after(stream.id, number, u64::MAX, LINES, BYTES, mask);
            let page = page.await?;
            self.searched.add(stream, &page);
            if let Some(told) = ground.matching(page.lines).await? {
                let pod_id = stream.key.pod_id.clone();
                return Ok(Some(Line { pod_id, told }));
            }
        }
        Ok(None)
    }
}
