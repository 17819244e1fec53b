//! A wait that resumes by itself. The RPC is stateless, so resuming is asking again with the time that is left.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::{
    client::Service,
    error::ClientError,
    link::{Link, News},
    v1::{self, jobs_client::JobsClient, wait_jobs_response::Frame},
};

/// What a wait has to say.
#[derive(Debug, Clone)]
pub enum WaitUpdate {
    /// A job's present state (no event), or a change of it.
    Change(Box<v1::Change>),
    /// The data is old since then, or fresh again.
    Stale(v1::Stale),
    /// The connection broke; the wait goes on trying. Said once per break.
    Reconnecting(String),
    /// Nobody has served for some seconds and nobody is started: the daemon was sent away, or `PAI_NO_AUTOSTART` is set. The
    /// wait goes on trying. Said at most once per break.
    Unattended,
    /// The connection is back. Said once per break.
    Reconnected,
    /// The last word. Without results when the time ran out while the daemon was away.
    Ended(v1::WaitEnded),
}

/// A wait in progress; see [`crate::Client::wait`]. Dropping it ends the wait and nothing else.
#[derive(Debug)]
pub struct Wait {
    jobs: JobsClient<Service>,
    request: v1::WaitJobsRequest,
    /// What the request named at first: the names that results bear.
    asked: Vec<String>,
    /// How many jobs of the request the open stream has told of.
    pinned: usize,
    deadline: Option<Instant>,
    link: Link<v1::WaitJobsResponse>,
    seen: HashMap<String, u64>,
    /// Has said that the data is old, and not yet that it is fresh again.
    stale: bool,
    ended: bool,
}

impl Wait {
    pub(crate) fn new(
        jobs: JobsClient<Service>,
        request: v1::WaitJobsRequest,
        link: Link<v1::WaitJobsResponse>,
    ) -> Self {
        let deadline = (request.timeout_ms > 0)
            .then(|| Instant::now() + Duration::from_millis(request.timeout_ms));
        Self {
            jobs,
            asked: request.ids.clone(),
            pinned: 0,
            request,
            deadline,
            link,
            seen: HashMap::new(),
            stale: false,
            ended: false,
        }
    }

    /// The next thing to say; `None` after [`WaitUpdate::Ended`] or an error.
    ///
    /// # Errors
    /// What the daemon refused (for example an unknown id). A broken connection is no error: the wait goes on until its
    /// own timeout.
    pub async fn next(&mut self) -> Option<Result<WaitUpdate, ClientError>> {
        while !self.ended {
            let step = self.step().await.transpose();
            self.ended = matches!(step, Some(Ok(WaitUpdate::Ended(_)) | Err(_)));
            if step.is_some() {
                return step;
            }
        }
        None
    }

