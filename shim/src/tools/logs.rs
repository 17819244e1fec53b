//! `pai_job_logs`: the last lines of a job's pods as plain text, small enough for every client to pass on whole.

mod page;
mod tail;

use std::time::Duration;

use pai_proto::{Client, follow::FollowUpdate, v1::FollowLogsRequest};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use self::tail::Tail;
use super::{Call, Effect, Outcome, Verb, the_job};
use crate::{answer::Answer, args::Arguments, error::Failure};

/// Longest reading: after it the answer is what has come until then. Under the minute after which many clients give a call
/// up, and long enough for lines that are too young at first.
const LIMIT: Duration = Duration::from_secs(50);
/// Lines per pod where nothing is said.
const LINES: u32 = 100;
/// Most lines per pod: more would not fit into an answer.
const LINES_MAX: u32 = 1_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Id, full name, an unambiguous beginning of one, or @last.
    job_id: String,
    /// Only this pod, for example worker-0, or the pods of this role; without it all.
    pod: Option<String>,
    /// So many last lines of each pod: 100 by default, 1000 at most.
    #[schemars(range(min = 1, max = 1000))]
    tail: Option<u32>,
}

impl Arguments for Args {
    const TOOL: &'static str = "pai_job_logs";
    const EXAMPLE: &'static str = r#"{"job_id": "dlc1abc2def3ghi4", "tail": 50}"#;
}

impl Verb for Args {
    const TITLE: &'static str = "Read a job's log";
    const DESCRIPTION: &'static str = "The last lines that a job has printed, newest last, at most 8 KB: the first line says \
which pods and how many lines are shown and whether earlier ones were left out. Name a pod to see more of it. Right after \
a job's end it takes some seconds until its last lines can be read; they are waited for.";
    const EFFECT: Effect = Effect::Reads;

    async fn run(self, call: Call) -> Outcome {
        let deadline = Instant::now() + LIMIT;
        let id = self.job_id;
        let response = call
            .daemon
            .call(|client| async move { client.get(&id).await })
            .await?;
        let job = the_job(response.job)?;
        let lines = self.tail.unwrap_or(LINES).clamp(1, LINES_MAX);
        let request = FollowLogsRequest {
            // The cloud's, which also a daemon knows that has lost its store.
            id: match job.native_id.as_str() {
                "" => job.uid.clone(),
                native => native.to_owned(),
            },
            pods: self.pod.into_iter().filter(|pod| !pod.is_empty()).collect(),
            tail: Some(lines.into()),
            no_follow: true,
            to_the_end: true,
            ..Default::default()
        };
        let client = call.daemon.client().await?;
        let mut tail = Tail::new(&job.native_id, lines as usize);
        read(&client, request, &mut tail, deadline).await?;
        if tail.is_away() {
            call.daemon.forget(&client);
        }
        Ok(Answer::text(page::of(&job, &tail, lines < LINES_MAX)))
    }
}

/// Reads to the end, or as far as it gets in time.
async fn read(
    client: &Client,
    request: FollowLogsRequest,
    tail: &mut Tail,
    deadline: Instant,
) -> Result<(), Failure> {
    let mut follow = client.follow(request);
    let reading = async {
        while let Some(update) = follow.next().await {
            match update? {
                FollowUpdate::Lines(chunk) => tail.lines(&chunk),
                FollowUpdate::Gap(gap) => tail.gap(&gap),
                FollowUpdate::Stale(stale) => tail.stale(&stale),
                FollowUpdate::Reconnecting(_) | FollowUpdate::Unattended => tail.away(true),
                FollowUpdate::Reconnected => tail.away(false),
                FollowUpdate::Ended(ended) => tail.ended(&ended),
            }
        }
        Ok::<_, Failure>(())
    };
    match timeout_at(deadline, reading).await {
        Ok(read) => read?,
        Err(_) => tail.cut_short(LIMIT),
    }
    Ok(())
}
