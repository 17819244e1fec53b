//! What a slice of a wait answers. Pure.

use pai_proto::text;
use pai_proto::{
    line,
    status::is_documented,
    v1::{self, Phase, WaitEnded, WaitResult},
};
use serde::Serialize;

use super::{super::next, news::News};
use crate::record::{self, Job, Row, Staleness, is_default};

/// What is waited for where nothing else is asked.
const TERMINAL: &str = "terminal";
/// Of more jobs each is told in a row, as in a list.
const IN_SHORT: usize = 10;
/// Bytes for the lines that were waited for, all together.
const LINES_MAX: usize = 8 << 10;
/// The same for one.
const LINE_MAX: usize = 4 << 10;

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Waited {
    /// Nothing is left to wait for.
    done: bool,
    /// All jobs, or any where that was asked, have got there.
    met: bool,
    #[serde(skip_serializing_if = "is_default")]
    timed_out: bool,
    jobs: Vec<Entry>,
    #[serde(flatten)]
    staleness: Staleness,
    #[serde(skip_serializing_if = "is_default")]
    hint: String,
}

#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    job: Named,
    /// It has got there.
    #[serde(skip_serializing_if = "is_default")]
    reached: bool,
    /// It has ended otherwise, and never will.
    #[serde(skip_serializing_if = "is_default")]
    unreachable: bool,
    /// The line that was waited for.
    #[serde(skip_serializing_if = "is_default")]
    line: String,
    #[serde(skip_serializing_if = "is_default")]
    line_pod_id: String,
    /// What of its log was not searched for the line.
    #[serde(skip_serializing_if = "is_default")]
    log_note: String,
}

/// A job, or what was asked for where nothing is known of it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Named {
    Known(Box<Job>),
    Listed(Row),
    Unknown {
        job_id: String,
        status: &'static str,
    },
}

/// The answer of a wait for `until` of the jobs that were `asked` for: the daemon's last word, or none where it said nothing in time.
pub(super) fn of(until: &str, asked: &[String], ended: Option<WaitEnded>, news: &News) -> Waited {
    let ended = ended.unwrap_or(WaitEnded {
        timed_out: true,
        ..Default::default()
    });
    let done = ended.met || !ended.timed_out;
    let results = match ended.results.is_empty() {
        true => news.jobs().iter().map(last_known).collect(),
        false => ended.results,
    };
    let hint = match (done, news.is_away()) {
        (true, _) => told(until, &results),
        (false, true) => format!(
            "not yet, and the daemon is away{}. The jobs go on; {}{}",
            match results.is_empty() {
                true => ", before it said anything of them",
                false => ": this is what was last known",
            },
            again(asked, &results),
            doubt(until)
        ),
        (false, false) => format!(
            "not yet; the jobs go on: {}{}",
            again(asked, &results),
            doubt(until)
        ),
    };
    Waited {
        done,
        met: ended.met,
        timed_out: !done,
        jobs: results
            .iter()
            .map(|result| entry(result, results.len()))
            .collect(),
        staleness: news.staleness(),
        hint,
    }
}

/// A status that may never come.
fn doubt(until: &str) -> String {
    if is_sound(until) {
        return String::new();
    }
    let until = text::line(until);
    format!(
        ". But {until} is not a status that PAI-DLC documents: to wait for the end, use until=terminal"
    )
}

fn is_sound(until: &str) -> bool {
    until.eq_ignore_ascii_case(TERMINAL) || is_documented(until) || is_line(until)
}

fn is_line(until: &str) -> bool {
    line::pattern(until).is_some()
}

/// How to go on. By then `@last` may be another job, and a beginning that of two.
fn again(asked: &[String], results: &[WaitResult]) -> String {
    let ids: Vec<_> = results
        .iter()
        .filter_map(|result| result.job.as_ref().map(record::id))
        .collect();
    let same = "call pai_job_wait again with the same arguments";
    match ids.len() == asked.len() && ids != asked {
        true => format!(
            "{same}, but these jobs by their ids: {}",
            serde_json::json!({"job_ids": ids})
        ),
        false => same.into(),
    }
}

/// What to do about jobs that did not end well.
fn told(until: &str, results: &[WaitResult]) -> String {
    let mut hints = Vec::new();
    if let Some(never) = results.iter().find(|result| result.unreachable) {
        hints.push(without(until, never));
    }
    let failed = |result: &&WaitResult| {
        let job = result.job.as_ref();
        job.is_some_and(|job| job.phase() == Phase::Failed)
    };
    if let Some(job) = results
        .iter()
        .find(failed)
        .and_then(|result| result.job.as_ref())
    {
        let logs = next("pai_job_logs", "job_id", &record::id(job));
        hints.push(format!("{logs} shows its last output"));
    }
    hints.join("; ")
}

/// A job that has ended without.
fn without(until: &str, never: &WaitResult) -> String {
    let id = never
        .job
        .as_ref()
        .map_or_else(|| text::line(&never.id), record::id);
    let wanted = text::line(until);
    match (is_line(until), text::line(&never.log_note)) {
        (true, note) if note.is_empty() => format!("{id} has ended and never printed {wanted}"),
        (true, note) => {
            format!("{id} has ended; no line matches {wanted} in what is known of its log ({note})")
        }
        (false, _) if is_sound(until) => format!("{id} has ended and never reached {wanted}"),
        (false, _) => format!(
            "{id} has ended and never reached {wanted}, which is not a status that PAI-DLC documents"
        ),
    }
}

fn last_known(job: &v1::Job) -> WaitResult {
    WaitResult {
        id: record::id(job),
        job: Some(job.clone()),
        ..Default::default()
    }
}

/// One of so many.
fn entry(result: &WaitResult, count: usize) -> Entry {
    let listed = count > IN_SHORT;
    let line = text::line(&result.line);
    let job = match &result.job {
        Some(job) if listed => Named::Listed(job.into()),
        Some(job) => Named::Known(Box::new(job.into())),
        None => Named::Unknown {
            job_id: text::line(&result.id),
            status: "gone",
        },
    };
    Entry {
        job,
        reached: result.reached,
        unreachable: result.unreachable,
        line: text::cut(&line, LINE_MAX.min(LINES_MAX / count.max(1))).into_owned(),
        line_pod_id: text::line(&result.line_pod_id),
        log_note: text::line(&result.log_note),
    }
}
