//! Which pods a client means. Pure.

use std::collections::BTreeSet;

use crate::{
    model::{Fault, FaultKind, Job, LogStream, Pod},
    rpc::resolve::{NAME_MAX, too_long},
};

/// Ids, ends of ids (`worker-0`) or roles; none means all.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted(Vec<String>);

impl Wanted {
    /// # Errors
    /// When one is longer than any pod's.
    pub(super) fn new(names: Vec<String>) -> Result<Self, Fault> {
        match names.iter().find(|name| name.len() > NAME_MAX) {
            Some(long) => Err(too_long("pod", long).field("pods")),
            None => Ok(Self(names)),
        }
    }

    pub(super) fn has(&self, stream: &LogStream) -> bool {
        self.names(&stream.key.pod_id, &stream.role)
    }

    /// Whether every pod is meant.
    pub(super) fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every name is borne by a pod that is listed or whose log was begun. A name that none bears is refused as
    /// soon as all the job's pods are known.
    pub(super) fn check(
        &self,
        job: Option<&Job>,
        pods: &[Pod],
        streams: &[LogStream],
    ) -> Result<bool, Fault> {
        let begun = streams
            .iter()
            .map(|stream| (stream.key.pod_id.as_str(), stream.role.as_str()));
        let listed = pods
            .iter()
            .map(|pod| (pod.pod_id.as_str(), pod.role.as_str()));
        let all: BTreeSet<_> = listed.chain(begun).collect();
        let known = |name: &String| all.iter().any(|(id, role)| matches(name, id, role));
        let Some(unknown) = self.0.iter().find(|name| !known(name)) else {
            return Ok(true);
        };
        let names: BTreeSet<_> = all.iter().map(|(id, _)| *id).collect();
        if names.is_empty() || job.is_some_and(|job| !has_shown_all(job, names.len())) {
            return Ok(false);
        }
        let names: Vec<_> = names.into_iter().collect();
        Err(Fault::new(
            FaultKind::NotFound,
            format!("the job has no pod {unknown:?}"),
        )
        .hint(format!("its pods: {}", names.join(", ")))
        .field("pods"))
    }

    fn names(&self, pod_id: &str, role: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| matches(name, pod_id, role))
    }
}

/// Whether a pod that is not listed does not exist.
fn has_shown_all(job: &Job, pods: usize) -> bool {
    let planned: u32 = job.replicas.iter().map(|replica| replica.count).sum();
    job.has_ended() || planned > 0 && pods >= planned as usize
}

fn matches(name: &str, pod_id: &str, role: &str) -> bool {
    let ends_so = || {
        pod_id
            .strip_suffix(name)
            .is_some_and(|start| start.ends_with('-'))
    };
    !name.is_empty() && (name == pod_id || name.eq_ignore_ascii_case(role) || ends_so())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogKey, Phase, Replica};

    fn pod(id: &str, role: &str) -> Pod {
        Pod {
            pod_id: id.into(),
            role: role.into(),
            ..Pod::default()
        }
    }

    #[test]
    fn a_pod_goes_by_its_id_its_end_and_its_role() {
        for (name, meant) in [
            ("dlc1-worker-0", true),
            ("worker-0", true),
            ("0", true),
            ("worker", true),
            ("Worker", true),
            ("rker-0", false),
            ("worker-1", false),
            ("", false),
            ("master", false),
        ] {
            assert_eq!(matches(name, "dlc1-worker-0", "Worker"), meant, "{name:?}");
        }
    }

    #[test]
    fn a_name_that_no_pod_bears_is_refused_once_all_pods_are_known() {
        let wanted = Wanted::new(vec!["worker-0".into(), "worker-7".into()]).unwrap();
        let mut job = Job::new("job-1".into(), "train".into(), Phase::Running, 0);
        job.replicas = vec![Replica {
            count: 2,
            ..Replica::default()
        }];
        let check = |wanted: &Wanted, job: &Job, pods: &[Pod], streams: &[LogStream]| {
            wanted.check(Some(job), pods, streams)
        };
        let pods = [
            pod("dlc1-worker-0", "Worker"),
            pod("dlc1-worker-1", "Worker"),
        ];
        assert!(!check(&wanted, &job, &[], &[]).unwrap());
        assert!(!check(&wanted, &job, &pods[..1], &[]).unwrap());
        let attempts = [pods[0].clone(), pods[0].clone()];
        assert!(!check(&wanted, &job, &attempts, &[]).unwrap());
        let fault = check(&wanted, &job, &pods, &[]).unwrap_err();
        assert!(fault.message.contains("worker-7"), "{fault}");
        assert!(fault.hint.contains("dlc1-worker-1"), "{fault}");
        job.phase = Phase::Succeeded;
        check(&wanted, &job, &pods[..1], &[]).unwrap_err();
        assert!(check(&Wanted::default(), &job, &pods, &[]).unwrap());
    }

    #[test]
    fn a_name_that_no_refusal_could_quote_is_cut() {
        let fault = Wanted::new(vec!["x".repeat(70_000)]).unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotFound);
        assert!(fault.message.len() < 100, "{fault}");
    }

    #[test]
    fn a_pod_that_is_not_listed_any_more_has_its_log() {
        let wanted = Wanted::new(vec!["worker-1".into()]).unwrap();
        let stream = LogStream {
            id: 1,
            key: LogKey {
                pod_id: "dlc1-worker-1".into(),
                ..LogKey::default()
            },
            role: "Worker".into(),
            segment: 0,
            last: 0,
            gap: 0,
            complete: false,
        };
        let pods = [pod("dlc1-worker-0", "Worker")];
        assert!(wanted.check(None, &pods, &[stream]).unwrap());
    }
}
