//! `paictl daemon status`

use pai_proto::ClientError;

use super::silent::explained;
use crate::{
    context::{Context, HANDSHAKE, answered},
    error::CliError,
    exit::Exit,
    json::DaemonStatus,
    view::{self, clean},
};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let socket = context.socket()?;
    let asked = async {
        let client = context.connect_any(&socket).await?;
        let status = answered(&socket, HANDSHAKE, client.status()).await?;
        Ok((client, status))
    };
    let (client, status) = match asked.await {
        Ok(answer) => answer,
        Err(error) => return absent(explained(error, context), context),
    };
    context.warn_of(&client);
    if let Some(error) = client.incompatible() {
        context.out.warn(clean::line(&error.to_string()));
        context.out.note(format_args!("hint: {}", error.hint()));
    }
    if context.json {
        context.out.answer_json(&DaemonStatus::from(&status));
    } else {
        for line in view::daemon::lines(&status, context.now_ms()) {
            context.out.answer(line);
        }
    }
    Ok(Exit::Ok)
}

/// Nobody answers, which is an answer to this question.
fn absent(error: CliError, context: &mut Context) -> Result<Exit, CliError> {
    let word = match error {
        CliError::Client(ClientError::Unreachable { .. }) => "not running",
        CliError::Client(ClientError::Silent { .. }) | CliError::Silent { .. } => "does not answer",
        other => return Err(other),
    };
    match context.json {
        true => {
            let answer = DaemonStatus::absent(&context.socket()?, &error);
            context.out.answer_json(&answer);
        }
        false => {
            context.out.answer(clean::line(&format!("{word}: {error}")));
            context.out.note(format_args!("hint: {}", error.hint()));
        }
    }
    Ok(error.exit())
}
