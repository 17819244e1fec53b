//! The process groups of all jobs: the only place that starts, signals and reaps processes.
//!
//! Invariant: a pid in `live` has not been reaped, so neither it nor its group id can have been
//! given to a stranger; every signal is sent under the lock, to a group in `live`. A group is
//! killed before its leader is reaped, so what the leader left behind dies with it. (A process
//! that makes itself a session of its own escapes, as it would from any shell.)
//!
//! A guard makes its group itself, a moment after its start and before it starts anything; until
//! then a signal goes to it alone.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::Mutex;

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group, waitid,
    waitpid,
};

use crate::sync::lock;

#[derive(Debug, Default)]
pub(crate) struct Groups(Mutex<Live>);

#[derive(Debug, Default)]
struct Live {
    /// Leaders of groups not reaped yet.
    pids: HashSet<Pid>,
    /// Set at the end: nothing is started any more.
    closed: bool,
}

impl Groups {
    /// Starts a command as the leader of a new process group.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Pid> {
        self.spawn_guard(command.process_group(0))
    }

    /// Starts a command that makes itself the leader of a new process group.
    pub(crate) fn spawn_guard(&self, command: &mut Command) -> io::Result<Pid> {
        let mut live = lock(&self.0);
        if live.closed {
            return Err(io::Error::other("the emulator is ending"));
        }
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("the child has no usable process id"))?;
        live.pids.insert(pid);
        Ok(pid)
    }

    /// Whether the leader has ended. It stays a zombie, holding its id, until [`Self::finish`].
    pub(crate) fn has_exited(&self, pid: Pid) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
    }

    /// Kills what is left of the group and reaps its leader, whose exit code is returned; 128 plus
    /// the number of the signal that killed it.
    pub(crate) fn finish(&self, pid: Pid) -> i32 {
        let mut live = lock(&self.0);
        if live.pids.remove(&pid) {
            end(pid)
        } else {
            128 + Signal::KILL.as_raw()
        }
    }

    /// Sends a signal to a group, unless it has ended.
    pub(crate) fn signal(&self, pid: Pid, signal: Signal) {
        let live = lock(&self.0);
        if live.pids.contains(&pid) {
            send(pid, signal);
        }
    }

    /// Kills and reaps every group and lets no other start.
    pub(crate) fn close(&self) {
        let mut live = lock(&self.0);
        live.closed = true;
        for pid in &live.pids {
            send(*pid, Signal::KILL);
        }
        for pid in live.pids.drain() {
            end(pid);
        }
    }
}

/// Signals a group; when there is none yet, its leader and then what became of it meanwhile.
fn send(pid: Pid, signal: Signal) {
    if kill_process_group(pid, signal).is_err() {
        let _ = kill_process(pid, signal);
        let _ = kill_process_group(pid, signal);
    }
}

fn end(pid: Pid) -> i32 {
    send(pid, Signal::KILL);
    match waitpid(Some(pid), WaitOptions::empty()) {
        Ok(Some((_, status))) => status
            .exit_status()
            .or_else(|| status.terminating_signal().map(|signal| 128 + signal))
            .unwrap_or(1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_kills_reaps_and_refuses() {
        let groups = Groups::default();
        let pid = groups.spawn(Command::new("sleep").arg("1000")).unwrap();
        assert!(!groups.has_exited(pid));
        groups.close();
        assert!(rustix::process::test_kill_process_group(pid).is_err());
        assert!(groups.spawn(&mut Command::new("true")).is_err());
        assert_eq!(
            groups.finish(pid),
            137,
            "a group that is gone counts as killed"
        );
    }

    #[test]
    fn the_exit_code_is_the_leaders() {
        let groups = Groups::default();
        let code = |script: &str| {
            let pid = groups
                .spawn(Command::new("sh").args(["-c", script]))
                .unwrap();
            waitid(
                WaitId::Pid(pid),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            )
            .unwrap();
            assert!(groups.has_exited(pid));
            groups.finish(pid)
        };
        assert_eq!(code("exit 3"), 3);
        assert_eq!(code("kill -TERM $$"), 143);
    }
}
