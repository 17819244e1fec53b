//! `WatchJobs`: the snapshot at revision R, then every event after R, in order (invariant 1).

use std::{collections::HashSet, pin::pin, sync::Arc};

use pai_proto::v1::{
    Cursor, GoingAway, Heartbeat, Resync, SnapshotEnd, WatchJobsRequest, WatchJobsResponse,
    watch_jobs_response::Frame,
};

use crate::{
    contexts::Running,
    journal::{Published, StoreError, Watch, WatchStart},
    model::{Fault, FaultKind},
    rpc::{
        Edge, convert,
        error::store_status,
        frames::{Frames, HEARTBEAT, Sink, feed},
        resolve,
    },
};

struct Watching {
    edge: Arc<Edge>,
    running: Arc<Running>,
    only: Only,
    since: Option<Cursor>,
}

/// Which jobs are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Only {
    All,
    These(HashSet<String>),
    /// All that a resumed watch was about have been forgotten.
    Forgotten,
}

impl Only {
    /// What became of the ids of a request. A watch that is resumed goes on with those that are still there; what it names
    /// by uid may have events left after it is gone.
    fn of(found: Vec<(String, Result<String, Fault>)>, resumed: bool) -> Result<Self, Fault> {
        if found.is_empty() {
            return Ok(Self::All);
        }
        let mut uids = HashSet::new();
        let mut known = false;
        for (id, uid) in found {
            match uid {
                Ok(uid) => {
                    known = true;
                    uids.insert(uid);
                }
                Err(fault) if resumed && fault.kind == FaultKind::NotFound => {
                    uids.insert(id);
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(match known {
            true => Self::These(uids),
            false => Self::Forgotten,
        })
    }

    fn contains(&self, uid: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(uids) => uids.contains(uid),
            Self::Forgotten => false,
        }
    }

    /// Jobs that somebody waits for.
    fn named(&self) -> Vec<String> {
        match self {
            Self::These(uids) => uids.iter().cloned().collect(),
            Self::All | Self::Forgotten => Vec::new(),
        }
    }
}

pub(super) async fn watch(
    edge: &Arc<Edge>,
    running: Arc<Running>,
    request: WatchJobsRequest,
) -> Result<Frames<WatchJobsResponse>, Fault> {
    let resumed = request.since.is_some();
    let mut found = Vec::with_capacity(request.ids.len());
    for id in request.ids {
        let uid = uid(&running, &id, resumed).await;
        found.push((id, uid));
    }
    let watching = Watching {
        edge: Arc::clone(edge),
        running,
        only: Only::of(found, resumed)?,
        since: request.since,
    };
    let running = Arc::clone(&watching.running);
    Ok(feed(edge, Some(&running), |sink| watching.run(sink)))
}

/// A watch that is resumed was about jobs that were known: what the store does not have any more is gone, and a cloud
/// that cannot be asked must not end the watch (invariant 7).
async fn uid(running: &Running, id: &str, resumed: bool) -> Result<String, Fault> {
    let job = match resumed {
        false => resolve::job(running, id).await?,
        true => resolve::stored(running, id.trim())
            .await?
            .ok_or_else(|| Fault::new(FaultKind::NotFound, "the job is not known any more"))?,
    };
    Ok(job.uid)
}

impl Watching {
    async fn run(mut self, sink: Sink<WatchJobsResponse>) {
        let scope = Arc::clone(&self.running.scope);
        let _counted = scope.interest.wait_for(self.only.named());
        let mut events = match self.begin(&sink).await {
            Ok(events) => events,
            Err(error) => return sink.fail(store_status(error)).await,
        };
        let (mut beat, mut leaving) = (pin!(scope.clock.sleep(HEARTBEAT)), pin!(sink.leaving()));
        loop {
            tokio::select! {
                published = events.next() => match published {
                    Ok(published) if self.concerns(&published) => {
                        let change = Box::new(convert::change(&published));
                        sink.send(frame(Frame::Change(change))).await;
                    }
                    Ok(_) => {}
                    Err(error) => return sink.fail(store_status(error)).await,
                },
                () = &mut beat => {
                    beat.set(scope.clock.sleep(HEARTBEAT));
                    let cursor = Some(self.cursor(events.last()));
                    sink.send(frame(Frame::Heartbeat(Heartbeat { cursor }))).await;
                }
                reason = &mut leaving => {
                    let going = GoingAway { reason: reason.into() };
                    return sink.send(frame(Frame::GoingAway(going))).await;
                }
            }
        }
    }

    /// Resumes at the cursor where that can be done, else begins with a snapshot.
    async fn begin(&mut self, sink: &Sink<WatchJobsResponse>) -> Result<Watch, StoreError> {
        let context = self.running.scope.context;
        let journal = self.edge.journal.clone();
        if let Some(since) = self.since.take() {
            let oldest = journal.read(|reader| Ok((reader.oldest_event()?, reader.rev()?)));
            let oldest = oldest.await?;
            let refused = match self.only {
                Only::Forgotten => Some("the watched jobs are not known any more"),
                _ => refusal(&since, &self.cursor(0), oldest),
            };
            match refused {
                None => return Ok(journal.watch(context, WatchStart::After(since.rev))),
                Some(reason) => {
                    sink.send(frame(Frame::Resync(Resync {
                        reason: reason.into(),
                    })))
                    .await;
                }
            }
        }
        let ended_from = self.running.scope.ended_from_ms();
        let looks = self.running.scope.looks.get();
        let (stale, only) = (looks.old_since_ms(), self.only.clone());
        let view = journal
            .read(move |reader| {
                let jobs = reader.jobs(context, ended_from)?;
                let wanted = jobs.iter().filter(|job| only.contains(&job.uid));
                let chunks = convert::chunks(wanted.map(|job| convert::job(job, stale)));
                Ok((chunks, reader.rev()?))
            })
            .await;
        let (chunks, rev) = view?;
        for chunk in chunks {
            sink.send(frame(Frame::Chunk(chunk))).await;
        }
        let end = SnapshotEnd {
            cursor: Some(self.cursor(rev)),
            left_out: 0,
            stale_since_ms: stale,
            stale_reason: looks.reason(),
        };
        sink.send(frame(Frame::SnapshotEnd(end))).await;
        Ok(journal.watch(context, WatchStart::After(rev)))
    }

    fn concerns(&self, published: &Published) -> bool {
        match &published.event.job_uid {
            Some(uid) => self.only.contains(uid),
            None => true,
        }
    }

    fn cursor(&self, rev: u64) -> Cursor {
        Cursor {
            store_id: self.edge.journal.store_id().into(),
            rev,
            context: self.running.scope.context,
        }
    }
}

/// Why a cursor cannot be resumed where cursors are like `ours`. `oldest` is the oldest kept event and the newest revision.
fn refusal(since: &Cursor, ours: &Cursor, oldest: (Option<u64>, u64)) -> Option<&'static str> {
    let (oldest, newest) = oldest;
    if since.store_id != ours.store_id {
        return Some("the cursor belongs to another store");
    }
    if since.context != 0 && since.context != ours.context {
        return Some("the settings name another place now");
    }
    if since.rev > newest {
        return Some("the cursor is ahead of the store");
    }
    let pruned = match oldest {
        Some(oldest) => since.rev + 1 < oldest,
        None => since.rev < newest,
    };
    pruned.then_some("events after the cursor have been pruned")
}

fn frame(frame: Frame) -> WatchJobsResponse {
    WatchJobsResponse { frame: Some(frame) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_watch_goes_on_without_the_jobs_that_were_forgotten() {
        let there = || ("train".to_owned(), Ok("job-a".to_owned()));
        let gone = || {
            let fault = Fault::new(FaultKind::NotFound, "there is no such job");
            ("job-b".to_owned(), Err(fault))
        };
        let only = Only::of(vec![there(), gone()], true).unwrap();
        assert!(only.contains("job-a") && only.contains("job-b"));
        assert!(!only.contains("job-c"));
        let only = Only::of(vec![gone()], true).unwrap();
        assert_eq!(only, Only::Forgotten);
        assert!(!only.contains("job-b") && only.named().is_empty());
        assert!(
            Only::of(vec![there(), gone()], false).is_err(),
            "a new watch names what there is"
        );
        assert_eq!(Only::of(Vec::new(), true).unwrap(), Only::All);
    }

    #[test]
    fn a_cursor_is_resumed_only_where_nothing_can_be_missing() {
        let at = |rev| Cursor {
            store_id: "s".into(),
            rev,
            context: 1,
        };
        let refusal = |since: &Cursor, oldest| refusal(since, &at(0), oldest);
        let other = |change: fn(&mut Cursor)| {
            let mut cursor = at(5);
            change(&mut cursor);
            refusal(&cursor, (Some(1), 9))
        };
        assert_eq!(
            refusal(&at(5), (Some(6), 9)),
            None,
            "the next event is still there"
        );
        assert!(refusal(&at(4), (Some(6), 9)).is_some(), "event 5 is gone");
        assert_eq!(refusal(&at(9), (None, 9)), None, "nothing happened since");
        assert!(refusal(&at(8), (None, 9)).is_some(), "event 9 is gone");
        assert!(refusal(&at(10), (Some(1), 9)).is_some(), "from the future");
        assert!(
            other(|cursor| cursor.store_id = "t".into()).is_some(),
            "another store"
        );
        assert!(
            other(|cursor| cursor.context = 2).is_some(),
            "another place"
        );
        assert_eq!(
            other(|cursor| cursor.context = 0),
            None,
            "one of an earlier daemon"
        );
    }
}
