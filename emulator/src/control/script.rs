//! Logs that no process printed, and what callers were not shown of a log.
//!
//! A scripted line stands where its second of arrival puts it, behind the lines of that second that
//! are there already; it may arrive in the future, and it may show later than it arrived. What was
//! withheld is known per second, as the last answer to a window of that second alone left it.

use std::io;

use super::Control;
use crate::runner::{PodLog, cut};

/// A line of a pod's log that no process prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedLine {
    /// Without a line feed. Cut like others when it is longer than [`crate::Options::max_line_bytes`].
    pub text: Vec<u8>,
    /// When it arrives, unix ms by the cloud's clock. It shows from
    /// [`crate::Options::log_lag`] after that on.
    pub ms: i64,
    /// Unix ms; before it the line is not shown either. For a line that is late this is later than
    /// `ms` and the lag.
    pub visible_at_ms: i64,
}

impl ScriptedLine {
    /// A line that is not late.
    #[must_use]
    pub fn new(ms: i64, text: impl Into<Vec<u8>>) -> Self {
        Self {
            text: text.into(),
            ms,
            visible_at_ms: ms,
        }
    }

    /// The same line, not shown before that time.
    #[must_use]
    pub fn visible_at(self, ms: i64) -> Self {
        Self {
            visible_at_ms: ms,
            ..self
        }
    }
}

/// A second of a log of which lines were withheld.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WithheldSecond {
    /// Incarnation of a pod.
    pub pod_uid: String,
    /// Unix time.
    pub second: i64,
}

impl Control {
    /// Adds lines to the log of an incarnation of a pod, be it one that has ended. All of them or,
    /// with an error, none.
    ///
    /// # Errors
    /// When no pod of a job that is not deleted has that uid, a line has a line feed, or the log
    /// would come to more than an incarnation may print (64 MiB).
    pub fn script_log(&self, pod_uid: &str, lines: &[ScriptedLine]) -> io::Result<()> {
        let log = self.log_of(pod_uid).ok_or(io::ErrorKind::NotFound)?;
        if lines.iter().any(|line| line.text.contains(&b'\n')) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let limit = self.cloud.options.max_line_bytes;
        let cut = lines.iter().map(|line| ScriptedLine {
            text: cut(&line.text, limit),
            ..*line
        });
        log.script(&cut.collect::<Vec<_>>())?;
        self.cloud.changed();
        Ok(())
    }

    /// The seconds of all logs of which a GetPodLogs answer to a window of that second alone left
    /// out lines that were visible, for their number or their bytes, and no later answer to such a
    /// window left out nothing. Answers that a fault kept from their caller do not count. Sorted.
    #[must_use]
    pub fn withheld(&self) -> Vec<WithheldSecond> {
        let mut found: Vec<_> = self.cloud.with_jobs(|jobs| {
            let pods = jobs.flat_map(|job| &job.pods);
            let pods = pods.flat_map(|pod| pod.incarnations());
            let seconds = pods.flat_map(|pod| {
                let seconds = pod.log.withheld();
                seconds.into_iter().map(|second| WithheldSecond {
                    pod_uid: pod.pod_uid.clone(),
                    second,
                })
            });
            seconds.collect()
        });
        found.sort();
        found
    }

    fn log_of(&self, pod_uid: &str) -> Option<PodLog> {
        self.cloud.with_jobs(|jobs| {
            let jobs = jobs.filter(|job| !job.is_deleted());
            let mut pods = jobs.flat_map(|job| &job.pods);
            pods.find_map(|pod| pod.incarnation(pod_uid))
                .map(|pod| pod.log.clone())
        })
    }
}
