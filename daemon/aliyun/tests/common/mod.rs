//! A server that speaks bytes, and a transport toward it.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

pub(crate) mod signed;

use aliyun::{
    ApiPath, Credentials, Endpoint, Method, Priority, Request, TokenBucket, Transport,
    TransportOptions,
};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub(crate) const KEY_ID: &str = "LTAI5tTestKeyId000000";
pub(crate) const SECRET: &str = "the-test-secret";
pub(crate) const TOKEN: &str = "the/session+token==";
pub(crate) const CREATED: &str = r#"{"JobId":"dlcx","RequestId":"R-1"}"#;

/// What the server does with one connection, after it has read one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Write this and close.
    Answer(String),
    /// [`Step::Answer`] that is no text.
    Bytes(Vec<u8>),
    /// Write this and keep the connection open.
    Begin(String),
    /// Close without a word.
    Close,
    /// Keep the connection open and say nothing.
    Silence,
    /// Do not even read; keep the connection open.
    Stare,
}

/// An HTTP answer with the right length and further header lines.
pub(crate) fn answer(status: u16, headers: &[&str], body: &str) -> Step {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    Step::Answer(format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    ))
}

/// The body of a refusal.
pub(crate) fn refusal(code: &str) -> String {
    serde_json::json!({"Code": code, "Message": "m", "RequestId": "R"}).to_string()
}

pub(crate) struct Server {
    pub(crate) address: String,
    requests: mpsc::UnboundedReceiver<String>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Serves one connection per step, in order.
    pub(crate) async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, requests) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            for step in steps {
                let (mut stream, _) = listener.accept().await.unwrap();
                if !matches!(step, Step::Stare) {
                    sender.send(read_request(&mut stream).await).unwrap();
                }
                match step {
                    Step::Answer(text) => write(&mut stream, text.as_bytes()).await,
                    Step::Bytes(bytes) => write(&mut stream, &bytes).await,
                    Step::Begin(text) => {
                        stream.write_all(text.as_bytes()).await.unwrap();
                        open.push(stream);
                    }
                    Step::Close => drop(stream),
                    Step::Silence | Step::Stare => open.push(stream),
                }
            }
            // Keeps what is silent open until the test is over.
            std::future::pending::<()>().await;
        });
        Self {
            address,
            requests,
            task,
        }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::parse(&format!("http://{}", self.address)).unwrap()
    }

    /// The next request as it came over the wire.
    pub(crate) async fn request(&mut self) -> String {
        self.requests.recv().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) {
    // The other side may have given up already.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
}

/// Reads up to the end of the body, going by the content length.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= header(head, "content-length").map_or(0, |n| n.parse().unwrap())
        {
            return text;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await.unwrap() {
            0 => return text,
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}

/// A header of a request as it came over the wire.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

pub(crate) fn options() -> TransportOptions {
    let mut options = TransportOptions::default();
    options.timeout = Duration::from_secs(10);
    options
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new(KEY_ID, SECRET, Some(TOKEN.into()))
}

pub(crate) fn transport(options: TransportOptions) -> Arc<Transport> {
    let bucket = Arc::new(TokenBucket::new(1000.0, 100));
    Arc::new(Transport::new(credentials(), bucket, options).unwrap())
}

/// A request that changes something, as CreateJob does.
pub(crate) fn post(endpoint: &Endpoint) -> Request {
    let path = ApiPath::new(&["api", "v1", "jobs"]).unwrap();
    let mut request = Request::new(
        endpoint,
        "2020-12-03",
        "CreateJob",
        Method::POST,
        path,
        Priority::Interactive,
    );
    request.body = Some(Bytes::from_static(b"{\"DisplayName\":\"t\"}"));
    request
}
