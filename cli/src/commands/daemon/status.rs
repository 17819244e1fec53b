//! `paictl daemon status`

use std::time::Duration;

use pai_proto::ClientError;

use crate::{
    context::Context,
    error::CliError,
    exit::Exit,
    json::DaemonStatus,
    view::{self, clean},
};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let socket = context.socket()?;
    let client = match context.connect_to(&socket, Duration::ZERO).await {
        Ok(client) => client,
        Err(error @ CliError::Client(ClientError::Unreachable { .. })) => {
            match context.json {
                true => context
                    .out
                    .answer_json(&DaemonStatus::absent(&socket, &error)),
                false => {
                    context
                        .out
                        .answer(clean::line(&format!("not running: {error}")));
                    context.out.note(format_args!("hint: {}", error.hint()));
                }
            }
            return Ok(error.exit());
        }
        Err(other) => return Err(other),
    };
    for warning in &client.hello().warnings {
        context.out.warn(clean::line(warning));
    }
    let status = client.status().await?;
    if context.json {
        context.out.answer_json(&DaemonStatus::from(&status));
    } else {
        for line in view::daemon::lines(&status, context.now_ms()) {
            context.out.answer(line);
        }
    }
    Ok(Exit::Ok)
}
