//! The command line as a type. The doc comments are the help.

use clap::{Parser, Subcommand};
use pai_proto::context::Name;

use crate::commands::{
    audit::AuditArgs, clone::CloneArgs, codesource::CodesourceArgs, config::ConfigArgs,
    context::ContextArgs, daemon::DaemonArgs, delete::DeleteArgs, demo::DemoArgs,
    dump_job_specs::DumpJobSpecsArgs, get::GetArgs, help::HelpArgs, local::LocalArgs,
    logs::LogsArgs, ls::LsArgs, priority::PriorityArgs, publish::PublishArgs, stop::StopArgs,
    submit::SubmitArgs, wait::WaitArgs, whoami::WhoamiArgs,
};

/// Submit training jobs, wait for them, see what they do.
///
/// Without a command: the list of jobs. The work is done by the daemon `paid`; `paictl` asks it.
///
/// With --json, when the exit code is not 0 and stdout has no answer (the result of a job is one), the last line of
/// stderr is JSON: {"error": {"kind", "message", "hint", "request_id"}}. A wrong command line has the kind "usage".
#[derive(Debug, Parser)]
#[command(
    name = "paictl",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Print JSON instead of text (errors too, on stderr).
    #[arg(long, global = true)]
    pub json: bool,
    /// The settings that are meant: a name of `paictl context ls`.
    #[arg(long, global = true, value_name = "NAME", display_order = 990)]
    pub context: Option<Name>,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands. The help of each stands at its arguments.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "a comment here would replace the help that stands at the arguments"
)]
pub enum Command {
    Submit(SubmitArgs),
    Clone(CloneArgs),
    Ls(LsArgs),
    Get(GetArgs),
    Wait(WaitArgs),
    Logs(LogsArgs),
    Stop(StopArgs),
    Delete(DeleteArgs),
    Priority(PriorityArgs),
    Publish(PublishArgs),
    DumpJobSpecs(DumpJobSpecsArgs),
    Audit(AuditArgs),
    Config(ConfigArgs),
    Codesource(CodesourceArgs),
    Context(ContextArgs),
    Daemon(DaemonArgs),
    Whoami(WhoamiArgs),
    Local(LocalArgs),
    Demo(DemoArgs),
    Help(HelpArgs),
}

impl Default for Command {
    fn default() -> Self {
        Self::Ls(LsArgs::default())
    }
}
