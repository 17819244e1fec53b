//! A watch that resumes by itself at its last cursor, so that a restart of the daemon loses no event.

use crate::{
    client::Service,
    error::ClientError,
    link::{Link, News},
    v1::{self, jobs_client::JobsClient, watch_jobs_response::Frame},
};

/// What a watch has to say.
#[derive(Debug, Clone)]
pub enum WatchUpdate {
    /// A part of a snapshot; several may come before [`WatchUpdate::SnapshotEnd`].
    Snapshot(Vec<v1::Job>),
    /// The snapshot is complete: what it did not name is not known any more.
    SnapshotEnd(v1::SnapshotEnd),
    /// Something changed.
    Change(Box<v1::Change>),
    /// Events were lost for good (pruned, or a new store); a fresh snapshot follows.
    Resync(String),
    /// The connection broke; the watch goes on trying. Said once per break.
    Reconnecting(String),
    /// Nobody has served for some seconds and nobody is started: the daemon was sent away, or `PAI_NO_AUTOSTART` is set. The
    /// watch goes on trying. Said at most once per break.
    Unattended,
    /// The connection is back. Said once per break.
    Reconnected,
}

/// A watch in progress; see [`crate::Client::watch`].
#[derive(Debug)]
pub struct Watch {
    jobs: JobsClient<Service>,
    request: v1::WatchJobsRequest,
    link: Link<v1::WatchJobsResponse>,
}

impl Watch {
    pub(crate) fn new(
        jobs: JobsClient<Service>,
        request: v1::WatchJobsRequest,
        link: Link<v1::WatchJobsResponse>,
    ) -> Self {
        Self {
            jobs,
            request,
            link,
        }
    }

    /// Everything up to here has been handed out; `None` before the first snapshot is complete.
    pub fn cursor(&self) -> Option<&v1::Cursor> {
        self.request.since.as_ref()
    }

    /// The next thing to say. Never ends by itself.
    ///
    /// # Errors
    /// What the daemon refused (for example an unknown id).
    pub async fn next(&mut self) -> Result<WatchUpdate, ClientError> {
        loop {
            let news = if self.link.is_open() {
                self.link.read(None).await?
            } else {
                self.link
                    .open(self.jobs.watch_jobs(self.request.clone()), None)
                    .await?
            };
            if let Some(update) = news.and_then(|news| self.update(news)) {
                return Ok(update);
            }
        }
    }

    fn update(&mut self, news: News<v1::WatchJobsResponse>) -> Option<WatchUpdate> {
        let message = match news {
            News::Message(message) => message,
            News::Broke(reason) => return Some(WatchUpdate::Reconnecting(reason)),
            News::Unattended => return Some(WatchUpdate::Unattended),
            News::Back => return Some(WatchUpdate::Reconnected),
        };
        match message.frame? {
            Frame::Chunk(chunk) => Some(WatchUpdate::Snapshot(chunk.jobs)),
            Frame::SnapshotEnd(end) => {
                self.request.since.clone_from(&end.cursor);
                Some(WatchUpdate::SnapshotEnd(end))
            }
            Frame::Change(change) => {
                if let (Some(since), Some(event)) = (&mut self.request.since, &change.event) {
                    since.rev = since.rev.max(event.rev);
                }
                Some(WatchUpdate::Change(change))
            }
            Frame::Heartbeat(heartbeat) => {
                if self.request.since.is_some() {
                    self.request.since = heartbeat.cursor;
                }
                None
            }
            Frame::Resync(resync) => {
                self.request.since = None;
                Some(WatchUpdate::Resync(resync.reason))
            }
            Frame::GoingAway(going) => {
                let news = self.link.close(going.reason)?;
                self.update(news)
            }
        }
    }
}
