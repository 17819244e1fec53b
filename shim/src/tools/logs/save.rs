//! The whole log in a file. It is new and the owner's alone: what is there already is not written over. It is written beside its
//! place and moved there when it is whole, so that nothing half-written is in the way of the next try.

use std::{fs::File, io, io::Write as _, path::Path};

use pai_proto::{
    Client,
    follow::{Follow, FollowUpdate},
    text,
    v1::{FollowLogsRequest, LogChunk, LogEnded},
};

use crate::error::Failure;

/// Longest word on what is not in the file, in bytes.
const WHY_MAX: usize = 150;
/// Most bytes of what is told of a file, and around it, beside its path.
pub(super) const TOLD_MAX: usize = WHY_MAX + 100;

/// Writes every line that there is now; says how many.
pub(super) async fn whole(
    client: &Client,
    id: String,
    pods: Vec<String>,
    path: &str,
) -> Result<String, Failure> {
    let path = Path::new(path);
    let request = FollowLogsRequest {
        id: id.clone(),
        pods,
        no_follow: true,
        to_the_end: true,
        ..FollowLogsRequest::default()
    };
    let told = async |file: &mut File| fill(file, client.follow(request), &id, path).await;
    let (lines, why_not_all) = new_file(path, told).await?;
    Ok(format!("{lines} lines in {}{why_not_all}", path.display()))
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

/// Writes all that a follow brings: the number of lines, and why they are not all.
async fn fill(
    file: &mut File,
    mut follow: Follow,
    id: &str,
    path: &Path,
) -> Result<(usize, String), Failure> {
    let (mut lines, mut why_not_all) = (0, String::new());
    while let Some(update) = follow.next().await {
        let text = match update? {
            FollowUpdate::Ended(ended) => {
                why_not_all = missing(&ended);
                continue;
            }
            FollowUpdate::Lines(chunk) => {
                lines += chunk.lines.len();
                of_chunk(&chunk, id)
            }
            FollowUpdate::Gap(gap) => {
                format!("[lines may be missing here: {}]\n", gap.reason).into_bytes()
            }
            _ => continue,
        };
        file.write_all(&text)
            .map_err(|error| refused(path, &error))?;
    }
    Ok((lines, why_not_all))
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
