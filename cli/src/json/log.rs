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
    /// Counts the lines of one attempt of a pod from 1, in the order in which the daemon stored them.
    number: u64,
    /// Found later than its neighbours; absent otherwise.
    #[serde(skip_serializing_if = "is_false")]
    late: bool,
    /// The whole line; what is no UTF-8 is U+FFFD.
    text: Cow<'a, str>,
}

impl<'a> LogLine<'a> {
    /// One line of a chunk.
    pub fn new(job_id: &'a str, chunk: &'a v1::LogChunk, line: &'a v1::LogLine) -> Self {
        Self {
            job_id,
            pod_id: &chunk.pod_id,
            pod_uid: Some(chunk.pod_uid.as_str()).filter(|uid| !uid.is_empty()),
            number: line.number,
            late: line.late,
            text: String::from_utf8_lossy(&line.text),
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
