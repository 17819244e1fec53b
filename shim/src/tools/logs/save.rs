//! The whole log in a file. It is new and the owner's alone: what is there already is not written over.

use std::{fs::File, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use pai_proto::{
    Client,
    follow::FollowUpdate,
    text,
    v1::{FollowLogsRequest, LogChunk},
};

use crate::error::Failure;

/// Writes every line that there is now; says how many.
pub(super) async fn whole(
    client: &Client,
    id: String,
    pods: Vec<String>,
    path: &str,
) -> Result<String, Failure> {
    let path = Path::new(path);
    let refused = |error: std::io::Error| {
        Failure::new(
            format!("{} cannot be written: {error}", path.display()),
            "name a file that does not exist yet, by its absolute path",
        )
    };
    if !path.is_absolute() {
        return Err(refused(std::io::Error::other("it is no absolute path")));
    }
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(refused)?;
    let request = FollowLogsRequest {
        id: id.clone(),
        pods,
        no_follow: true,
        to_the_end: true,
        ..FollowLogsRequest::default()
    };
    let (mut follow, mut lines) = (client.follow(request), 0_usize);
    let mut why_not_all = String::new();
    while let Some(update) = follow.next().await {
        let update = match update {
            Ok(update) => update,
            Err(error) => {
                // What is written in part would hold up the next try.
                let _gone = std::fs::remove_file(path);
                return Err(error.into());
            }
        };
        let text = match update {
            FollowUpdate::Ended(ended) => {
                if ended.more || !ended.note.is_empty() {
                    why_not_all = format!(
                        ", not all: {}",
                        text::line(if ended.note.is_empty() {
                            "the job goes on"
                        } else {
                            &ended.note
                        })
                    );
                }
                continue;
            }
            FollowUpdate::Lines(chunk) => {
                lines += chunk.lines.len();
                of_chunk(&chunk, &id)
            }
            FollowUpdate::Gap(gap) => {
                format!("[lines may be missing here: {}]\n", gap.reason).into_bytes()
            }
            _ => continue,
        };
        file.write_all(&text).map_err(refused)?;
    }
    file.sync_all().map_err(refused)?;
    Ok(format!("{lines} lines in {}{why_not_all}", path.display()))
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
