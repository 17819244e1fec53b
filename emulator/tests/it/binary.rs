use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::time::{Duration, Instant};

use pai_emulator::{Clock, Credentials, Emulator, Options};
use rustix::process::{Pid, Signal, kill_process};

use crate::client::{Client, LIMIT, Setup, body};
use crate::group::gone;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pai-emulator");

/// A serving process; killed when the test panics.
struct Serving {
    child: Child,
    stdin: Option<ChildStdin>,
    ready: String,
    client: Client,
}

impl Serving {
    fn start(scratch: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--time-scale", "0.01", "--scratch"])
            .arg(scratch)
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::with_capacity(1, stdout)
            .read_line(&mut ready)
            .unwrap();
        let found = Credentials::read(&scratch.join(Credentials::FILE_NAME)).unwrap();
        let client = Client {
            addr: found
                .endpoint
                .strip_prefix("http://")
                .unwrap()
                .parse()
                .unwrap(),
            key: found.access_key_id,
            secret: found.access_key_secret,
            clock: Clock::default(),
        };
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            ready,
            client,
        }
    }

    /// Submits a job that ignores SIGTERM and returns the id of its group once it runs.
    async fn stubborn_job(&self) -> i32 {
        let id = self
            .client
            .create(&body("job", "trap '' TERM; echo up; sleep 1000 & wait"))
            .await;
        let start = Instant::now();
        loop {
            let job = self
                .client
                .control("GET", &format!("jobs/{id}"), "", None)
                .await
                .json();
            if job["pods"][0]["lines"] == 1 {
                let pid = job["pods"][0]["pid"].as_i64().unwrap();
                return i32::try_from(pid).unwrap();
            }
            assert!(start.elapsed() < LIMIT, "the job does not start");
        }
    }

    /// Waits for the end and returns how long it took, with the rest of standard output.
    fn ended(&mut self) -> (Duration, String) {
        let start = Instant::now();
        let mut rest = String::new();
        self.child
            .stdout
            .as_mut()
            .unwrap()
            .read_to_string(&mut rest)
            .unwrap();
        assert!(self.child.wait().unwrap().success());
        (start.elapsed(), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn serve_says_where_it_is_and_ends_with_all_jobs_on_sigterm() {
    let base = tempfile::tempdir().unwrap();
    let scratch = base.path().join("scratch");
    let mut serving = Serving::start(&scratch, &[]);
    let file = scratch.canonicalize().unwrap().join("emulator.json");
    let expected = format!("READY http://{} {}\n", serving.client.addr, file.display());
    assert_eq!(serving.ready, expected);
    assert!(serving.client.addr.ip().is_loopback());
    assert_eq!(mode(&scratch), 0o700);
    for name in ["emulator.json", "calls.jsonl", "transitions.jsonl"] {
        assert_eq!(mode(&scratch.join(name)), 0o600, "{name}");
    }
    let group = serving.stubborn_job().await;
    let pid = Pid::from_raw(i32::try_from(serving.child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let (took, rest) = serving.ended();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(rest, "", "READY is the only line");
    gone(group).await;
}

#[tokio::test]
async fn no_job_outlives_an_emulator_that_is_killed() {
    let base = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(&base.path().join("s"), &[]);
    let group = serving.stubborn_job().await;
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    gone(group).await;
}

#[tokio::test]
async fn a_second_emulator_in_the_same_folder_is_refused() {
    let base = tempfile::tempdir().unwrap();
    let first = Serving::start(&base.path().join("s"), &[]);
    let second = Command::new(PROGRAM)
        .args(["serve", "--scratch"])
        .arg(base.path().join("s"))
        .output()
        .unwrap();
    assert!(!second.status.success());
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert!(stderr.contains("another emulator"), "{stderr}");
    first.client.list(&[]).await.ok();
}

#[test]
fn a_folder_of_its_own_is_removed_at_the_end() {
    let base = tempfile::tempdir().unwrap();
    let ended = Command::new(PROGRAM)
        .args(["serve", "--exit-with-stdin"])
        .env("TMPDIR", base.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(
        String::from_utf8(ended.stdout)
            .unwrap()
            .contains(base.path().to_str().unwrap())
    );
    assert_eq!(base.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_scratch_folder_that_is_gone_does_not_make_the_end_fail() {
    let base = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(&base.path().join("s"), &["--exit-with-stdin"]);
    std::fs::remove_dir_all(base.path().join("s")).unwrap();
    drop(serving.stdin.take());
    serving.ended();
}

#[tokio::test]
async fn serve_ends_with_its_standard_input_when_told_to() {
    let base = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(&base.path().join("s"), &["--exit-with-stdin"]);
    let group = serving.stubborn_job().await;
    drop(serving.stdin.take());
    serving.ended();
    gone(group).await;
}

/// The session of a process, and its controlling terminal (0 for none).
#[cfg(target_os = "linux")]
fn session(process: u32) -> (u32, i32) {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Behind the name in brackets: state, parent, group, session, terminal.
    let mut fields = stat.rsplit(')').next().unwrap().split_whitespace().skip(3);
    let session = fields.next().unwrap().parse().unwrap();
    (session, fields.next().unwrap().parse().unwrap())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn serve_leaves_the_session_of_the_terminal_when_told_to() {
    let base = tempfile::tempdir().unwrap();
    let stays = Serving::start(&base.path().join("stays"), &[]);
    let here = session(std::process::id());
    assert_eq!(session(stays.child.id()), here);
    let leaves = Serving::start(&base.path().join("leaves"), &["--own-session"]);
    let child = leaves.child.id();
    assert_eq!(session(child), (child, 0));
    leaves.client.list(&[]).await.ok();
}

#[tokio::test]
async fn serve_takes_how_late_updates_are() {
    let base = tempfile::tempdir().unwrap();
    let serving = Serving::start(&base.path().join("s"), &["--update-lag", "60m"]);
    let id = serving.client.create(&body("job", "true")).await;
    let public = serde_json::json!({"Accessibility": "PUBLIC"});
    serving.client.update(&id, &public).await.ok();
    let shown = serving.client.get(&id).await.unwrap().ok();
    assert_eq!(shown["Accessibility"], "PRIVATE");
    let path = format!("jobs/{id}");
    let truth = serving.client.control("GET", &path, "", None).await.json();
    assert_eq!(truth["accessibility"], "PUBLIC");
}

#[tokio::test]
async fn serve_takes_faults_from_the_command_line() {
    let base = tempfile::tempdir().unwrap();
    let serving = Serving::start(
        &base.path().join("s"),
        &["--fault", "ListJobs:html:count=1"],
    );
    assert_eq!(serving.client.list(&[]).await.status, 502);
    assert_eq!(serving.client.list(&[]).await.status, 200);
}

#[test]
fn a_bad_rule_is_explained() {
    let Output { status, stderr, .. } = Command::new(PROGRAM)
        .args(["serve", "--fault", "GetJob:boom"])
        .output()
        .unwrap();
    assert!(!status.success());
    assert!(
        String::from_utf8(stderr)
            .unwrap()
            .contains("unknown fault \"boom\"")
    );
}

#[tokio::test]
async fn only_loopback_is_served() {
    let base = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let options = Options {
        listener: Some(listener),
        ..Options::new(base.path())
    };
    let error = Emulator::start(options).await.err().expect("it started");
    assert!(error.to_string().contains("loopback"));
}

#[tokio::test]
async fn a_job_of_two_pods_trains_together() {
    let folder = Path::new(PROGRAM).parent().unwrap().to_owned();
    let setup = Setup::with(|options| options.path_prefix = vec![folder]).await;
    let mut sent = body(
        "train",
        "pai-emulator example-train --steps 20 --seconds 0.1",
    );
    sent["JobSpecs"][0]["PodCount"] = serde_json::json!(2);
    let id = setup.client.create(&sent).await;
    let job = setup.end_of(&id).await;
    assert_eq!(job.status.as_str(), "Succeeded");
    let mut last = Vec::new();
    for pod in &job.pods {
        let answer = setup.client.logs(&id, &pod.pod_id, &[]).await.ok();
        let lines: Vec<String> = serde_json::from_value(answer["Logs"].clone()).unwrap();
        assert_eq!(lines.len(), 22, "{lines:?}");
        assert!(lines[10].starts_with("step 10/20 loss 0."), "{}", lines[10]);
        last.push(lines[21].clone());
    }
    assert_eq!(last[0], last[1], "both ranks end with the same weights");
}
