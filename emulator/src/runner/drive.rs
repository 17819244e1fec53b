//! One task per job that walks it through its states.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::pod::{self, Start, Started};
use super::{Planned, PodLog, environment, plan};
use crate::cloud::Cloud;
use crate::ids;
use crate::job::{Pod, Status};
use crate::scratch::make_private_dir;
use crate::spec::Submission;

/// Seconds at scale 1.
const CREATING: f64 = 1.0;
const QUEUING: f64 = 2.0;
const PREPARING: f64 = 3.0;
const GRACE: f64 = 2.0;
const SHORTEST_GRACE: Duration = Duration::from_millis(200);

/// What a job's task is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The job is already in Stopping.
    Stop,
    /// Replace all pods by new incarnations.
    Restart,
}

/// How the processes of a job came to an end.
enum End {
    Succeeded,
    Failed(String),
    Stopped,
    TimeLimit,
    Restart,
}

/// Runs a job to its end.
pub(crate) async fn drive(
    cloud: Arc<Cloud>,
    id: String,
    submission: Submission,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let end = match admit(&cloud, &id, &submission, &mut orders).await {
        Some(_gpus) => run(&cloud, &id, &submission, &mut orders).await,
        None => End::Stopped,
    };
    settle(&cloud, &id, end, &submission);
}

fn settle(cloud: &Cloud, id: &str, end: End, submission: &Submission) {
    let advance = |status, code, message: &str| cloud.advance(id, status, code, message);
    let settled = match end {
        End::Succeeded => advance(Status::Succeeded, "JobSucceeded", "Job succeeded."),
        End::Failed(message) => advance(Status::Failed, "JobFailed", &message),
        End::TimeLimit => {
            let minutes = submission.max_minutes;
            let message = format!("Job exceeded its maximum running time of {minutes} minutes.");
            advance(Status::Stopped, "JobExceededMaxRunningTime", &message)
        }
        End::Stopped | End::Restart => false,
    };
    if !settled {
        // A stop that came while the pods were ending is what counts.
        advance(
            Status::Stopped,
            "JobStoppedByUser",
            "Job is stopped by user.",
        );
    }
}

/// Creating, Queuing, EnvPreparing. The GPUs stay taken until the permit is dropped; nothing is
/// returned when the job was stopped before it ran.
async fn admit(
    cloud: &Cloud,
    id: &str,
    submission: &Submission,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> Option<Option<OwnedSemaphorePermit>> {
    unless_stopped(orders, sleep(cloud.options.scaled(CREATING))).await?;
    cloud.advance(id, Status::Queuing, "", "").then_some(())?;
    let queued = async {
        sleep(cloud.options.scaled(QUEUING)).await;
        cloud.take_gpus(submission.resources().gpu).await
    };
    let gpus = unless_stopped(orders, queued).await?;
    cloud
        .advance(id, Status::EnvPreparing, "", "")
        .then_some(())?;
    unless_stopped(orders, sleep(cloud.options.scaled(PREPARING))).await?;
    Some(gpus)
}

async fn unless_stopped<T>(
    orders: &mut mpsc::UnboundedReceiver<Order>,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            order = orders.recv() => if order != Some(Order::Restart) { return None },
        }
    }
}

async fn run(
    cloud: &Arc<Cloud>,
    id: &str,
    submission: &Submission,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> End {
    let deadline = match u32::try_from(submission.max_minutes) {
        Ok(0) | Err(_) => None,
        Ok(minutes) => Instant::now().checked_add(cloud.options.minute.saturating_mul(minutes)),
    };
    loop {
        match run_once(cloud, id, submission, orders, deadline).await {
            End::Restart => {}
            end => return end,
        }
    }
}

/// One incarnation of all pods.
async fn run_once(
    cloud: &Arc<Cloud>,
    id: &str,
    submission: &Submission,
    orders: &mut mpsc::UnboundedReceiver<Order>,
    deadline: Option<Instant>,
) -> End {
    let mut pods = match launch(cloud, id, submission) {
        Ok(Some(pods)) => pods,
        Ok(None) => return End::Stopped,
        Err(error) => return End::Failed(format!("The pods could not be started: {error}")),
    };
    let end = loop {
        tokio::select! {
            biased;
            ended = pods.watched.join_next() => match ended {
                None => break End::Succeeded,
                Some(Ok((pod_id, code))) => {
                    cloud.pod_ended(id, &pod_id, code, false);
                    if code != 0 {
                        break End::Failed(format!("Pod {pod_id} failed with exit code {code}."));
                    }
                }
                Some(Err(_)) => break End::Failed("A pod was lost.".to_owned()),
            },
            order = orders.recv() => match order {
                Some(Order::Restart) if cloud.advance(id, Status::Restarting, "", "") => {
                    break End::Restart;
                }
                Some(Order::Restart) => {}
                Some(Order::Stop) | None => break End::Stopped,
            },
            () = at(deadline) => {
                cloud.advance(id, Status::Stopping, "", "");
                break End::TimeLimit;
            }
        }
    };
    if !matches!(end, End::Succeeded) {
        pods.kill(cloud, id).await;
    }
    end
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The running pods of a job.
struct Pods {
    pids: Vec<Pid>,
    watched: JoinSet<(String, i32)>,
}

impl Pods {
    /// SIGTERM, then SIGKILL after the grace time; returns when all are gone.
    async fn kill(&mut self, cloud: &Cloud, id: &str) {
        let grace = cloud.options.scaled(GRACE).max(SHORTEST_GRACE);
        for signal in [Signal::TERM, Signal::KILL] {
            for pid in &self.pids {
                cloud.groups.signal(*pid, signal);
            }
            let all_gone = async {
                while let Some(ended) = self.watched.join_next().await {
                    if let Ok((pod_id, code)) = ended {
                        cloud.pod_ended(id, &pod_id, code, true);
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
}

/// Starts all pods and moves the job to Running, or starts none when it was stopped meanwhile.
fn launch(cloud: &Arc<Cloud>, id: &str, submission: &Submission) -> io::Result<Option<Pods>> {
    let master_port = free_port()?;
    let planned = plan(id, submission);
    let mut prepared = Vec::new();
    for each in &planned {
        prepared.push(prepare(cloud, id, submission, each, master_port)?);
    }
    let mut pods = Pods {
        pids: Vec::new(),
        watched: JoinSet::new(),
    };
    if !cloud.enroll(id, prepared.iter().map(|(_, pod)| pod.clone()).collect()) {
        return Ok(None);
    }
    for (start, pod) in prepared {
        let started: Started = match pod::start(cloud, &start) {
            Ok(started) => started,
            Err(error) => {
                pods.pids
                    .iter()
                    .for_each(|pid| cloud.groups.signal(*pid, Signal::KILL));
                pods.pids
                    .iter()
                    .for_each(|pid| _ = cloud.groups.finish(*pid));
                return Err(error);
            }
        };
        cloud.pod_started(id, &pod.pod_id, started.pid.as_raw_nonzero().get());
        pods.pids.push(started.pid);
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
    let job_dir = cloud.options.scratch.join("jobs").join(id);
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

/// A port nobody listens on now; the job's rank 0 takes it a moment later.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
