//! In which order the lines of several pods come. Pure.
//!
//! Of a pod everything comes in the order in which it was printed: attempt after attempt, segment after segment. Between pods
//! the line comes first that was filed by the earlier second, as far as seconds are known.

use std::collections::{HashMap, VecDeque};

use crate::model::{LogGap, LogLine, LogStream};

/// What comes next.
#[derive(Debug)]
pub(super) enum Item {
    Line(LogLine),
    Gap(LogGap),
}

/// The logs of one pod.
#[derive(Debug)]
pub(super) struct Lane {
    /// In the order in which they were written.
    pub(super) streams: Vec<LogStream>,
    /// Which of them is being read.
    pub(super) at: usize,
    /// What was read of it and not yet handed on.
    pub(super) ready: VecDeque<Item>,
    /// Nobody reads any more: what lies before a later segment is not waited for.
    pub(super) over: bool,
}

impl Lane {
    /// The log that is being read.
    pub(super) fn stream(&self) -> Option<&LogStream> {
        self.streams.get(self.at)
    }

    /// Goes on to the next log. False where there is none, or where this one is still to be read up to it.
    pub(super) fn go_on(&mut self) -> bool {
        if self.is_held_up() || self.at + 1 >= self.streams.len() {
            return false;
        }
        self.at += 1;
        true
    }

    /// Whether there is a later segment that must wait until this one is read up to it.
    pub(super) fn is_held_up(&self) -> bool {
        !self.over && self.has_hole()
    }

    /// Whether this one is not read up to the later segment behind it.
    pub(super) fn has_hole(&self) -> bool {
        let (this, next) = (self.streams.get(self.at), self.streams.get(self.at + 1));
        this.zip(next)
            .is_some_and(|(this, next)| this.key == next.key && !this.complete)
    }

    fn key(&self) -> Option<i64> {
        self.ready.front().map(second)
    }

    /// What may be handed on before the other lanes have their turn.
    fn take_up_to(&mut self, bound: Option<i64>) -> Vec<Item> {
        let comes = |item: &Item| bound.is_none_or(|bound| second(item) <= bound);
        let mut taken = Vec::new();
        while let Some(item) = self
            .ready
            .pop_front_if(|item| taken.is_empty() || comes(item))
        {
            taken.push(item);
        }
        taken
    }
}

/// A gap, and a line of which nothing is known, come where they stand.
fn second(item: &Item) -> i64 {
    match item {
        Item::Line(line) => line.second.unwrap_or(i64::MIN),
        Item::Gap(_) => i64::MIN,
    }
}

/// Lines of the earlier segments of each of these, which come in the order of the store; `None` while one is not read whole.
pub(super) fn lines_before(streams: &[LogStream]) -> HashMap<i64, Option<u64>> {
    let before = |(place, this): (usize, &LogStream)| {
        let earlier = streams[..place].iter();
        let earlier = earlier.filter(|stream| stream.key == this.key);
        let lines = earlier.map(|stream| stream.complete.then_some(stream.last));
        (this.id, lines.sum())
    };
    streams.iter().enumerate().map(before).collect()
}

/// Of streams in the order of the store: a lane for each pod. `over` says that nobody reads any more.
pub(super) fn of_pods(streams: Vec<LogStream>, over: bool) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for stream in streams {
        let same = |lane: &&mut Lane| lane.streams[0].key.pod_id == stream.key.pod_id;
        match lanes.iter_mut().find(same) {
            Some(lane) => lane.streams.push(stream),
            None => lanes.push(Lane {
                streams: vec![stream],
                at: 0,
                ready: VecDeque::new(),
                over,
            }),
        }
    }
    lanes
}

/// Which lane is next, and what of it; `None` when nothing is ready.
pub(super) fn next(lanes: &mut [Lane]) -> Option<(usize, Vec<Item>)> {
    let keys = || {
        lanes
            .iter()
            .enumerate()
            .filter_map(|(lane, of)| Some((of.key()?, lane)))
    };
    let (_, first) = keys().min()?;
    let bound = keys()
        .filter(|(_, lane)| *lane != first)
        .map(|(key, _)| key)
        .min();
    Some((first, lanes[first].take_up_to(bound)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogKey;

    fn stream(pod: &str, uid: &str, segment: u32, complete: bool) -> LogStream {
        LogStream {
            id: 1,
            key: LogKey {
                job_uid: "job-1".into(),
                pod_id: pod.into(),
                pod_uid: uid.into(),
            },
            role: String::new(),
            segment,
            attempt: 1,
            begin: 0,
            last: 0,
            dropped: 0,
            gap: 0,
            complete,
        }
    }

    fn line(second: Option<i64>) -> Item {
        Item::Line(LogLine {
            number: 1,
            text: Vec::new(),
            second,
            late: false,
        })
    }

    #[test]
    fn lines_of_pods_come_by_their_seconds() {
        let streams = vec![stream("a", "1", 1, false), stream("b", "1", 1, false)];
        let mut lanes = of_pods(streams, false);
        lanes[0].ready = [Some(1), Some(3), Some(3), Some(2), Some(9)]
            .map(line)
            .into();
        lanes[1].ready = [Some(2), Some(3), None, Some(8)].map(line).into();
        let mut order = Vec::new();
        while let Some((lane, items)) = next(&mut lanes) {
            order.push((lane, items.iter().map(second).collect::<Vec<_>>()));
        }
        let none = i64::MIN;
        assert_eq!(
            order,
            [
                (0, vec![1]),
                (1, vec![2, 3, none]),
                (0, vec![3, 3, 2]),
                (1, vec![8]),
                (0, vec![9]),
            ]
        );
    }

    #[test]
    fn a_later_segment_waits_for_the_one_before_it_and_an_attempt_does_not() {
        let streams = vec![
            stream("a", "1", 1, false),
            stream("b", "1", 1, false),
            stream("a", "1", 2, false),
            stream("a", "2", 1, false),
        ];
        let mut over = of_pods(streams.clone(), true);
        assert!(over[0].has_hole() && !over[0].is_held_up());
        assert!(over[0].go_on());
        let mut lanes = of_pods(streams, false);
        assert_eq!(lanes.len(), 2);
        assert!(!lanes[0].go_on(), "not yet read up to the next segment");
        assert!(lanes[0].is_held_up());
        lanes[0].streams[0].complete = true;
        assert!(lanes[0].go_on() && lanes[0].go_on());
        assert!(!lanes[0].is_held_up() && !lanes[0].go_on());
        assert!(!lanes[1].is_held_up() && !lanes[1].go_on());
    }

    #[test]
    fn lines_are_counted_through_what_was_read_whole() {
        let mut streams = [
            stream("a", "1", 1, true),
            stream("b", "1", 1, true),
            stream("a", "1", 2, false),
            stream("a", "1", 3, false),
            stream("a", "2", 1, false),
        ];
        for (id, stream) in (0..).zip(&mut streams) {
            (stream.id, stream.last) = (id, 77);
        }
        let before = lines_before(&streams);
        let told = [0, 1, 2, 3, 4].map(|id| before[&id]);
        assert_eq!(told, [Some(0), Some(0), Some(77), None, Some(0)]);
    }
}