    async fn step(&mut self) -> Result<Option<WaitUpdate>, ClientError> {
        let news = if self.link.is_open() {
            self.link.read(self.deadline).await?
        } else {
            let mut request = self.request.clone();
            if let Some(deadline) = self.deadline {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    let ended = v1::WaitEnded {
                        timed_out: true,
                        ..Default::default()
                    };
                    return Ok(Some(WaitUpdate::Ended(ended)));
                }
                request.timeout_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
            }
            self.pinned = 0;
            self.link
                .open(self.jobs.wait_jobs(request), self.deadline)
                .await?
        };
        Ok(news.and_then(|news| self.update(news)))
    }

    fn update(&mut self, news: News<v1::WaitJobsResponse>) -> Option<WaitUpdate> {
        let message = match news {
            News::Message(message) => message,
            News::Broke(reason) => return Some(WaitUpdate::Reconnecting(reason)),
            News::Unattended => return Some(WaitUpdate::Unattended),
            News::Back => return Some(WaitUpdate::Reconnected),
        };
        match message.frame? {
            Frame::Change(change) => {
                self.pin(&change);
                self.unseen(change).map(WaitUpdate::Change)
            }
            Frame::Heartbeat(_) => None,
            Frame::Stale(stale) => {
                let was = std::mem::replace(&mut self.stale, stale.since_ms.is_some());
                (was || self.stale).then_some(WaitUpdate::Stale(stale))
            }
            Frame::Ended(mut ended) => {
                for (result, asked) in ended.results.iter_mut().zip(&self.asked) {
                    result.id.clone_from(asked);
                }
                Some(WaitUpdate::Ended(ended))
            }
            Frame::GoingAway(going) => {
                let news = self.link.close(going.reason)?;
                self.update(news)
            }
        }
    }

    /// A stream begins with the present state of each job, in the order of the request: from then on the wait is about these
    /// jobs, whatever `@last` or a beginning means when it is resumed.
    fn pin(&mut self, change: &v1::Change) {
        let (None, Some(job)) = (&change.event, &change.job) else {
            return;
        };
        if let Some(id) = self.request.ids.get_mut(self.pinned) {
            // The backend's id means the job to any daemon, also to one that has lost its store.
            let known = [&job.native_id, &job.uid];
            if let Some(known) = known.into_iter().find(|id| !id.is_empty()) {
                id.clone_from(known);
            }
            self.pinned += 1;
        }
    }

    /// Drops what an earlier stream of this wait has said already.
    fn unseen(&mut self, change: Box<v1::Change>) -> Option<Box<v1::Change>> {
        let job = change.job.as_ref()?;
        let rev = change.event.as_ref().map_or(job.rev, |event| event.rev);
        let new = self.seen.get(&job.uid).is_none_or(|seen| rev > *seen);
        let seen = self.seen.entry(job.uid.clone()).or_insert(rev);
        *seen = rev.max(*seen);
        new.then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConnectOptions, meta::ClientKind, socket, stamp::Stamp};
    use tonic::service::interceptor::InterceptedService;

    /// A wait whose daemon is never asked.
    fn wait_for(ids: &[&str]) -> Wait {
        let options = ConnectOptions {
            socket: "/nowhere".into(),
            settings: None,
            program: "test",
            version: "0",
            kind: ClientKind::Tool,
            key_fingerprint: String::new(),
            patience: Duration::ZERO,
        };
        let channel = socket::lazy_channel(&options.socket);
        let service = InterceptedService::new(channel, Stamp::new(&options));
        let request = v1::WaitJobsRequest {
            ids: ids.iter().map(ToString::to_string).collect(),
            ..Default::default()
        };
        Wait::new(JobsClient::new(service), request, Link::new(None))
    }

    fn says(wait: &mut Wait, frame: Frame) -> Option<WaitUpdate> {
        wait.update(News::Message(v1::WaitJobsResponse { frame: Some(frame) }))
    }

    fn state(uid: &str, native_id: &str, event: Option<v1::Event>) -> Frame {
        let job = v1::Job {
            uid: uid.into(),
            native_id: native_id.into(),
            ..Default::default()
        };
        Frame::Change(Box::new(v1::Change {
            job: Some(job),
            event,
            ..Default::default()
        }))
    }

    #[tokio::test]
    async fn a_wait_that_is_resumed_is_about_the_same_jobs() {
        let mut wait = wait_for(&["@last", "train", "@last"]);
        says(&mut wait, state("job-a", "dlc1", None));
        says(&mut wait, state("job-b", "", None));
        // The same job again says nothing new, and is pinned all the same.
        assert!(says(&mut wait, state("job-a", "dlc1", None)).is_none());
        let event = Some(v1::Event::default());
        says(&mut wait, state("job-b", "dlc2", event));
        assert_eq!(wait.request.ids, ["dlc1", "job-b", "dlc1"]);
        let results = ["dlc1", "job-b", "dlc1"].map(|id| v1::WaitResult {
            id: id.into(),
            ..Default::default()
        });
        let ended = v1::WaitEnded {
            results: results.into(),
            ..Default::default()
        };
        match says(&mut wait, Frame::Ended(ended)) {
            Some(WaitUpdate::Ended(ended)) => {
                let named: Vec<_> = ended.results.iter().map(|result| &*result.id).collect();
                assert_eq!(named, ["@last", "train", "@last"], "as they were asked for");
            }
            other => panic!("{other:?}"),
        }
    }
}
