//! The stored output of one incarnation of a pod: text in a file, positions in memory.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::logs::{LineAt, Window, select};
use crate::scratch::open_private;
use crate::sync::lock;

/// Output beyond this many bytes is dropped with a mark, so that a job in an endless loop does
/// not fill the disk.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
const FULL_MARK: &[u8] = b"[output beyond 256 MiB is dropped]";

/// Shared between the task that reads a pod's output and the calls that ask for it.
#[derive(Clone, Debug)]
pub(crate) struct PodLog(Arc<Mutex<Stored>>);

#[derive(Debug)]
struct Stored {
    file: File,
    lines: Vec<LineAt>,
    size: u64,
    full: bool,
}

impl PodLog {
    /// An empty log in a new file of mode 0600.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = open_private(path)?;
        let size = file.metadata()?.len();
        Ok(Self(Arc::new(Mutex::new(Stored {
            file,
            lines: Vec::new(),
            size,
            full: false,
        }))))
    }

    /// Stores lines that arrived at `now_ms`.
    pub(crate) fn append(&self, lines: &[Vec<u8>], now_ms: i64) -> io::Result<()> {
        let mut stored = lock(&self.0);
        let ms = stored
            .lines
            .last()
            .map_or(now_ms, |last| last.ms.max(now_ms));
        let mut bytes = Vec::new();
        let mut places = Vec::with_capacity(lines.len());
        for line in lines {
            if stored.full {
                break;
            }
            let offset = stored.size + bytes.len() as u64;
            stored.full = offset + line.len() as u64 >= MAX_BYTES;
            let line = if stored.full { FULL_MARK } else { line };
            places.push(LineAt {
                ms,
                offset,
                length: line.len(),
            });
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        stored.file.write_all(&bytes)?;
        stored.size += bytes.len() as u64;
        stored.lines.extend(places);
        Ok(())
    }

    /// The lines of a window, oldest first; bytes that are not UTF-8 come as U+FFFD.
    pub(crate) fn read(&self, window: &Window) -> io::Result<Vec<String>> {
        let stored = lock(&self.0);
        let wanted = &stored.lines[select(&stored.lines, window)];
        let mut buffer = Vec::new();
        wanted
            .iter()
            .map(|line| {
                buffer.resize(line.length, 0);
                stored.file.read_exact_at(&mut buffer, line.offset)?;
                Ok(String::from_utf8_lossy(&buffer).into_owned())
            })
            .collect()
    }

    /// Number of lines stored so far, visible or not.
    pub(crate) fn len(&self) -> usize {
        lock(&self.0).lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::LogKeep;

    #[test]
    fn lines_come_back_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let log = PodLog::create(&dir.path().join("pod.log")).unwrap();
        log.append(&[b"one".to_vec(), Vec::new()], 1000).unwrap();
        log.append(&[b"bad \xff byte".to_vec()], 5000).unwrap();
        let window = |start_ms| Window {
            start_ms,
            end_ms: 9000,
            max_lines: 10,
            keep: LogKeep::Tail,
            visible_until_ms: 9000,
        };
        assert_eq!(
            log.read(&window(0)).unwrap(),
            ["one", "", "bad \u{fffd} byte"]
        );
        assert_eq!(log.read(&window(4000)).unwrap(), ["bad \u{fffd} byte"]);
        assert_eq!(log.len(), 3);
    }
}
