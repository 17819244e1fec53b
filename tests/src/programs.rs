//! The programs under test. They are built by cargo from the sources as they are now: one that happens to lie in the
//! target folder proves nothing.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::{Value, json};

/// `pai-mcp` lies beside the others for the demo.
const NAMES: [&str; 4] = ["paid", "paictl", "pai-emulator", "pai-mcp"];

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The daemon.
    pub paid: PathBuf,
    /// The command line.
    pub paictl: PathBuf,
    /// The cloud.
    pub emulator: PathBuf,
    /// The MCP server.
    pub mcp: PathBuf,
}

/// Builds the programs at the first call in a test run.
///
/// # Panics
/// When they cannot be built.
pub fn programs() -> &'static Programs {
    static BUILT: OnceLock<Programs> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = TargetDir::of_this_program();
        let folder = target.path.join("tmp");
        fs::create_dir_all(&folder).expect("the target folder can be written");
        // nextest starts one process per test: they build one after the other, and the first one leaves word.
        let lock = File::create(folder.join("pai-tests.lock")).expect("a lock file can be made");
        lock.lock().expect("the lock file can be locked");
        let note = std::env::var("NEXTEST_RUN_ID")
            .ok()
            .map(|run| (folder.join("pai-tests.json"), run));
        if let Some(programs) = note
            .as_ref()
            .and_then(|(path, run)| built_in_this_run(path, run))
        {
            return programs;
        }
        let programs = build(&target);
        if let Some((path, run)) = note {
            fs::write(path, note_of(&programs, &run)).expect("a note can be left");
        }
        programs
    })
}

/// The folder and the profile of the running test program.
struct TargetDir {
    path: PathBuf,
    profile: String,
}

impl TargetDir {
    /// `TARGET/PROFILE/deps/e2e-…`
    fn of_this_program() -> Self {
        let exe = std::env::current_exe().expect("this program has a path");
        let profile = exe
            .ancestors()
            .nth(2)
            .expect("a test program lies in a target folder");
        let name = profile
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a profile has a name");
        Self {
            path: profile.parent().map(Path::to_path_buf).unwrap_or_default(),
            profile: if name == "debug" { "dev" } else { name }.to_owned(),
        }
    }
}

fn build(target: &TargetDir) -> Programs {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        .args(["--profile", &target.profile])
        .arg("--target-dir")
        .arg(&target.path)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    for name in NAMES {
        command.args(["-p", name]);
    }
    // What cargo tells a test program of its package looks like a change to build scripts (ring's), and to the same scripts
    // again when a shell builds next: each time everything above them is compiled anew.
    for (name, _) in std::env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        let text = name.to_string_lossy();
        if of_package.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    let output = command.output().expect("cargo can be run");
    assert!(
        output.status.success(),
        "the programs under test cannot be built"
    );
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let built = |name: &str| {
        messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|message| {
                message["reason"] == "compiler-artifact"
                    && message["target"]["name"] == name
                    && message["executable"].is_string()
            })
            .and_then(|message| message["executable"].as_str().map(PathBuf::from))
            .unwrap_or_else(|| panic!("cargo built no program {name}"))
    };
    Programs {
        paid: built("paid"),
        paictl: built("paictl"),
        emulator: built("pai-emulator"),
        mcp: built("pai-mcp"),
    }
}

fn note_of(programs: &Programs, run: &str) -> String {
    json!({
        "run": run,
        "paid": programs.paid,
        "paictl": programs.paictl,
        "pai-emulator": programs.emulator,
        "pai-mcp": programs.mcp,
    })
    .to_string()
}

fn built_in_this_run(note: &Path, run: &str) -> Option<Programs> {
    let note: Value = serde_json::from_str(&fs::read_to_string(note).ok()?).ok()?;
    let path = |name: &str| note[name].as_str().map(PathBuf::from);
    (note["run"] == run).then_some(())?;
    Some(Programs {
        paid: path("paid")?,
        paictl: path("paictl")?,
        emulator: path("pai-emulator")?,
        mcp: path("pai-mcp")?,
    })
}
