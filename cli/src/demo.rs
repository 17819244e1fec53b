//! The parts of `paictl demo`: a private cloud and a private daemon in one folder, and what two clients saw of a job.

pub mod child;
pub mod cloud;
pub mod folder;
pub mod ledger;
pub mod narration;
pub mod show;
pub mod summary;
