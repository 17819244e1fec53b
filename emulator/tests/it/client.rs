//! A client of few lines: it signs, sends bytes, reads bytes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use pai_emulator::{Clock, Control, Emulator, JobView, Options, Status};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Nothing in these tests takes that long unless it is broken.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// An emulator in a scratch folder of its own and a client with its key.
pub(crate) struct Setup {
    pub(crate) client: Client,
    pub(crate) control: Control,
    pub(crate) emulator: Emulator,
    pub(crate) scratch: TempDir,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let mut options = Options::fast(scratch.path());
        change(&mut options);
        let emulator = Emulator::start(options).await.unwrap();
        let control = emulator.control();
        let client = Client {
            addr: emulator.addr(),
            key: emulator.access_key_id().to_owned(),
            secret: emulator.access_key_secret().to_owned(),
            clock: control.clock(),
        };
        Self {
            client,
            control,
            emulator,
            scratch,
        }
    }

    /// A job of one worker.
    pub(crate) async fn submit(&self, command: &str) -> String {
        self.submit_named("job", command).await
    }

    pub(crate) async fn submit_named(&self, name: &str, command: &str) -> String {
        self.client.create(&body(name, command)).await
    }

    /// A job that has run to its end.
    pub(crate) async fn finished(&self, command: &str) -> JobView {
        let id = self.submit(command).await;
        self.end_of(&id).await
    }

    pub(crate) async fn end_of(&self, job_id: &str) -> JobView {
        self.control
            .wait_final(job_id, LIMIT)
            .await
            .expect("the job does not end")
    }

    pub(crate) async fn reached(&self, job_id: &str, status: Status) -> JobView {
        self.control
            .wait_status(job_id, status, LIMIT)
            .await
            .expect("the job does not get there")
    }

    /// Waits until a job has printed so many lines.
    pub(crate) async fn printed(&self, job_id: &str, lines: usize) -> JobView {
        let enough = |control: &Control| {
            control
                .job(job_id)
                .filter(|job| job.pods.iter().map(|pod| pod.lines).sum::<usize>() >= lines)
        };
        self.control
            .wait_for(LIMIT, enough)
            .await
            .expect("the job does not print")
    }
}

/// The smallest CreateJob body.
pub(crate) fn body(name: &str, command: &str) -> Value {
    json!({
        "DisplayName": name, "JobType": "PyTorchJob", "UserCommand": command,
        "JobSpecs": [{"Type": "Worker", "PodCount": 1, "Image": "any:1"}],
    })
}

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) addr: SocketAddr,
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) clock: Clock,
}

/// A request that can be spoiled before it is sent.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The result of a call that must succeed.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        let value = self.json();
        assert_eq!(value["RequestId"].as_str(), self.header("x-acs-request-id"));
        value
    }

    /// The code of a call that must fail with that status.
    pub(crate) fn code(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let value = self.json();
        assert_eq!(value["RequestId"].as_str(), self.header("x-acs-request-id"));
        value["Code"].as_str().unwrap().to_owned()
    }
}

