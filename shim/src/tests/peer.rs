//! A client that talks to the server in lines.

use std::{collections::HashMap, io, path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, duplex},
    task::JoinHandle,
};

use crate::{
    origin::{Env, Origin},
    server,
};

/// Nothing in these tests takes that long unless it is broken, not even the longest call on a clock that is paused.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// What a request of the newest protocol brings with it.
pub(super) fn modern_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "peer", "version": "1"},
    })
}

/// An environment with these variables, in which no daemon is started.
pub(super) fn env<const N: usize>(pairs: [(&str, PathBuf); N]) -> Env {
    let mut map: HashMap<String, PathBuf> =
        pairs.map(|(key, value)| (key.to_owned(), value)).into();
    map.insert("PAI_NO_AUTOSTART".into(), "1".into());
    Arc::new(move |key| map.get(key).cloned())
}

/// One client and its server.
pub(super) struct Peer {
    input: Option<DuplexStream>,
    output: Lines<BufReader<DuplexStream>>,
    served: JoinHandle<io::Result<()>>,
    requests: u64,
}

impl Peer {
    /// Starts a server in this environment, in no folder.
    pub(super) fn start(env: Env) -> Self {
        Self::start_at(Origin {
            env,
            named: None,
            folder: None,
        })
    }

    /// Starts a server there.
    pub(super) fn start_at(origin: Origin) -> Self {
        let (input, server_input) = duplex(1 << 20);
        let (server_output, output) = duplex(1 << 20);
        Self {
            input: Some(input),
            output: BufReader::new(output).lines(),
            served: tokio::spawn(server::serve(server_input, server_output, origin)),
            requests: 0,
        }
    }

    /// The same, and shakes hands.
    pub(super) async fn open(env: Env) -> Self {
        let mut peer = Self::start(env);
        peer.shake_hands("2025-11-25").await;
        peer
    }

    /// The answer of the handshake.
    pub(super) async fn shake_hands(&mut self, version: &str) -> Value {
        let params = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": {"name": "peer", "version": "1"},
        });
        let answer = self.ask("initialize", params).await;
        self.notify("notifications/initialized", json!({})).await;
        answer
    }

    async fn send(&mut self, message: Value) {
        let input = self.input.as_mut().expect("the input is open");
        let line = format!("{message}\n");
        input
            .write_all(line.as_bytes())
            .await
            .expect("the server reads");
    }

    /// Sends a request; its id.
    pub(super) async fn request(&mut self, method: &str, params: Value) -> u64 {
        self.requests += 1;
        let id = self.requests;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(message).await;
        id
    }

    /// Sends a notification.
    pub(super) async fn notify(&mut self, method: &str, params: Value) {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        self.send(message).await;
    }

    /// Begins the call of a tool, with progress; the id of the request.
    pub(super) async fn begin(&mut self, tool: &str, arguments: Value) -> u64 {
        let token = self.requests + 1;
        let params = json!({
            "name": tool, "arguments": arguments, "_meta": {"progressToken": token},
        });
        self.request("tools/call", params).await
    }

    /// The next message of the server.
    pub(super) async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(LIMIT, self.output.next_line()).await;
        let line = line.expect("the server says something in time");
        let line = line
            .expect("the output can be read")
            .expect("the server is there");
        serde_json::from_str(&line).expect("a line is a message")
    }

    /// The answer to a request, and the messages before it.
    pub(super) async fn answer(&mut self, id: u64) -> (Value, Vec<Value>) {
        let mut before = Vec::new();
        loop {
            let message = self.next().await;
            if message["id"] == id && message.get("method").is_none() {
                return (message, before);
            }
            before.push(message);
        }
    }

    /// Asks and waits for the answer.
    pub(super) async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params).await;
        self.answer(id).await.0
    }

    /// Calls a tool; its result.
    pub(super) async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let id = self.begin(tool, arguments).await;
        self.answer(id).await.0["result"].clone()
    }

    /// Calls a tool that succeeds; its structured answer.
    pub(super) async fn record(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        result["structuredContent"].clone()
    }

    /// Calls a tool that fails; the text.
    pub(super) async fn failure(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        text(&result)
    }

    /// Ends the input.
    pub(super) fn close(&mut self) {
        self.input = None;
    }

    /// Ends the input and waits for the end of the server; what it still said.
    pub(super) async fn finish(mut self) -> Vec<Value> {
        self.close();
        let mut rest = Vec::new();
        let reading = async {
            while let Some(line) = self
                .output
                .next_line()
                .await
                .expect("the output can be read")
            {
                rest.push(serde_json::from_str(&line).expect("a line is a message"));
            }
            self.served.await.expect("no panic").expect("a regular end");
        };
        let ended = tokio::time::timeout(LIMIT, reading).await;
        ended.expect("the server ends in time");
        rest
    }
}

/// The text of a result.
pub(super) fn text(result: &Value) -> String {
    let text = result["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("no text: {result}"))
        .to_owned()
}
