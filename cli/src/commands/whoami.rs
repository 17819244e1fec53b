//! `paictl whoami`

use clap::Args;

use crate::{context::Context, error::CliError, exit::Exit, json, view};

/// Who the key is, asked of the cloud.
#[derive(Debug, Args)]
pub struct WhoamiArgs {}

/// Runs it.
///
/// # Errors
/// See [`CliError`].
pub async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let who = context.connect().await?.whoami().await?;
    if context.json {
        context.out.answer_json(&json::WhoAmI::from(&who));
    } else {
        for line in view::config::who(&who) {
            context.out.answer(line);
        }
    }
    Ok(Exit::Ok)
}
