//! One call budget per principal, whichever settings file names it (fact sheet §13.3: limits are those of the account).

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use aliyun::TokenBucket;

use crate::config::Settings;

/// The budgets of all principals.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    of: Mutex<HashMap<String, Budget>>,
}

#[derive(Debug)]
struct Budget {
    bucket: Arc<TokenBucket>,
    /// What each settings file allows: calls per second and burst.
    wishes: BTreeMap<PathBuf, (f64, u32)>,
}

impl Budgets {
    /// The budget of the key of these settings. Where several files name the key, the smallest wish counts.
    pub(super) fn of(&self, settings: &Settings) -> Arc<TokenBucket> {
        let mut budgets = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let principal = format!(
            "{} {}",
            settings.credentials.fingerprint(),
            settings.endpoints.dlc
        );
        leave(&mut budgets, &settings.path, &principal);
        let api = &settings.own.api;
        let budget = budgets.entry(principal).or_insert_with(|| Budget {
            bucket: Arc::new(TokenBucket::new(api.calls_per_second, api.burst)),
            wishes: BTreeMap::new(),
        });
        let wish = (api.calls_per_second, api.burst);
        budget.wishes.insert(settings.path.clone(), wish);
        let rate = budget.wishes.values().map(|(rate, _)| *rate);
        let burst = budget.wishes.values().map(|(_, burst)| *burst).min();
        budget
            .bucket
            .set_rate(rate.fold(f64::INFINITY, f64::min), burst.unwrap_or(1));
        Arc::clone(&budget.bucket)
    }
}

/// The file may have named another key before.
fn leave(budgets: &mut HashMap<String, Budget>, path: &Path, principal: &str) {
    for (of, budget) in budgets.iter_mut() {
        if of != principal {
            budget.wishes.remove(path);
        }
    }
    budgets.retain(|of, budget| of == principal || !budget.wishes.is_empty());
}
