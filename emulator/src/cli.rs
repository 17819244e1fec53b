//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use pai_emulator::{FaultRule, LogKeep};

/// A PAI-DLC look-alike on loopback that runs jobs as local processes.
///
/// Whoever has the access key it makes at each start can run commands as you.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve until SIGTERM, SIGINT or SIGHUP, then kill all jobs and exit 0.
    ///
    /// Prints one line: READY http://127.0.0.1:PORT <path of emulator.json>
    Serve(ServeArgs),
    /// Train a small network on made-up data, as one of WORLD_SIZE ranks.
    ///
    /// RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT are read from the environment, as a
    /// PyTorchJob gives them.
    ExampleTrain(TrainArgs),
    /// Run a pod's command until it or the emulator ends.
    #[command(hide = true)]
    Guard(GuardArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// Program to run.
    pub(crate) program: OsString,
    /// Its arguments.
    #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
    pub(crate) args: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Folder for jobs, logs and records; by default a new one in the folder for temporary files,
    /// removed at the end.
    #[arg(long)]
    pub(crate) scratch: Option<PathBuf>,
    /// Factor on the delays between job states; 1 is realistic.
    #[arg(long, default_value_t = 1.0, value_parser = factor)]
    pub(crate) time_scale: f64,
    /// How long one minute of JobMaxRunningTimeMinutes and JobReservedMinutes is.
    #[arg(long, default_value = "60s", value_parser = duration)]
    pub(crate) minute: Duration,
    /// How late log lines become readable.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub(crate) log_lag: Duration,
    /// How far ListJobs is behind.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub(crate) list_lag: Duration,
    /// How late the effect of UpdateJob shows in GetJob and ListJobs.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub(crate) update_lag: Duration,
    /// ListJobs items carry Pods and StatusHistory.
    #[arg(long)]
    pub(crate) list_detail: bool,
    /// Which lines GetPodLogs keeps when a window holds more than MaxLines.
    #[arg(long, value_enum, default_value_t = Keep::Tail)]
    pub(crate) log_keep: Keep,
    /// Largest MaxLines.
    #[arg(long, default_value_t = 5000)]
    pub(crate) max_lines: usize,
    /// Bytes of a log line before it is cut.
    #[arg(long, default_value_t = 16 * 1024)]
    pub(crate) max_line_bytes: usize,
    /// Bytes of the lines of one GetPodLogs answer.
    #[arg(long, default_value_t = 8 * 1024 * 1024)]
    pub(crate) max_answer_bytes: usize,
    /// Calls per second before Throttling.User; unlimited when not given.
    #[arg(long, value_parser = factor)]
    pub(crate) rate_limit: Option<f64>,
    /// GPUs that may be in use at a time; unlimited when not given.
    #[arg(long)]
    pub(crate) gpus: Option<u32>,
    /// Workspace of jobs that name none.
    #[arg(long, default_value = "emulator")]
    pub(crate) workspace_id: String,
    /// Session token every call must carry.
    #[arg(long)]
    pub(crate) security_token: Option<String>,
    /// How far the cloud's clock is ahead of the machine's, in milliseconds.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) clock_offset_ms: i64,
    /// OPERATION:FAULT[:KEY=VALUE]…, e.g. CreateJob:cut_after:count=1 or *:throttle:p=0.1.
    ///
    /// Faults: throttle, throttle_no_header, server_error, truncated, cut_before, cut_after,
    /// unknown_status, slow, html, forbidden, refuse, no_effect (answered as if done: StopJob,
    /// UpdateJob, DeleteJob, UpdateCodeSource). Keys: p, count, skip, retry_after_ms, status,
    /// http_status, delay_ms, after, code, field.
    #[arg(long = "fault", value_name = "RULE")]
    pub(crate) faults: Vec<FaultRule>,
    /// Seed of the dice for faults with a probability.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// End when standard input closes.
    #[arg(long)]
    pub(crate) exit_with_stdin: bool,
    /// Leave the session of the terminal, whose end then is no end of the emulator.
    #[arg(long)]
    pub(crate) own_session: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// Updates to make.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) steps: u32,
    /// How long all steps together last, in seconds.
    #[arg(long, default_value_t = 6.0, value_parser = factor)]
    pub(crate) seconds: f64,
    /// Seed of data and first weights.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Learning rate of the first step.
    #[arg(long, default_value_t = 0.5)]
    pub(crate) learning_rate: f64,
    /// Seconds to wait for another rank.
    #[arg(long, default_value_t = 60.0, value_parser = factor)]
    pub(crate) timeout: f64,
    /// Number of this process.
    #[arg(long, env = "RANK", default_value_t = 0)]
    pub(crate) rank: u32,
    /// Number of processes.
    #[arg(long, env = "WORLD_SIZE", default_value_t = 1)]
    pub(crate) world_size: u32,
    /// Where rank 0 listens.
    #[arg(long, env = "MASTER_ADDR", default_value = "127.0.0.1")]
    pub(crate) master_addr: String,
    /// Where rank 0 listens.
    #[arg(long, env = "MASTER_PORT", default_value_t = 29500)]
    pub(crate) master_port: u16,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Keep {
    /// The oldest.
    Head,
    /// The newest.
    Tail,
}

impl From<Keep> for LogKeep {
    fn from(keep: Keep) -> Self {
        match keep {
            Keep::Head => Self::Head,
            Keep::Tail => Self::Tail,
        }
    }
}

/// `250ms`, `2s`, `1.5s` or `3m`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    found.ok_or_else(|| "expected a time like 250ms, 2s or 3m".to_owned())
}

fn factor(text: &str) -> Result<f64, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (0.0..=1e6).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1000000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["2", "s", "-1s", "2h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
