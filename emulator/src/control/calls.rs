//! Who called what. Counts are exact; of the records the newest are kept.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use serde::Serialize;

use crate::fault::FaultKind;
use crate::sync::lock;

/// Records kept in memory; `calls.jsonl` has all of callers with a good signature.
const KEPT: usize = 100_000;

/// One API call, answered or cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    /// When it was answered, unix ms.
    pub ms: i64,
    /// Operation by path and method; when no operation fits, what the caller named, or
    /// `unauthenticated` for a caller without a good signature.
    pub action: String,
    /// Status of the answer; 0 when the connection was cut instead.
    pub http_status: u16,
    /// As in the answer.
    pub request_id: String,
    /// The fault that struck, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultKind>,
}

#[derive(Debug, Default)]
pub(crate) struct CallLog(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    records: VecDeque<CallRecord>,
    counts: BTreeMap<String, u64>,
}

impl CallLog {
    pub(crate) fn add(&self, call: CallRecord) {
        let mut kept = lock(&self.0);
        *kept.counts.entry(call.action.clone()).or_default() += 1;
        if kept.records.len() == KEPT {
            kept.records.pop_front();
        }
        kept.records.push_back(call);
    }

    pub(crate) fn records(&self) -> Vec<CallRecord> {
        lock(&self.0).records.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.0).counts.clone()
    }

    pub(crate) fn reset(&self) {
        *lock(&self.0) = Kept::default();
    }
}
