//! The search of one job's log, page by page.

use std::{future::pending, sync::Arc};

use tokio::sync::Mutex;

use super::{
    Line,
    pattern::{Pattern, Told},
    searched::Searched,
};
use crate::{
    contexts::Running,
    logs::has_hole,
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
    /// The log was read and searched to its end.
    Ended,
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
                (progress.ended.is_some(), progress.over)
            };
            if let Some(line) = self.stored(ground).await? {
                return Ok(Step::Found(line));
            }
            // What lies before a later part of it may still be read.
            let logs = ground.running.scope.journal.logs();
            let is_whole = ended && (over || !has_hole(&logs.streams(&self.uid).await?));
            // Else it may have been dropped meanwhile.
            if is_whole && !followed.progress.has_changed().unwrap_or(false) {
                return Ok(Step::Ended);
            }
            // Its other end goes only with the whole context, and then this goes, too.
            if followed.progress.changed().await.is_err() {
                return pending().await;
            }
        }
    }

    /// The first line that matches among those that were not searched.
    async fn stored(&mut self, ground: &Ground) -> Result<Option<Line>, Fault> {
        let logs = ground.running.scope.journal.logs();
        let streams = logs.streams(&self.uid).await?;
        while let Some((stream, number)) = self.searched.next(&streams) {
            let _turn = ground.turn.lock().await;
            // No gaps.
            let mask = ground.mask.clone();
            let page = logs.after(stream.id, number, u64::MAX, LINES, BYTES, mask);
            let lines = page.await?.lines;
            let last = lines.last().map(|line| line.number);
            if let Some(told) = ground.matching(lines).await? {
                let pod_id = stream.key.pod_id.clone();
                return Ok(Some(Line { pod_id, told }));
            }
            self.searched.up_to(stream, last);
        }
        Ok(None)
    }
}
