//! The parts of `paictl demo`: a private cloud and a private daemon in one folder, what a client and two agents saw of a
//! job, and its log.

pub mod agent;
pub mod child;
pub mod cloud;
pub mod folder;
pub mod ledger;
pub mod log;
pub mod narration;
pub mod show;
pub mod story;
pub mod summary;
