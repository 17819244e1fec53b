//! Whether a process group still lives.

use std::time::Instant;

use rustix::process::{Pid, test_kill_process_group};

use crate::client::LIMIT;

/// Waits until no process of a group is alive. Zombies do not count: an orphan stays one until the
/// system's first process finds time for it.
pub(crate) async fn gone(group: i32) {
    let start = Instant::now();
    while lives(group) {
        assert!(start.elapsed() < LIMIT, "group {group} lives on");
        tokio::task::yield_now().await;
    }
}

fn lives(group: i32) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Pid::from_raw(group).is_some_and(|pid| test_kill_process_group(pid).is_ok());
    };
    processes.flatten().any(|process| {
        let stat = std::fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        // Behind the name in brackets: state, parent, group.
        let mut fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let alive = fields
            .next()
            .is_some_and(|state| !matches!(state, "Z" | "X"));
        alive && fields.nth(1) == Some(&group.to_string())
    })
}
