//! An agent as the demo plays one: a `pai-mcp` process, and the few messages of MCP that it takes to wait through it.

use std::{
    fmt::Display,
    future::pending,
    io::{self, ErrorKind},
};

use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, Lines,
};

use super::cloud::KEEP;
use crate::error::CliError;

/// The version of MCP that it speaks.
const VERSION: &str = "2025-11-25";
/// The tool that waits.
const TOOL: &str = "pai_job_wait";
/// JSON-RPC: no such method.
const NO_METHOD: i32 = -32601;

/// One end of a session. Dropping it closes the server's stdin, which is the word to leave.
#[derive(Debug)]
pub struct Agent<R, W> {
    name: &'static str,
    input: Lines<BufReader<R>>,
    output: W,
    /// Id of the newest request, and token of its progress.
    last: u64,
}

/// What an agent hears while it waits.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Progress of its call, for people.
    Progress(String),
    /// The answer of its call.
    Answer(Waited),
}

/// The answer of the tool.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Waited {
    /// There is nothing left to wait for.
    pub done: bool,
    /// The jobs, as they are now.
    #[serde(default)]
    pub jobs: Vec<WaitedJob>,
}

/// A job of the answer.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct WaitedJob {
    /// The backend's id.
    #[serde(default)]
    pub job_id: Option<String>,
    /// The backend's word.
    #[serde(default)]
    pub status: Option<String>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Agent<R, W> {
    /// Opens a session.
    ///
    /// # Errors
    /// When the server does not answer as a server of MCP does.
    pub async fn open(name: &'static str, input: R, output: W) -> Result<Self, CliError> {
        let mut agent = Self {
            name,
            input: BufReader::new(input).lines(),
            output,
            last: 0,
        };
        let hello = json!({
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": { "name": "paictl demo", "version": env!("CARGO_PKG_VERSION") },
        });
        agent.request("initialize", hello).await?;
        while let Message::Progress(_) = agent.message().await? {}
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        agent.send(&ready).await?;
        Ok(agent)
    }

    /// Waits until a job has ended; asks again as long as the answer says that it has not. Stays silent after the end.
    pub fn wait(self, job_id: String) -> impl Stream<Item = Result<Heard, CliError>> {
        enum Now {
            Ask,
            Listen,
            End,
        }
        stream::unfold((self, Now::Ask), move |(mut agent, now)| {
            let job_id = job_id.clone();
            async move {
                let asked = match now {
                    Now::Ask => agent.ask(&job_id).await,
                    Now::Listen => Ok(()),
                    Now::End => pending().await,
                };
                let heard = match asked {
                    Ok(()) => agent.hear().await,
                    Err(error) => Err(error),
                };
                let next = match &heard {
                    Ok(Heard::Progress(_)) => Now::Listen,
                    Ok(Heard::Answer(waited)) if !waited.done => Now::Ask,
                    Ok(Heard::Answer(_)) | Err(_) => Now::End,
                };
                Some((heard, (agent, next)))
            }
        })
    }

    async fn ask(&mut self, job_id: &str) -> Result<(), CliError> {
        let call = json!({
            "name": TOOL,
            "arguments": { "job_ids": [job_id], "until": "terminal" },
            "_meta": { "progressToken": self.last + 1 },
        });
        self.request("tools/call", call).await
    }

    async fn hear(&mut self) -> Result<Heard, CliError> {
        let answer = match self.message().await? {
            Message::Progress(text) => return Ok(Heard::Progress(text)),
            Message::Result(answer) => answer,
        };
        if answer["isError"] == true {
            let text = answer["content"][0]["text"].as_str().unwrap_or("an error");
            return Err(self.wrong(format_args!("was refused by {TOOL}: {text}")));
        }
        serde_json::from_value(answer["structuredContent"].clone())
            .map(Heard::Answer)
            .map_err(|error| self.wrong(format_args!("got no answer of {TOOL}: {error}")))
    }

    /// The next message of the call that is in progress. Questions of the server are answered on the way.
    async fn message(&mut self) -> Result<Message, CliError> {
        loop {
            let line = self.input.next_line().await;
            let line = line.and_then(|line| line.ok_or_else(|| ErrorKind::UnexpectedEof.into()));
            let line = line.map_err(|error| self.broken(&error))?;
            let message: Value = serde_json::from_str(&line)
                .map_err(|error| self.wrong(format_args!("got a line that is no JSON: {error}")))?;
            match (message["method"].as_str(), &message["id"]) {
                (Some("notifications/progress"), _) => {
                    let params = &message["params"];
                    if params["progressToken"] == self.last {
                        let text = params["message"].as_str().unwrap_or_default();
                        return Ok(Message::Progress(text.to_owned()));
                    }
                }
                (Some(_), Value::Null) => {}
                (Some(method), id) => {
                    let answer = answer(method, id);
                    self.send(&answer).await?;
                }
                (None, id) if *id == self.last => {
                    return match message.get("error") {
                        Some(error) => Err(self.wrong(format_args!("was refused: {error}"))),
                        None => Ok(Message::Result(message["result"].clone())),
                    };
                }
                (None, _) => {}
            }
        }
    }

    async fn request(&mut self, method: &str, params: Value) -> Result<(), CliError> {
        self.last += 1;
        let id = self.last;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send(&request).await
    }

    async fn send(&mut self, message: &Value) -> Result<(), CliError> {
        let line = format!("{message}\n");
        let sent = self.output.write_all(line.as_bytes()).await;
        sent.and(self.output.flush().await)
            .map_err(|error| self.broken(&error))
    }

    fn broken(&self, error: &io::Error) -> CliError {
        self.wrong(format_args!("lost the connection to pai-mcp: {error}"))
    }

    fn wrong(&self, what: impl Display) -> CliError {
        CliError::other(format!("{} {what}", self.name), KEEP)
    }
}

/// What a server says of a call.
enum Message {
    Progress(String),
    Result(Value),
}

/// The answer to a question of the server: it may ask whether we are there, and nothing else.
fn answer(method: &str, id: &Value) -> Value {
    match method {
        "ping" => json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
        _ => json!({
            "jsonrpc": "2.0",
            "id": id,
            "error": { "code": NO_METHOD, "message": format!("no method {method}") },
        }),
    }
}

#[cfg(test)]
mod tests;
