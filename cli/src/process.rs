//! Processes and locks of other programs: who holds a state folder, who is alive, and how one is ended.

use std::{
    fs::{File, TryLockError},
    io::Read as _,
    path::Path,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process, test_kill_process},
};

pub use pai_proto::start::{end, last_words};

/// What a lock file tells. The lock is trusted; the text inside only names its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lock {
    /// The file cannot be asked.
    Unknown,
    /// Nobody holds it.
    Free,
    /// Somebody holds it: what they wrote into it, for example `pid 4711, version 0.1.0`.
    Held(String),
}

impl Lock {
    /// The lock of a daemon's state folder.
    pub fn of_state(state_dir: &Path) -> Self {
        Self::of_file(&state_dir.join("paid.lock"))
    }

    /// The lock on this file.
    pub fn of_file(path: &Path) -> Self {
        let Ok(mut file) = File::open(path) else {
            return Self::Unknown;
        };
        match file.try_lock_shared() {
            Ok(()) => Self::Free,
            Err(TryLockError::Error(_)) => Self::Unknown,
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // A holder that has not written its name yet is still a holder.
                let _unnamed = file.read_to_string(&mut holder);
                Self::Held(holder.trim().to_owned())
            }
        }
    }

    /// The process that holds it, by its own word.
    pub fn pid(&self) -> Option<u32> {
        let Self::Held(holder) = self else {
            return None;
        };
        let digits = holder.strip_prefix("pid ")?;
        let end = digits.find(|c: char| !c.is_ascii_digit());
        digits[..end.unwrap_or(digits.len())].parse().ok()
    }
}

/// Whether there is such a process; one of another user counts.
pub fn is_alive(pid: u32) -> bool {
    pid_of(pid).is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// Asks a process to leave.
///
/// # Errors
/// When there is none, or it is not ours.
pub fn terminate(pid: u32) -> std::io::Result<()> {
    let pid = pid_of(pid).ok_or(Errno::SRCH)?;
    Ok(kill_process(pid, Signal::TERM)?)
}

fn pid_of(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;
    use std::io::Write as _;

    #[test]
    fn a_lock_tells_its_holder_while_it_is_held() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        assert_eq!(Lock::of_state(folder.path()), Lock::Unknown);
        let mut file = File::create(folder.path().join("paid.lock")).unwrap();
        writeln!(file, "pid 4711, version 0.1.0").unwrap();
        assert_eq!(Lock::of_state(folder.path()), Lock::Free);
        file.lock().unwrap();
        let held = Lock::of_state(folder.path());
        assert_eq!(held, Lock::Held("pid 4711, version 0.1.0".into()));
        assert_eq!(held.pid(), Some(4711));
        assert_eq!(Lock::Held(String::new()).pid(), None);
        folder.remove().unwrap();
    }

    #[test]
    fn the_living_are_told_from_the_dead() {
        assert!(is_alive(std::process::id()));
        assert!(is_alive(1));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
    }
}
