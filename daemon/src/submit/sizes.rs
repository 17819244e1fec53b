//! What instance types have: asked of the backend once a day, and only for types that somebody asks for.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    config::Limits,
    model::{Fault, Job, Replica, Resources},
    provider::Provider,
    scope::Scope,
    sys::{Clock, clock::Mono},
};

/// For how long an answer is believed; also that a type is not known.
const SERVES: Duration = Duration::from_secs(86_400);
/// The same for a type that was not known: it may have been mistyped, or be new.
const UNKNOWN_SERVES: Duration = Duration::from_secs(60);

/// The sizes that are known.
#[derive(Debug, Default)]
pub struct Sizes {
    known: Mutex<HashMap<String, (Option<Resources>, Mono)>>,
}

impl Sizes {
    /// Asks for those of these types that are not known.
    ///
    /// # Errors
    /// Why the backend cannot tell.
    async fn learn(
        &self,
        types: impl IntoIterator<Item = String>,
        provider: &dyn Provider,
        clock: &Clock,
    ) -> Result<(), Fault> {
        let now = clock.mono();
        let unknown = |name: &String| !self.is_fresh(name, clock);
        let mut missing: Vec<String> = types.into_iter().filter(unknown).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        let told: BTreeMap<String, Resources> = provider.instance_types(&missing).await?;
        let mut known = self.known();
        for name in missing {
            let size = told.get(&name).copied();
            known.insert(name, (size, now));
        }
        Ok(())
    }

    /// The instance types that these jobs name without telling their amounts, and that are to be asked for before a limit of
    /// amounts can be checked.
    pub(super) fn missing<'a>(
        &self,
        limits: &Limits,
        jobs: impl Iterator<Item = &'a Job>,
        clock: &Clock,
    ) -> Vec<String> {
        let needed = limits.max_gpu.is_some()
            || limits.max_cpu.is_some()
            || limits.max_gpu_milli_hours_per_day.is_some();
        let unknown = |job: &&Job| {
            let requested = &job.requested;
            needed && (requested.gpu_milli.is_none() || requested.cpu_milli.is_none())
        };
        let types = jobs
            .filter(unknown)
            .flat_map(|job| &job.replicas)
            .map(|replica| replica.instance_type.clone())
            .filter(|name| !name.is_empty());
        types.filter(|name| !self.is_fresh(name, clock)).collect()
    }

    fn is_fresh(&self, name: &str, clock: &Clock) -> bool {
        let known = self.known();
        known.get(name).is_some_and(|(size, at)| {
            let serves = size.map_or(UNKNOWN_SERVES, |_| SERVES);
            clock.mono().saturating_sub(*at) < serves
        })
    }

    /// What a machine of this type has; `None` when that is not known.
    pub fn of(&self, instance_type: &str) -> Option<Resources> {
        self.known().get(instance_type)?.0
    }

    /// What a job asks for, where it is only told by instance types.
    pub(super) fn complete(&self, job: &mut Job) {
        let requested = &mut job.requested;
        let told = requested.cpu_milli.is_some() && requested.gpu_milli.is_some();
        // A role without a number of pods is one whose number was not told.
        if told || job.replicas.iter().any(|replica| replica.count == 0) {
            return;
        }
        let sums = self.totals(&mut job.replicas.clone());
        requested.cpu_milli = requested.cpu_milli.or(sums.cpu_milli);
        requested.gpu_milli = requested.gpu_milli.or(sums.gpu_milli);
        requested.memory_bytes = requested.memory_bytes.or(sums.memory_bytes);
    }

    /// Fills in what the roles' instance types have; the sums over all pods, unknown where a part is.
    pub(super) fn totals(&self, replicas: &mut [Replica]) -> Resources {
        for replica in replicas.iter_mut() {
            if let Some(size) = self.of(&replica.instance_type) {
                let each = &mut replica.each;
                each.cpu_milli = each.cpu_milli.or(size.cpu_milli);
                each.gpu_milli = each.gpu_milli.or(size.gpu_milli);
                each.memory_bytes = each.memory_bytes.or(size.memory_bytes);
            }
        }
        crate::provider::dlc::resources::totals(replicas)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Option<Resources>, Mono)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks for the sizes of these types.
///
/// # Errors
/// Why the backend cannot tell.
pub async fn learn(scope: &Scope, types: Vec<String>) -> Result<(), Fault> {
    let provider = scope.provider();
    let learnt = scope.sizes.learn(types, &*provider, &scope.clock).await;
    learnt.map_err(|mut fault| {
        fault.message = format!(
            "the sizes of instance types cannot be had: {}",
            fault.message
        );
        fault
    })
}
