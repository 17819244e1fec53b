//! Which pods a client means. Pure.

use crate::model::{Fault, FaultKind, LogStream, Pod};

/// Ids, ends of ids (`worker-0`) or roles; none means all.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted(Vec<String>);

impl Wanted {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    pub(super) fn has(&self, stream: &LogStream) -> bool {
        self.names(&stream.key.pod_id, &stream.role)
    }

    /// Refuses a name that no pod bears, once pods are known.
    pub(super) fn check(&self, pods: &[Pod]) -> Result<(), Fault> {
        let known = |name: &String| pods.iter().any(|pod| matches(name, &pod.pod_id, &pod.role));
        let Some(unknown) = self.0.iter().find(|name| !known(name)) else {
            return Ok(());
        };
        if pods.is_empty() {
            return Ok(());
        }
        let mut names: Vec<_> = pods.iter().map(|pod| pod.pod_id.as_str()).collect();
        names.dedup();
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
    fn a_name_that_no_pod_bears_is_refused_once_pods_are_known() {
        let wanted = Wanted::new(vec!["worker-0".into(), "worker-7".into()]);
        wanted.check(&[]).unwrap();
        let pods = [
            pod("dlc1-worker-0", "Worker"),
            pod("dlc1-worker-1", "Worker"),
        ];
        let fault = wanted.check(&pods).unwrap_err();
        assert!(fault.message.contains("worker-7"), "{fault}");
        assert!(fault.hint.contains("dlc1-worker-1"), "{fault}");
        Wanted::default().check(&pods).unwrap();
    }
}
