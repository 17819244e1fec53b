//! Plain domain types without I/O: what every other module speaks of.

mod caller;
mod event;
mod fault;
mod job;
mod log;
mod observation;
mod pattern;
mod phase;
pub mod redact;

pub use caller::{Caller, Presence, Present};
pub use event::{Event, EventDraft, EventKind};
pub use fault::{Fault, FaultKind};
pub use job::{
    Code, DELETED, Job, Milestone, Pod, Reason, Replica, Resources, TAG_PREFIX, TAG_UID,
};
pub use log::{LogGap, LogKey, LogLine, LogPod, LogStream, NewLine, Track};
pub use observation::{Observation, Passed, Source};
pub use pattern::{Pattern, plain};
pub use phase::Phase;
