//! Attempts of pods: where another one begins a rule is drawn between the lines, and none before the first.

use std::collections::HashMap;

use pai_proto::v1::{Job, LogChunk};

use crate::{
    json,
    view::{clean, log},
};

/// Remembers of each pod which attempts turned up.
#[derive(Debug, Default)]
pub(super) struct Attempts(HashMap<String, Pod>);

/// The attempts of a pod.
#[derive(Debug, Default)]
struct Pod {
    /// In the order in which they turned up.
    uids: Vec<String>,
    /// The place of the last one: its number, where the daemon tells it, else its place in `uids`, from 1.
    last: Option<usize>,
}

impl Attempts {
    /// Whether this chunk is of another attempt than the last one of its pod, and how that is told.
    pub(super) fn tell(&mut self, chunk: &LogChunk, job: &Job) -> Option<String> {
        let pod = self.0.entry(chunk.pod_id.clone()).or_default();
        let known = pod.uids.iter().position(|uid| *uid == chunk.pod_uid);
        let turned_up = known.unwrap_or(pod.uids.len());
        if known.is_none() {
            pod.uids.push(chunk.pod_uid.clone());
        }
        let number = usize::try_from(chunk.attempt).ok().filter(|n| *n > 0);
        let place = number.unwrap_or(turned_up + 1);
        let before = pod.last.replace(place)?;
        let name = clean::line(log::pod(&chunk.pod_id, json::job_id(job)));
        let text = match (number, known) {
            _ if place == before => return None,
            (Some(number), None) if place > before => {
                format!("{name} began anew (attempt {number})")
            }
            (Some(number), _) => format!("{name}, attempt {number}"),
            (None, None) => format!("{name} began anew"),
            (None, Some(_)) if place < before => format!("{name}, an earlier attempt"),
            (None, Some(_)) => format!("{name}, the later attempt"),
        };
        Some(rule(&text))
    }
}

/// A line across, where one thing ends and another begins.
fn rule(text: &str) -> String {
    format!("──── {text} ────")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    fn chunk(pod: &str, uid: &str) -> LogChunk {
        LogChunk {
            pod_id: format!("dlc1running-{pod}"),
            pod_uid: uid.into(),
            ..Default::default()
        }
    }

    #[test]
    fn an_attempt_that_began_anew_is_a_rule_and_the_first_is_none() {
        let mut attempts = Attempts::default();
        let job = sample::running();
        let told: Vec<_> = [
            ("worker-0", "a"),
            ("worker-1", "b"),
            ("worker-0", "a"),
            ("worker-0", "c"),
            ("worker-0", "c"),
            ("worker-0", "a"),
            ("worker-0", "c"),
            ("worker-1", "b"),
        ]
        .into_iter()
        .map(|(pod, uid)| attempts.tell(&chunk(pod, uid), &job))
        .collect();
        let rule = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                None,
                None,
                None,
                rule("──── worker-0 began anew ────"),
                None,
                rule("──── worker-0, an earlier attempt ────"),
                rule("──── worker-0, the later attempt ────"),
                None,
            ]
        );
    }

    #[test]
    fn an_attempt_is_told_with_its_number_where_that_is_known() {
        let mut attempts = Attempts::default();
        let job = sample::running();
        let told: Vec<_> = [("b", 2), ("c", 3), ("c", 3), ("a", 1), ("c", 3), ("d", 4)]
            .into_iter()
            .map(|(uid, attempt)| {
                let chunk = LogChunk {
                    attempt,
                    ..chunk("worker-0", uid)
                };
                attempts.tell(&chunk, &job).unwrap_or_default()
            })
            .collect();
        assert_eq!(
            told,
            [
                "",
                "──── worker-0 began anew (attempt 3) ────",
                "",
                "──── worker-0, attempt 1 ────",
                "──── worker-0, attempt 3 ────",
                "──── worker-0 began anew (attempt 4) ────",
            ]
        );
    }
}
