//! What a follow sends: what is stored and was not sent yet.

use pai_proto::v1::{FollowLogsResponse, LogChunk, LogGap, LogLine, follow_logs_response::Frame};

use super::{Following, frame};
use crate::{
    model::{Fault, FaultKind, LogStream},
    rpc::{
        frames::Sink,
        logs::{
            cursor::{self, Former, Place},
            lanes::{self, Item, Lane},
        },
    },
};

/// Lines of a frame.
const LINES: usize = 2_000;
/// Bytes of a frame, unless one line has more.
const BYTES: usize = 64 << 10;

const DROPPED: &str =
    "older lines were dropped to keep the limits of the store (logs.jobMegabytes)";
const NOT_READ: &str = "this part of the log is not stored";
const REPLACED: &str = "what was stored of this log is gone, and it is read anew: lines may be repeated or missing here";

impl Following {
    pub(super) async fn streams(&mut self) -> Result<Vec<LogStream>, Fault> {
        let logs = self.running.scope.journal.logs();
        let mut streams = logs.streams(&self.job.uid).await?;
        self.places.meet(&streams);
        if self.previous {
            streams = previous(streams)?;
        }
        streams.retain(|stream| self.wanted.has(stream));
        Ok(streams)
    }

    /// Sends everything that is stored and was not sent yet. True where more is stored, behind what is still to be read; where
    /// nobody reads any more (`over`) that is sent, too.
    pub(super) async fn deliver(
        &mut self,
        over: bool,
        sink: &Sink<FollowLogsResponse>,
    ) -> Result<bool, Fault> {
        let mut streams = self.streams().await?;
        let lines_before = lanes::lines_before(&streams);
        // What comes after a log that is left out need not wait for it.
        streams.retain(|stream| !self.places.leaves_out(stream));
        let mut lanes = lanes::of_pods(streams, over);
        loop {
            for lane in &mut lanes {
                self.load(lane, sink).await?;
            }
            let Some((number, items)) = lanes::next(&mut lanes) else {
                return Ok(lanes.iter().any(Lane::is_held_up));
            };
            if let Some(stream) = lanes[number].stream().cloned() {
                let before = lines_before.get(&stream.id).copied().flatten();
                self.send_items((&stream, before), items, sink).await;
            }
        }
    }

    /// Reads what a pod's logs have, where nothing of them waits to be sent.
    async fn load(
        &mut self,
        lane: &mut Lane,
        sink: &Sink<FollowLogsResponse>,
    ) -> Result<(), Fault> {
        while lane.ready.is_empty() {
            let Some(stream) = lane.stream().cloned() else {
                return Ok(());
            };
            let place = match self.places.get(&stream) {
                Some(place) => place,
                None => self.first_place(&stream, sink).await?,
            };
            if place.number >= stream.last && place.gap >= stream.gap {
                match self.go_on(lane, sink).await {
                    true => continue,
                    false => return Ok(()),
                }
            }
            if place.number < stream.dropped {
                let number = stream.dropped;
                let gap = self.newest_gap(&stream, number).await?;
                self.places.set(
                    &stream,
                    Place {
                        number,
                        gap,
                        ..place
                    },
                );
                let told = self.gap(&stream, 0, 0, DROPPED);
                sink.send(frame(told)).await;
                continue;
            }
            let logs = self.running.scope.journal.logs();
            let mask = self.mask.clone();
            let page = logs
                .after(stream.id, place.number, place.gap, LINES, BYTES, mask)
                .await?;
            if page.lines.is_empty() && page.gaps.is_empty() {
                match self.go_on(lane, sink).await {
                    true => continue,
                    false => return Ok(()),
                }
            }
            let first = page.lines.first().map_or(0, |line| line.number);
            let told_before = page.gaps.iter().map(|gap| gap.after);
            let before = told_before.filter(|after| *after < first).max();
            if first > before.unwrap_or(0).max(place.number) + 1 {
                // Dropped while it was read.
                let told = self.gap(&stream, 0, 0, DROPPED);
                sink.send(frame(told)).await;
            }
            let mut lines = page.lines.into_iter().peekable();
            for gap in page.gaps {
                while let Some(line) = lines.next_if(|line| line.number <= gap.after) {
                    lane.ready.push_back(Item::Line(line));
                }
                lane.ready.push_back(Item::Gap(gap));
            }
            lane.ready.extend(lines.map(Item::Line));
        }
        Ok(())
    }

    /// Goes on to a pod's next log; false where there is none, or it must wait.
    async fn go_on(&mut self, lane: &mut Lane, sink: &Sink<FollowLogsResponse>) -> bool {
        let (before, has_hole) = (lane.stream().cloned(), lane.has_hole());
        let goes_on = lane.go_on();
        if goes_on
            && has_hole
            && let Some((before, next)) = before.zip(lane.stream())
            && self.places.get(next).is_none()
        {
            self.passed_hole = true;
            let told = self.gap(&before, 0, 0, NOT_READ);
            sink.send(frame(told)).await;
        }
        goes_on
    }

