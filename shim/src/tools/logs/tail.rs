//! The last lines of each pod, as they come in. Pure; holds no more than an answer can show, however much comes.

use std::{collections::VecDeque, time::Duration};

use pai_proto::v1::{LogChunk, LogEnded, LogGap, Stale};

use crate::{answer::SIZE_MAX, clean, time};

/// Longest line that is shown, in bytes.
const LINE_MAX: usize = 500;
/// Longest name of a pod, in bytes.
const NAME_MAX: usize = 40;

/// What was read of a log.
#[derive(Debug)]
pub(super) struct Tail {
    prefix: String,
    /// Lines that are kept of each life of a pod.
    most: usize,
    pods: Vec<Pod>,
    /// Why this is not all, each for people.
    remarks: Vec<String>,
    away: bool,
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
    pub(super) lines: VecDeque<String>,
    /// Lines of the log before these.
    pub(super) earlier: bool,
    size: usize,
}

impl Tail {
    /// So many lines of each pod of a job with this id at the backend.
    pub(super) fn new(native_id: &str, most: usize) -> Self {
        Self {
            prefix: format!("{native_id}-"),
            most,
            pods: Vec::new(),
            remarks: Vec::new(),
            away: false,
            more: false,
            stale: None,
        }
    }

    /// More lines of one pod.
    pub(super) fn lines(&mut self, chunk: &LogChunk) {
        let most = self.most;
        let pod = self.pod(&chunk.pod_id, &chunk.pod_uid);
        for line in &chunk.lines {
            if pod.lines.is_empty() && line.number > 1 {
                pod.earlier = true;
            }
            let text = clean::last_state(&String::from_utf8_lossy(&line.text));
            pod.push(clean::cut(&text, LINE_MAX).into_owned(), most);
        }
    }

    /// A place where lines may be missing.
    pub(super) fn gap(&mut self, gap: &LogGap) {
        let reason = match clean::line(&gap.reason) {
            reason if reason.is_empty() => reason,
            reason => format!(": {reason}"),
        };
        let most = self.most;
        let pod = self.pod(&gap.pod_id, &gap.pod_uid);
        pod.push(format!("[lines may be missing here{reason}]"), most);
    }

    /// The log cannot be read, or can again.
    pub(super) fn stale(&mut self, stale: &Stale) {
        self.stale = time::utc(stale.since_ms).map(|since| {
            let reason = clean::line(&clean::cut(&stale.reason, LINE_MAX));
            format!("read up to {since} only ({reason})")
        });
    }

    /// The daemon is away, or back.
    pub(super) fn away(&mut self, away: bool) {
        self.away = away;
    }

    /// Whether the daemon is away.
    pub(super) fn is_away(&self) -> bool {
        self.away
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
                .push(clean::line(&clean::cut(&ended.note, LINE_MAX)));
        }
    }

    /// The time was over before the end.
    pub(super) fn cut_short(&mut self, limit: Duration) {
        self.more = true;
        let why = match self.away {
            true => "; the daemon is away",
            false => "",
        };
        self.remarks.push(format!(
            "not read to the end within {} s{why}; ask again",
            limit.as_secs()
        ));
    }

    /// The pods that have lines: `worker-2` before `worker-10`, each life after the one before it.
    pub(super) fn pods(&self) -> Vec<&Pod> {
        let mut pods: Vec<_> = self.pods.iter().collect();
        pods.sort_by_key(|pod| by_number(&pod.key.0));
        pods
    }

    /// Why this is not all.
    pub(super) fn remarks(&self) -> impl Iterator<Item = &str> {
        self.remarks.iter().chain(&self.stale).map(String::as_str)
    }

    fn pod(&mut self, id: &str, uid: &str) -> &mut Pod {
        let key = (id.to_owned(), uid.to_owned());
        let found = self.pods.iter().position(|pod| pod.key == key);
        let index = found.unwrap_or_else(|| {
            let name = clean::line(id.strip_prefix(&self.prefix).unwrap_or(id));
            let name = clean::cut(&name, NAME_MAX).into_owned();
            let lives = self.pods.iter().filter(|pod| pod.key.0 == id).count();
            self.pods.push(Pod {
                key,
                name: match lives {
                    0 => name,
                    lives => format!("{name} (started again, {})", lives + 1),
                },
                lines: VecDeque::new(),
                earlier: false,
                size: 0,
            });
            self.pods.len() - 1
        });
        &mut self.pods[index]
    }
}

