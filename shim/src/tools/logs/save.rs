//! The whole log in a file. It is new and the owner's alone: what is there already is not written over. It is written beside its
//! place and moved there when it is whole, so that nothing half-written is in the way of the next try.

use std::{fs::File, io, io::Write as _, path::Path, time::Duration};

use pai_proto::{
    Client,
    follow::{Follow, FollowUpdate},
    text,
    v1::{FollowLogsRequest, LogChunk, LogEnded},
};

use tokio::time::{Instant, timeout, timeout_at};

use super::SLICE;
use crate::{daemon::Daemon, error::Failure};

/// Longest word on what is not in the file, in bytes.
const WHY_MAX: usize = 150;
/// How long the number of stored lines is waited for: together with the slice less than a whole call.
const COUNTED_WITHIN: Duration = Duration::from_secs(2);
/// Most bytes of what is told of a file, and around it, beside its path.
pub(super) const TOLD_MAX: usize = WHY_MAX + 100;

/// What is to be saved.
pub(super) struct Save<'a> {
    /// Whom to ask.
    pub(super) daemon: &'a Daemon,
    /// Whose log.
    pub(super) id: &'a str,
    /// Of these pods; none: of all.
    pub(super) pods: Vec<String>,
    /// The new file.
    pub(super) path: &'a str,
    /// When the call is to be answered.
    pub(super) until: Instant,
}

impl Save<'_> {
    /// Writes every line that there is now; says how many.
    pub(super) async fn run(self) -> Result<String, Failure> {
        let path = Path::new(self.path);
        let client = self.daemon.client().await?;
        let request = FollowLogsRequest {
            id: self.id.to_owned(),
            pods: self.pods,
            no_follow: true,
            to_the_end: true,
            ..FollowLogsRequest::default()
        };
        let mut come = Come::default();
        let told = async |file: &mut File| {
            let filled = come.fill(file, client.follow(request), self.id, path);
            match timeout_at(self.until, filled).await {
                Ok(filled) => filled,
                Err(_) => Err(come.out_of_time(stored(&client, self.id).await, path)),
            }
        };
        let written = new_file(path, told).await;
        if come.is_away {
            self.daemon.forget(&client);
        }
        written?;
        let Come {
            lines, why_not_all, ..
        } = come;
        Ok(format!("{lines} lines in {}{why_not_all}", path.display()))
    }
}

/// How many lines of the log are stored, where the daemon says so soon.
async fn stored(client: &Client, id: &str) -> Option<u64> {
    let got = timeout(COUNTED_WITHIN, client.get(id)).await;
    Some(got.ok()?.ok()?.log?.lines)
}

/// Makes a file that is there once `write` has written all of it.
async fn new_file<T>(
    path: &Path,
    write: impl AsyncFnOnce(&mut File) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let refused = |error| refused(path, &error);
    let folder = path.parent().filter(|_| path.is_absolute());
    let folder = folder.ok_or_else(|| refused(io::Error::other("it is no absolute path")))?;
    if path.symlink_metadata().is_ok() {
        return Err(refused(io::ErrorKind::AlreadyExists.into()));
    }
    // Only its owner may read it.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(refused)?;
    let written = write(file.as_file_mut()).await?;
    file.as_file().sync_all().map_err(refused)?;
    let moved = file.persist_noclobber(path);
    moved.map_err(|failed| refused(failed.error))?;
    Ok(written)
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        format!("{} cannot be written: {error}", path.display()),
        "name a file that does not exist yet, by its absolute path",
    )
}

/// What a follow has brought.
#[derive(Debug, Default)]
struct Come {
    lines: usize,
    /// Why these are not all; empty where they are.
    why_not_all: String,
    /// Why the log cannot be read at present; empty where it can.
    trouble: String,
    /// The daemon does not answer at present.
    is_away: bool,
}

impl Come {
    /// Writes all that a follow brings.
    async fn fill(
        &mut self,
        file: &mut File,
        mut follow: Follow,
        id: &str,
        path: &Path,
    ) -> Result<(), Failure> {
        while let Some(update) = follow.next().await {
            let text = match update? {
                FollowUpdate::Lines(chunk) => {
                    self.lines += chunk.lines.len();
                    of_chunk(&chunk, id)
                }
                FollowUpdate::Gap(gap) => {
                    format!("[lines may be missing here: {}]\n", gap.reason).into_bytes()
                }
                other => {
                    self.hear(other);
                    continue;
                }
            };
            file.write_all(&text)
                .map_err(|error| refused(path, &error))?;
        }
        Ok(())
    }

