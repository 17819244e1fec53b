//! What is stored of a job's log.

use std::collections::HashSet;

use pai_proto::v1::StoredLog;

use crate::{
    contexts::Running,
    model::{Fault, LogStream},
};

/// From the store alone.
pub(super) async fn log(running: &Running, uid: &str) -> Result<StoredLog, Fault> {
    let logs = running.scope.journal.logs();
    let (streams, asked) = (logs.streams(uid).await?, logs.asked(uid).await?);
    Ok(of(&streams, asked.keep))
}

fn of(streams: &[LogStream], kept: bool) -> StoredLog {
    let pods: HashSet<_> = streams.iter().map(|stream| &stream.key).collect();
    let lines = streams
        .iter()
        .map(|stream| stream.last.saturating_sub(stream.dropped));
    StoredLog {
        lines: lines.sum(),
        pods: u32::try_from(pods.len()).unwrap_or(u32::MAX),
        complete: !streams.is_empty() && streams.iter().all(|stream| stream.complete),
        kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogKey;

    fn stream(pod_uid: &str, last: u64, complete: bool) -> LogStream {
        LogStream {
            id: 1,
            key: LogKey {
                job_uid: "job-1".into(),
                pod_id: "worker-0".into(),
                pod_uid: pod_uid.into(),
            },
            role: String::new(),
            segment: 1,
            attempt: 1,
            begin: 0,
            last,
            dropped: 2,
            gap: 0,
            complete,
        }
    }

    #[test]
    fn parts_of_a_log_are_one_pod_and_lines_that_were_dropped_are_not_stored() {
        let streams = [
            stream("a", 10, true),
            stream("a", 20, true),
            stream("b", 5, true),
        ];
        let stored = of(&streams, false);
        assert_eq!((stored.lines, stored.pods), (8 + 18 + 3, 2));
        assert!(stored.complete && !stored.kept);
        let open = [stream("a", 10, true), stream("b", 5, false)];
        assert!(!of(&open, false).complete);
        let nothing = of(&[], true);
        assert!(nothing.kept && !nothing.complete && nothing.lines == 0);
    }
}
