//! The processes of one incarnation of a job: all pods are started, or none is left.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::pod::{self, Start};
use super::ports::Port;
use super::{Planned, PodLog, environment, plan};
use crate::cloud::Cloud;
use crate::ids;
use crate::job::{Pod, Status};
use crate::scratch::make_private_dir;
use crate::spec::Submission;

/// Seconds between SIGTERM and SIGKILL at scale 1.
const GRACE: f64 = 2.0;
const SHORTEST_GRACE: Duration = Duration::from_millis(200);
/// Exit code of a pod whose command could not be started, as shells have it.
const NOT_STARTED: i32 = 127;

/// The running pods of a job.
pub(super) struct Pods {
    leaders: Vec<(String, Pid)>,
    /// Pod ids and exit codes as the pods end.
    pub(super) watched: JoinSet<(String, i32)>,
    _master_port: Port,
}

impl Pods {
    /// SIGTERM, then SIGKILL after the grace time; returns when all are gone.
    pub(super) async fn kill(&mut self, cloud: &Cloud, id: &str) {
        self.end_as(cloud, id, None).await;
    }

    /// The same, and on record they ended by themselves with that exit code.
    pub(super) async fn end(&mut self, cloud: &Cloud, id: &str, exit_code: i32) {
        self.end_as(cloud, id, Some(exit_code)).await;
    }

    async fn end_as(&mut self, cloud: &Cloud, id: &str, exit_code: Option<i32>) {
        let grace = cloud.options.scaled(GRACE).max(SHORTEST_GRACE);
        for signal in [Signal::TERM, Signal::KILL] {
            for (_, pid) in &self.leaders {
                cloud.groups.signal(*pid, signal);
            }
            let all_gone = async {
                while let Some(ended) = self.watched.join_next().await {
                    if let Ok((pod_id, code)) = ended {
                        let code = exit_code.unwrap_or(code);
                        cloud.pod_ended(id, &pod_id, code, exit_code.is_none());
                    }
                }
            };
            if signal == Signal::KILL {
                all_gone.await;
            } else if timeout(grace, all_gone).await.is_ok() {
                return;
            }
        }
    }

    /// Ends at once what has been started.
    fn abandon(mut self, cloud: &Cloud, id: &str) {
        self.watched.abort_all();
        for (_, pid) in &self.leaders {
            cloud.groups.signal(*pid, Signal::KILL);
        }
        for (pod_id, pid) in &self.leaders {
            cloud.pod_ended(id, pod_id, cloud.groups.finish(*pid), true);
        }
    }
}

/// Starts all pods and moves the job to Running, or starts none when it was stopped meanwhile.
pub(super) fn launch(
    cloud: &Arc<Cloud>,
    id: &str,
    submission: &Submission,
) -> io::Result<Option<Pods>> {
    let master_port = cloud.ports.take()?;
    let planned = plan(id, submission);
    let mut prepared = Vec::new();
    for each in &planned {
        prepared.push(prepare(cloud, id, submission, each, master_port.number())?);
    }
    let mut pods = Pods {
        leaders: Vec::new(),
        watched: JoinSet::new(),
        _master_port: master_port,
    };
    if !cloud.enroll(id, prepared.iter().map(|(_, pod)| pod.clone()).collect()) {
        return Ok(None);
    }
    let mut waiting = prepared.into_iter();
    while let Some((start, pod)) = waiting.next() {
        let started = match pod::start(cloud, &start) {
            Ok(started) => started,
            Err(error) => {
                pods.abandon(cloud, id);
                cloud.pod_ended(id, &pod.pod_id, NOT_STARTED, false);
                for (_, never) in waiting {
                    cloud.pod_ended(id, &never.pod_id, NOT_STARTED, true);
                }
                return Err(error);
            }
        };
        cloud.pod_started(id, &pod.pod_id, started.pid.as_raw_nonzero().get());
        pods.leaders.push((pod.pod_id.clone(), started.pid));
        let (cloud, log, pod_id) = (cloud.clone(), pod.log, pod.pod_id);
        pods.watched
            .spawn(async move { (pod_id, pod::watch(cloud, started, log).await) });
    }
    cloud.advance(id, Status::Running, "", "");
    Ok(Some(pods))
}

fn prepare(
    cloud: &Cloud,
    id: &str,
    submission: &Submission,
    planned: &Planned,
    master_port: u16,
) -> io::Result<(Start, Pod)> {
    let job_dir = cloud.folder(id);
    let dir = job_dir.join(&planned.pod_id);
    make_private_dir(&dir)?;
    let pod_uid = ids::uuid();
    let log = PodLog::create(&job_dir.join(format!("{}.{pod_uid}.log", planned.pod_id)))?;
    let mut base: BTreeMap<String, String> = cloud.base_envs.clone();
    base.insert("HOME".to_owned(), dir.display().to_string());
    let envs = environment(base, id, submission, planned, master_port);
    let pod = Pod {
        pod_id: planned.pod_id.clone(),
        pod_uid,
        kind: planned.kind.clone(),
        created_ms: cloud.now_ms(),
        started_ms: None,
        finished_ms: None,
        exit_code: None,
        killed: false,
        pid: None,
        log,
        history: Vec::new(),
    };
    Ok((
        Start {
            command: planned.command.clone(),
            dir,
            envs,
        },
        pod,
    ))
}
