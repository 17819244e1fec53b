//! Who is still running. Only where the system shows its processes as files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use paid::sys::lock::{LockError, StateLock};
use rustix::process::{Pid, Signal, kill_process};

use crate::world::World;

/// Ends what clients started in a world and nobody holds: daemons and local clouds. Drop it before the world.
#[derive(Debug)]
pub struct Strays {
    folder: PathBuf,
    state: PathBuf,
}

impl Strays {
    /// Those of this world.
    pub fn of(world: &World) -> Self {
        Self {
            folder: world.folder().into(),
            state: world.state(),
        }
    }

    /// Programs named `paid` that run: `PID: ARGUMENTS`. `None` where that cannot be told.
    pub fn daemons(&self) -> Option<Vec<String>> {
        self.called(&["/paid "])
    }

    fn called(&self, names: &[&str]) -> Option<Vec<String>> {
        let mut found = that_know(&self.folder)?;
        found.retain(|line| names.iter().any(|name| line.contains(name)));
        Some(found)
    }

    /// The one that holds the lock of the state folder.
    fn holder(&self) -> Vec<String> {
        let Err(LockError::Held { holder, .. }) = StateLock::take(&self.state) else {
            return Vec::new();
        };
        let pid = holder
            .strip_prefix("pid ")
            .and_then(|rest| rest.split(',').next());
        let own = std::process::id().to_string();
        pid.filter(|pid| *pid != own)
            .map(Into::into)
            .into_iter()
            .collect()
    }
}

impl Drop for Strays {
    fn drop(&mut self) {
        // The jobs of a cloud end with it.
        let lines = self.called(&["/paid ", "/pai-emulator serve "]);
        let lines = lines.unwrap_or_else(|| self.holder());
        for line in lines {
            let digits = line.split(':').next().unwrap_or_default();
            if let Some(pid) = digits.parse().ok().and_then(Pid::from_raw) {
                // It may have left this moment.
                let _gone = kill_process(pid, Signal::KILL);
            }
        }
    }
}

/// Processes that were started with this folder in their arguments, environment or as their place. `None` where that
/// cannot be told.
pub fn that_know(folder: &Path) -> Option<Vec<String>> {
    let needle = folder.to_str()?.as_bytes().to_vec();
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        if !pid.bytes().all(|byte| byte.is_ascii_digit()) || pid == own {
            continue;
        }
        let of = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let place = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let arguments = of("cmdline");
        // A process that has ended and waits for its parent has no arguments any more.
        let runs = !arguments.is_empty();
        let knows = [
            arguments.as_slice(),
            &of("environ"),
            place.as_os_str().as_encoded_bytes(),
        ]
        .iter()
        .any(|text| contains(text, &needle));
        if runs && knows {
            let words = String::from_utf8_lossy(&arguments).replace('\0', " ");
            found.push(format!("{pid}: {words}"));
        }
    }
    Some(found)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