impl Request {
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(key, _)| key != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| key != name);
    }

    fn encoded_query(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let mut pairs = self.query.clone();
        pairs.sort();
        let pairs = pairs
            .iter()
            .map(|(key, value)| format!("{}={}", encode(key), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Signs every header there is.
    pub(crate) fn sign(&mut self, key: &str, secret: &str) {
        self.remove("authorization");
        self.headers.sort();
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let lines: String = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let (method, path, query) = (self.method, &self.path, self.encoded_query());
        let hash = hex::encode(Sha256::digest(&self.body));
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{hash}");
        let text = format!(
            "ACS3-HMAC-SHA256\n{}",
            hex::encode(Sha256::digest(canonical))
        );
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .unwrap()
            .chain_update(text);
        let signature = hex::encode(mac.finalize().into_bytes());
        let value = format!(
            "ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}"
        );
        self.header("authorization", &value);
    }
}

impl Client {
    /// A request with all its headers, not signed yet.
    pub(crate) fn request(
        &self,
        action: &str,
        method: &'static str,
        path: &str,
        query: &[(&str, &str)],
        body: &str,
    ) -> Request {
        let version = match action {
            "GetCallerIdentity" => "2015-04-01",
            "GetCodeSource" | "UpdateCodeSource" => "2021-02-04",
            _ => "2020-12-03",
        };
        let now = jiff::Timestamp::from_millisecond(self.clock.now_ms()).unwrap();
        let mut request = Request {
            method,
            path: path.to_owned(),
            query: query
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            headers: Vec::new(),
            body: body.to_owned(),
        };
        request.header("host", &self.addr.to_string());
        request.header("x-acs-action", action);
        request.header("x-acs-version", version);
        request.header(
            "x-acs-date",
            &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        );
        request.header(
            "x-acs-signature-nonce",
            &format!("{:032x}", rand::random::<u128>()),
        );
        request.header("x-acs-content-sha256", &hex::encode(Sha256::digest(body)));
        if !body.is_empty() {
            request.header("content-type", "application/json; charset=utf-8");
        }
        request
    }

    /// Sends as is and reads until the end of the connection; an error when there is no answer or
    /// less of it than announced.
    pub(crate) async fn send(&self, request: &Request) -> io::Result<Reply> {
        let query = request.encoded_query();
        let mark = if query.is_empty() { "" } else { "?" };
        let mut text = format!(
            "{} {}{mark}{query} HTTP/1.1\r\n",
            request.method, request.path
        );
        for (name, value) in &request.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = request.body.len();
        text.push_str(&format!(
            "content-length: {length}\r\nconnection: close\r\n\r\n"
        ));
        text.push_str(&request.body);
        let mut stream = TcpStream::connect(self.addr).await?;
        stream.write_all(text.as_bytes()).await?;
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes).await;
        parse(&bytes).ok_or_else(|| {
            let text = format!("cut after {} bytes ({read:?})", bytes.len());
            io::Error::new(io::ErrorKind::UnexpectedEof, text)
        })
    }

    /// Signs and sends.
    pub(crate) async fn call(
        &self,
        action: &str,
        method: &'static str,
        path: &str,
        query: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Reply> {
        let mut request = self.request(action, method, path, query, body);
        request.sign(&self.key, &self.secret);
        self.send(&request).await
    }

    pub(crate) async fn try_create(&self, body: &Value) -> io::Result<Reply> {
        self.call("CreateJob", "POST", "/api/v1/jobs", &[], &body.to_string())
            .await
    }

    pub(crate) async fn create(&self, body: &Value) -> String {
        let created = self.try_create(body).await.unwrap().ok();
        created["JobId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, job_id: &str) -> io::Result<Reply> {
        self.call("GetJob", "GET", &format!("/api/v1/jobs/{job_id}"), &[], "")
            .await
    }

    pub(crate) async fn list(&self, query: &[(&str, &str)]) -> Reply {
        self.call("ListJobs", "GET", "/api/v1/jobs", query, "")
            .await
            .unwrap()
    }

    /// The names of the jobs listed, in order.
    pub(crate) async fn names(&self, query: &[(&str, &str)]) -> Vec<String> {
        let listed = self.list(query).await.ok();
        let jobs = listed["Jobs"].as_array().unwrap();
        jobs.iter()
            .map(|job| job["DisplayName"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) async fn stop(&self, job_id: &str) -> Reply {
        let path = format!("/api/v1/jobs/{job_id}/stop");
        self.call("StopJob", "POST", &path, &[], "").await.unwrap()
    }

    pub(crate) async fn update(&self, job_id: &str, body: &Value) -> Reply {
        let path = format!("/api/v1/jobs/{job_id}");
        self.call("UpdateJob", "PUT", &path, &[], &body.to_string())
            .await
            .unwrap()
    }

    pub(crate) async fn delete(&self, job_id: &str) -> Reply {
        let path = format!("/api/v1/jobs/{job_id}");
        self.call("DeleteJob", "DELETE", &path, &[], "")
            .await
            .unwrap()
    }

    pub(crate) async fn logs(&self, job_id: &str, pod_id: &str, query: &[(&str, &str)]) -> Reply {
        let path = format!("/api/v1/jobs/{job_id}/pods/{pod_id}/logs");
        self.call("GetPodLogs", "GET", &path, query, "")
            .await
            .unwrap()
    }

    /// The lines of a job's first pod.
    pub(crate) async fn lines(&self, job_id: &str, query: &[(&str, &str)]) -> Vec<String> {
        let answer = self
            .logs(job_id, &format!("{job_id}-worker-0"), query)
            .await
            .ok();
        serde_json::from_value(answer["Logs"].clone()).unwrap()
    }

    /// A control call; the token is the secret unless another is given.
    pub(crate) async fn control(
        &self,
        method: &'static str,
        path: &str,
        body: &str,
        token: Option<&str>,
    ) -> Reply {
        let token = token.unwrap_or(&self.secret);
        let request = Request {
            method,
            path: format!("/_control/{path}"),
            query: Vec::new(),
            headers: vec![
                ("host".to_owned(), self.addr.to_string()),
                ("authorization".to_owned(), format!("Bearer {token}")),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body: body.to_owned(),
        };
        self.send(&request).await.unwrap()
    }
}

fn parse(bytes: &[u8]) -> Option<Reply> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let reply = Reply {
        status,
        headers,
        body: body.to_owned(),
    };
    let announced = reply
        .header("content-length")
        .map_or(Some(0), |text| text.parse().ok())?;
    (body.len() == announced).then_some(reply)
}
