//! The stored output of one incarnation of a pod: text in a file, positions in memory.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::logs::{LineAt, Window, select};
use crate::scratch::open_private;
use crate::sync::lock;

/// Output is dropped with a mark once its bytes, line feeds and the positions kept in memory come
/// to this together, so that a job in an endless loop fills neither disk nor memory.
const MAX_COST: usize = 64 * 1024 * 1024;
const FULL_MARK: &[u8] = b"[output beyond 64 MiB is dropped]";

/// Shared between the task that reads a pod's output and the calls that ask for it.
#[derive(Clone, Debug)]
pub(crate) struct PodLog(Arc<Log>);

#[derive(Debug)]
struct Log {
    path: PathBuf,
    stored: Mutex<Stored>,
}

#[derive(Debug)]
struct Stored {
    /// None once the pod has ended.
    file: Option<File>,
    lines: Vec<LineAt>,
    size: u64,
    /// Counted against [`MAX_COST`].
    cost: usize,
    full: bool,
}

impl PodLog {
    /// An empty log in a new file of mode 0600.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = open_private(path)?;
        let size = file.metadata()?.len();
        Ok(Self(Arc::new(Log {
            path: path.to_owned(),
            stored: Mutex::new(Stored {
                file: Some(file),
                lines: Vec::new(),
                size,
                cost: 0,
                full: false,
            }),
        })))
    }

    /// Stores lines that arrived at `now_ms`; after [`Self::close`] they are dropped.
    pub(crate) fn append(&self, lines: &[Vec<u8>], now_ms: i64) -> io::Result<()> {
        let mut stored = lock(&self.0.stored);
        let stored = &mut *stored;
        let Some(file) = &mut stored.file else {
            return Ok(());
        };
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
            stored.cost += line.len() + 1 + size_of::<LineAt>();
            stored.full = stored.cost >= MAX_COST;
            let line = if stored.full { FULL_MARK } else { line };
            places.push(LineAt {
                ms,
                offset: stored.size + bytes.len() as u64,
                length: line.len(),
            });
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        file.write_all(&bytes)?;
        stored.size += bytes.len() as u64;
        stored.lines.extend(places);
        Ok(())
    }

    /// Gives the file descriptor back; what is stored stays readable.
    pub(crate) fn close(&self) {
        lock(&self.0.stored).file = None;
    }

    /// The lines of a window, oldest first; bytes that are not UTF-8 come as U+FFFD.
    pub(crate) fn read(&self, window: &Window) -> io::Result<Vec<String>> {
        let wanted = {
            let lines = &lock(&self.0.stored).lines;
            lines[select(lines, window)].to_vec()
        };
        let Some(first) = wanted.first() else {
            return Ok(Vec::new());
        };
        let file = File::open(&self.0.path)?;
        let bytes = wanted.iter().map(|line| line.length + 1).sum();
        let mut buffer = vec![0; bytes];
        file.read_exact_at(&mut buffer, first.offset)?;
        let mut rest = buffer.as_slice();
        let texts = wanted.iter().map(|line| {
            let (text, after) = rest.split_at(line.length);
            rest = after.get(1..).unwrap_or_default();
            String::from_utf8_lossy(text).into_owned()
        });
        Ok(texts.collect())
    }

    /// Number of lines stored so far, visible or not.
    pub(crate) fn len(&self) -> usize {
        lock(&self.0.stored).lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::LogKeep;

    const ALL: Window = Window {
        start_ms: 0,
        end_ms: 9000,
        max_lines: 10,
        max_bytes: 1000,
        keep: LogKeep::Tail,
        visible_until_ms: 9000,
    };

    fn log() -> (tempfile::TempDir, PodLog) {
        let dir = tempfile::tempdir().unwrap();
        let log = PodLog::create(&dir.path().join("pod.log")).unwrap();
        (dir, log)
    }

    #[test]
    fn lines_come_back_as_they_were_written() {
        let (_dir, log) = log();
        log.append(&[b"one".to_vec(), Vec::new()], 1000).unwrap();
        log.append(&[b"bad \xff byte".to_vec()], 5000).unwrap();
        log.close();
        let window = |start_ms| Window { start_ms, ..ALL };
        assert_eq!(
            log.read(&window(0)).unwrap(),
            ["one", "", "bad \u{fffd} byte"]
        );
        assert_eq!(log.read(&window(4000)).unwrap(), ["bad \u{fffd} byte"]);
        assert_eq!(log.len(), 3);
    }

    #[test]
    fn a_log_that_has_ended_holds_no_file_and_takes_no_lines() {
        let (_dir, log) = log();
        log.append(&[b"one".to_vec()], 1000).unwrap();
        assert!(lock(&log.0.stored).file.is_some());
        log.close();
        assert!(lock(&log.0.stored).file.is_none());
        log.append(&[b"two".to_vec()], 1000).unwrap();
        assert_eq!(log.read(&ALL).unwrap(), ["one"]);
    }

    #[test]
    fn empty_lines_without_end_fill_neither_disk_nor_memory() {
        let (_dir, log) = log();
        let lines = vec![Vec::new(); 100_000];
        for _ in 0..40 {
            log.append(&lines, 1000).unwrap();
        }
        let stored = lock(&log.0.stored).lines.len();
        assert!(stored * size_of::<LineAt>() <= MAX_COST, "{stored}");
        let last = Window {
            max_lines: 1,
            ..ALL
        };
        assert_eq!(
            log.read(&last).unwrap(),
            ["[output beyond 64 MiB is dropped]"]
        );
    }
}
