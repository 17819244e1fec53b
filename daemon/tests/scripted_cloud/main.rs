//! The real poller, journal and submit on a cloud in memory and a clock that a test moves.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod chaos;
mod clocks;
mod cloud;
mod crash_matrix;
mod hours;
mod joined;
mod lines;
mod logs;
mod looks;
mod owner;
mod queue;
mod salvaged;
mod seed_faults;
mod submit_once;
mod submit_races;
mod two_files;
mod world;
