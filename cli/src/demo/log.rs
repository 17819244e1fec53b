//! Which lines of the job's log the demo shows: a few of each pod, evenly spread, and its last one.

use std::collections::BTreeMap;

use pai_proto::v1::LogChunk;

use crate::view::log;

/// Of so many lines of a pod one is shown.
const EACH: u64 = 12;

/// Counts all lines and picks some.
#[derive(Debug, Default)]
pub struct Excerpt {
    pods: BTreeMap<String, Pod>,
}

#[derive(Debug, Default)]
struct Pod {
    lines: u64,
    /// The newest line, while it is not shown.
    newest: Option<String>,
}

impl Excerpt {
    /// Takes new lines; those to be shown now.
    pub fn take(&mut self, chunk: &LogChunk, job_id: &str) -> Vec<String> {
        let name = log::pod(&chunk.pod_id, job_id).to_owned();
        let prefix = log::prefix(&name);
        let pod = self.pods.entry(name).or_default();
        let mut shown = Vec::new();
        for line in &chunk.lines {
            let text = format!("{prefix}{}", log::line(&line.text));
            pod.newest = match pod.lines % EACH {
                0 => {
                    shown.push(text);
                    None
                }
                _ => Some(text),
            };
            pod.lines += 1;
        }
        shown
    }

    /// The last line of each pod, where it was not shown.
    pub fn rest(&mut self) -> Vec<String> {
        let pods = self.pods.values_mut();
        pods.filter_map(|pod| pod.newest.take()).collect()
    }

    /// All lines.
    pub fn lines(&self) -> u64 {
        self.pods.values().map(|pod| pod.lines).sum()
    }

    /// Pods that had lines.
    pub fn pods(&self) -> usize {
        self.pods.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pai_proto::v1::LogLine;

    fn chunk(pod: &str, numbers: std::ops::RangeInclusive<u64>) -> LogChunk {
        let line = |number| LogLine {
            number,
            text: format!("line \u{1b}[1m{number}").into_bytes(),
            ..Default::default()
        };
        LogChunk {
            pod_id: format!("dlc1-{pod}"),
            lines: numbers.map(line).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn a_few_lines_of_each_pod_are_shown_whatever_the_chunks_and_the_last_one_always() {
        let mut excerpt = Excerpt::default();
        let mut take = |pod: &str, numbers| excerpt.take(&chunk(pod, numbers), "dlc1");
        assert_eq!(take("worker-0", 1..=3), ["[worker-0] line 1"]);
        assert_eq!(take("worker-1", 1..=1), ["[worker-1] line 1"]);
        assert!(take("worker-0", 4..=12).is_empty());
        let shown = take("worker-0", 13..=30);
        assert_eq!(shown, ["[worker-0] line 13", "[worker-0] line 25"]);
        // The only line of the other one was shown.
        assert_eq!(excerpt.rest(), ["[worker-0] line 30"]);
        assert!(excerpt.rest().is_empty());
        assert_eq!((excerpt.lines(), excerpt.pods()), (31, 2));
    }
}
