//! `paictl daemon start`

use std::path::Path;

use pai_proto::ClientError;

use super::silent::explained;
use crate::{
    context::{Context, HANDSHAKE, PATIENCE, answered},
    error::CliError,
    exit::Exit,
    json::DaemonStarted,
    program,
};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let socket = context.socket()?;
    let (client, started) = match context.connect_any(&socket).await {
        Ok(client) => match client.incompatible() {
            Some(error) => return Err(error.into()),
            None => (client, false),
        },
        Err(CliError::Client(ClientError::Unreachable { .. })) => {
            (start(context, &socket).await?, true)
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
    Ok(Exit::Ok)
}

async fn start(context: &Context, socket: &Path) -> Result<pai_proto::Client, CliError> {
    let search_path = (context.env)("PATH");
    let paid = program::find("paid", search_path.as_ref().map(|path| path.as_os_str()));
    let paid = paid.ok_or_else(|| CliError::Start {
        message: "the program `paid` is neither beside paictl nor on the PATH".into(),
        hint: "install paid and paictl into one folder".into(),
    })?;
    let log = program::log_file(&context.env)?;
    program::start_daemon(&paid, &log).await?;
    let options = context.options(socket, PATIENCE)?;
    let connected = pai_proto::Client::connect(options);
    answered(socket, PATIENCE + HANDSHAKE, connected).await
}
