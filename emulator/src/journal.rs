//! Machine-readable records, one JSON object per line, for checks made after the fact.
//!
//! A record that cannot be written is dropped: the emulated cloud does not fail for it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::control::CallRecord;
use crate::scratch::open_private;
use crate::sync::lock;

/// `transitions.jsonl` and `calls.jsonl` below the scratch folder.
#[derive(Debug)]
pub(crate) struct Journal {
    transitions: Mutex<File>,
    calls: Mutex<File>,
}

impl Journal {
    pub(crate) fn open(scratch: &Path) -> io::Result<Self> {
        Ok(Self {
            transitions: Mutex::new(open_private(&scratch.join("transitions.jsonl"))?),
            calls: Mutex::new(open_private(&scratch.join("calls.jsonl"))?),
        })
    }

    pub(crate) fn transition(&self, ms: i64, job_id: &str, name: &str, status: &str) {
        let record = json!({"ms": ms, "job_id": job_id, "name": name, "status": status});
        append(&self.transitions, &record);
    }

    pub(crate) fn call(&self, call: &CallRecord) {
        append(&self.calls, &json!(call));
    }
}

fn append(file: &Mutex<File>, record: &Value) {
    let line = format!("{record}\n");
    let _ = lock(file).write_all(line.as_bytes());
}
