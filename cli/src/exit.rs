//! Exit codes: pure, and the same for every command.

use pai_proto::{
    ClientError,
    v1::{ErrorKind, Job, Phase, WaitEnded, WaitResult},
};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or the job succeeded.
    Ok = 0,
    /// Any failure without a code of its own, and a search that finds nothing.
    Error = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Not logged in, or not allowed.
    Auth = 4,
    /// No such job, pod or profile.
    NotFound = 5,
    /// The daemon is unreachable or incompatible.
    Daemon = 6,
    /// The job failed.
    Failed = 10,
    /// The job was stopped.
    Stopped = 11,
    /// The job is gone, or its result is unknown.
    Gone = 12,
    /// The wait timed out.
    TimedOut = 124,
    /// SIGHUP.
    HungUp = 129,
    /// Ctrl-C.
    Interrupted = 130,
    /// Nobody reads the log that is followed any more, and the job goes on: the code of a program that SIGPIPE ended.
    ReaderLeft = 141,
    /// SIGTERM.
    Terminated = 143,
}

/// The help topic.
pub const TOPIC: &str = "\
Exit codes:
    0  done; for `wait`: the condition is met, by default that every job Succeeded; for `logs -f`: the
       job Succeeded; for `logs --grep`: a line matched
    1  another error; for `wait --for STATUS`: a job ended without reaching it; with --for log:/REGEX/:
       one Succeeded without such a line; for `logs --grep`: no line matched
    2  the command line is wrong
    4  not logged in, or forbidden
    5  not found
    6  the daemon is unreachable or incompatible
   10  a job Failed
   11  a job was Stopped (and none failed)
   12  a job is gone, or ended with an unknown result (and none failed or was stopped)
  124  the wait timed out
  129  SIGHUP: the terminal is gone; jobs are untouched
  130  Ctrl-C; jobs are untouched
  141  nobody reads the output of `logs -f` or `submit --follow` any more, and the job has not ended
  143  SIGTERM; jobs are untouched

With --json, when the code is not 0 and stdout has no answer (the result of a job is one), the last
line of stderr is JSON: {\"error\": {\"kind\", \"message\", \"hint\", \"request_id\"}}.";

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code of a failed call.
    pub fn of_error(error: &ClientError) -> Self {
        match error {
            ClientError::Refused(detail) => match detail.kind() {
                ErrorKind::Auth | ErrorKind::Permission => Self::Auth,
                ErrorKind::NotFound => Self::NotFound,
                _ => Self::Error,
            },
            ClientError::Unreachable { .. }
            | ClientError::NoAutostart { .. }
            | ClientError::Start { .. }
            | ClientError::Silent { .. }
            | ClientError::Broken(_)
            | ClientError::Incompatible { .. }
            | ClientError::TooOld(_) => Self::Daemon,
            ClientError::Protocol(_) => Self::Error,
        }
    }

    /// The code of an ended job. One that is not known any more is gone.
    pub fn of_job(job: Option<&Job>) -> Self {
        match job.map(|job| (job.phase(), job.result_unknown)) {
            Some((_, true)) | None => Self::Gone,
            Some((Phase::Succeeded, _)) => Self::Ok,
            Some((Phase::Failed, _)) => Self::Failed,
            Some((Phase::Stopped, _)) => Self::Stopped,
            Some(_) => Self::Gone,
        }
    }

    /// The code of an ended wait.
    pub fn of_wait(target: &Target, ended: &WaitEnded) -> Self {
        if ended.timed_out && !ended.met {
            return Self::TimedOut;
        }
        match (target, ended.met) {
            (Target::Running | Target::Status(_) | Target::Line(_), true) => Self::Ok,
            (Target::Status(_), false) => Self::Error,
            (Target::Terminal, true) => Self::worst(ended.results.iter().filter(|r| r.reached)),
            (Target::Terminal, false) => {
                Self::worst(ended.results.iter().filter(|r| r.unreachable || r.reached))
                    .or(Self::Error)
            }
            // One that was reached may still run, which is no end.
            (Target::Running | Target::Line(_), false) => {
                Self::worst(ended.results.iter().filter(|r| r.unreachable)).or(Self::Error)
            }
        }
    }

    /// Failed before stopped before gone before succeeded.
    fn worst<'a>(results: impl Iterator<Item = &'a WaitResult>) -> Self {
        let rank = |exit: &Self| match exit {
            Self::Failed => 3,
            Self::Stopped => 2,
            Self::Gone => 1,
            _ => 0,
        };
        results
            .map(|result| Self::of_job(result.job.as_ref()))
            .max_by_key(rank)
            .unwrap_or(Self::Gone)
    }

    /// This one, or `other` where this one means success.
    fn or(self, other: Self) -> Self {
        if self == Self::Ok { other } else { self }
    }
}

/// What a wait is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Any end.
    Terminal,
    /// Running, or later.
    Running,
    /// The backend's own word.
    Status(String),
    /// A line of its log: the pattern for the daemon.
    Line(String),
}

#[cfg(test)]
mod tests;
