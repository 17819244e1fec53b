//! A `pai-mcp` process and the messages that it sends: JSON-RPC, one message per line.

use std::{
    fs::{self, OpenOptions},
    path::PathBuf,
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{cli::command, programs::programs, until::within, world::World};

/// A server that runs, and its client. Dropping it kills it.
#[derive(Debug)]
pub struct Mcp {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    stderr: PathBuf,
    requests: u64,
}

/// The answer to a request, and what came before it.
#[derive(Debug)]
pub struct Answered {
    /// The answer: `result` or `error`.
    pub message: Value,
    /// Other messages, in order.
    pub before: Vec<Value>,
}

impl Answered {
    /// What was told as progress.
    pub fn progress(&self) -> Vec<&str> {
        self.before.iter().filter_map(told).collect()
    }

    /// The structured answer of a tool that succeeded.
    ///
    /// # Panics
    /// When it is none.
    pub fn record(&self) -> &Value {
        let result = &self.message["result"];
        assert_eq!(result["isError"], false, "{}", self.message);
        &result["structuredContent"]
    }

    /// The text of a tool.
    ///
    /// # Panics
    /// When there is none.
    pub fn text(&self) -> &str {
        let text = self.message["result"]["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text: {}", self.message))
    }
}

impl Mcp {
    /// Starts one in this world that starts no daemon.
    pub fn start(world: &World) -> Self {
        Self::spawn(world, command(world, &programs().mcp))
    }

    /// Starts one that starts the daemon where none serves: hold a [`crate::processes::Strays`] of this world.
    pub fn start_alone(world: &World) -> Self {
        let mut command = command(world, &programs().mcp);
        command.env_remove("PAI_NO_AUTOSTART");
        Self::spawn(world, command)
    }

    /// Starts any such command.
    ///
    /// # Panics
    /// When it cannot be run.
    pub fn spawn(world: &World, mut command: Command) -> Self {
        let stderr = world.path("pai-mcp.stderr");
        let log = OpenOptions::new().append(true).create(true).open(&stderr);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.expect("a log file"))
            .kill_on_drop(true)
            .spawn()
            .expect("pai-mcp can be run");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        Self {
            stdin: child.stdin.take(),
            lines: BufReader::new(stdout).lines(),
            child,
            stderr,
            requests: 0,
        }
    }

    /// Starts one and shakes hands.
    pub async fn open(world: &World) -> Self {
        let mut mcp = Self::start(world);
        mcp.shake_hands().await;
        mcp
    }

    /// Opens a session; the server's answer.
    pub async fn shake_hands(&mut self) -> Value {
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "pai-tests", "version": "1"},
        });
        let id = self.request("initialize", params).await;
        let answered = self.answer(id).await;
        self.notify("notifications/initialized", json!({})).await;
        answered.message["result"].clone()
    }

    /// Sends a request; its id.
    pub async fn request(&mut self, method: &str, params: Value) -> u64 {
        self.requests += 1;
        let id = self.requests;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
        id
    }

    /// Sends a notification.
    pub async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await;
    }

    async fn send(&mut self, message: Value) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        let line = format!("{message}\n");
        let sent = within("a message to pai-mcp", stdin.write_all(line.as_bytes())).await;
        sent.expect("pai-mcp reads");
    }

    /// Begins the call of a tool, with progress; the request's id.
    pub async fn begin(&mut self, tool: &str, arguments: Value) -> u64 {
        let token = self.requests + 1;
        let meta = json!({"progressToken": token});
        let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
        self.request("tools/call", params).await
    }

    /// The next message.
    ///
    /// # Panics
    /// When none comes, or when there is anything on stdout that is no message.
    pub async fn next(&mut self) -> Value {
        let line = within("a message of pai-mcp", self.lines.next_line()).await;
        let line = line.expect("stdout can be read");
        let line = line.unwrap_or_else(|| panic!("pai-mcp has ended: {}", self.log()));
        message(&line)
    }

    /// The answer to a request.
    pub async fn answer(&mut self, id: u64) -> Answered {
        let mut before = Vec::new();
        loop {
            let message = self.next().await;
            if message["id"] == id && message.get("method").is_none() {
                return Answered { message, before };
            }
            before.push(message);
        }
    }

    /// Calls a tool and waits for the answer.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Answered {
        let id = self.begin(tool, arguments).await;
        self.answer(id).await
    }

    /// Reads up to a message of progress that contains `part`.
    pub async fn says(&mut self, part: &str) -> String {
        loop {
            let message = self.next().await;
            if let Some(told) = told(&message).filter(|told| told.contains(part)) {
                return told.to_owned();
            }
        }
    }

    /// What it wrote to stderr, and those before it in this world.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Its process.
    ///
    /// # Panics
    /// When it has ended.
    pub fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        pid.and_then(Pid::from_raw).expect("it runs")
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When it has ended.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it can be signalled");
    }

    /// Closes stdin.
    pub fn close(&mut self) {
        self.stdin = None;
    }

    /// Waits for its end; what it still said.
    ///
    /// # Panics
    /// When it does not end, or when there is anything on stdout that is no message.
    pub async fn ended(mut self) -> (ExitStatus, Vec<Value>) {
        let ending = async {
            let mut rest = Vec::new();
            while let Some(line) = self.lines.next_line().await.expect("stdout can be read") {
                rest.push(message(&line));
            }
            (self.child.wait().await.expect("a child"), rest)
        };
        within("the end of pai-mcp", ending).await
    }
}

fn message(line: &str) -> Value {
    let message = serde_json::from_str(line).ok();
    let message: Option<Value> = message.filter(|message: &Value| message["jsonrpc"] == "2.0");
    message.unwrap_or_else(|| panic!("stdout has a line that is no message: {line}"))
}

fn told(message: &Value) -> Option<&str> {
    let progress = message["method"] == "notifications/progress";
    message["params"]["message"].as_str().filter(|_| progress)
}
