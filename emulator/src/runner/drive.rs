//! One task per job that walks it through its states.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

use super::launch::launch;
use crate::cloud::Cloud;
use crate::job::Status;
use crate::spec::Submission;

/// Seconds at scale 1.
const CREATING: f64 = 1.0;
const QUEUING: f64 = 2.0;
const PREPARING: f64 = 3.0;

/// What a job's task is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The job is already in Stopping, or kept after its own end.
    Stop,
    /// Replace all pods by new incarnations.
    Restart,
    /// All pods are to end with this exit code.
    End(i32),
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
        Some(_gpus) => {
            let end = run(&cloud, &id, &submission, &mut orders).await;
            reserve(&cloud, &id, &end, &submission, &mut orders).await;
            end
        }
        None => End::Stopped,
    };
    settle(&cloud, &id, end, &submission);
}

/// Keeps the job, and with it its GPUs, for the minutes that it asked for, or until it is stopped.
/// Its processes have ended: what the real service keeps of its pods, and what
/// `JobReservedPolicy` says about it, is not known.
async fn reserve(
    cloud: &Cloud,
    id: &str,
    end: &End,
    submission: &Submission,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) {
    let minutes = u32::try_from(submission.reserved_minutes).unwrap_or(u32::MAX);
    let kept = match end {
        End::Succeeded => Status::SucceededReserving,
        End::Failed(_) => Status::FailedReserving,
        End::Stopped | End::TimeLimit | End::Restart => return,
    };
    let (code, message) = end.reason(submission);
    if minutes > 0 && cloud.advance(id, kept, code, &message) {
        unless_stopped(orders, sleep(cloud.options.minute.saturating_mul(minutes))).await;
    }
}

fn settle(cloud: &Cloud, id: &str, end: End, submission: &Submission) {
    let status = match end {
        End::Succeeded => Status::Succeeded,
        End::Failed(_) => Status::Failed,
        End::Stopped | End::TimeLimit | End::Restart => Status::Stopped,
    };
    let (code, message) = end.reason(submission);
    if !cloud.advance(id, status, code, &message) {
        // A stop that came while the pods were ending is what counts.
        let (code, message) = End::Stopped.reason(submission);
        cloud.advance(id, Status::Stopped, code, &message);
    }
}

impl End {
    fn reason(&self, submission: &Submission) -> (&'static str, Cow<'_, str>) {
        match self {
            Self::Succeeded => ("JobSucceeded", "Job succeeded.".into()),
            Self::Failed(message) => ("JobFailed", message.into()),
            Self::TimeLimit => {
                let minutes = submission.max_minutes;
                let message =
                    format!("Job exceeded its maximum running time of {minutes} minutes.");
                ("JobExceededMaxRunningTime", message.into())
            }
            Self::Stopped | Self::Restart => ("JobStoppedByUser", "Job is stopped by user.".into()),
        }
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
            order = orders.recv() => if matches!(order, Some(Order::Stop) | None) {
                return None;
            },
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
                Some(Order::End(code)) => {
                    pods.end(cloud, id, code).await;
                    break match code {
                        0 => End::Succeeded,
                        _ => End::Failed(format!("All pods failed with exit code {code}.")),
                    };
                }
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

#[cfg(test)]
#[path = "drive_tests.rs"]
mod tests;
