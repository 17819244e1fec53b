//! Of how many pods lines will come. Which pods a name means is the daemon's to say; this only guesses their number.

use std::collections::BTreeSet;

use pai_proto::v1::Job;

/// Whether lines of several pods may come, so that each needs the name of its pod. Decided once per command: all lines
/// look the same.
pub(super) fn several(job: &Job, chosen: &[String], roles: &[String]) -> bool {
    let means = |id: &str, role: &str| {
        let named = |name: &String| {
            let end = id.strip_suffix(name.as_str());
            name.eq_ignore_ascii_case(role)
                || end.is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
        };
        let is_role = |name: &String| name.eq_ignore_ascii_case(role);
        (chosen.is_empty() || chosen.iter().any(named))
            && (roles.is_empty() || roles.iter().any(is_role))
    };
    let known = job.pods.iter().filter(|pod| means(&pod.pod_id, &pod.role));
    let known: BTreeSet<_> = known.map(|pod| pod.pod_id.as_str()).collect();
    match known.len() {
        0 => planned(job, chosen, roles) != 1,
        1 => chosen.is_empty() && planned(job, chosen, roles) > 1,
        _ => true,
    }
}

/// Pods that there will be, as far as replicas and names tell; 0 is unknown.
fn planned(job: &Job, chosen: &[String], roles: &[String]) -> u64 {
    let of_roles = |names: &[&str]| -> u64 {
        let means = |role: &str| names.iter().any(|name| name.eq_ignore_ascii_case(role));
        let meant = job.replicas.iter().filter(|replica| means(&replica.role));
        meant.map(|replica| u64::from(replica.count)).sum()
    };
    let roles: Vec<_> = match roles {
        [] => job.replicas.iter().map(|r| r.role.as_str()).collect(),
        roles => roles.iter().map(String::as_str).collect(),
    };
    if chosen.is_empty() {
        return of_roles(&roles);
    }
    let names: BTreeSet<_> = chosen.iter().map(String::as_str).collect();
    // What is no role is one pod.
    let pods = names.into_iter().map(|name| of_roles(&[name]).max(1));
    pods.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pai_proto::v1::{Pod, Replica};

    fn job(workers: u32, pods: &[&str]) -> Job {
        let replica = |role: &str, count| Replica {
            role: role.into(),
            count,
            ..Default::default()
        };
        let pod = |id: &&str| Pod {
            pod_id: format!("dlc1-{id}"),
            role: if id.starts_with('w') {
                "Worker"
            } else {
                "Master"
            }
            .into(),
            ..Default::default()
        };
        Job {
            replicas: vec![replica("Worker", workers)],
            pods: pods.iter().map(pod).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn without_names_all_pods_count_those_that_are_to_come_too() {
        for (workers, pods, expected) in [
            (1, &[][..], false),
            (2, &[], true),
            (2, &["worker-0"], true),
            // Attempts of one pod.
            (1, &["worker-0", "worker-0"], false),
            (1, &["worker-0", "master-0"], true),
            (0, &["worker-0"], false),
            // Nobody knows.
            (0, &[], true),
        ] {
            assert_eq!(
                several(&job(workers, pods), &[], &[]),
                expected,
                "{workers} {pods:?}"
            );
        }
    }

    #[test]
    fn names_may_be_ids_their_ends_or_roles() {
        let pods = &["worker-0", "worker-1", "master-0"][..];
        for (names, pods, expected) in [
            (&["worker-0"][..], pods, false),
            (&["dlc1-worker-0"], pods, false),
            (&["worker-0", "worker-0"], pods, false),
            (&["worker-0", "worker-1"], pods, true),
            (&["0"], pods, true),
            (&["WORKER"], pods, true),
            (&["master"], pods, false),
            (&["worker-0"], &[], false),
            (&["worker-0", "worker-1"], &[], true),
            (&["worker"], &[], true),
        ] {
            let chosen: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(
                several(&job(2, pods), &chosen, &[]),
                expected,
                "{names:?} {pods:?}"
            );
        }
    }

    #[test]
    fn roles_narrow_it_down() {
        let pods = &["worker-0", "worker-1", "master-0"][..];
        for (names, roles, pods, expected) in [
            (&[][..], &["worker"][..], pods, true),
            (&[], &["Master"], pods, false),
            (&[], &["Master", "worker"], pods, true),
            (&["0"], &["worker"], pods, false),
            (&[], &["worker"], &[], true),
            // Nobody knows.
            (&[], &["Evaluator"], &[], true),
        ] {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let (chosen, wanted): (Vec<_>, Vec<_>) = (owned(names), owned(roles));
            assert_eq!(
                several(&job(2, pods), &chosen, &wanted),
                expected,
                "{names:?} {roles:?}"
            );
        }
    }
}
