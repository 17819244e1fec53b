//! Jobs as local processes.
//!
//! * `drive`: one task per job walks it through its states;
//! * `launch`: all pods of a job, started and ended together;
//! * `ports`: where the ranks of a job meet;
//! * `pod`: one process group, from start to the last line of its output;
//! * `group`: the only place that starts, signals and reaps processes;
//! * `plan` (pure): which pods a job has and their environment;
//! * `lines` (pure), `pod_log`: from bytes to stored lines.

mod drive;
mod group;
mod launch;
mod lines;
mod plan;
mod pod;
mod pod_log;
mod ports;

pub(crate) use drive::{Order, drive};
pub(crate) use group::Groups;
pub use lines::LineCutter;
pub(crate) use lines::cut;
pub(crate) use plan::{Planned, environment, plan};
pub(crate) use pod_log::PodLog;
pub(crate) use ports::Ports;