    /// Where to begin in a log of which nothing was delivered: with its first line, or, where it is read anew, behind the newest
    /// one that was.
    async fn first_place(
        &mut self,
        stream: &LogStream,
        sink: &Sink<FollowLogsResponse>,
    ) -> Result<Place, Fault> {
        let Some(former) = self.places.former(stream) else {
            return Ok(Place::default());
        };
        let number = self.behind(stream, former).await?;
        let gap = match number {
            0 => 0,
            number => self.newest_gap(stream, number).await?,
        };
        let place = Place {
            number,
            gap,
            ..former.place
        };
        // Not settled before there is something with which it goes on.
        if number < stream.last || gap < stream.gap {
            self.places.set(stream, place);
            if !former.is_told {
                self.places.told(stream);
                let told = self.gap(stream, 0, 0, REPLACED);
                sink.send(frame(told)).await;
            }
        }
        Ok(place)
    }

    /// The line behind which it goes on: the one of the same number and text, or the last one that was surely delivered.
    async fn behind(&self, stream: &LogStream, former: Former) -> Result<u64, Fault> {
        let store = self.running.scope.journal.logs();
        let Place { number, print, .. } = former.place;
        if former.segment == stream.segment && number > 0 && print != 0 {
            let mask = self.mask.clone();
            let page = store.after(stream.id, number - 1, u64::MAX, 1, 0, mask);
            let same = |line: &crate::model::LogLine| {
                line.number == number && cursor::print(&line.text) == print
            };
            if page.await?.lines.first().is_some_and(same) {
                return Ok(number);
            }
        }
        match former.place.second {
            Some(second) => Ok(store.before_second(stream.id, second).await?),
            None => Ok(0),
        }
    }

    async fn send_items(
        &mut self,
        (stream, before): (&LogStream, Option<u64>),
        items: Vec<Item>,
        sink: &Sink<FollowLogsResponse>,
    ) {
        let mut lines = Vec::new();
        for item in items {
            match item {
                Item::Line(line) => lines.push(line),
                Item::Gap(gap) => {
                    self.send_lines((stream, before), std::mem::take(&mut lines), sink)
                        .await;
                    let before = self.places.get(stream).unwrap_or_default();
                    // What lies before it was sent, or cannot be read.
                    let place = Place {
                        number: before.number.max(gap.after),
                        gap: before.gap.max(gap.id),
                        ..before
                    };
                    self.places.set(stream, place);
                    let told = self.gap(stream, gap.from_second, gap.to_second, &gap.reason);
                    sink.send(frame(told)).await;
                }
            }
        }
        self.send_lines((stream, before), lines, sink).await;
    }

    async fn send_lines(
        &mut self,
        (stream, lines_before): (&LogStream, Option<u64>),
        lines: Vec<crate::model::LogLine>,
        sink: &Sink<FollowLogsResponse>,
    ) {
        let Some(last) = lines.last() else {
            return;
        };
        let before = self.places.get(stream).unwrap_or_default();
        let newest = lines.iter().filter_map(|line| line.second).max();
        let place = Place {
            number: last.number,
            second: before.second.max(newest),
            print: cursor::print(&last.text),
            ..before
        };
        self.places.set(stream, place);
        let is_wanted = |line: &crate::model::LogLine| match (line.second, self.since) {
            (Some(second), Some(since)) => second >= since,
            _ => true,
        };
        let lines = lines.into_iter().filter(is_wanted).map(|line| LogLine {
            number: line.number,
            text: line.text,
            second: line.second,
            late: line.late,
        });
        let chunk = LogChunk {
            pod_id: stream.key.pod_id.clone(),
            pod_uid: stream.key.pod_uid.clone(),
            role: stream.role.clone(),
            lines: lines.collect(),
            cursor: self.places.encode(),
            segment: stream.segment,
            attempt: stream.attempt,
            lines_before,
        };
        if !chunk.lines.is_empty() {
            sink.send(frame(Frame::Chunk(chunk))).await;
        }
    }

    fn gap(&self, stream: &LogStream, from_second: i64, to_second: i64, reason: &str) -> Frame {
        Frame::Gap(LogGap {
            pod_id: stream.key.pod_id.clone(),
            pod_uid: stream.key.pod_uid.clone(),
            from_second,
            to_second,
            reason: reason.into(),
            certain: reason == crate::logs::TOO_MANY,
            cursor: self.places.encode(),
        })
    }
}

/// Of each pod the attempt before its newest one.
fn previous(streams: Vec<LogStream>) -> Result<Vec<LogStream>, Fault> {
    let of_pod = |stream: &LogStream| {
        let of_it = streams
            .iter()
            .filter(|other| other.key.pod_id == stream.key.pod_id);
        of_it.map(|other| other.attempt).max().unwrap_or(1)
    };
    let before: Vec<_> = streams
        .iter()
        .filter(|stream| stream.attempt + 1 == of_pod(stream))
        .cloned()
        .collect();
    match before.is_empty() {
        true => Err(Fault::new(
            FaultKind::NotFound,
            "no pod of this job had an attempt before its present one",
        )
        .hint("leave `previous` away")
        .field("previous")),
        false => Ok(before),
    }
}
