//! The pods of a job whose logs are read.

use std::{collections::HashSet, time::Duration};

use super::Tail;
use crate::{
    logs::tails::lock,
    model::{Fault, Job, LogStream, Phase, Pod},
    poll,
    provider::Priority,
};

/// Pods come and go without a change of the job: for so long the known ones are believed.
const PODS_KNOWN: Duration = Duration::from_secs(60);
/// The same where nobody follows.
const PODS_KEPT: Duration = Duration::from_secs(600);
/// The same while none is known.
const PODS_AWAITED: Duration = Duration::from_secs(5);

impl Tail {
    /// Every incarnation of every pod, once. Whether that was all is not decided (`decides`) on pods that may be outdated.
    pub(super) async fn pods(
        &self,
        job: &Job,
        priority: Priority,
        decides: bool,
    ) -> Result<Vec<Pod>, Fault> {
        let known = self.known_pods().await?;
        let worth_asking = match job.phase {
            Phase::Gone => false,
            // Who asks for the present may know more than the last list.
            Phase::Pending | Phase::Queued => priority == Priority::Interactive,
            _ => true,
        };
        // The poller asks for the pods of what changes, so what nobody waits for costs no call of its own.
        if priority == Priority::Idle && !decides && !self.is_time_to_ask() {
            return Ok(known);
        }
        if worth_asking {
            let every = match known.is_empty() {
                true => PODS_AWAITED,
                false => PODS_KNOWN,
            };
            let of_a_call = match priority {
                Priority::Interactive => Priority::Interactive,
                _ => Priority::Background,
            };
            let asked = poll::refresh_pods(&self.scope, job, every, of_a_call).await;
            if known.is_empty() || decides {
                asked?;
            }
        }
        self.known_pods().await
    }

    fn is_time_to_ask(&self) -> bool {
        let now = self.scope.clock.mono();
        let mut asked = lock(&self.asked_pods);
        let since = *asked.get_or_insert(now);
        let is_time = now.saturating_sub(since) >= PODS_KEPT;
        if is_time {
            *asked = Some(now);
        }
        is_time
    }

    /// Those that the newest answer listed: of each pod the earlier incarnations first.
    pub(super) async fn known_pods(&self) -> Result<Vec<Pod>, Fault> {
        let uid = self.uid.clone();
        let read = self.scope.journal.read(move |reader| reader.pods(&uid));
        let (mut pods, mut seen) = (read.await?, HashSet::new());
        pods.retain(|pod| {
            !pod.pod_id.is_empty() && seen.insert((pod.pod_id.clone(), pod.pod_uid.clone()))
        });
        pods.sort_by_key(|pod| (!pod.historic, pod.created_ms));
        Ok(pods)
    }
}

/// Pods that are listed, and those whose logs were begun and that are not listed any more.
pub(super) fn with_stored(mut pods: Vec<Pod>, stored: &[LogStream]) -> Vec<Pod> {
    for stream in stored {
        let key = &stream.key;
        // One without a name is begun under the name that is listed now.
        let same = |pod: &Pod| key.pod_uid.is_empty() || pod.pod_uid == key.pod_uid;
        let listed = |pod: &Pod| pod.pod_id == key.pod_id && same(pod);
        if !pods.iter().any(listed) {
            pods.push(Pod {
                pod_id: key.pod_id.clone(),
                pod_uid: key.pod_uid.clone(),
                role: stream.role.clone(),
                historic: true,
                ..Pod::default()
            });
        }
    }
    pods
}

/// Whether the job was to have more pods than these.
pub(super) fn are_too_few(job: &Job, pods: &[Pod]) -> bool {
    let planned: u32 = job.replicas.iter().map(|replica| replica.count).sum();
    let named: HashSet<_> = pods.iter().map(|pod| &pod.pod_id).collect();
    named.len() < planned as usize
}

/// Whether the logs of all these pods, and of as many as the job was to have, were read to their ends.
pub fn are_complete(job: &Job, pods: &[Pod], streams: &[LogStream]) -> bool {
    let planned: u32 = job.replicas.iter().map(|replica| replica.count).sum();
    let mut pods = pods.iter().filter(|pod| !pod.pod_id.is_empty());
    let begun: HashSet<_> = streams.iter().map(|stream| &stream.key.pod_id).collect();
    let is_begun = |pod: &Pod| {
        let same = |stream: &LogStream| {
            stream.key.pod_id == pod.pod_id && stream.key.pod_uid == pod.pod_uid
        };
        streams.iter().any(same)
    };
    !streams.is_empty()
        && streams.iter().all(|stream| stream.complete)
        && begun.len() >= planned as usize
        && pods.all(is_begun)
}