impl Pod {
    fn push(&mut self, line: String, most: usize) {
        self.size += line.len() + 1;
        self.lines.push_back(line);
        while (self.size > SIZE_MAX || self.lines.len() > most)
            && let Some(oldest) = self.lines.pop_front()
        {
            self.size -= oldest.len() + 1;
            self.earlier = true;
        }
    }
}

/// The name without the number at its end, and the number.
fn by_number(id: &str) -> (&str, u64) {
    let stem = id.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, id[stem.len()..].parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample::log_chunk;

    #[test]
    fn lines_are_clean_short_and_in_order() {
        let mut tail = Tail::new("dlc1", 1_000);
        tail.lines(&log_chunk(
            "dlc1-worker-0",
            1,
            &[b"1%\r50%\r\x1b[32m100%\x1b[0m", b"bad \xff byte"],
        ));
        tail.lines(&log_chunk(
            "dlc1-worker-0",
            3,
            &["x".repeat(600).as_bytes()],
        ));
        let pod = &tail.pods()[0];
        assert_eq!(pod.name, "worker-0");
        assert_eq!(pod.lines[0], "100%");
        assert_eq!(pod.lines[1], "bad \u{fffd} byte");
        assert!(pod.lines[2].ends_with("… (100 more characters)"));
        assert!(!pod.earlier, "it begins with the first line");
    }

    #[test]
    fn no_more_is_held_than_an_answer_can_show() {
        let mut tail = Tail::new("dlc1", 1_000);
        for number in 1..=10_000_u64 {
            let text = format!("line {number}");
            tail.lines(&log_chunk("dlc1-worker-0", number, &[text.as_bytes()]));
        }
        let pod = &tail.pods()[0];
        assert!(pod.size <= SIZE_MAX && pod.lines.len() < 1_000);
        assert_eq!(pod.lines.back().unwrap(), "line 10000");
        assert!(pod.earlier);
    }

    #[test]
    fn no_more_than_asked_for_is_kept_when_lines_come_while_it_is_read() {
        let mut tail = Tail::new("dlc1", 2);
        for number in 7..=10_u64 {
            let text = format!("line {number}");
            tail.lines(&log_chunk("dlc1-worker-0", number, &[text.as_bytes()]));
        }
        assert_eq!(tail.pods()[0].lines, ["line 9", "line 10"]);
    }

    #[test]
    fn each_life_of_a_pod_has_its_own_lines() {
        let mut tail = Tail::new("dlc1", 1_000);
        let mut chunk = log_chunk("dlc1-worker-0", 5, &[b"first life"]);
        tail.lines(&chunk);
        chunk.pod_uid = "other".into();
        chunk.lines[0].number = 1;
        tail.lines(&chunk);
        let names: Vec<_> = tail.pods().iter().map(|pod| pod.name.as_str()).collect();
        assert_eq!(names, ["worker-0", "worker-0 (started again, 2)"]);
        let earlier: Vec<_> = tail.pods().iter().map(|pod| pod.earlier).collect();
        assert_eq!(earlier, [true, false]);
    }

    #[test]
    fn what_is_missing_is_told() {
        let mut tail = Tail::new("dlc1", 1_000);
        tail.gap(&LogGap {
            pod_id: "dlc1-worker-0".into(),
            reason: "pod replaced".into(),
            ..Default::default()
        });
        assert_eq!(
            tail.pods()[0].lines[0],
            "[lines may be missing here: pod replaced]"
        );
        let mut stale = Stale {
            since_ms: Some(1_795_176_184_000),
            reason: "no route".into(),
        };
        tail.stale(&stale);
        let remarks: Vec<_> = tail.remarks().collect();
        assert_eq!(remarks, ["read up to 2026-11-20T12:03:04Z only (no route)"]);
        stale.since_ms = None;
        tail.stale(&stale);
        assert_eq!(tail.remarks().count(), 0, "it can be read again");
        tail.away(true);
        tail.cut_short(Duration::from_secs(40));
        let text = tail.remarks().next().unwrap();
        assert!(text.contains("within 40 s; the daemon is away"), "{text}");
    }
}