    /// What is no part of the log.
    fn hear(&mut self, update: FollowUpdate) {
        match update {
            FollowUpdate::Ended(ended) => self.why_not_all = missing(&ended),
            FollowUpdate::Stale(stale) => self.trouble = stale.reason,
            FollowUpdate::Reconnecting(_) | FollowUpdate::Unattended => self.is_away = true,
            FollowUpdate::Reconnected => self.is_away = false,
            _ => {}
        }
    }

    /// Nothing was saved, for want of time.
    fn out_of_time(&self, stored: Option<u64>, path: &Path) -> Failure {
        let (path, seconds) = (path.display(), SLICE.as_secs());
        if self.is_away {
            return Failure::new(
                format!("the daemon is away: nothing was saved to {path}"),
                "see `paictl daemon status`; then ask again with the same arguments: what was read is kept",
            );
        }
        let lines = stored.unwrap_or(self.lines as u64);
        let trouble = match self.trouble.as_str() {
            "" => String::new(),
            trouble => format!(" ({})", text::line(&text::cut(trouble, WHY_MAX))),
        };
        Failure::new(
            format!(
                "the daemon is still reading the log, {lines} lines of it so far: nothing was saved to {path} within {seconds} s{trouble}"
            ),
            "ask again with the same arguments, as often as it takes: what was read is kept, and the next call goes on from there",
        )
    }
}

/// Why not all lines are there; empty where they are.
fn missing(ended: &LogEnded) -> String {
    let why = match ended.note.as_str() {
        "" if !ended.more => return String::new(),
        "" => "the job goes on",
        note => note,
    };
    format!(", not all: {}", text::line(&text::cut(why, WHY_MAX)))
}

/// The lines of a chunk, each with its pod.
fn of_chunk(chunk: &LogChunk, id: &str) -> Vec<u8> {
    let pod = chunk
        .pod_id
        .strip_prefix(id)
        .and_then(|rest| rest.strip_prefix('-'));
    let prefix = format!("[{}] ", pod.unwrap_or(&chunk.pod_id));
    let mut out = Vec::new();
    for line in &chunk.lines {
        out.extend_from_slice(prefix.as_bytes());
        out.extend_from_slice(&line.text);
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<std::ffi::OsString> {
        let entries = folder.read_dir().unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    #[tokio::test]
    async fn what_cannot_be_written_leaves_nothing_in_the_way_of_the_next_try() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.log");
        let full = || refused(&path, &io::ErrorKind::StorageFull.into());
        let half = async |file: &mut File| {
            file.write_all(b"half").unwrap();
            assert!(!path.exists(), "not before it is whole");
            Err::<(), _>(full())
        };
        assert_eq!(new_file(&path, half).await, Err(full()));
        assert!(names(folder.path()).is_empty());
        let whole = async |file: &mut File| {
            file.write_all(b"whole").unwrap();
            Ok(())
        };
        new_file(&path, whole).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["train.log"]);
    }

    #[test]
    fn a_daemon_that_is_away_is_not_said_to_read() {
        let path = Path::new("/x/train.log");
        let mut come = Come::default();
        let said = |come: &Come, stored| come.out_of_time(stored, path).text();
        come.hear(FollowUpdate::Reconnecting("broken".into()));
        assert_eq!(
            said(&come, None),
            "error: the daemon is away: nothing was saved to /x/train.log\n\
             hint: see `paictl daemon status`; then ask again with the same arguments: what was read is kept"
        );
        come.hear(FollowUpdate::Reconnected);
        assert!(said(&come, Some(7)).contains("still reading the log, 7 lines of it so far"));
        come.lines = 3;
        assert!(said(&come, None).contains("3 lines of it so far"));
    }

    #[tokio::test]
    async fn what_came_there_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.log");
        let other = async |_: &mut File| {
            std::fs::write(&path, b"another's").unwrap();
            Ok(())
        };
        let failed = new_file(&path, other).await.unwrap_err();
        assert!(failed.to_string().contains("cannot be written"), "{failed}");
        assert_eq!(std::fs::read(&path).unwrap(), b"another's");
        assert_eq!(names(folder.path()), ["train.log"]);
    }
}
