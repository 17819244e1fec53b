//! Drives the emulator over real HTTP with requests signed by a signer of the tests' own.

#![expect(clippy::unwrap_used, reason = "a test that meets an error shall end")]

mod binary;
mod client;
mod code_sources;
mod control;
mod deletes;
mod echo;
mod ecs_specs;
mod faults;
mod group;
mod guard;
mod lag;
mod listing;
mod logs;
mod operations;
mod processes;
mod refusals;
mod reserving;
mod scripted;
mod updates;
mod validation;
