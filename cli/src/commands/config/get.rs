//! `paictl config get`

use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json,
    view::{self, clean},
};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
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
