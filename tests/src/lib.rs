//! The harness of the end-to-end tests, which live in `tests/tests`.
//!
//! | module | what it is |
//! |---|---|
//! | [`bench`](mod@bench) | what the benches share |
//! | [`world`] | a cloud, settings and paths of one test: nothing is shared with another one |
//! | [`programs`] | the programs under test, built once per run and never taken as they lie there |
//! | [`daemon`] | a `paid` process, to be killed and started again |
//! | [`inside`] | a daemon in this process, whose clock the test moves |
//! | [`cli`] | a `paictl` process and what it printed |
//! | [`call`] | the same in another environment or folder |
//! | [`mcp`] | a `pai-mcp` process and the messages that it sends |
//! | [`job`] | commands that run until the test says so |
//! | [`hidden`] | what must be found nowhere |
//! | [`log`] | what a follow delivered |
//! | [`wire`] | frames as they come, and what to make of them |
//! | [`processes`] | who is still running |
//! | [`until`] | patience with an end |

pub mod bench;
pub mod call;
pub mod cli;
pub mod daemon;
pub mod hidden;
pub mod inside;
pub mod job;
pub mod log;
pub mod mcp;
pub mod processes;
pub mod programs;
pub mod until;
pub mod wire;
pub mod world;

pub use call::Call;
pub use cli::{Finished, Running};
pub use daemon::{Daemon, Launch};
pub use inside::Inside;
pub use job::Gate;
pub use mcp::Mcp;
pub use until::{LIMIT, eventually, within};
pub use world::{Plan, World};
