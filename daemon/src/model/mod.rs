//! Plain domain types without I/O: what every other module speaks of.

mod event;
mod fault;
mod job;
mod log;
mod observation;
mod phase;
pub mod redact;

pub use event::{Event, EventDraft, EventKind};
pub use fault::{Fault, FaultKind};
pub use job::{Job, Milestone, Pod, Reason, Replica, Resources};
pub use log::{LogGap, LogKey, LogLine, LogStream, NewLine, Track};
pub use observation::{Observation, Passed, Source};
pub use phase::Phase;
