//! Work that does not run in the future of its call: what must go on when the client leaves, and what blocks.

use tonic::{Response, Status};

use super::error::to_status;
use crate::model::Fault;

/// Goes on when the client leaves: what a call changes and its row in the audit belong together.
pub(super) async fn to_its_end<T: Send + 'static>(
    call: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> Result<Response<T>, Status> {
    let answer = tokio::spawn(call).await;
    answer
        .unwrap_or_else(|_| Err(without_a_word()))
        .map(Response::new)
        .map_err(to_status)
}

/// On a thread that may block: files are not read on the one that serves.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| without_a_word())
}

fn without_a_word() -> Fault {
    Fault::internal("the call ended without a word: see the log")
}
