//! The command line of `paictl logs`, and what it asks for.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{
    numbers::{self, ALL},
    since::Since,
};
use crate::{duration, error::CliError};

/// Show what a job prints, from the first line; with -f also what it will print.
///
/// With --grep it searches the logs that the daemon has stored, with --prune it drops them.
///
/// Lines go to stdout, everything else (what is waited for, gaps, attempts that began anew) to stderr. A follow may begin
/// before the job does, goes on over restarts of the daemon and of the pods, and ends with the job. Ctrl-C ends the follow,
/// never the job.
///
/// Lines of a job of several pods begin with the name of their pod. On a terminal colours stay; all other control sequences
/// are taken out, and of a line that was drawn over and over, as progress bars are, the last state is shown.
///
/// With --json a line is an object: job_id, pod_id, pod_uid, segment, attempt, number, line (counted from 1, as --from does; null
/// while an earlier part of the log is not read), second (null where it is unknown), text
/// and, where it was found later than its neighbours, late; of a search also match, which is false for neighbours.
#[derive(Debug, Default, Args)]
#[command(
    visible_alias = "log",
    override_usage = "paictl logs [OPTIONS] ID\n       paictl logs --grep REGEX [OPTIONS] <ID...|--all>\n       \
paictl logs --prune [--older-than TIME] [--dry-run] [ID...]\n       paictl logs <--keep|--no-keep> ID...",
    after_help = "Exit code: with -f that of the job's result, as `paictl wait` has it: 0 Succeeded, 10 Failed, 11 Stopped, 12 \
gone, and 141 when nobody read on and the job had not ended; without it 0 when the log was printed, whatever became of the job. With --grep 0 when a line matched, 1 when none \
did.\n\nExamples:\n  paictl logs @last                         all of the newest job, as far as it is now\n  \
paictl logs -f dlc1abc                    everything, until its end\n  \
paictl logs -f --tail 20 dlc1abc          the last 20 lines of each pod, and what follows\n  \
paictl logs --since 10m --timestamps dlc1abc\n  \
paictl logs --pod worker-0 -p dlc1abc     one pod, before it began anew\n  \
paictl logs --raw dlc1abc > train.log     byte for byte\n  \
paictl logs --grep 'loss=nan' -C 3 --all  every stored log\n  \
paictl logs --prune --older-than 30d      drop what got no line for 30 days"
)]
pub struct LogsArgs {
    /// The job: its id, name, a beginning of one of these (4 characters or more), or @last. Several with --grep, --prune
    /// and --keep.
    #[arg(value_name = "ID", value_parser = crate::commands::id)]
    pub(super) ids: Vec<String>,
    #[command(flatten)]
    pub(super) chosen: Chosen,
    #[command(flatten)]
    pub(super) read: Read,
    #[command(flatten)]
    pub(super) look: Look,
    #[command(flatten)]
    pub(super) search: Search,
    #[command(flatten)]
    pub(super) prune: Prune,
    #[command(flatten)]
    pub(super) keep: Keep,
}

/// Of which lines there is talk.
#[derive(Debug, Default, Args)]
#[group(id = "chosen")]
pub(super) struct Chosen {
    /// Only this pod: its id, the end of it such as worker-0, or a role. May be given several times.
    #[arg(long = "pod", value_name = "POD")]
    pub(super) pods: Vec<String>,
    /// Only pods of this role, such as Worker. May be given several times.
    #[arg(long = "role", value_name = "ROLE")]
    pub(super) roles: Vec<String>,
    /// Only lines that the cloud may have filed since then: 10m, 1h30m, 2d or 90 (seconds) ago, the last time that it was 12:03, or
    /// 2026-11-20T12:03:04Z (without Z: of this time zone).
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = super::since::parse)]
    pub(super) since: Option<Since>,
}

/// How far it is read.
#[derive(Debug, Default, Args)]
#[group(id = "read")]
pub(super) struct Read {
    /// Go on until the job ends; one that has not begun is waited for. The exit code is its result.
    #[arg(long, short, conflicts_with_all = ["previous", "stored"])]
    pub(super) follow: bool,
    /// Begin with the last N lines of each pod, not with the first; -1 is all of them.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = numbers::tail)]
    tail: Option<u64>,
    /// Begin with line N of the newest attempt of each pod, which --json tells as `line`.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = numbers::from_one, conflicts_with_all = ["tail", "since"])]
    pub(super) from: Option<u64>,
    /// Of each pod the attempt before its newest one.
    #[arg(long, short)]
    pub(super) previous: bool,
    /// Only what is stored; ask nothing of the cloud. A search with --all does so anyway.
    #[arg(long)]
    pub(super) stored: bool,
    /// The lines byte for byte as the backend gave them, without names of pods. Not for terminals. With --json it changes
    /// nothing.
    #[arg(long, conflicts_with = "look")]
    pub(super) raw: bool,
}

/// What stands before a line.
#[derive(Debug, Default, Args)]
#[group(id = "look", multiple = true)]
pub(super) struct Look {
    /// Begin each line with the time by which the cloud had filed it, exact to the interval between two looks at the log;
    /// `late` behind it: the line was found later than its neighbours.
    #[arg(long)]
    pub(super) timestamps: bool,
    /// Begin each line with the name of its pod: always (also true), never (also false), or auto, where there may be several.
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always", hide_possible_values = true)]
    pub(super) prefix: Option<Prefix>,
    /// The same as --prefix=never.
    #[arg(long, conflicts_with = "prefix")]
    pub(super) no_prefix: bool,
}

