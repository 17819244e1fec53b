//! Machine-readable records, one JSON object per line, for checks made after the fact.
//!
//! A record that cannot be written is dropped: the emulated cloud does not fail for it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::control::CallRecord;
use crate::scratch::open_private;
use crate::sync::lock;

/// Records of calls by nobody known are dropped beyond this many, so that strangers on the machine
/// do not fill the disk.
const MAX_STRANGERS: u64 = 10_000;

/// `transitions.jsonl` and `calls.jsonl` below the scratch folder.
#[derive(Debug)]
pub(crate) struct Journal {
    transitions: Mutex<File>,
    calls: Mutex<File>,
    strangers: AtomicU64,
}

impl Journal {
    pub(crate) fn open(scratch: &Path) -> io::Result<Self> {
        Ok(Self {
            transitions: Mutex::new(open_private(&scratch.join("transitions.jsonl"))?),
            calls: Mutex::new(open_private(&scratch.join("calls.jsonl"))?),
            strangers: AtomicU64::new(0),
        })
    }

    pub(crate) fn transition(&self, ms: i64, job_id: &str, name: &str, status: &str) {
        let record = json!({"ms": ms, "job_id": job_id, "name": name, "status": status});
        append(&self.transitions, &record);
    }

    pub(crate) fn call(&self, call: &CallRecord, known_caller: bool) {
        if !known_caller && self.strangers.fetch_add(1, Ordering::Relaxed) >= MAX_STRANGERS {
            return;
        }
        append(&self.calls, &json!(call));
    }
}

fn append(file: &Mutex<File>, record: &Value) {
    let line = format!("{record}\n");
    let _ = lock(file).write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_do_not_fill_the_disk() {
        let scratch = tempfile::tempdir().unwrap();
        let journal = Journal::open(scratch.path()).unwrap();
        let call = CallRecord {
            ms: 0,
            action: "ListJobs".to_owned(),
            http_status: 400,
            request_id: String::new(),
            fault: None,
        };
        for _ in 0..MAX_STRANGERS + 5 {
            journal.call(&call, false);
        }
        journal.call(&call, true);
        let written = std::fs::read_to_string(scratch.path().join("calls.jsonl")).unwrap();
        assert_eq!(written.lines().count() as u64, MAX_STRANGERS + 1);
    }
}
