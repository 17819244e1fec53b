//! Looking at the backend: [`schedule`] says when, [`plan`] says at what, [`diff`] says what changed (all pure); `look` is
//! one look, and `poller` is the loop around it.
//!
//! There is one poller per context; the number of its calls depends on time and on pages of active jobs, never on the
//! number of clients (invariant 3). A look that fails ends nothing: it makes the data stale (invariant 7).

mod apply;
pub(crate) mod backoff;
mod commit;
mod detail;
pub mod diff;
mod hidden;
mod interest;
mod look;
mod looks;
mod missing;
mod named;
pub mod owner;
pub mod plan;
mod poller;
mod questions;
pub mod schedule;
mod settled;
mod shared;
mod stale;
mod stops;

pub use apply::{Aftermath, absorb, apply, twin};
pub use hidden::{hide_as_submitted, keep_hidden};
pub use interest::{Interest, WaiterGuard};
pub use looks::{Freshness, Looks};
pub use named::{ask_pods, find, refresh_pods};
pub use poller::{PollerHandle, start};
pub use stale::restore as restore_staleness;
pub use stops::check_end;
