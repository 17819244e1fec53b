//! `pai_job_logs`: a piece of a job's log as plain text, small enough for every client to pass on whole.

mod save;

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use pai_proto::v1::ReadLogTextRequest;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::Instant;

use self::save::Save;
use super::{Call, Effect, Outcome, Verb, the_job};
use crate::{answer::Answer, args::Arguments, error::Failure};

/// When a save gives up, after the beginning of its call: a little before the call itself is given up.
const SLICE: Duration = Duration::from_secs(50);
/// A save has so long at least: what is stored already is written within it.
const SAVE_LEAST: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Id, full name, an unambiguous beginning of one, or @last.
    job_id: String,
    /// Only this pod, for example worker-0, or the pods of this role; without it all.
    pod: Option<String>,
    /// So many last lines of each pod, 1000 at most; without it as many as fit.
    #[schemars(range(min = 1, max = 1000))]
    tail: Option<u32>,
    /// Only lines that match this regular expression, the newest ones.
    grep: Option<String>,
    /// Only lines of the last so many seconds.
    since_s: Option<u64>,
    /// Only what is new since the answer that gave this cursor.
    cursor: Option<String>,
    /// The attempt before the newest one of each pod, where a pod was restarted.
    #[serde(default)]
    previous: bool,
    /// Also write the whole log (of `pod`, where that is given) to this new file; an absolute path.
    save_to: Option<String>,
}

impl Arguments for Args {
    const TOOL: &'static str = "pai_job_logs";
    const EXAMPLE: &'static str = r#"{"job_id": "dlc1abc2def3ghi4", "tail": 50}"#;
}

impl Verb for Args {
    const TITLE: &'static str = "Read a job's log";
    const DESCRIPTION: &'static str = "What a job has printed, newest last, at most 8 KB: the first line says which pods and how \
many lines are shown and how many were left out, the next one gives the cursor for what is new. Name a pod, or use grep or since_s, to \
see more of what matters; save_to writes everything to a file. Right after a job's end it takes some seconds until its last lines can be \
read; they are waited for.";
    const EFFECT: Effect = Effect::Reads;

    async fn run(self, call: Call) -> Outcome {
        let begun = Instant::now();
        self.check()?;
        let id = self.job_id.clone();
        let response = call
            .daemon
            .call(|client| async move { client.get(&id).await })
            .await?;
        let job = the_job(response.job)?;
        // The cloud's, which also a daemon knows that has lost its store.
        let id = match job.native_id.as_str() {
            "" => job.uid.clone(),
            native => native.to_owned(),
        };
        let pods: Vec<_> = self.pod.into_iter().collect();
        let cursor = self.cursor.as_deref().unwrap_or_default();
        let cursor = BASE64.decode(cursor).map_err(|_| {
            Failure::new(
                "the cursor is not one of an earlier answer",
                "leave it away, or take the one from the second line of an answer",
            )
        })?;
        let request = ReadLogTextRequest {
            id: id.clone(),
            pods: pods.clone(),
            grep: self.grep.unwrap_or_default(),
            since_ms: self.since_s.map(ago_ms),
            cursor,
            max_bytes: room(self.save_to.as_deref()),
            tail: self.tail.map(u64::from),
            previous: self.previous,
            timeout_ms: 0,
        };
        let read = call
            .daemon
            .call(|client| async move { client.read_log_text(request).await })
            .await?;
        let mut text = read.header;
        if !read.cursor.is_empty() {
            text.push_str(&format!("\n[cursor: {}]", BASE64.encode(read.cursor)));
        }
        if let Some(path) = &self.save_to {
            let save = Save {
                daemon: &call.daemon,
                id: &id,
                pods,
                path,
                until: (begun + SLICE).max(Instant::now() + SAVE_LEAST),
            };
            let saved = save.run().await?;
            text.push_str(&format!("\n[saved: {saved}]"));
        }
        // The newest line is the last one.
        if !read.text.is_empty() {
            text.push('\n');
            text.push_str(&read.text);
        }
        Ok(Answer::text(text))
    }
}

impl Args {
    /// Refuses texts that are there and empty: an empty file name, or an expression that every line matches, is a slip.
    fn check(&self) -> Result<(), Failure> {
        let texts = [
            ("pod", &self.pod),
            ("grep", &self.grep),
            ("cursor", &self.cursor),
            ("save_to", &self.save_to),
        ];
        let empty = texts
            .iter()
            .filter(|(_, text)| text.as_ref().is_some_and(String::is_empty));
        let names: Vec<_> = empty.map(|(name, _)| format!("`{name}`")).collect();
        let tool = Self::TOOL;
        match names.as_slice() {
            [] => Ok(()),
            [name] => Err(Failure::new(
                format!("the argument {name} of {tool} is empty"),
                "leave it away",
            )),
            [names @ .., last] => Err(Failure::new(
                format!(
                    "the arguments {} and {last} of {tool} are empty",
                    names.join(", ")
                ),
                "leave them away",
            )),
        }
    }
}

/// Bytes that every client passes on.
const ANSWER_MAX: usize = 8 << 10;
/// What stands around the cursor and before the lines.
const AROUND: usize = "\n[cursor: ]\n".len();

/// Bytes of header, lines and cursor, so that with all around them they are not too many. It is no more than the daemon gives.
fn room(save_to: Option<&str>) -> u32 {
    let saved = save_to.map_or(0, |path| path.len() + save::TOLD_MAX);
    u32::try_from(ANSWER_MAX.saturating_sub(AROUND + saved)).unwrap_or(0)
}

/// So many seconds before now, Unix ms.
fn ago_ms(seconds: u64) -> i64 {
    let now_ms = jiff::Timestamp::now().as_millisecond();
    now_ms.saturating_sub(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX))
}
