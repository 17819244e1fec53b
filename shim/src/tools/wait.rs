//! `pai_job_wait`: one slice of a wait. The daemon's wait is stateless, so an agent that asks again loses nothing.
//!
//! Whatever ends a slice (its time, a cancellation, the end of stdin) ends the waiting only, at once.

mod news;
mod outcome;

use std::{pin::pin, time::Duration};

use pai_proto::{
    ClientError, line,
    v1::{
        Phase, WaitEnded, WaitJobsRequest,
        wait_jobs_request::{Condition, Mode as WireMode, Terminal},
    },
    wait::{Wait, WaitUpdate},
};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, interval_at, timeout_at};

use self::news::News;
use super::{Call, Effect, Outcome, Verb};
use crate::{
    answer::Answer,
    args::{self, Arguments},
    error::Failure,
    progress::Tell,
};

/// Longest slice: under the minute after which many clients give a call up.
const SLICE: Duration = Duration::from_secs(50);
/// How long before the end of the slice the daemon is to say its last word.
const LAST_WORD: Duration = Duration::from_secs(1);
/// A timeout of 0 looks once: on the wire 0 means none, and a millisecond could be over before the request is sent.
const ONCE: Duration = Duration::from_millis(50);
/// Between two signs of life.
const TICK: Duration = Duration::from_secs(10);
/// Jobs of one call: as many as an answer can name.
const JOBS_MAX: usize = 50;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Ids, full names, unambiguous beginnings, or @last; 50 at most.
    job_ids: Vec<String>,
    /// terminal (any end, the default), running, a status of the cloud such as EnvPreparing, or a line of the log as
    /// log:/REGEX/ (log:/REGEX/i ignores case). A job that has passed through it, or printed it, has reached it.
    until: Option<String>,
    /// Whether all jobs must get there (the default) or any one.
    mode: Option<Mode>,
    /// Longest wait in this call, in seconds. 50 is the default and the most; 0 looks once.
    timeout_s: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    All,
    Any,
}

impl Arguments for Args {
    const TOOL: &'static str = "pai_job_wait";
    const EXAMPLE: &'static str = r#"{"job_ids": ["dlc1abc2def3ghi4"]}"#;
}

impl Verb for Args {
    const TITLE: &'static str = "Wait for training jobs";
    const DESCRIPTION: &'static str = "Waits until jobs have ended (or reached another status, or printed a line) and tells how. Takes 50 s at \
most: done=false means not yet, so call it again as its hint says, for hours if need be. Reports every change as \
progress. Cancelling it stops the waiting, never a job.";
    const EFFECT: Effect = Effect::Reads;
    const IN_FRONT: bool = true;
    const WAITS: bool = true;

    async fn run(self, mut call: Call) -> Outcome {
        let begun = Instant::now();
        let (patience, request) = self.request()?;
        let mut news = News::default();
        let client = call.daemon.client().await?;
        let now = Instant::now();
        let end = end_of_slice(begun, now, patience);
        let mut wait = client.wait(within(end - now, request));
        let told = watch(&mut wait, &mut news, &mut call.progress, begun);
        let ended = match timeout_at(end + LAST_WORD, told).await {
            Ok(ended) => Some(ended?),
            Err(_) => None,
        };
        if news.is_away() {
            call.daemon.forget(&client);
        }
        Answer::record(&outcome::of(&self.until(), &self.job_ids, ended, &news))
    }
}

impl Args {
    /// How long to wait, and for what.
    fn request(&self) -> Result<(Duration, WaitJobsRequest), Failure> {
        let refused = |message: &str| Err(args::refused::<Self>(message));
        match self.job_ids.len() {
            0 => return refused("the argument `job_ids` of pai_job_wait is empty"),
            1..=JOBS_MAX => {}
            _ => {
                return refused(
                    "pai_job_wait takes 50 jobs at most; wait for the others in another call",
                );
            }
        }
        let until = self.until();
        let condition = match until.to_ascii_lowercase().as_str() {
            _ if let Some(pattern) = line::pattern(&until) => match pattern {
                Ok(pattern) => Condition::LogPattern(pattern),
                Err(why) => return refused(&why.to_string()),
            },
            "terminal" => Condition::Terminal(Terminal {}),
            "running" => Condition::Phase(Phase::Running.into()),
            _ => Condition::Status(until),
        };
        let mode = match self.mode.unwrap_or(Mode::All) {
            Mode::All => WireMode::All,
            Mode::Any => WireMode::Any,
        };
        let asked = self
            .timeout_s
            .map_or(SLICE, |s| Duration::from_secs(s.into()));
        let request = WaitJobsRequest {
            ids: self.job_ids.clone(),
            mode: mode.into(),
            condition: Some(condition),
            timeout_ms: 0,
        };
        Ok((asked, request))
    }

    /// What is waited for.
    fn until(&self) -> String {
        let word = self.until.as_deref().unwrap_or_default().trim();
        match word {
            "" => "terminal".into(),
            word => word.into(),
        }
    }
}

/// When the daemon is to say its last word, to a call that began at `begun` and is connected now.
fn end_of_slice(begun: Instant, now: Instant, patience: Duration) -> Instant {
    (now + patience)
        .min(begun + SLICE - LAST_WORD)
        .max(now + ONCE)
}

/// The request, to be answered within `left`.
fn within(left: Duration, request: WaitJobsRequest) -> WaitJobsRequest {
    WaitJobsRequest {
        timeout_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
        ..request
    }
}

/// Where a wait's updates come from.
trait Updates: Send {
    /// The next one; nothing after the last word.
    fn next(&mut self) -> impl Future<Output = Option<Result<WaitUpdate, ClientError>>> + Send;
}

impl Updates for Wait {
    fn next(&mut self) -> impl Future<Output = Option<Result<WaitUpdate, ClientError>>> + Send {
        Wait::next(self)
    }
}

/// Follows a wait to its last word: tells of each change, and of life in between.
async fn watch(
    updates: &mut impl Updates,
    news: &mut News,
    listener: &mut impl Tell,
    begun: Instant,
) -> Result<WaitEnded, Failure> {
    let mut ticks = interval_at(begun + TICK, TICK);
    loop {
        let update = {
            let mut next = pin!(updates.next());
            loop {
                tokio::select! {
                    update = &mut next => break update,
                    _ = ticks.tick() => listener.tell(&news.summary(begun.elapsed())).await,
                }
            }
        };
        let update =
            update.ok_or_else(|| Failure::new("the wait ended without a last word", ""))??;
        if let Some(line) = news.line(&update) {
            listener.tell(&line).await;
        }
        if let WaitUpdate::Ended(ended) = update {
            return Ok(ended);
        }
    }
}

#[cfg(test)]
mod tests;
