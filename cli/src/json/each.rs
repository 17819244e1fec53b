//! Commands that are about several jobs.

use serde::Serialize;

use super::{Failure, FailureDetail};
use crate::error::CliError;

/// What became of one of them.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Each<T> {
    /// It was done.
    Done(T),
    /// It was not.
    Failed {
        /// As it was written on the command line.
        id: String,
        /// Why.
        error: FailureDetail,
    },
}

impl<T> Each<T> {
    /// A failure.
    pub fn failed(id: &str, error: &CliError) -> Self {
        Self::Failed {
            id: id.into(),
            error: Failure::from(error).error,
        }
    }
}
