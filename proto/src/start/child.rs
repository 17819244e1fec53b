//! Programs that we started: their last words, and their end.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Child;

/// How long a program may take to leave when asked.
const LEAVE: Duration = Duration::from_secs(3);
/// As much of a log's end as may hold its last line.
const TAIL: u64 = 8192;

/// Asks a program to leave; ends it and its whole group when it does not.
pub async fn end(program: &mut Child) {
    let Some(pid) = pid_of(program) else {
        return;
    };
    // It may be gone already; then there is nothing to do.
    let _gone = kill_process(pid, Signal::TERM);
    if tokio::time::timeout(LEAVE, program.wait()).await.is_err() {
        kill(program);
        let _reaped = program.wait().await;
    }
}

/// Ends a program at once, and its group where it leads one.
pub(super) fn kill(program: &Child) {
    if let Some(pid) = pid_of(program) {
        // Either may be gone already.
        let _gone = kill_process_group(pid, Signal::KILL);
        let _gone = kill_process(pid, Signal::KILL);
    }
}

/// The last line that was written to a log since it was `from` bytes long.
pub fn last_words(log: &Path, from: u64) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let end = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(from.max(end.saturating_sub(TAIL))))
        .ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let text = String::from_utf8_lossy(&tail);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.map(|line| line.trim().to_owned())
}

/// A reason with the last line that was written to a log since it was `from` bytes long.
pub fn quoted(reason: String, log: &Path, from: u64) -> String {
    match last_words(log, from) {
        Some(words) => format!("{reason} ({words})"),
        None => reason,
    }
}

/// `None` once it has been reaped: its number may belong to somebody else by then.
fn pid_of(program: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(program.id()?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_the_last_line_since_then() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("x.log");
        assert_eq!(last_words(&log, 0), None);
        std::fs::write(&log, "old\nnew one\n\n").unwrap();
        assert_eq!(last_words(&log, 0).as_deref(), Some("new one"));
        assert_eq!(last_words(&log, 4).as_deref(), Some("new one"));
        assert_eq!(last_words(&log, 13), None);
        std::fs::write(&log, format!("{}\nend", "x".repeat(20_000))).unwrap();
        assert_eq!(last_words(&log, 0).as_deref(), Some("end"));
        assert_eq!(quoted("it ended".into(), &log, 0), "it ended (end)");
    }
}
