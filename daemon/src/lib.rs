//! The daemon: one process of the user that watches training jobs, remembers what it saw, and tells everybody who asks
//! the moment something changes.
//!
//! From the edge to the ground; nobody imports upwards:
//!
//! | module | its one job |
//! |---|---|
//! | [`rpc`] | the edge: clients |
//! | [`idle`] | when a daemon that a client started leaves by itself |
//! | [`seek`] | waits for a line of a log |
//! | [`contexts`] | which settings are served, and the work on each |
//! | [`submit`], [`poll`] | the work |
//! | [`journal`] | the one door to what is known |
//! | [`provider`] | the outside world |
//! | [`scope`] | what all work on one context holds |
//! | [`config`], [`model`], [`sys`] | the ground |

pub mod audit;
pub mod config;
pub mod contexts;
pub mod idle;
pub mod journal;
pub mod logs;
pub mod model;
pub mod poll;
pub mod provider;
pub mod rpc;
pub mod scope;
pub mod seek;
pub mod submit;
pub mod sys;

mod boot;

pub use boot::{Boot, BootError, Daemon, run};
