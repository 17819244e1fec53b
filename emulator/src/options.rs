//! How an emulator is set up.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;
use crate::code_source::CodeSource;
use crate::fault::FaultRule;

/// Which lines GetPodLogs keeps when a window holds more than `MaxLines`. What the real service
/// does is not known; a client has to be right in both cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogKeep {
    /// The oldest lines of the window.
    Head,
    /// The newest lines of the window.
    #[default]
    Tail,
}

/// Everything [`crate::Emulator::start`] needs to know. Made with [`Options::new`], then fields
/// are set.
#[derive(Debug)]
pub struct Options {
    /// Folder for job folders, logs and records; made with mode 0700 when missing. An existing
    /// one must belong to this user and, unless empty, be closed to others.
    pub scratch: PathBuf,
    /// TCP port on 127.0.0.1; 0 lets the system choose. Not used when `listener` is given.
    pub port: u16,
    /// A bound listener to serve on. Refused when its address is not loopback.
    pub listener: Option<TcpListener>,
    /// Factor on the delays of the job states (Creating 1 s, Queuing 2 s, EnvPreparing 3 s, stop
    /// grace 2 s). 1.0 is realistic, 0.01 suits tests.
    pub time_scale: f64,
    /// Length of one minute of `JobMaxRunningTimeMinutes` and `JobReservedMinutes`; 60 s unless a test shortens it.
    pub minute: Duration,
    /// A log line is readable only that long after it arrived.
    pub log_lag: Duration,
    /// ListJobs shows the state of the world that long ago.
    pub list_lag: Duration,
    /// What UpdateJob changes shows in GetJob and ListJobs only that long after it.
    pub update_lag: Duration,
    /// Whether ListJobs items carry `Pods` and `StatusHistory`.
    pub list_detail: bool,
    /// Which end of an overfull log window is kept.
    pub log_keep: LogKeep,
    /// Upper bound of `MaxLines`; larger wishes are lowered to it without a word.
    pub max_lines: usize,
    /// Bytes of a log line before it is cut with a mark.
    pub max_line_bytes: usize,
    /// Bytes of all lines of one GetPodLogs answer, with line feeds; what does not fit is left out
    /// at the end that is not kept.
    pub max_answer_bytes: usize,
    /// Calls per second over all operations before `Throttling.User`; no limit when absent.
    pub rate_limit: Option<f64>,
    /// GPUs that may run at the same time; further jobs stay in Queuing. No limit when absent.
    pub gpus: Option<u32>,
    /// The workspace of jobs that name none.
    pub workspace_id: String,
    /// The code sources that there are.
    pub code_sources: Vec<CodeSource>,
    /// When set, calls must carry this session token, as with temporary credentials.
    pub security_token: Option<String>,
    /// Rules in force from the first call on.
    pub faults: Vec<FaultRule>,
    /// Seed of the dice of rules with a probability; random when absent.
    pub seed: Option<u64>,
    /// The wall clock of the cloud.
    pub clock: Clock,
    /// Folders put in front of the jobs' `PATH`.
    pub path_prefix: Vec<PathBuf>,
    /// The `pai-emulator` program. When set, every pod runs below `pai-emulator guard`, in a
    /// session without terminal, and is killed when this process ends in any way, SIGKILL
    /// included. Without it, jobs outlive an emulator that had no time to kill them.
    pub guard: Option<PathBuf>,
}

impl Options {
    /// Realistic behaviour, no faults, any free port, files below `scratch`.
    #[must_use]
    pub fn new(scratch: impl Into<PathBuf>) -> Self {
        Self {
            scratch: scratch.into(),
            port: 0,
            listener: None,
            time_scale: 1.0,
            minute: Duration::from_secs(60),
            log_lag: Duration::ZERO,
            list_lag: Duration::ZERO,
            update_lag: Duration::ZERO,
            list_detail: false,
            log_keep: LogKeep::Tail,
            max_lines: 5000,
            max_line_bytes: 16 * 1024,
            max_answer_bytes: 8 * 1024 * 1024,
            rate_limit: None,
            gpus: None,
            workspace_id: "emulator".to_owned(),
            code_sources: vec![CodeSource::demo()],
            security_token: None,
            faults: Vec::new(),
            seed: None,
            clock: Clock::default(),
            path_prefix: Vec::new(),
            guard: None,
        }
    }

    /// As [`Options::new`], with delays a hundredth as long.
    #[must_use]
    pub fn fast(scratch: impl Into<PathBuf>) -> Self {
        Self {
            time_scale: 0.01,
            ..Self::new(scratch)
        }
    }

    /// A delay of `seconds` at scale 1.
    pub(crate) fn scaled(&self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds * self.time_scale).unwrap_or(Duration::ZERO)
    }
}
