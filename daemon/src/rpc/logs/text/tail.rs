//! The last lines of each pod, as they come in. Pure; holds no more than an answer can show, however much comes.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::model::redact::Redactor;
use jiff::Timestamp;
use pai_proto::{
    text,
    v1::{LogChunk, LogEnded, LogGap, Stale},
};

/// Longest line that is shown, in bytes.
const LINE_MAX: usize = 500;
/// Longest name of a pod, in bytes.
const NAME_MAX: usize = 40;
/// Room for how often a line came.
const COUNT_MAX: usize = 16;

/// What was read of a log.
#[derive(Debug)]
pub(super) struct Tail {
    prefix: String,
    /// Lines that are kept of each life of a pod.
    most: usize,
    /// Bytes that are kept of each life of a pod.
    room: usize,
    pods: Vec<Pod>,
    /// Why this is not all, each for people.
    remarks: Vec<String>,
    /// Lines may be there, or come, that were not read.
    more: bool,
    stale: Option<String>,
}

/// The last lines of one life of one pod.
#[derive(Debug)]
pub(super) struct Pod {
    key: (String, String),
    /// For example `worker-0`.
    pub(super) name: String,
    /// Oldest first.
    pub(super) lines: VecDeque<Line>,
    /// Lines of the log before these.
    pub(super) earlier: u64,
    /// There may be more than that: a part of the log before these lines is not read yet.
    pub(super) has_hole: bool,
    /// Of `earlier`, those that were read and found no room.
    left_out: u64,
    /// Lines before these that are not stored any more.
    pub(super) dropped: u64,
    /// Gaps before these lines.
    pub(super) gaps: u64,
    /// Gaps that were read.
    read_gaps: u64,
    /// Where its first line lies is known.
    is_begun: bool,
    size: usize,
}

/// A line, and how often it came in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    /// Zero: it is a gap.
    pub(super) count: u64,
}

impl Line {
    /// Whether it says that lines may be missing there.
    pub(super) fn is_gap(&self) -> bool {
        self.count == 0
    }

    /// As it is shown.
    pub(super) fn shown(&self) -> Cow<'_, str> {
        match self.count {
            0 | 1 => self.text.as_str().into(),
            count => format!("{} (×{count})", self.text).into(),
        }
    }

    /// Bytes that it takes with its line end, at most.
    pub(super) fn size(&self) -> usize {
        self.text.len() + 1 + if self.count > 1 { COUNT_MAX } else { 0 }
    }
}

/// A line made fit to be shown. Masked once more: what is taken out of it may have stood in a secret.
pub(super) fn fit(text: &[u8], mask: &Redactor) -> String {
    let text = mask.text(&text::last_state(&String::from_utf8_lossy(text)));
    text::cut(&text, LINE_MAX).into_owned()
}

impl Tail {
    /// So many lines, and bytes, of each pod of a job with this id at the backend.
    pub(super) fn new(native_id: &str, most: usize, room: usize) -> Self {
        Self {
            prefix: format!("{native_id}-"),
            most,
            room,
            pods: Vec::new(),
            remarks: Vec::new(),
            more: false,
            stale: None,
        }
    }

    /// More lines of one pod: those that are to be shown, and the number of the first one that was read.
    pub(super) fn lines(&mut self, chunk: &LogChunk, first: u64, fitting: Vec<String>) {
        let (most, room) = (self.most, self.room);
        let pod = self.pod(&chunk.pod_id, &chunk.pod_uid, chunk.attempt);
        if !std::mem::replace(&mut pod.is_begun, true) {
            pod.earlier += chunk.lines_before.unwrap_or(0) + first.saturating_sub(1);
            pod.has_hole = chunk.lines_before.is_none();
        }
        for text in fitting {
            pod.push(text, most, room);
        }
    }

    /// What came before is not to be told as left out: only some lines were asked for.
    pub(super) fn forget_earlier(&mut self) {
        for pod in &mut self.pods {
            pod.earlier = pod.earlier.min(pod.left_out);
            pod.has_hole = false;
        }
    }

    /// A place where lines may be missing.
    pub(super) fn gap(&mut self, gap: &LogGap) {
        let reason = match text::line(&gap.reason) {
            reason if reason.is_empty() => reason,
            reason => format!(": {reason}"),
        };
        let are = if gap.certain { "are" } else { "may be" };
        let (most, room) = (self.most, self.room);
        let pod = self.pod(&gap.pod_id, &gap.pod_uid, 0);
        pod.read_gaps += 1;
        pod.gap(format!("[lines {are} missing here{reason}]"), most, room);
    }

    /// All gaps of the logs that were read, by id and uid of the pod: what was not read lies before the beginning.
    pub(super) fn gaps_of(&mut self, all: &HashMap<(String, String), u64>) {
        for pod in &mut self.pods {
            let all = all.get(&pod.key).copied().unwrap_or(0);
            pod.gaps += all.saturating_sub(pod.read_gaps);
        }
    }

    /// So many of the earlier lines of this pod are not stored any more.
    pub(super) fn dropped(&mut self, id: &str, uid: &str, lines: u64) {
        let is_it = |pod: &&mut Pod| pod.key.0 == id && pod.key.1 == uid;
        if let Some(pod) = self.pods.iter_mut().find(is_it) {
            let lines = lines.min(pod.earlier);
            pod.earlier -= lines;
            pod.dropped += lines;
        }
    }

