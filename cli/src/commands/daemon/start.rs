//! `paictl daemon start`

use std::time::Duration;

use pai_proto::ClientError;

use crate::{context::Context, error::CliError, exit::Exit, json::DaemonStarted, program};

pub(super) async fn run(context: &mut Context) -> Result<Exit, CliError> {
    let socket = context.socket()?;
    let answer = match context.connect_to(&socket, Duration::ZERO).await {
        Ok(client) => DaemonStarted {
            running: true,
            started: false,
            pid: client.hello().pid,
            socket: socket.display().to_string(),
        },
        Err(CliError::Client(ClientError::Unreachable { .. })) => start(context).await?,
        Err(other) => return Err(other),
    };
    if context.json {
        context.out.answer_json(&answer);
    } else {
        let verb = if answer.started {
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

async fn start(context: &Context) -> Result<DaemonStarted, CliError> {
    let search_path = (context.env)("PATH");
    let paid = program::find("paid", search_path.as_ref().map(|path| path.as_os_str()));
    let paid = paid.ok_or_else(|| CliError::Start {
        message: "the program `paid` is neither beside paictl nor on the PATH".into(),
        hint: "install paid and paictl into one folder".into(),
    })?;
    let log = program::log_file(&context.env)?;
    let ready = program::start_daemon(&paid, &log).await?;
    Ok(DaemonStarted {
        running: true,
        started: true,
        pid: ready.pid,
        socket: ready.socket.display().to_string(),
    })
}
