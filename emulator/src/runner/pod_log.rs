//! The stored output of one incarnation of a pod: text in a file, positions in memory.
//!
//! Positions are in the order of their seconds of arrival, and within a second in the order of
//! storing, which is the order of the file. Only scripted lines are stored out of that order.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::control::ScriptedLine;
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
    /// Arrival of the newest line that the pod printed, unix ms.
    printed_ms: i64,
    /// Seconds of which lines were left out when they alone were asked for the last time.
    withheld: BTreeSet<i64>,
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
                printed_ms: i64::MIN,
                withheld: BTreeSet::new(),
            }),
        })))
    }

    /// Stores lines that arrived at `now_ms`; after [`Self::close`] they are dropped.
    pub(crate) fn append(&self, lines: &[Vec<u8>], now_ms: i64) -> io::Result<()> {
        let mut stored = lock(&self.0.stored);
        let Some(file) = stored.file.take() else {
            return Ok(());
        };
        let ms = stored.printed_ms.max(now_ms);
        stored.printed_ms = ms;
        let mut kept = Vec::with_capacity(lines.len());
        for line in lines {
            if stored.full {
                break;
            }
            stored.cost += cost(line);
            stored.full = stored.cost >= MAX_COST;
            let line = if stored.full { FULL_MARK } else { line };
            kept.push((line, ms, ms));
        }
        let written = stored.write(&file, &kept);
        stored.file = Some(file);
        written
    }

    /// Stores lines of other times, even after [`Self::close`]; all or, for lack of room, none.
    pub(crate) fn script(&self, lines: &[ScriptedLine]) -> io::Result<()> {
        let mut stored = lock(&self.0.stored);
        let cost = stored.cost + lines.iter().map(|line| cost(&line.text)).sum::<usize>();
        if stored.full || cost >= MAX_COST {
            return Err(io::ErrorKind::StorageFull.into());
        }
        stored.cost = cost;
        let kept = lines
            .iter()
            .map(|line| (line.text.as_slice(), line.ms, line.visible_at_ms));
        let file = open_private(&self.0.path)?;
        stored.write(&file, &kept.collect::<Vec<_>>())
    }

    /// Gives the file descriptor back; what is stored stays readable.
    pub(crate) fn close(&self) {
        lock(&self.0.stored).file = None;
    }

    /// The lines of a window, oldest first; bytes that are not UTF-8 come as U+FFFD. `counts`: what
    /// is left out of a single second is remembered.
    pub(crate) fn read(&self, window: &Window, counts: bool) -> io::Result<Vec<String>> {
        let selected = {
            let mut stored = lock(&self.0.stored);
            let selected = select(&stored.lines, window);
            match window.only_second().filter(|_| counts) {
                Some(second) if selected.withheld => _ = stored.withheld.insert(second),
                Some(second) => _ = stored.withheld.remove(&second),
                None => {}
            }
            selected.lines
        };
        if selected.is_empty() {
            return Ok(Vec::new());
        }
        let file = File::open(&self.0.path)?;
        let mut texts = Vec::with_capacity(selected.len());
        let follows = |one: &LineAt, next: &LineAt| one.end() == next.offset;
        for run in selected.chunk_by(follows) {
            let mut buffer = vec![0; run.iter().map(|line| line.length + 1).sum()];
            file.read_exact_at(&mut buffer, run[0].offset)?;
            let mut rest = buffer.as_slice();
            texts.extend(run.iter().map(|line| {
                let (text, after) = rest.split_at(line.length);
                rest = after.get(1..).unwrap_or_default();
                String::from_utf8_lossy(text).into_owned()
            }));
        }
        Ok(texts)
    }

    /// Seconds of which lines were withheld at their last reading.
    pub(crate) fn withheld(&self) -> Vec<i64> {
        lock(&self.0.stored).withheld.iter().copied().collect()
    }

    /// Number of lines stored so far, visible or not.
    pub(crate) fn len(&self) -> usize {
        lock(&self.0.stored).lines.len()
    }
}

impl Stored {
    /// Puts texts, each with its arrival and the time before which it is hidden, at the end of the
    /// file and where their seconds belong.
    fn write(&mut self, mut file: &File, lines: &[(&[u8], i64, i64)]) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut places = Vec::with_capacity(lines.len());
        for (text, ms, hidden_until_ms) in lines {
            places.push(LineAt {
                ms: *ms,
                hidden_until_ms: *hidden_until_ms,
                offset: self.size + bytes.len() as u64,
                length: text.len(),
            });
            bytes.extend_from_slice(text);
            bytes.push(b'\n');
        }
        file.write_all(&bytes)?;
        self.size += bytes.len() as u64;
        let old = self.lines.len();
        self.lines.extend(places);
        let seam = self.lines[old.saturating_sub(1)..].iter();
        if !seam.is_sorted_by_key(LineAt::second) {
            self.lines.sort_by_key(LineAt::second);
        }
        Ok(())
    }
}

fn cost(line: &[u8]) -> usize {
    line.len() + 1 + size_of::<LineAt>()
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
        now_ms: 9000,
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
            log.read(&window(0), true).unwrap(),
            ["one", "", "bad \u{fffd} byte"]
        );
        assert_eq!(
            log.read(&window(4000), true).unwrap(),
            ["bad \u{fffd} byte"]
        );
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
        assert_eq!(log.read(&ALL, true).unwrap(), ["one"]);
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
            log.read(&last, true).unwrap(),
            ["[output beyond 64 MiB is dropped]"]
        );
    }
}
