//! `paictl daemon stop`

use std::{path::Path, time::Duration};

use pai_proto::ClientError;
use tokio::net::UnixStream;

use crate::{context::Context, error::CliError, exit::Exit, json::DaemonStopped};

/// How long the daemon may take to leave.
const LIMIT: Duration = Duration::from_secs(5);
/// Pause between two tries of the socket.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let socket = context.socket()?;
    let pid = match context.connect_to(&socket, Duration::ZERO).await {
        Ok(client) => {
            let pid = client.shutdown().await?.pid;
            // A connection of ours must not be what it waits for.
            drop(client);
            until_gone(&socket, pid).await?;
            Some(pid)
        }
        Err(CliError::Client(ClientError::Unreachable { .. })) => None,
        Err(other) => return Err(other),
    };
    match (context.json, pid) {
        (true, pid) => context.out.answer_json(&DaemonStopped {
            running: false,
            stopped: pid.is_some(),
            pid,
        }),
        (false, Some(pid)) => context.out.answer(format_args!("stopped, pid {pid}")),
        (false, None) => context.out.answer("no daemon was running"),
    }
    Ok(Exit::Ok)
}

async fn until_gone(socket: &Path, pid: u32) -> Result<(), CliError> {
    let gone = async {
        while UnixStream::connect(socket).await.is_ok() {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.map_err(|_| {
        CliError::other(
            format!(
                "the daemon (pid {pid}) still answers {} s after it was asked to leave",
                LIMIT.as_secs()
            ),
            format!("look at its log, or end it with `kill {pid}`"),
        )
    })
}
