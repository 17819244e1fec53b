use std::{
    collections::HashMap,
    fs,
    sync::{Arc, mpsc},
};

use futures_util::stream;
use tokio::{
    io::AsyncReadExt as _,
    net::{UnixListener, unix::pipe},
    task::JoinSet,
};
use tonic::{Request, Response, Status, transport::Server};

use super::*;
use crate::{
    PROTOCOL_MAJOR,
    meta::ClientKind,
    v1::{self, daemon_server},
};

/// A daemon that shakes hands.
struct Fake;

#[tonic::async_trait]
impl daemon_server::Daemon for Fake {
    async fn hello(
        &self,
        _: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloResponse>, Status> {
        Ok(Response::new(v1::HelloResponse {
            protocol_major: PROTOCOL_MAJOR,
            pid: 77,
            ..Default::default()
        }))
    }
}

/// Waits for the socket and announces itself.
const SERVES: &str =
    r#"until test -S "$PAI_SOCKET"; do sleep 0.02; done; echo '{"ready":true,"pid":7}'"#;
/// Another daemon is at it.
const IN_USE: &str = r#"echo '{"ready":false,"message":"it is held","hint":"wait","in_use":true}'"#;

/// Writes an executable script. Its writer has ended by then: a file that is open for writing, if only in the child that
/// another test starts this very moment, cannot be run.
pub(super) fn script(path: &Path, text: &str) {
    let draft = path.with_extension("text");
    fs::write(&draft, format!("#!/bin/sh\n{text}\n")).unwrap();
    let copied = std::process::Command::new("sh")
        .args(["-c", r#"cp "$0" "$1" && chmod 700 "$1""#])
        .args([&draft, path])
        .status();
    assert!(copied.unwrap().success());
}

/// A folder with a socket, a state folder and a `paid` on the PATH, which notes each of its starts, and tells of it.
struct Place {
    dir: tempfile::TempDir,
    /// A byte for each start.
    told: tokio::sync::Mutex<pipe::Receiver>,
    env: HashMap<&'static str, PathBuf>,
}

impl Place {
    fn new(script: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let env = HashMap::from([
            ("PATH", at("bin")),
            ("PAI_SOCKET", at("s")),
            ("PAI_STATE_DIR", at("state")),
        ]);
        let (paid, starts, told) = (at("bin/paid"), at("starts"), at("told"));
        fs::create_dir(at("bin")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&told).status();
        assert!(made.unwrap().success());
        let note = format!(
            "echo x >> {}; printf x > {}",
            starts.display(),
            told.display()
        );
        self::script(&paid, &format!("{note}\n{script}"));
        // Open for writing, too: no start waits for a reader, and none is the last writer.
        let told = pipe::OpenOptions::new()
            .read_write(true)
            .open_receiver(&told);
        Self {
            dir,
            told: tokio::sync::Mutex::new(told.unwrap()),
            env,
        }
    }

    fn starter(&self, say: impl Fn(&str) + Send + Sync + 'static) -> Starter {
        Starter::of_env(&|key| self.env.get(key).cloned(), say)
    }

    fn options(&self) -> ConnectOptions {
        ConnectOptions {
            socket: self.env["PAI_SOCKET"].clone(),
            settings: None,
            program: "test",
            version: "0",
            kind: ClientKind::Person,
            key_fingerprint: String::new(),
            // Where nobody serves no patience is spent.
            patience: Duration::from_secs(3600),
        }
    }

    /// Connects, and what was said.
    async fn connect(&self) -> (Result<Client, ClientError>, Vec<String>) {
        let (say, said) = mpsc::channel();
        let starter = self.starter(move |line| say.send(line.to_owned()).unwrap());
        let connecting = connect(self.options(), &starter);
        let result = timeout(Duration::from_secs(30), connecting).await.unwrap();
        (result, said.try_iter().collect())
    }

    fn starts(&self) -> usize {
        let starts = fs::read_to_string(self.dir.path().join("starts"));
        starts.unwrap_or_default().lines().count()
    }

    fn serve(&self) {
        let listener = UnixListener::bind(&self.env["PAI_SOCKET"]).unwrap();
        let incoming = stream::unfold(listener, |listener| async {
            let accepted = listener.accept().await.map(|(stream, _)| stream);
            Some((accepted, listener))
        });
        let server = Server::builder().add_service(daemon_server::DaemonServer::new(Fake));
        tokio::spawn(server.serve_with_incoming(incoming));
    }

    /// Waits for so many more starts.
    async fn started(&self, times: usize) {
        let mut bytes = vec![0; times];
        self.told.lock().await.read_exact(&mut bytes).await.unwrap();
    }

    /// Serves once `paid` has been started so many more times.
    async fn serve_after(&self, starts: usize) {
        self.started(starts).await;
        self.serve();
    }
}

#[tokio::test]
async fn where_nobody_serves_the_daemon_is_started_and_that_is_said_once() {
    let place = Place::new(SERVES);
    let ((first, said), ()) = tokio::join!(place.connect(), place.serve_after(1));
    assert_eq!(first.unwrap().hello().pid, 77);
    let log = place.dir.path().join("state/paid.log");
    assert_eq!(
        said,
        [format!(
            "no daemon was running: started paid (pid 7), which leaves after 15 min without work; log: {}",
            log.display()
        )]
    );
    let (second, said) = place.connect().await;
    second.unwrap();
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(place.starts(), 1);
}

#[tokio::test]
async fn ten_at_once_start_one() {
    let place = Arc::new(Place::new(SERVES));
    let mut clients = JoinSet::new();
    for _ in 0..10 {
        let place = Arc::clone(&place);
        clients.spawn(async move { place.connect().await });
    }
    place.serve_after(1).await;
    let results = clients.join_all().await;
    let said: usize = results.iter().map(|(_, said)| said.len()).sum();
    assert!(results.iter().all(|(result, _)| result.is_ok()));
    assert_eq!((place.starts(), said), (1, 1));
}

#[tokio::test]
async fn what_the_environment_forbids_is_not_done() {
    let mut place = Place::new(SERVES);
    place.env.insert("PAI_NO_AUTOSTART", "1".into());
    let options = ConnectOptions {
        patience: Duration::ZERO,
        ..place.options()
    };
    let starter = place.starter(|line| panic!("{line}"));
    let connecting = connect(options, &starter);
    let error = connecting.await.unwrap_err();
    assert!(
        matches!(error, ClientError::NoAutostart { .. }),
        "{error:?}"
    );
    assert!(error.to_string().starts_with("no daemon answers at "));
    assert!(error.hint().contains("PAI_NO_AUTOSTART"));
    assert_eq!(place.starts(), 0);
    assert!(!turn::path(&place.env["PAI_SOCKET"]).exists());
    // What a person starts by hand is not meant.
    let (options, starter) = (place.options(), place.starter(|_| {}));
    let (started, ()) = tokio::join!(by_hand(&options, &starter), place.serve_after(1));
    assert!(started.unwrap().started);

    place.env.insert("PAI_NO_AUTOSTART", "0".into());
    assert!(place.starter(|_| {}).allowed);
}

#[tokio::test]
async fn without_the_program_it_is_told_at_once() {
    let mut place = Place::new(SERVES);
    place.env.insert("PATH", "/nowhere".into());
    let (result, said) = place.connect().await;
    let error = result.unwrap_err();
    assert!(error.to_string().contains("`paid` is neither beside test"));
    assert!(!error.hint().is_empty());
    assert!(said.is_empty(), "{said:?}");
}

#[tokio::test]
async fn a_daemon_that_does_not_come_up_is_quoted() {
    let line = r#"echo '{"ready":false,"message":"no space left","hint":"make room"}'"#;
    let place = Place::new(line);
    let (result, said) = place.connect().await;
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "the daemon did not start: no space left");
    assert_eq!(error.hint(), "make room");
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(place.starts(), 1, "trying again would not help");
}

#[tokio::test]
async fn one_that_somebody_else_starts_meanwhile_is_as_good() {
    let place = Place::new(IN_USE);
    let ((result, said), ()) = tokio::join!(place.connect(), place.serve_after(2));
    result.unwrap();
    assert!(said.is_empty(), "{said:?}");
    assert!(place.starts() >= 2);
}

#[tokio::test]
async fn one_that_is_leaving_is_waited_for() {
    let starts = r#"$(wc -l < "${0%/*}/../starts")"#;
    let script = format!("if test {starts} -le 2; then {IN_USE}; exit 1; fi\n{SERVES}");
    let place = Place::new(&script);
    let ((result, said), ()) = tokio::join!(place.connect(), place.serve_after(3));
    result.unwrap();
    assert_eq!((place.starts(), said.len()), (3, 1));
}

#[tokio::test]
async fn one_that_holds_the_place_for_good_is_named() {
    let place = Place::new(IN_USE);
    let began = Instant::now();
    let (result, _) = place.connect().await;
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "the daemon did not start: it is held");
    assert!(began.elapsed() < BUSY_LIMIT + Duration::from_secs(5));
    assert!(place.starts() > 2);
}

#[tokio::test]
async fn a_start_that_is_given_up_frees_the_turn() {
    let place = Place::new("exec sleep 1000");
    let starter = place.starter(|_| {});
    let given_up = connect(place.options(), &starter);
    tokio::select! {
        result = given_up => panic!("{result:?}"),
        () = place.started(1) => {}
    }
    let lock = turn::path(&place.env["PAI_SOCKET"]);
    assert!(Turn::try_take(&lock).unwrap().is_some());
}

#[tokio::test]
async fn a_daemon_that_ends_again_and_again_is_not_started_all_the_time() {
    let place = Place::new("exit 1");
    let healer = Healer::new(place.options(), place.starter(|_| {}));
    let error = healer.heal().await.unwrap_err();
    assert!(matches!(error, ClientError::Start { .. }), "{error:?}");
    healer.heal_or_say().await;
    assert_eq!(place.starts(), 1, "a stream can wait");
    healer.heal().await.unwrap_err();
    assert_eq!(place.starts(), 2, "a call cannot");
}

/// A place with an installed service, which this script starts.
fn with_service(systemctl: &str) -> Place {
    let mut place = Place::new(SERVES);
    let home = place.dir.path().to_owned();
    let script = systemctl
        .replace("STARTS", &home.join("starts").display().to_string())
        .replace("TOLD", &home.join("told").display().to_string());
    self::script(&home.join("bin/systemctl"), &script);
    let units = home.join(".config/systemd/user");
    fs::create_dir_all(&units).unwrap();
    fs::write(units.join("paid.socket"), "[Socket]").unwrap();
    // The usual places: those that a service would serve.
    let socket = home.join("pai/paid.sock");
    place.env.insert("HOME", home.clone());
    place.env.insert("XDG_RUNTIME_DIR", home);
    place.env.remove("PAI_STATE_DIR");
    place.env.insert("PAI_SOCKET", socket);
    place
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_installed_service_is_started_and_no_program_beside_it() {
    let place = with_service("echo service >> STARTS; printf x > TOLD");
    let ((result, said), ()) = tokio::join!(place.connect(), place.serve_after(1));
    result.unwrap();
    assert_eq!(
        said,
        ["no daemon was running: started the service paid.socket"]
    );
    let starts = fs::read_to_string(place.dir.path().join("starts"));
    assert_eq!(starts.unwrap(), "service\n");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_service_that_fails_is_told_and_not_missed() {
    let place = with_service("echo no bus >&2; exit 1");
    let ((result, said), ()) = tokio::join!(place.connect(), place.serve_after(1));
    result.unwrap();
    assert_eq!(
        said[0],
        "the service paid.socket could not be started: no bus"
    );
    assert_eq!(said.len(), 2);
}
