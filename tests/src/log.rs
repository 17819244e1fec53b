//! What a follow delivered.

use std::collections::BTreeMap;

use pai_proto::{
    follow::{Follow, FollowUpdate},
    v1,
};

use crate::until::within;

/// Lines by pod and incarnation, in the order of their coming, and everything else.
#[derive(Debug, Default)]
pub struct Log {
    /// By pod id and uid: number and text.
    pub lines: BTreeMap<(String, String), Vec<(u64, String)>>,
    /// Everything else, the last word and the end of the job excepted.
    pub said: Vec<FollowUpdate>,
}

impl Log {
    /// Takes an update in; the last word where it is one.
    pub fn take(&mut self, update: FollowUpdate) -> Option<v1::LogEnded> {
        match update {
            FollowUpdate::Ended(ended) => return Some(ended),
            FollowUpdate::Lines(chunk) => {
                let of = self.lines.entry((chunk.pod_id, chunk.pod_uid)).or_default();
                let text = |line: v1::LogLine| {
                    (
                        line.number,
                        String::from_utf8_lossy(&line.text).into_owned(),
                    )
                };
                of.extend(chunk.lines.into_iter().map(text));
            }
            FollowUpdate::JobEnded(_) => {}
            other => self.said.push(other),
        }
        None
    }

    /// Follows to the end.
    ///
    /// # Panics
    /// When the follow fails or does not end.
    pub async fn to_end(&mut self, mut follow: Follow) -> v1::LogEnded {
        let reading = async {
            while let Some(update) = follow.next().await {
                if let Some(ended) = self.take(update.expect("a follow does not fail")) {
                    return ended;
                }
            }
            panic!("the follow ended without a last word")
        };
        within("the end of a log", reading).await
    }

    /// Lines of all incarnations of a pod, by the end of its id.
    pub fn of(&self, pod: &str) -> Vec<String> {
        let lines = self.lines.iter().filter(|((id, _), _)| id.ends_with(pod));
        lines
            .flat_map(|(_, lines)| lines.iter().map(|(_, text)| text.clone()))
            .collect()
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.values().map(Vec::len).sum()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the numbers of each log go up by one, from this one on.
    pub fn is_gapless_from(&self, first: u64) -> bool {
        self.lines.values().all(|lines| {
            let numbers = lines.iter().map(|(number, _)| *number);
            numbers.eq(first..first + lines.len() as u64)
        })
    }
}

/// A request to follow a job from its first line.
pub fn follow_request(id: &str) -> v1::FollowLogsRequest {
    v1::FollowLogsRequest {
        id: id.into(),
        ..Default::default()
    }
}

/// A request for what is there now.
pub fn log_now(id: &str) -> v1::FollowLogsRequest {
    v1::FollowLogsRequest {
        no_follow: true,
        ..follow_request(id)
    }
}
