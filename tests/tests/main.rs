//! The whole thing, end to end: real processes against a cloud on this machine.

#![expect(clippy::unwrap_used, reason = "a test that meets an error shall end")]

mod answers;
mod audit;
mod autostart;
mod changes;
mod chaos;
mod clone;
mod config;
mod contexts;
mod demo;
mod docs;
mod faults;
mod idle_exit;
mod joins;
mod lag;
mod limits;
mod local_cloud;
mod log_model;
mod log_texts;
mod logs;
mod logs_agents;
mod logs_anew;
mod logs_cli;
mod logs_edges;
mod logs_read;
mod lost_submits;
mod mcp;
mod moved;
mod owner;
mod policy;
mod poller;
mod queue;
mod restart;
mod second_daemon;
mod secrets;
mod seed_faults;
mod settings;
mod submit_options;
mod submits;
mod unreachable;
mod waits;
mod watch;
mod worktree;
