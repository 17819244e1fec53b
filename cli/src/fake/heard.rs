//! What was asked.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pai_proto::v1;

/// What a daemon was asked, in order, without what only reads the one job.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Call>>>);

/// One question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Call {
    Hello(Option<PathBuf>),
    Submit(Box<v1::SubmitJobRequest>),
    Check(Box<v1::SubmitJobRequest>),
    List(v1::ListJobsRequest),
    Stop(String),
    Delete(String),
    Update(v1::UpdateJobRequest),
    Wait(v1::WaitJobsRequest),
    Search(v1::SearchLogsRequest),
    Prune(v1::PruneLogsRequest),
    Keep(v1::KeepLogsRequest),
    Audit(v1::ListAuditRequest),
    Schema(v1::GetConfigSchemaRequest),
    Change(v1::UpdateConfigRequest),
    Profile(v1::PutProfileRequest),
    NoProfile(v1::DeleteProfileRequest),
    Import(v1::ImportProfileRequest),
    Migrate(v1::MigrateConfigRequest),
    CodeSource(v1::GetCodeSourceRequest),
    NewCode(v1::UpdateCodeSourceRequest),
}

impl Heard {
    /// Everything but handshakes.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let calls = self.all().into_iter();
        calls
            .filter(|call| !matches!(call, Call::Hello(_)))
            .collect()
    }

    /// The submit that was asked for, or about.
    pub(crate) fn submit(&self) -> v1::SubmitJobRequest {
        let mut submits = self.all().into_iter().filter_map(|call| match call {
            Call::Submit(request) | Call::Check(request) => Some(*request),
            _ => None,
        });
        submits.next_back().expect("a submit")
    }

    /// Everything.
    pub(crate) fn all(&self) -> Vec<Call> {
        self.list().clone()
    }

    pub(super) fn hear(&self, call: Call) {
        self.list().push(call);
    }

    fn list(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
