//! A cloud, settings and paths of one test. Nothing is shared with another test, and all of it is gone when the test
//! ends.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write as _,
    net::TcpListener,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use pai_emulator::{Control, Emulator, FaultRule, JobView, Options};
use pai_proto::{Client, ClientError, ConnectOptions, meta::ClientKind, v1};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    call::Call,
    cli::{Finished, Running},
    daemon::{Daemon, Launch},
    inside::Inside,
    until::{LIMIT, eventually, within},
    wire::submit_request,
};

/// How a world is made.
pub struct Plan {
    /// The cloud.
    pub emulator: Options,
    /// Keys of the settings that replace the usual ones.
    pub settings: Value,
    /// The whole of `pai.json`.
    pub own: Value,
}

/// A world of its own. Its folder has a short path: a socket's may not be long.
pub struct World {
    folder: TempDir,
    /// `None` only while it is being replaced.
    emulator: Option<Emulator>,
    patch: Value,
}

impl World {
    /// A fast cloud without faults, and settings with room for many jobs.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, changed before it begins.
    pub async fn with(change: impl FnOnce(&mut Plan)) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("pai-t-")
            .tempdir_in("/tmp")
            .expect("a folder in /tmp");
        let mut plan = Plan {
            emulator: Options::fast(folder.path().join("cloud")),
            settings: json!({}),
            own: json!({"api": {"callsPerSecond": 100, "burst": 1000}}),
        };
        change(&mut plan);
        let emulator = Emulator::start(plan.emulator)
            .await
            .expect("an emulator starts");
        let world = Self {
            folder,
            emulator: Some(emulator),
            patch: plan.settings,
        };
        world.write(&world.path("pai.json"), &plan.own.to_string());
        world.write_settings(&world.settings());
        world
    }

    /// A path in the world's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The world's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.path("s")
    }

    /// The daemon's state.
    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// The settings file.
    pub fn settings_path(&self) -> PathBuf {
        self.path("settings.json")
    }

    /// The cloud.
    pub fn emulator(&self) -> &Emulator {
        self.emulator.as_ref().expect("the cloud is up")
    }

    /// Looks into the cloud and makes it fail.
    pub fn control(&self) -> Control {
        self.emulator().control()
    }

    /// Puts faults in force: `CreateJob:cut_after:count=1`.
    ///
    /// # Panics
    /// When it is no rule.
    pub fn fault(&self, rule: &str) -> u64 {
        let rule: FaultRule = rule.parse().expect("a fault rule");
        self.control().add_fault(rule)
    }

    /// Another cloud takes the place of this one, at the same address: the jobs of the old one are gone.
    pub async fn replace_cloud(&mut self) {
        let mut options = Options::fast(self.path("cloud-2"));
        let port = self.emulator().addr().port();
        self.emulator = None;
        // The old one's listener is closed by its task, a moment later.
        options.listener = Some(
            eventually("the address is free", || {
                TcpListener::bind(("127.0.0.1", port)).ok()
            })
            .await,
        );
        self.emulator = Some(Emulator::start(options).await.expect("an emulator starts"));
        self.write_settings(&self.settings());
    }

    /// The settings that this world should have.
    pub fn settings(&self) -> Value {
        let mut settings = json!({
            "version": "0.5.0",
            "projectPrefix": "e2e",
            "regionId": "cn-test",
            "workspaceId": "emulator",
            "endpoint": self.emulator().base_url(),
            "credentials": {
                "accessKeyId": self.emulator().access_key_id(),
                "accessKeySecret": self.emulator().access_key_secret(),
            },
            "mounts": [],
            "limits": {"maxRunningJobs": 1000},
            "profiles": {"default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "0"}))},
        });
        let keys = settings.as_object_mut().expect("an object");
        for (key, value) in self.patch.as_object().into_iter().flatten() {
            keys.insert(key.clone(), value.clone());
        }
        keys.retain(|_, value| !value.is_null());
        settings
    }

    /// Writes the settings, for their owner alone.
    pub fn write_settings(&self, settings: &Value) {
        self.write(&self.settings_path(), &format!("{settings:#}\n"));
    }

    /// Writes a file of mode 0600 in place of what was there.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn write(&self, path: &Path, text: &str) {
        let draft = path.with_extension("draft");
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .expect("a file can be written");
        fs::rename(&draft, path).expect("a file can be replaced");
    }

    /// The settings file of a context that is chosen by its name.
    pub fn context_path(&self, name: &str) -> PathBuf {
        self.path(&format!("home/.config/aliyun-pai/contexts/{name}.json"))
    }

    /// Writes the settings of such a context; its calls to the cloud are as fast as those of the world's own.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn write_context(&self, name: &str, settings: &Value) {
        let path = self.context_path(name);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::copy(self.path("pai.json"), folder.join("pai.json")).expect("a file can be copied");
        self.write(&path, &format!("{settings:#}\n"));
    }

    /// Changes a file's mode.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn chmod(&self, path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("the mode can be set");
    }

    /// A daemon to be started otherwise than usual.
    pub fn launch(&self) -> Launch {
        Launch::new(self)
    }

    /// Starts the daemon and waits until it serves.
    pub async fn daemon(&self) -> Daemon {
        self.launch().start().await.expect("paid serves")
    }

    /// A daemon in this process, on the same paths.
    pub async fn inside(&self) -> Inside {
        Inside::boot(self).await
    }

    /// The same, as a client would have started it.
    pub async fn inside_auto_started(&self) -> Inside {
        Inside::boot_auto_started(self).await
    }

    /// A daemon in this process, with the machine's own clock.
    pub async fn inside_now(&self) -> Inside {
        Inside::boot_now(self).await
    }

    /// How a client of this world connects.
    pub fn options(&self) -> ConnectOptions {
        ConnectOptions {
            socket: self.socket(),
            settings: Some(self.settings_path()),
            program: "pai-tests",
            version: env!("CARGO_PKG_VERSION"),
            kind: ClientKind::Person,
            key_fingerprint: String::new(),
            patience: Duration::from_secs(10),
        }
    }

    /// A new client.
    pub async fn client(&self) -> Client {
        Client::connect(self.options())
            .await
            .expect("the daemon answers")
    }

    /// Starts `paictl` now and waits for its end.
    pub fn paictl(&self, args: &[&str]) -> impl Future<Output = Finished> + use<> {
        self.start_paictl(args).finish()
    }

    /// A `paictl` to be started otherwise than usual.
    pub fn call(&self, args: &[&str]) -> Call {
        Call::new(self, args)
    }

    /// Starts `paictl`.
    pub fn start_paictl(&self, args: &[&str]) -> Running {
        self.call(args).start()
    }

    /// Starts a `paictl` that starts the daemon where none serves: hold a [`crate::processes::Strays`] of this world.
    pub fn start_paictl_alone(&self, args: &[&str]) -> Running {
        self.call(args).without("PAI_NO_AUTOSTART").start()
    }

    /// Submits a job with `paictl`; its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn submit(&self, name: &str, command: &str) -> String {
        let done = self
            .paictl(&["submit", name, "--json", "--", command])
            .await;
        assert_eq!(done.code, 0, "{done:?}");
        text(&done.json()["job_id"])
    }

    /// Submits a job through a client.
    ///
    /// # Errors
    /// What the daemon refuses.
    pub async fn submit_by(&self, client: &Client, name: &str) -> Result<v1::Job, ClientError> {
        let answer = client.submit(submit_request(name, "true")).await?;
        Ok(answer.job.expect("an answer has a job"))
    }

    /// The request that made a job.
    ///
    /// # Panics
    /// When there is no such job.
    pub fn request(&self, job_id: &str) -> Value {
        let request = self.control().request(job_id);
        request.unwrap_or_else(|| panic!("there is no {job_id}"))
    }

    /// Waits in the cloud, not through the daemon, until a job has ended.
    ///
    /// # Panics
    /// When it does not.
    pub async fn ended(&self, job_id: &str) -> JobView {
        let ended = self.control().wait_final(job_id, LIMIT).await;
        ended.unwrap_or_else(|| panic!("{job_id} does not end"))
    }

    /// Waits in the cloud until a job has had a status.
    ///
    /// # Panics
    /// When it does not get there.
    pub async fn reached(&self, job_id: &str, status: pai_emulator::Status) -> JobView {
        let reached = self.control().wait_status(job_id, status, LIMIT).await;
        reached.unwrap_or_else(|| panic!("{job_id} does not reach {status}"))
    }

    /// Waits until the cloud has answered (or cut) so many calls of an operation.
    pub async fn called(&self, action: &str, times: u64) {
        let control = self.control();
        let enough = |control: &Control| (control.call_count(action) >= times).then_some(());
        let came = within(action, control.wait_for(LIMIT, enough)).await;
        assert_eq!(came, Some(()), "{action} was not called {times} times");
    }
}

/// A profile of one pod.
pub fn profile(resources: Value) -> Value {
    json!({
        "jobType": "PyTorchJob",
        "jobSpecs": [{
            "type": "Worker", "podCount": 1, "image": "local", "resourceConfig": resources,
        }],
    })
}

/// A string of an answer; empty when it is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
