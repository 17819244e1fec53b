//! The real poller, journal and submit on a cloud in memory and a clock that a test moves.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod cloud;
mod logs;
mod looks;
mod submit_once;
mod submit_races;
mod world;
