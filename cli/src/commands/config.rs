//! `paictl config`

mod check;
mod get;
mod import;
mod migrate;
mod profile;
mod schema;
mod set;
mod told;
mod unset;
mod value;

use clap::{Args, Subcommand};

use crate::{context::Context, error::CliError, exit::Exit};

/// See and change the settings.
///
/// What is changed keeps comments and everything else of the file. Each change is checked before it is written, all of a
/// command or none, and told as `path: old → new`; with --dry-run it is only told. Credentials, the policy and the version are changed
/// in the file itself.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What to do with them.
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the settings in force, without any secret.
    Get,
    Set(set::SetArgs),
    Unset(unset::UnsetArgs),
    /// Read the files anew and say what is wrong with them: exit code 0 when they can be used, else 1.
    Check,
    Schema(schema::SchemaArgs),
    Migrate(migrate::MigrateArgs),
    Import(import::ImportArgs),
    Profile(profile::ProfileArgs),
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &ConfigArgs, context: &mut Context) -> Result<Exit, CliError> {
    match &args.verb {
        Verb::Get => get::run(context).await,
        Verb::Set(args) => set::run(args, context).await,
        Verb::Unset(args) => unset::run(args, context).await,
        Verb::Check => check::run(context).await,
        Verb::Schema(args) => schema::run(args, context).await,
        Verb::Migrate(args) => migrate::run(args, context).await,
        Verb::Import(args) => import::run(args, context).await,
        Verb::Profile(args) => profile::run(args, context).await,
    }
}

pub(super) use told::tell;