impl Look {
    /// Whether lines begin with the name of their pod.
    pub(super) fn prefix(&self) -> Prefix {
        match self.no_prefix {
            true => Prefix::Never,
            false => self.prefix.unwrap_or_default(),
        }
    }
}

/// Whether lines begin with the name of their pod.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Prefix {
    /// Where there may be several.
    #[default]
    Auto,
    /// On every line.
    #[value(alias = "true")]
    Always,
    /// On none.
    #[value(alias = "false")]
    Never,
}

/// Searching.
#[derive(Debug, Default, Args)]
#[group(id = "search")]
#[command(next_help_heading = "Search")]
pub(super) struct Search {
    /// Show the stored lines that match this regular expression (of the syntax of Rust's `regex`; ^ and $ are the ends of a
    /// line), the newest job first.
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true, conflicts_with_all = ["tail", "from", "previous", "raw"])]
    pub(super) grep: Option<String>,
    /// Take capital and small letters for the same.
    #[arg(long, short, requires = "grep")]
    pub(super) ignore_case: bool,
    /// Show N lines after each match too.
    #[arg(long, short = 'A', value_name = "N", requires = "grep", allow_negative_numbers = true, value_parser = numbers::around)]
    pub(super) after: Option<u32>,
    /// Show N lines before each match too.
    #[arg(long, short = 'B', value_name = "N", requires = "grep", allow_negative_numbers = true, value_parser = numbers::around)]
    pub(super) before: Option<u32>,
    /// Show N lines before and after each match.
    #[arg(long, short = 'C', value_name = "N", requires = "grep", allow_negative_numbers = true, value_parser = numbers::around)]
    pub(super) around: Option<u32>,
    /// Stop after N matches [default: 10000].
    #[arg(long, value_name = "N", requires = "grep", allow_negative_numbers = true, value_parser = numbers::from_one)]
    pub(super) max: Option<u64>,
    /// Search the logs of all jobs that are stored.
    #[arg(long, requires = "grep", conflicts_with = "ids")]
    pub(super) all: bool,
}

/// Dropping.
#[derive(Debug, Default, Args)]
#[group(id = "prune-options")]
#[command(next_help_heading = "Store")]
pub(super) struct Prune {
    /// Drop stored logs: those of the named jobs, whole; without a job what is over the limits of the settings.
    #[arg(long, conflicts_with_all = ["chosen", "read", "look", "search", "keep-options"])]
    pub(super) prune: bool,
    /// Also drop every log that got no line for so long: 7d, 12h.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, requires = "prune", conflicts_with = "ids", value_parser = duration::parse)]
    pub(super) older_than: Option<Duration>,
    /// Only tell what would be dropped.
    #[arg(long, requires = "prune")]
    pub(super) dry_run: bool,
    /// Do not ask. Without it you are asked on a terminal, where jobs are named.
    #[arg(long, short, requires = "prune")]
    pub(super) yes: bool,
}

/// Keeping.
#[derive(Debug, Default, Args)]
#[group(id = "keep-options")]
#[command(next_help_heading = "Store")]
pub(super) struct Keep {
    /// Keep the logs of all pods of the job, whatever the settings say.
    #[arg(long, conflicts_with_all = ["chosen", "read", "look", "search"])]
    pub(super) keep: bool,
    /// Do so no more.
    #[arg(long, conflicts_with_all = ["chosen", "read", "look", "search", "keep"])]
    pub(super) no_keep: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task<'a> {
    /// Show the log of this job.
    Read(&'a str),
    /// Search.
    Search(&'a str),
    /// Drop.
    Prune,
    /// Keep, or not any more.
    Keep(bool),
}

impl Read {
    /// So many last lines; `None` is all.
    pub(super) fn tail(&self) -> Option<u64> {
        self.tail.filter(|lines| *lines != ALL)
    }
}

impl LogsArgs {
    /// Follows one job from its first line.
    pub(super) fn following() -> Self {
        Self {
            read: Read {
                follow: true,
                ..Read::default()
            },
            ..Self::default()
        }
    }

    /// What they ask for.
    ///
    /// # Errors
    /// A usage error where the jobs are too few or too many for it.
    pub(super) fn task(&self) -> Result<Task<'_>, CliError> {
        if self.prune.prune {
            return Ok(Task::Prune);
        }
        if let Some(pattern) = &self.search.grep {
            return self.searches(pattern);
        }
        match self.ids.as_slice() {
            [] => Err(CliError::usage(
                "no job is named",
                "add its id, or @last for the newest; `paictl ls` lists the jobs",
            )),
            _ if self.keep.keep || self.keep.no_keep => Ok(Task::Keep(self.keep.keep)),
            [id] => Ok(Task::Read(id)),
            _ => Err(CliError::usage(
                "one log at a time is shown",
                "name one job; --grep searches several",
            )),
        }
    }

    fn searches<'a>(&self, pattern: &'a str) -> Result<Task<'a>, CliError> {
        match (self.read.follow, self.ids.is_empty(), self.search.all) {
            (true, ..) => Err(CliError::usage(
                "--grep searches what is stored, and -f shows what is to come",
                "`paictl logs -f ID | grep --line-buffered REGEX` shows the lines to come that match",
            )),
            (_, true, false) => Err(CliError::usage(
                "--grep names no job",
                "add ids, or --all for the stored logs of all jobs",
            )),
            _ => Ok(Task::Search(pattern)),
        }
    }
}
