//! `paictl daemon start`

use std::path::Path;

use pai_proto::{
    Client, ClientError,
    start::{self, IDLE_EXIT, Started},
};

use super::silent::explained;
use crate::{
    context::{Context, HANDSHAKE, PATIENCE, answered},
    error::CliError,
    exit::Exit,
    json::DaemonStarted,
};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let socket = context.socket()?;
    let Started { client, started } = match context.connect_any(&socket).await {
        Ok(client) => match client.incompatible() {
            Some(error) => return Err(error.into()),
            None => Started {
                client,
                started: false,
            },
        },
        Err(CliError::Client(ClientError::Unreachable { .. })) => {
            let options = context.options(&socket, PATIENCE)?;
            start::by_hand(&options, &context.starter()).await?
        }
        Err(other) => return Err(explained(other, context)),
    };
    context.warn_of(&client);
    let answer = DaemonStarted {
        running: true,
        started,
        pid: client.hello().pid,
        socket: socket.display().to_string(),
    };
    if context.json {
        context.out.answer_json(&answer);
    } else {
        let verb = if started {
            "started"
        } else {
            "already running"
        };
        let DaemonStarted { pid, socket, .. } = &answer;
        context
            .out
            .answer(format_args!("{verb}, pid {pid}, socket {socket}"));
    }
    if !started && leaves_by_itself(&client, &socket).await {
        context.out.note(format_args!(
            "a command started it, so it leaves after {} min without work; for one that stays: `paictl daemon stop`, \
             then `paictl daemon start`",
            IDLE_EXIT.as_secs() / 60
        ));
    }
    Ok(Exit::Ok)
}

/// Whoever starts a daemon by hand wants one that stays. One that does not tell is not asked again.
async fn leaves_by_itself(client: &Client, socket: &Path) -> bool {
    let status = answered(socket, HANDSHAKE, client.status()).await;
    status.is_ok_and(|status| status.auto_started)
}
