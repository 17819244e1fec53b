//! Lines of logs, one object per line.

use std::borrow::Cow;

use pai_proto::v1;
use serde::Serialize;

/// A line of a job's log. There may be a million of them, so it borrows.
#[derive(Debug, Serialize)]
pub struct LogLine<'a> {
    job_id: &'a str,
    pod_id: &'a str,
    /// Tells the attempts of one pod apart.
    pod_uid: Option<&'a str>,
    /// Lines that were found before the first one are an earlier segment.
    segment: u32,
    /// Which incarnation of the pod, from 1; null where the daemon does not tell.
    attempt: Option<u32>,
    /// Counts the lines of one segment from 1, in the order in which the daemon stored them.
    number: u64,
    /// Counts the lines of the attempt from 1, as --from does; null while an earlier part of it is not read.
    line: Option<u64>,
    /// The cloud had filed the line by then, Unix s; null where that is unknown.
    second: Option<i64>,
    /// Found later than its neighbours; absent otherwise.
    #[serde(skip_serializing_if = "is_false")]
    late: bool,
    /// The whole line; what is no UTF-8 is U+FFFD.
    text: Cow<'a, str>,
}

/// A line that a search shows.
#[derive(Debug, Serialize)]
pub struct LogHit<'a> {
    #[serde(flatten)]
    line: LogLine<'a>,
    /// False for neighbours of a line that matches.
    #[serde(rename = "match")]
    matches: bool,
}

/// What was dropped, or would be.
#[derive(Debug, Serialize)]
pub struct LogsPruned {
    jobs: u32,
    dropped_bytes: u64,
    left_bytes: u64,
    dry_run: bool,
}

/// Where a line is.
struct Place<'a> {
    job_id: &'a str,
    pod_id: &'a str,
    pod_uid: &'a str,
    segment: u32,
    attempt: u32,
    lines_before: Option<u64>,
}

impl<'a> LogLine<'a> {
    /// One line of a chunk.
    pub fn new(job_id: &'a str, chunk: &'a v1::LogChunk, line: &'a v1::LogLine) -> Self {
        let place = Place {
            job_id,
            pod_id: &chunk.pod_id,
            pod_uid: &chunk.pod_uid,
            segment: chunk.segment,
            attempt: chunk.attempt,
            lines_before: chunk.lines_before,
        };
        Self::at(place, line)
    }

    fn at(place: Place<'a>, line: &'a v1::LogLine) -> Self {
        Self {
            job_id: place.job_id,
            pod_id: place.pod_id,
            pod_uid: Some(place.pod_uid).filter(|uid| !uid.is_empty()),
            segment: place.segment,
            attempt: Some(place.attempt).filter(|attempt| *attempt > 0),
            number: line.number,
            line: place.lines_before.map(|before| before + line.number),
            second: line.second,
            late: line.late,
            text: String::from_utf8_lossy(&line.text),
        }
    }
}

impl<'a> LogHit<'a> {
    /// One of the lines that were found; `None` where the daemon left it out.
    pub fn new(job_id: &'a str, hits: &'a v1::LogHits, hit: &'a v1::LogHit) -> Option<Self> {
        let place = Place {
            job_id,
            pod_id: &hits.pod_id,
            pod_uid: &hits.pod_uid,
            segment: hits.segment,
            attempt: hits.attempt,
            lines_before: hits.lines_before,
        };
        Some(Self {
            line: LogLine::at(place, hit.line.as_ref()?),
            matches: hit.matches,
        })
    }
}

impl LogsPruned {
    /// What the daemon answered.
    pub fn new(pruned: &v1::PruneLogsResponse, dry_run: bool) -> Self {
        Self {
            jobs: pruned.jobs,
            dropped_bytes: pruned.dropped_bytes,
            left_bytes: pruned.left_bytes,
            dry_run,
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde asks for"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}
