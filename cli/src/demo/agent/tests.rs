use super::*;
use futures_util::StreamExt as _;
use tokio::io::{DuplexStream, ReadHalf, WriteHalf, duplex, split};

/// The far end: a server that says what the test says.
struct Server {
    input: Lines<BufReader<ReadHalf<DuplexStream>>>,
    output: WriteHalf<DuplexStream>,
}

impl Server {
    async fn read(&mut self) -> Value {
        let line = self.input.next_line().await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }

    async fn write(&mut self, message: Value) {
        let line = format!("{message}\n");
        self.output.write_all(line.as_bytes()).await.unwrap();
    }

    async fn result(&mut self, id: &Value, result: Value) {
        self.write(json!({ "jsonrpc": "2.0", "id": id, "result": result }))
            .await;
    }

    async fn progress(&mut self, token: &Value, text: &str) {
        let params = json!({ "progressToken": token, "progress": 1, "message": text });
        self.write(json!({
            "jsonrpc": "2.0", "method": "notifications/progress", "params": params,
        }))
        .await;
    }
}

type Near = Agent<ReadHalf<DuplexStream>, WriteHalf<DuplexStream>>;

async fn session() -> (Near, Server) {
    let (near, far) = duplex(1 << 16);
    let (input, output) = split(far);
    let mut server = Server {
        input: BufReader::new(input).lines(),
        output,
    };
    let (input, output) = split(near);
    let greeting = async {
        let hello = server.read().await;
        assert_eq!(hello["method"], "initialize");
        assert_eq!(hello["params"]["protocolVersion"], VERSION);
        server
            .write(json!({ "jsonrpc": "2.0", "method": "notifications/message" }))
            .await;
        let info = json!({ "protocolVersion": VERSION, "capabilities": { "tools": {} } });
        server.result(&hello["id"], info).await;
        let ready = server.read().await;
        assert_eq!(ready["method"], "notifications/initialized");
        assert_eq!(ready.get("id"), None);
    };
    let (agent, ()) = tokio::join!(Agent::open("agent 1", input, output), greeting);
    (agent.unwrap(), server)
}

fn waited(done: bool, status: &str) -> Heard {
    Heard::Answer(Waited {
        done,
        jobs: vec![WaitedJob {
            job_id: Some("dlc1".into()),
            status: Some(status.into()),
        }],
    })
}

fn content(done: bool, status: &str) -> Value {
    json!({
        "content": [{ "type": "text", "text": "…" }],
        "structuredContent": {
            "done": done,
            "jobs": [{ "job_id": "dlc1", "status": status, "name": "demo" }],
        },
    })
}

#[tokio::test]
async fn a_wait_hears_progress_and_asks_again_until_it_is_done() {
    let (agent, mut server) = session().await;
    let serving = async {
        let first = server.read().await;
        assert_eq!(first["method"], "tools/call");
        assert_eq!(first["params"]["name"], TOOL);
        assert_eq!(
            first["params"]["arguments"],
            json!({ "job_ids": ["dlc1"], "until": "terminal" })
        );
        let token = first["params"]["_meta"]["progressToken"].clone();
        server.progress(&token, "dlc1 Running").await;
        server.progress(&json!("another's"), "not ours").await;
        server
            .write(json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" }))
            .await;
        assert_eq!(server.read().await["result"], json!({}));
        server
            .write(json!({ "jsonrpc": "2.0", "id": "r", "method": "roots/list" }))
            .await;
        assert_eq!(server.read().await["error"]["code"], NO_METHOD);
        server.result(&first["id"], content(false, "Running")).await;
        let second = server.read().await;
        assert_ne!(second["id"], first["id"]);
        // A late word about the first call.
        server.progress(&token, "dlc1 Running").await;
        server
            .result(&second["id"], content(true, "Succeeded"))
            .await;
        server
    };
    let heard = agent.wait("dlc1".into()).take(3).collect::<Vec<_>>();
    let (heard, _server) = tokio::join!(heard, serving);
    let heard: Vec<_> = heard.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        heard,
        [
            Heard::Progress("dlc1 Running".into()),
            waited(false, "Running"),
            waited(true, "Succeeded"),
        ]
    );
}

/// While the demo goes on the agent stays: a server whose stdin closes ends, and that would end the demo.
#[tokio::test]
async fn after_the_end_the_session_stays_open() {
    let (agent, mut server) = session().await;
    let mut wait = Box::pin(agent.wait("dlc1".into()));
    let serving = async {
        let call = server.read().await;
        server.result(&call["id"], content(true, "Failed")).await;
    };
    let (heard, ()) = tokio::join!(wait.next(), serving);
    assert_eq!(heard.unwrap().unwrap(), waited(true, "Failed"));
    tokio::select! {
        biased;
        heard = wait.next() => panic!("{heard:?}"),
        line = server.input.next_line() => panic!("{line:?}"),
        () = tokio::task::yield_now() => {}
    }
    drop(wait);
    assert_eq!(server.input.next_line().await.unwrap(), None);
}

async fn failure(answer: impl AsyncFnOnce(&mut Server, Value)) -> String {
    let (agent, mut server) = session().await;
    let mut wait = Box::pin(agent.wait("dlc1".into()));
    let serving = async {
        let call = server.read().await;
        answer(&mut server, call["id"].clone()).await;
        drop(server);
    };
    let (heard, ()) = tokio::join!(wait.next(), serving);
    heard.unwrap().unwrap_err().to_string()
}

#[tokio::test]
async fn whatever_is_no_answer_is_told() {
    let refused = failure(async |server, id| {
        let content = json!([{ "type": "text", "text": "no job dlc1" }]);
        let result = json!({ "isError": true, "content": content });
        server.result(&id, result).await;
    });
    assert_eq!(
        refused.await,
        "agent 1 was refused by pai_job_wait: no job dlc1"
    );
    let unknown = failure(async |server, id| {
        let error = json!({ "code": NO_METHOD, "message": "no such tool" });
        server
            .write(json!({ "jsonrpc": "2.0", "id": id, "error": error }))
            .await;
    });
    assert!(unknown.await.contains("no such tool"));
    let strange = failure(async |server, id| server.result(&id, json!({})).await);
    assert!(
        strange
            .await
            .starts_with("agent 1 got no answer of pai_job_wait")
    );
    let noise = failure(async |server, _| {
        server.output.write_all(b"hello\n").await.unwrap();
    });
    assert!(
        noise
            .await
            .starts_with("agent 1 got a line that is no JSON")
    );
    let gone = failure(async |_, _| {});
    assert!(
        gone.await
            .starts_with("agent 1 lost the connection to pai-mcp")
    );
}
