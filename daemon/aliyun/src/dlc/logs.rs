//! Lines of a pod (PAI-DLC fact sheet §3.7, §6).

use crate::Answer;
use crate::error::Error;
use crate::fields::{Fields, text};
use jiff::Timestamp;
use serde_json::Value;

/// One window of a pod's lines. The text is untrusted and unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodLogs {
    /// As answered.
    pub job_id: Option<String>,
    /// As answered.
    pub pod_id: Option<String>,
    /// The incarnation that the lines are from.
    pub pod_uid: Option<String>,
    /// Oldest first, as far as known. Which lines are kept when there are more than asked for
    /// is not known (fact sheet §6); neither a number nor a time belongs to a line.
    pub lines: Vec<String>,
    /// The container that the program runs in.
    pub main_container: Option<String>,
    /// The other containers.
    pub sidecar_containers: Vec<String>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// The server's time at the answer: windows are in its seconds, not in ours.
    pub server_time: Option<Timestamp>,
}

impl PodLogs {
    /// A missing or `null` list is an empty one, provided that the answer names its pod or job:
    /// otherwise it may be anybody's answer.
    pub(super) fn parse(mut answer: Answer) -> Result<Self, Error> {
        let mut f = Fields::new(std::mem::take(&mut answer.body));
        let job_id = f.text("JobId");
        let pod_id = f.text("PodId");
        let lines = match f.take("Logs", Ok) {
            Some(Value::Array(items)) => items.into_iter().map(line).collect(),
            None if job_id.is_some() || pod_id.is_some() => Vec::new(),
            _ => return Err(answer.unreadable("no list of lines")),
        };
        let containers = f.object("ContainerInfo", |object| {
            let mut f = Fields::new(object);
            (f.text("MainContainer"), f.list("SidecarContainers", text))
        });
        let (main_container, sidecar_containers) = containers.unwrap_or_default();
        Ok(Self {
            job_id,
            pod_id,
            pod_uid: f.text("PodUid"),
            lines,
            main_container,
            sidecar_containers: sidecar_containers.unwrap_or_default(),
            request_id: answer.request_id,
            server_time: answer.date,
        })
    }
}

/// Each item is one line, whatever its type: the number of lines tells whether a window is full.
fn line(item: Value) -> String {
    match item {
        Value::String(line) => line,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
