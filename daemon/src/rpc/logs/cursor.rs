//! Where a follow stands. Opaque to clients. Pure.
//!
//! Numbers count within what is stored. Where that was dropped or lost, and the log is read anew, the number is believed if
//! the line is the same one. Else a follow goes on with the second by which its newest line had been filed: it repeats lines
//! rather than leave some out.

mod wire;

use std::collections::BTreeMap;

use self::wire::{Entry, Owner};
use super::begin::LEFT_OUT;
use crate::{
    logs,
    model::{Fault, FaultKind, LogKey, LogStream},
};

/// How far a log was delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The newest line that was delivered.
    pub(super) number: u64,
    /// The newest gap that was told.
    pub(super) gap: u64,
    /// The greatest second of a line that was delivered, as far as known.
    pub(super) second: Option<i64>,
    /// Of the text of the newest line; zero where none was delivered.
    pub(super) print: u32,
}

/// One incarnation of a pod, by the prints of its id and of its own name; the latter is zero where it has none yet.
type Pod = (u32, u32);

/// One segment of its log, and how far it was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    pod: Pod,
    segment: u32,
    place: Place,
}

/// How far each log was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    owner: Owner,
    /// By the number of the log in the store, which is never given again.
    of: BTreeMap<i64, Part>,
    /// Logs that are stored no more.
    former: BTreeMap<Pod, Former>,
}

/// What was delivered of logs that are stored no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Former {
    /// The last segment of which lines were delivered.
    pub(super) segment: u32,
    pub(super) place: Place,
    /// Nothing was to be delivered.
    pub(super) is_left_out: bool,
    /// The client knows that it is read anew.
    pub(super) is_told: bool,
}

impl Places {
    /// At the beginning of everything that this store has of a job.
    pub(super) fn new(store: &str, job_uid: &str) -> Self {
        Self {
            owner: Owner {
                store: store.to_owned(),
                job: print(job_uid.as_bytes()),
            },
            of: BTreeMap::new(),
            former: BTreeMap::new(),
        }
    }

    /// What a client brings back.
    pub(super) fn decode(bytes: &[u8], store: &str, job_uid: &str) -> Result<Self, Fault> {
        let refused = |message: &str| {
            let fault = Fault::new(FaultKind::Invalid, message);
            fault.hint("read the log without a cursor").field("cursor")
        };
        let decoded = wire::decode(bytes);
        let (owner, entries) =
            decoded.ok_or_else(|| refused("the cursor of the log is not one of ours"))?;
        let mut places = Self::new(store, job_uid);
        if owner.job != places.owner.job {
            return Err(refused("the cursor is of another job's log"));
        }
        for entry in entries {
            if owner.store == store && entry.stream != 0 {
                places.of.insert(entry.stream, entry.part);
            } else {
                places.is_gone(entry.part, entry.is_told);
            }
        }
        Ok(places)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let stored = self.of.iter().map(|(stream, part)| Entry {
            stream: *stream,
            part: *part,
            is_told: false,
        });
        let former = self.former.iter().map(|(pod, former)| Entry {
            stream: 0,
            part: Part {
                pod: *pod,
                segment: former.segment,
                place: former.place,
            },
            is_told: former.is_told,
        });
        wire::encode(&self.owner, stored.chain(former))
    }

    /// These are all logs of the job that are stored now.
    pub(super) fn meet(&mut self, streams: &[LogStream]) {
        for stream in streams {
            // The backend may have named the incarnation since.
            if let Some(part) = self.of.get_mut(&stream.id) {
                part.pod = pod(&stream.key);
            }
        }
        let is_there = |id: &i64| streams.iter().any(|stream| stream.id == *id);
        let gone = self.of.extract_if(.., |id, _| !is_there(id));
        for (_, part) in gone.collect::<Vec<_>>() {
            self.is_gone(part, false);
        }
    }

    fn is_gone(&mut self, part: Part, is_told: bool) {
        let Part {
            pod,
            segment,
            place,
        } = part;
        let is_left_out = place.number == LEFT_OUT;
        let former = Former {
            segment,
            place,
            is_left_out,
            is_told,
        };
        let known = self.former.entry(pod).or_insert(former);
        let far = |segment: u32, place: Place| (place.second, segment, place.number);
        let is_further = far(known.segment, known.place) < far(segment, place);
        if !is_left_out && (known.is_left_out || is_further) {
            (known.segment, known.place) = (segment, place);
        }
        known.is_left_out &= is_left_out;
        known.is_told &= is_told;
    }

    /// How far it was delivered; `None` where nothing is known of this log.
    pub(super) fn get(&self, stream: &LogStream) -> Option<Place> {
        self.of.get(&stream.id).map(|part| part.place)
    }

    pub(super) fn set(&mut self, stream: &LogStream, place: Place) {
        let part = Part {
            pod: pod(&stream.key),
            segment: stream.segment,
            place,
        };
        self.of.insert(stream.id, part);
    }

    /// What was delivered of a log that is read anew. Of a part behind one that is gone on with nothing was.
    pub(super) fn former(&self, stream: &LogStream) -> Option<Former> {
        let pod = pod(&stream.key);
        let is_before = |part: &Part| {
            let (is_of_it, number) = (part.pod == pod, part.place.number);
            is_of_it && part.segment < stream.segment && number != LEFT_OUT
        };
        if self.of.values().any(is_before) {
            return None;
        }
        let found = self.former.get(&pod);
        found.or_else(|| self.former.get(&(pod.0, 0))).copied()
    }

    /// The client knows now that this log is read anew.
    pub(super) fn told(&mut self, stream: &LogStream) {
        let id = pod(&stream.key).0;
        let former = self.former.iter_mut().filter(|(pod, _)| pod.0 == id);
        former.for_each(|(_, former)| former.is_told = true);
    }

    /// Whether nothing of this log is to be delivered.
    pub(super) fn leaves_out(&self, stream: &LogStream) -> bool {
        match self.get(stream) {
            Some(place) => place.number == LEFT_OUT,
            None => self.former(stream).is_some_and(|former| former.is_left_out),
        }
    }
}

fn pod(key: &LogKey) -> Pod {
    let incarnation = match key.pod_uid.as_str() {
        "" => 0,
        uid => print(uid.as_bytes()),
    };
    (print(key.pod_id.as_bytes()), incarnation)
}

/// Names a text in half the bytes of [`logs::window::print`]; never zero.
pub(super) fn print(text: &[u8]) -> u32 {
    let [a, b, c, d, e, f, g, h] = logs::window::print(text).to_le_bytes();
    let print = u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h]);
    print.max(1)
}

#[cfg(test)]
mod tests;
