//! One daemon's way to the cloud.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use futures_util::future::BoxFuture;
use paid::{
    model::{Fault, FaultKind, Observation, Source},
    provider::{
        Identity, Listing, LogLines, LogWindow, Nature, Page, Priority, Provider, Receipt, StopAck,
    },
};
use serde_json::Value;

use super::{Cloud, Create};

/// One daemon's way to the cloud. After its death no call of it returns: what that daemon was doing stands still for
/// ever, as after a kill.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) alive: Arc<AtomicBool>,
    /// How far the cloud's clock is behind, as far as this daemon has learnt it.
    known_behind_ms: AtomicI64,
}

fn receipt<T>(value: T) -> Receipt<T> {
    Receipt {
        value,
        request_id: "scripted-request".into(),
    }
}

impl Line {
    pub(crate) fn new(cloud: &Arc<Cloud>, alive: &Arc<AtomicBool>) -> Self {
        Self {
            cloud: Arc::clone(cloud),
            alive: Arc::clone(alive),
            known_behind_ms: AtomicI64::new(0),
        }
    }

    async fn up(&self) -> &Cloud {
        if !self.alive.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        // A date that is more than 15 minutes off is refused once, and put right.
        let behind_ms = self.cloud.with(|state| state.behind_ms);
        if (behind_ms - self.known_behind_ms.load(Ordering::SeqCst)).abs() > 900_000 {
            self.known_behind_ms.store(behind_ms, Ordering::SeqCst);
        }
        &self.cloud
    }
}

impl Provider for Line {
    fn nature(&self) -> &Nature {
        &self.cloud.nature
    }

    fn list(
        &self,
        listing: Listing,
        seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'_, Result<Page, Fault>> {
        Box::pin(async move {
            let cloud = self.up().await;
            if cloud.with(|state| state.lists_hang) {
                std::future::pending::<()>().await;
            }
            let takes = cloud.with(|state| state.list_takes);
            if !takes.is_zero() {
                cloud.clock.sleep(takes).await;
            }
            cloud.page(&listing, seq)
        })
    }

    fn get<'a>(
        &'a self,
        id: &'a str,
        seq: u64,
        _priority: Priority,
    ) -> BoxFuture<'a, Result<Observation, Fault>> {
        Box::pin(async move {
            let cloud = self.up().await;
            let takes = cloud.with(|state| {
                state.gets_seen += 1;
                state.ids_got.push(id.to_owned());
                state.get_takes
            });
            if !takes.is_zero() {
                cloud.clock.sleep(takes).await;
            }
            let found = cloud.with(|state| {
                if let Some(fault) = state.get_faults.pop_front() {
                    return Err(fault);
                }
                Ok(state.jobs.iter().find(|job| job.id == id).cloned())
            })?;
            match found {
                Some(job) => Ok(cloud.observe(&job, Source::Get, seq, job.status)),
                None => Err(Fault::new(FaultKind::NotFound, "no such job")),
            }
        })
    }

    fn submit<'a>(&'a self, body: &'a Value) -> BoxFuture<'a, Result<Receipt<String>, Fault>> {
        Box::pin(async move {
            let cloud = self.up().await;
            let next = cloud.with(|state| state.creates.front().copied());
            if next == Some(Create::Hang) {
                cloud.with(|state| state.creates.pop_front());
                std::future::pending::<()>().await;
            }
            let made = cloud.create(body);
            if next == Some(Create::MakeAndHang) {
                std::future::pending::<()>().await;
            }
            made.map(receipt)
        })
    }

    fn stop<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Receipt<StopAck>, Fault>> {
        Box::pin(async move {
            let cloud = self.up().await;
            let now_ms = cloud.now_ms();
            cloud.with(|state| {
                let Some(job) = state.jobs.iter_mut().find(|job| job.id == id) else {
                    return Err(Fault::new(FaultKind::NotFound, "no such job"));
                };
                job.stops += 1;
                if !job.is_active() {
                    return Ok(receipt(StopAck::AlreadyEnded));
                }
                let refusal = state.stop_refusals.pop_front();
                if refusal.is_none() {
                    job.status = "Stopped";
                    job.ended_ms = Some(now_ms);
                }
                Ok(receipt(refusal.unwrap_or(StopAck::Accepted)))
            })
        })
    }

    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Receipt<()>, Fault>> {
        Box::pin(async move {
            let cloud = self.up().await;
            cloud.with(|state| state.jobs.retain(|job| job.id != id));
            Ok(receipt(()))
        })
    }

    fn pod_logs(
        &self,
        window: LogWindow,
        _priority: Priority,
    ) -> BoxFuture<'_, Result<LogLines, Fault>> {
        Box::pin(async move {
            let cloud = self.up().await;
            let (takes, turn) = cloud.with(|state| (state.logs.takes, state.logs.turn.clone()));
            let _turn = match &turn {
                Some(turn) => Some(turn.lock().await),
                None => None,
            };
            if !takes.is_zero() {
                cloud.clock.sleep(takes).await;
            }
            let now_ms = cloud.now_ms();
            cloud.with(|state| state.logs.answer(window, now_ms))
        })
    }

    fn identity(&self) -> BoxFuture<'_, Result<Identity, Fault>> {
        Box::pin(async { Ok(Identity::default()) })
    }

    fn now_ms(&self) -> i64 {
        self.cloud.clock.wall_ms() - self.known_behind_ms.load(Ordering::SeqCst)
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }
}
