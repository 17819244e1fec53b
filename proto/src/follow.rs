//! Following a job's log; resumes by itself after the last line that it handed out.

use crate::{
    client::Service,
    error::ClientError,
    link::{Link, News},
    v1::{self, follow_logs_response::Frame, logs_client::LogsClient},
};

/// What a follow has to say.
#[derive(Debug, Clone)]
pub enum FollowUpdate {
    /// Lines of one pod, in order.
    Lines(v1::LogChunk),
    /// Lines may be missing here.
    Gap(v1::LogGap),
    /// The log cannot be read since then, or can be read again.
    Stale(v1::Stale),
    /// The job has ended, and more of its log is to come. Said once per connection.
    JobEnded(Box<v1::LogJobEnded>),
    /// The connection broke; the follow goes on trying. Said once per break.
    Reconnecting(String),
    /// Nobody has served for some seconds and nobody is started: the daemon was sent away, or `PAI_NO_AUTOSTART` is set. The
    /// follow goes on trying. Said at most once per break.
    Unattended,
    /// The connection is back. Said once per break.
    Reconnected,
    /// The last word.
    Ended(v1::LogEnded),
}

/// A follow in progress; see [`crate::Client::follow`]. Dropping it ends the follow and nothing else.
#[derive(Debug)]
pub struct Follow {
    logs: LogsClient<Service>,
    request: v1::FollowLogsRequest,
    link: Link<v1::FollowLogsResponse>,
    ended: bool,
}

impl Follow {
    pub(crate) fn new(
        logs: LogsClient<Service>,
        request: v1::FollowLogsRequest,
        link: Link<v1::FollowLogsResponse>,
    ) -> Self {
        Self {
            logs,
            request,
            link,
            ended: false,
        }
    }

    /// Everything up to here has been handed out; empty before the first line.
    pub fn cursor(&self) -> &[u8] {
        &self.request.cursor
    }

    /// The next thing to say; `None` after [`FollowUpdate::Ended`] or an error.
    ///
    /// # Errors
    /// What the daemon refused (for example an unknown id). A broken connection is no error.
    pub async fn next(&mut self) -> Option<Result<FollowUpdate, ClientError>> {
        while !self.ended {
            let step = self.step().await.transpose();
            self.ended = matches!(step, Some(Ok(FollowUpdate::Ended(_)) | Err(_)));
            if step.is_some() {
                return step;
            }
        }
        None
    }

    async fn step(&mut self) -> Result<Option<FollowUpdate>, ClientError> {
        let news = if self.link.is_open() {
            self.link.read(None).await?
        } else {
            self.link
                .open(self.logs.follow_logs(self.request.clone()), None)
                .await?
        };
        Ok(news.and_then(|news| self.update(news)))
    }

    /// An empty cursor says that nothing is counted off yet.
    fn keep(&mut self, cursor: Vec<u8>) {
        if !cursor.is_empty() {
            self.request.cursor = cursor;
        }
    }

    fn update(&mut self, news: News<v1::FollowLogsResponse>) -> Option<FollowUpdate> {
        let message = match news {
            News::Message(message) => message,
            News::Broke(reason) => return Some(FollowUpdate::Reconnecting(reason)),
            News::Unattended => return Some(FollowUpdate::Unattended),
            News::Back => return Some(FollowUpdate::Reconnected),
        };
        match message.frame? {
            Frame::Chunk(chunk) => {
                self.request.cursor.clone_from(&chunk.cursor);
                Some(FollowUpdate::Lines(chunk))
            }
            Frame::Gap(gap) => {
                self.request.cursor.clone_from(&gap.cursor);
                Some(FollowUpdate::Gap(gap))
            }
            Frame::Heartbeat(beat) => {
                self.keep(beat.cursor);
                None
            }
            Frame::Stale(stale) => Some(FollowUpdate::Stale(stale)),
            Frame::JobEnded(ended) => Some(FollowUpdate::JobEnded(ended)),
            Frame::Ended(ended) => {
                self.request.cursor.clone_from(&ended.cursor);
                Some(FollowUpdate::Ended(ended))
            }
            Frame::GoingAway(going) => {
                self.keep(going.cursor);
                let news = self.link.close(going.reason)?;
                self.update(news)
            }
        }
    }
}
