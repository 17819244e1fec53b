//! What may be said of a job on the command line, the same for `submit` and `clone`.

use clap::{Args, builder::NonEmptyStringValueParser, value_parser};

/// The options.
#[derive(Debug, Default, Args)]
pub(crate) struct JobOptions {
    /// Profile of the settings; without it the one called `default`.
    #[arg(long, short, value_name = "PROFILE")]
    pub(super) profile: Option<String>,
    /// Branch of the settings' code source, in place of its default.
    #[arg(long, value_name = "BRANCH")]
    pub(super) code_branch: Option<String>,
    /// Commit of the settings' code source, in place of its default.
    #[arg(long, value_name = "COMMIT")]
    pub(super) code_commit: Option<String>,
    /// A variable of the job's environment. May be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) env: Vec<(String, String)>,
    /// The same with the value that KEY has in this environment. It is stored nowhere; such a job cannot be held.
    #[arg(long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    pub(super) secret_env: Vec<String>,
    /// 1 lowest to 9 highest.
    #[arg(long, value_name = "N", value_parser = value_parser!(i32).range(1..=9))]
    pub(super) priority: Option<i32>,
    /// Have the cloud stop the job after so many minutes of running.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(super) max_minutes: Option<u32>,
    /// In place of what the profile says: image, cpu, gpu, memory, sharedMemory, gpuType, podCount or ecsSpec of every role, or
    /// of one with its name in front (Worker.gpu=8); resourceId or description of the job.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) set: Vec<(String, String)>,
    /// A tag of the job in the cloud; `paictl ls --label` finds jobs by it.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) tag: Vec<(String, String)>,
    /// Label of the session that submits: the tag pai-session [default: PAI_SESSION].
    #[arg(long, value_name = "LABEL")]
    pub(super) session: Option<String>,
    /// Where there is no room, hold the job until there is, instead of refusing it.
    #[arg(long)]
    pub(super) queue: bool,
    /// Submits with the same KEY are one job, for 30 days.
    #[arg(long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    pub(super) key: Option<String>,
    /// Make another job, even if an equal one was submitted within the last 60 s.
    #[arg(long = "new", conflicts_with = "key")]
    pub(super) another: bool,
    /// Print the request and what would be decided of it; submit nothing. Exit code 1 where it would be refused.
    #[arg(long, conflicts_with_all = ["wait", "follow"])]
    pub(super) dry_run: bool,
    /// Wait until the job has ended, as `paictl wait` does.
    #[arg(long, conflicts_with = "follow")]
    pub(super) wait: bool,
    /// Follow the job's log, as `paictl logs -f` does; stdout has nothing but the log then.
    #[arg(long)]
    pub(super) follow: bool,
}

/// Reads `KEY=VALUE`.
///
/// # Errors
/// A sentence for clap to print.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("write KEY=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_everything_and_a_key_must_be_there() {
        let of = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(pair("A=b=c"), of("A", "b=c"));
        assert_eq!(pair("A="), of("A", ""));
        assert_eq!(pair("A=two words\n"), of("A", "two words\n"));
        for text in ["A", "=b", ""] {
            assert!(pair(text).is_err(), "{text}");
        }
    }
}
