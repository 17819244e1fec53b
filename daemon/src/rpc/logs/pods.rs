//! Which pods a client means. Pure.

use std::collections::BTreeSet;

use crate::{
    model::{Fault, FaultKind, Job, LogStream, Pod},
    rpc::resolve::{NAME_MAX, too_long},
};

/// Pods by ids, ends of ids (`worker-0`) or roles, and of some roles only; none means all.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    names: Vec<String>,
    roles: Vec<String>,
}

impl Wanted {
    /// # Errors
    /// When one is longer than any pod's.
    pub(super) fn new(names: Vec<String>, roles: Vec<String>) -> Result<Self, Fault> {
        let is_long = |name: &&String| name.len() > NAME_MAX;
        if let Some(long) = names.iter().find(is_long) {
            return Err(too_long("pod", long).field("pods"));
        }
        match roles.iter().find(is_long) {
            Some(long) => Err(too_long("role", long).field("roles")),
            None => Ok(Self { names, roles }),
        }
    }

    pub(super) fn has(&self, stream: &LogStream) -> bool {
        self.names(&stream.key.pod_id, &stream.role)
    }

    pub(super) fn has_pod(&self, pod: &Pod) -> bool {
        self.names(&pod.pod_id, &pod.role)
    }

    /// Whether every pod is meant.
    pub(super) fn is_all(&self) -> bool {
        self.names.is_empty() && self.roles.is_empty()
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
        let known = |name: &&String| all.iter().any(|(id, role)| matches(name, id, role));
        let has_role = |name: &&String| all.iter().any(|(_, role)| name.eq_ignore_ascii_case(role));
        let unknown_pod = self.names.iter().find(|name| !known(name));
        let unknown_role = self.roles.iter().find(|name| !has_role(name));
        let (what, field, unknown) = match (unknown_pod, unknown_role) {
            (Some(unknown), _) => ("pod", "pods", unknown),
            (None, Some(unknown)) => ("pod of the role", "roles", unknown),
            (None, None) => return Ok(true),
        };
        let names: BTreeSet<_> = all.iter().map(|(id, _)| *id).collect();
        if names.is_empty() || job.is_some_and(|job| !has_shown_all(job, names.len())) {
            return Ok(false);
        }
        let names: Vec<_> = names.into_iter().collect();
        Err(Fault::new(
            FaultKind::NotFound,
            format!("the job has no {what} {unknown:?}"),
        )
        .hint(format!("its pods: {}", names.join(", ")))
        .field(field))
    }

    fn names(&self, pod_id: &str, role: &str) -> bool {
        let is_named = self.names.iter().any(|name| matches(name, pod_id, role));
        let has_role = self
            .roles
            .iter()
            .any(|name| name.eq_ignore_ascii_case(role));
        (self.names.is_empty() || is_named) && (self.roles.is_empty() || has_role)
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
        let wanted = Wanted::new(vec!["worker-0".into(), "worker-7".into()], vec![]).unwrap();
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
    fn a_role_picks_its_pods_and_one_that_no_pod_has_is_refused() {
        let roles = |role: &str| Wanted::new(vec![], vec![role.into()]).unwrap();
        assert!(roles("worker").names("dlc1-worker-0", "Worker"));
        assert!(!roles("worker").names("dlc1-master-0", "Master"));
        let both = Wanted::new(vec!["0".into()], vec!["Master".into()]).unwrap();
        assert!(both.names("dlc1-master-0", "Master") && !both.names("dlc1-worker-0", "Worker"));
        let mut job = Job::new("job-1".into(), "train".into(), Phase::Succeeded, 0);
        job.replicas = vec![Replica::default()];
        let fault = roles("chief").check(Some(&job), &[pod("dlc1-worker-0", "Worker")], &[]);
        assert_eq!(fault.unwrap_err().field, "roles");
    }

    #[test]
    fn a_name_that_no_refusal_could_quote_is_cut() {
        let fault = Wanted::new(vec!["x".repeat(70_000)], vec![]).unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotFound);
        assert!(fault.message.len() < 100, "{fault}");
    }

    #[test]
    fn a_pod_that_is_not_listed_any_more_has_its_log() {
        let wanted = Wanted::new(vec!["worker-1".into()], vec![]).unwrap();
        let stream = LogStream {
            id: 1,
            key: LogKey {
                pod_id: "dlc1-worker-1".into(),
                ..LogKey::default()
            },
            role: "Worker".into(),
            segment: 0,
            attempt: 1,
            begin: 0,
            dropped: 0,
            last: 0,
            gap: 0,
            complete: false,
        };
        let pods = [pod("dlc1-worker-0", "Worker")];
        assert!(wanted.check(None, &pods, &[stream]).unwrap());
    }
}
