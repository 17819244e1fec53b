//! One daemon's way to the cloud: the true client, and how many of its calls are under way.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::future::BoxFuture;
use paid::{
    model::{Fault, Observation},
    provider::{
        Identity, Listing, LogLines, LogWindow, Nature, Page, Priority, Provider, Receipt, StopAck,
        dlc::DlcProvider,
    },
};
use serde_json::Value;
use tokio::sync::watch;

/// Calls under way, and calls begun, of all daemons of a world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic {
    now: Arc<watch::Sender<usize>>,
    begun: Arc<AtomicU64>,
}

impl Traffic {
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    pub(crate) fn is_quiet(&self) -> bool {
        *self.now.borrow() == 0
    }

    /// Returns when no call is under way.
    pub(crate) async fn quiet(&self) {
        let mut now = self.now.subscribe();
        // Its sender lives as long as this.
        let _gone = now.wait_for(|calls| *calls == 0).await;
    }

    fn call(&self) -> Call<'_> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.now.send_modify(|calls| *calls += 1);
        Call(self)
    }
}

/// A call; it ends when this is dropped, answered or given up.
struct Call<'a>(&'a Traffic);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.now.send_modify(|calls| *calls -= 1);
    }
}

/// The client of one daemon. After its death no call goes out.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) client: DlcProvider,
    pub(crate) traffic: Traffic,
    pub(crate) alive: watch::Receiver<bool>,
}

impl Line {
    async fn up(&self) -> Call<'_> {
        if !*self.alive.borrow() {
            std::future::pending::<()>().await;
        }
        self.traffic.call()
    }
}

impl Provider for Line {
    fn nature(&self) -> &Nature {
        self.client.nature()
    }

    fn list(
        &self,
        listing: Listing,
        seq: u64,
        priority: Priority,
    ) -> BoxFuture<'_, Result<Page, Fault>> {
        Box::pin(async move {
            let _call = self.up().await;
            self.client.list(listing, seq, priority).await
        })
    }

    fn get<'a>(
        &'a self,
        id: &'a str,
        seq: u64,
        priority: Priority,
    ) -> BoxFuture<'a, Result<Observation, Fault>> {
        Box::pin(async move {
            let _call = self.up().await;
            self.client.get(id, seq, priority).await
        })
    }

    fn submit<'a>(&'a self, body: &'a Value) -> BoxFuture<'a, Result<Receipt<String>, Fault>> {
        Box::pin(async move {
            let _call = self.up().await;
            self.client.submit(body).await
        })
    }

    fn stop<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Receipt<StopAck>, Fault>> {
        self.client.stop(id)
    }

    fn pod_logs(
        &self,
        window: LogWindow,
        priority: Priority,
    ) -> BoxFuture<'_, Result<LogLines, Fault>> {
        Box::pin(async move {
            let _call = self.up().await;
            self.client.pod_logs(window, priority).await
        })
    }

    fn identity(&self) -> BoxFuture<'_, Result<Identity, Fault>> {
        Box::pin(async move {
            let _call = self.up().await;
            self.client.identity().await
        })
    }

    fn now_ms(&self) -> i64 {
        self.client.now_ms()
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        self.client.calls()
    }
}
