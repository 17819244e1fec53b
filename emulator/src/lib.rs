//! A PAI-DLC look-alike on loopback that really runs its jobs as local processes.
//!
//! It answers CreateJob, ListJobs, GetJob, StopJob, UpdateJob, DeleteJob, GetPodLogs and
//! ListEcsSpecs of PAI-DLC 2020-12-03, GetCodeSource and UpdateCodeSource of AIWorkSpace 2021-02-04
//! and GetCallerIdentity of STS, checks every request's `ACS3-HMAC-SHA256` signature with code of
//! its own, and runs each pod of a job as a process group in a scratch folder. It is the cloud of
//! the demo and of all tests, so it can also misbehave on request: see [`FaultRule`].
//!
//! **Whoever may submit a job here runs shell commands as the user who started the emulator.**
//! That is why it listens on 127.0.0.1 only, makes a random access key at every start, refuses
//! unsigned calls, guards `/_control` with the same secret, and keeps its scratch folder at mode
//! 0700. It is a test tool, not a sandbox: a job sees the file system as that user does, and it
//! outlives an emulator that is killed unless [`Options::guard`] is set, as `serve` does.
//!
//! How the source is laid out:
//!
//! * [`Emulator`] binds, serves and ends; [`Options`] says how; [`Control`] is the in-process
//!   handle for tests (the same over HTTP is `/_control/…`);
//! * `signature`, `nonce`: who is calling;
//! * `api`: one file per operation; `view`: the JSON of the answers; `spec`: what CreateJob takes;
//! * `job`: the state machine, pure; `runner`: the processes; `logs`: which lines a window holds;
//! * `fault`: the rules that make it fail;
//! * [`train`]: the small distributed training behind `pai-emulator example-train`.

mod answer;
mod api;
mod call;
mod catalogue;
mod clock;
mod cloud;
mod code_source;
mod control;
mod credentials;
mod emulator;
mod error;
mod fault;
mod ids;
mod job;
mod journal;
mod logs;
mod nonce;
mod options;
mod rate;
mod resources;
mod runner;
mod scratch;
mod server;
mod signature;
mod spec;
mod sync;
pub mod train;
mod view;

pub use api::USER_ID;
pub use clock::Clock;
pub use code_source::CodeSource;
pub use control::{
    CallRecord, Control, JobView, PodView, ScriptedLine, TransitionView, WithheldSecond,
};
pub use credentials::Credentials;
pub use emulator::Emulator;
pub use fault::{FaultKind, FaultRule, ParseFaultError};
pub use job::Status;
pub use options::{LogKeep, Options};
#[doc(hidden)]
pub use runner::LineCutter;
