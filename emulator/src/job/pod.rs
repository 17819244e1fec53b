//! The pods of a job, as far as the cloud remembers them.

use crate::runner::PodLog;

/// One incarnation of a pod.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) pod_id: String,
    pub(crate) pod_uid: String,
    /// The role, e.g. `Worker`.
    pub(crate) kind: String,
    /// Unix ms, as the next two.
    pub(crate) created_ms: i64,
    pub(crate) started_ms: Option<i64>,
    pub(crate) finished_ms: Option<i64>,
    /// Set with `finished_ms`; a killed pod has 128 plus the signal's number.
    pub(crate) exit_code: Option<i32>,
    /// Ended by us, not by itself.
    pub(crate) killed: bool,
    /// Leader of the process group while it runs.
    pub(crate) pid: Option<i32>,
    pub(crate) log: PodLog,
    /// Earlier incarnations, newest first.
    pub(crate) history: Vec<Pod>,
}

impl Pod {
    pub(crate) fn status(&self) -> &'static str {
        match (self.started_ms, self.exit_code) {
            (None, None) => "Pending",
            (Some(_), None) => "Running",
            _ if self.killed => "Stopped",
            (_, Some(0)) => "Succeeded",
            _ => "Failed",
        }
    }

    /// The pod as an observer at that time saw it; None when it had not been made.
    pub(super) fn as_of(&self, ms: i64) -> Option<Self> {
        let mut made = self
            .incarnations()
            .filter(|pod| pod.created_ms <= ms)
            .map(|pod| {
                let ended = pod.finished_ms.is_some_and(|end| end <= ms);
                Self {
                    started_ms: pod.started_ms.filter(|start| *start <= ms),
                    finished_ms: pod.finished_ms.filter(|_| ended),
                    exit_code: pod.exit_code.filter(|_| ended),
                    killed: pod.killed && ended,
                    history: Vec::new(),
                    ..pod.clone()
                }
            });
        let newest = made.next()?;
        Some(Self {
            history: made.collect(),
            ..newest
        })
    }

    /// This incarnation and the earlier ones, newest first.
    pub(crate) fn incarnations(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.history)
    }

    /// The one with that uid.
    pub(crate) fn incarnation(&self, uid: &str) -> Option<&Self> {
        self.incarnations().find(|pod| pod.pod_uid == uid)
    }
}
