//! Which pods a job has, what they run and what they find in their environment. Pure.

use std::collections::BTreeMap;

use crate::spec::{Role, Submission};

/// A pod to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) pod_id: String,
    pub(crate) kind: String,
    pub(crate) rank: u32,
    pub(crate) command: String,
    /// Whole GPUs, at least one: what a launcher takes for its processes per node.
    pub(crate) gpus: u32,
}

/// The pods of a job in order of rank: the master (or chief, or head) first, then the other roles
/// in the order given.
pub(crate) fn plan(job_id: &str, submission: &Submission) -> Vec<Planned> {
    let leads = |role: &Role| matches!(role.kind.as_str(), "Master" | "Chief" | "Head");
    let (first, rest): (Vec<&Role>, Vec<&Role>) =
        submission.roles.iter().partition(|role| leads(role));
    let pods = first
        .into_iter()
        .chain(rest)
        .flat_map(|role| (0..role.pods).map(move |index| (role, index)));
    (0..)
        .zip(pods)
        .map(|(rank, (role, index))| Planned {
            pod_id: format!("{job_id}-{}-{index}", role.kind.to_ascii_lowercase()),
            kind: role.kind.clone(),
            rank,
            command: role
                .command
                .clone()
                .unwrap_or_else(|| submission.user_command.clone()),
            gpus: whole_gpus(role.resources.gpu),
        })
        .collect()
}

fn whole_gpus(gpu: f64) -> u32 {
    (1..=64)
        .rev()
        .find(|whole| f64::from(*whole) <= gpu)
        .unwrap_or(1)
}

/// The complete environment of a pod. Later entries win: what the machine gives, then the job's
/// own, then what PyTorchJob sets.
pub(crate) fn environment(
    base: BTreeMap<String, String>,
    job_id: &str,
    submission: &Submission,
    pod: &Planned,
    master_port: u16,
) -> BTreeMap<String, String> {
    let mut envs = base;
    envs.extend(submission.envs.clone());
    let world = submission.pod_count();
    let given = [
        ("RANK", pod.rank.to_string()),
        ("WORLD_SIZE", world.to_string()),
        ("LOCAL_RANK", "0".to_owned()),
        ("NPROC_PER_NODE", pod.gpus.to_string()),
        ("MASTER_ADDR", "127.0.0.1".to_owned()),
        ("MASTER_PORT", master_port.to_string()),
        ("PYTHONUNBUFFERED", "1".to_owned()),
        ("DLC_JOB_ID", job_id.to_owned()),
        ("POD_NAME", pod.pod_id.clone()),
        ("HOSTNAME", pod.pod_id.clone()),
    ];
    envs.extend(given.map(|(key, value)| (key.to_owned(), value)));
    envs
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn submission(specs: Value) -> Submission {
        let body = json!({
            "DisplayName": "t", "JobType": "PyTorchJob", "UserCommand": "main", "JobSpecs": specs,
            "Envs": {"RANK": "9", "PATH": "/own", "MINE": "1"},
        });
        Submission::parse(body.to_string().as_bytes(), "ws").unwrap()
    }

    #[test]
    fn the_master_has_rank_0_wherever_it_stands() {
        let job = submission(json!([
            {"Type": "Worker", "Image": "i", "PodCount": 2},
            {"Type": "Master", "Image": "i", "PodCount": 1, "UserCommand": "lead"},
        ]));
        let pods = plan("dlc1", &job);
        let seen: Vec<(&str, u32, &str)> = pods
            .iter()
            .map(|pod| (&*pod.pod_id, pod.rank, &*pod.command))
            .collect();
        assert_eq!(
            seen,
            [
                ("dlc1-master-0", 0, "lead"),
                ("dlc1-worker-0", 1, "main"),
                ("dlc1-worker-1", 2, "main"),
            ]
        );
    }

    #[test]
    fn workers_alone_are_ranked_by_index() {
        let pods = plan(
            "dlc1",
            &submission(json!([{"Type": "Worker", "Image": "i", "PodCount": 3}])),
        );
        let ranks: Vec<u32> = pods.iter().map(|pod| pod.rank).collect();
        assert_eq!(ranks, [0, 1, 2]);
    }

    #[test]
    fn the_jobs_environment_wins_over_the_machine_and_loses_to_pytorch() {
        let job = submission(json!([{"Type": "Worker", "Image": "i", "PodCount": 2}]));
        let base = BTreeMap::from([("PATH".to_owned(), "/bin".to_owned())]);
        let envs = environment(base, "dlc1", &job, &plan("dlc1", &job)[1], 4242);
        assert_eq!(envs["PATH"], "/own");
        assert_eq!(envs["MINE"], "1");
        assert_eq!(envs["RANK"], "1");
        assert_eq!(envs["WORLD_SIZE"], "2");
        assert_eq!(envs["MASTER_PORT"], "4242");
        assert_eq!(envs["POD_NAME"], "dlc1-worker-1");
    }
}
