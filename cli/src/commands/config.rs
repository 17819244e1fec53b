//! `paictl config`

use clap::{Args, Subcommand};

use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{self, clean},
};

/// See the settings.
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
}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(args: &ConfigArgs, context: &mut Context) -> Result<Exit, CliError> {
    let Verb::Get = args.verb;
    let config = context.connect().await?.config().await?;
    for warning in &config.warnings {
        context.out.warn(clean::line(warning));
    }
    if context.json {
        context.out.answer_json(&json::Config::from(&config));
    } else {
        for line in view::config::lines(&config) {
            context.out.answer(line);
        }
    }
    Ok(Exit::Ok)
}
