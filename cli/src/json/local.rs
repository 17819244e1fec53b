//! The cloud on this machine.

use serde::Serialize;

/// The answer of `local up`.
#[derive(Debug, Serialize)]
pub struct LocalUp {
    /// Always true.
    pub running: bool,
    /// False when it was up already.
    pub started: bool,
    /// Its process.
    pub pid: u32,
    /// Where it serves.
    pub endpoint: String,
    /// The settings of the context `local`.
    pub settings_path: String,
}

/// The answer of `local down`.
#[derive(Debug, Serialize)]
pub struct LocalDown {
    /// Always false.
    pub running: bool,
    /// False when it was not up.
    pub stopped: bool,
    /// The process that left.
    pub pid: Option<u32>,
}

/// The answer of `local status`.
#[derive(Debug, Serialize)]
pub struct LocalStatus {
    /// Whether it is up.
    pub running: bool,
    /// Its process.
    pub pid: Option<u32>,
    /// Where it serves.
    pub endpoint: Option<String>,
    /// The settings of the context `local`, there or not.
    pub settings_path: String,
    /// What it says.
    pub log: String,
}
