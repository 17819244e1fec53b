//! The contract between `paid` and its clients.
//!
//! | module | what it is |
//! |---|---|
//! | [`v1`] | messages and stubs generated from `pai/v1/*.proto` |
//! | [`paths`] | where the socket, the state and the settings are |
//! | [`context`] | which settings a client means |
//! | [`meta`] | the metadata that travels with every call |
//! | [`client`] | the typed client: connect, handshake, calls, retries |
//! | [`start`] | connecting, and starting the daemon first where nobody serves |
//! | [`watch`], [`wait`], [`follow`] | streams that resume by themselves after a broken connection |
//! | [`status`], [`line`](mod@line) | words for what is waited for |
//! | [`worktree`] | the git working tree that a client is called in |
//! | [`value`] | JSON values in messages |
//! | [`text`] | foreign text made fit for a model |
//! | [`error`] | what a call can fail with |
//!
//! A client keeps no state: everything that must outlive it lives in the daemon.

#[expect(
    missing_docs,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated from pai/v1/*.proto, which carry the comments"
)]
pub mod v1 {
    tonic::include_proto!("pai.v1");
    pub use crate::change::Change;
    pub use crate::chunk::JobChunk;
}

mod change;
mod chunk;
pub mod client;
pub mod context;
pub mod error;
pub mod follow;
pub mod line;
mod link;
pub mod meta;
pub mod paths;
mod retry;
mod socket;
mod stamp;
pub mod start;
pub mod status;
pub mod text;
pub mod value;
pub mod wait;
pub mod watch;
pub mod worktree;

pub use client::{Client, ConnectOptions};
pub use error::ClientError;

/// Major version of the protocol: a client and a daemon work together only when it is equal.
pub const PROTOCOL_MAJOR: u32 = 1;
/// Minor version: grows with each additive change.
pub const PROTOCOL_MINOR: u32 = 1;