    /// The log cannot be read, or can again.
    pub(super) fn stale(&mut self, stale: &Stale) {
        self.stale = utc(stale.since_ms).map(|since| {
            let reason = text::line(&text::cut(&stale.reason, LINE_MAX));
            format!("read up to {since} only ({reason})")
        });
    }

    /// Whether lines may be there, or come, that were not read.
    pub(super) fn has_more(&self) -> bool {
        self.more
    }

    /// The last word.
    pub(super) fn ended(&mut self, ended: &LogEnded) {
        self.more = ended.more;
        if !ended.note.is_empty() {
            self.remarks
                .push(text::line(&text::cut(&ended.note, LINE_MAX)));
        }
    }

    /// The time was over before the end.
    pub(super) fn cut_short(&mut self, limit: Duration) {
        self.more = true;
        self.remarks.push(format!(
            "not read to the end within {} s; ask again",
            limit.as_secs()
        ));
    }

    /// It was ended before its last word, for this reason.
    pub(super) fn broken_off(&mut self, reason: &str) {
        self.not_whole("not read to the end", reason, "; ask again");
    }

    /// What is behind the stored lines could not be read, for this reason.
    pub(super) fn only_stored(&mut self, reason: &str) {
        self.not_whole("nothing behind what is stored was read", reason, "");
    }

    /// There are too many pods for a cursor that fits.
    pub(super) fn no_cursor(&mut self) {
        let remark = "there is no cursor for so many pods: name those that matter";
        self.remarks.push(remark.into());
    }

    fn not_whole(&mut self, what: &str, reason: &str, advice: &str) {
        self.more = true;
        let reason = text::line(&text::cut(reason, LINE_MAX));
        self.remarks.push(format!("{what} ({reason}){advice}"));
    }

    /// Whether nothing was read: no line, whether it is shown or not, and no gap.
    pub(super) fn is_untouched(&self) -> bool {
        self.pods.is_empty()
    }

    /// The pods that have lines: `worker-2` before `worker-10`, each life after the one before it.
    pub(super) fn pods(&self) -> Vec<&Pod> {
        let mut pods: Vec<_> = self
            .pods
            .iter()
            .filter(|pod| !pod.lines.is_empty())
            .collect();
        pods.sort_by_key(|pod| by_number(&pod.key.0));
        pods
    }

    /// Why this is not all.
    pub(super) fn remarks(&self) -> impl Iterator<Item = &str> {
        self.remarks.iter().chain(&self.stale).map(String::as_str)
    }

    fn pod(&mut self, id: &str, uid: &str, attempt: u32) -> &mut Pod {
        let key = (id.to_owned(), uid.to_owned());
        let found = self.pods.iter().position(|pod| pod.key == key);
        let index = found.unwrap_or_else(|| {
            let name = text::line(id.strip_prefix(&self.prefix).unwrap_or(id));
            let name = text::cut(&name, NAME_MAX).into_owned();
            self.pods.push(Pod {
                key,
                name: match attempt {
                    0 | 1 => name,
                    attempt => format!("{name} (attempt {attempt})"),
                },
                lines: VecDeque::new(),
                earlier: 0,
                has_hole: false,
                left_out: 0,
                dropped: 0,
                gaps: 0,
                read_gaps: 0,
                is_begun: false,
                size: 0,
            });
            self.pods.len() - 1
        });
        &mut self.pods[index]
    }
}

impl Pod {
    /// Whether it is a life of the pod with this id.
    pub(super) fn is_of(&self, id: &str) -> bool {
        self.key.0 == id
    }

    /// Bytes of the lines that are kept.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    fn push(&mut self, text: String, most: usize, room: usize) {
        match self.lines.back_mut() {
            Some(last) if last.text == text && last.count > 0 => {
                if last.count == 1 {
                    self.size += COUNT_MAX;
                }
                last.count += 1;
            }
            _ => self.append(Line { text, count: 1 }),
        }
        self.drop_oldest(most, room);
    }

    /// Told once in a row.
    fn gap(&mut self, text: String, most: usize, room: usize) {
        let line = Line { text, count: 0 };
        if self.lines.back() != Some(&line) {
            self.append(line);
            self.drop_oldest(most, room);
        }
    }

    fn append(&mut self, line: Line) {
        self.size += line.size();
        self.lines.push_back(line);
    }

    fn drop_oldest(&mut self, most: usize, room: usize) {
        while (self.size > room || self.lines.len() > most)
            && let Some(oldest) = self.lines.pop_front()
        {
            self.size -= oldest.size();
            self.left_out += oldest.count;
            self.gaps += u64::from(oldest.is_gap());
            self.earlier += oldest.count;
        }
    }
}

/// RFC 3339 in UTC, to the second; zero and nonsense are no time.
fn utc(ms: Option<i64>) -> Option<String> {
    let ms = ms.filter(|ms| *ms != 0)?;
    Some(
        Timestamp::from_second(ms.div_euclid(1000))
            .ok()?
            .to_string(),
    )
}

/// The name without the number at its end, and the number.
fn by_number(id: &str) -> (&str, u64) {
    let stem = id.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, id[stem.len()..].parse().unwrap_or(0))
}

#[cfg(test)]
mod tests;
