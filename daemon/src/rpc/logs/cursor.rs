//! Where a follow stands. Opaque to clients. Pure.

use std::collections::BTreeMap;

use prost::Message;

use crate::model::{Fault, FaultKind, LogStream};

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(string, tag = "1")]
    store: String,
    #[prost(message, repeated, tag = "2")]
    places: Vec<WirePlace>,
}

#[derive(Clone, PartialEq, Message)]
struct WirePlace {
    #[prost(string, tag = "1")]
    pod_id: String,
    #[prost(string, tag = "2")]
    pod_uid: String,
    #[prost(uint32, tag = "3")]
    segment: u32,
    #[prost(uint64, tag = "4")]
    number: u64,
    #[prost(uint64, tag = "5")]
    gap: u64,
}

/// One incarnation's segment.
type Key = (String, String, u32);

/// How far a log was delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The newest line that was delivered.
    pub(super) number: u64,
    /// The newest gap that was told.
    pub(super) gap: u64,
}

/// How far each log was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    store: String,
    of: BTreeMap<Key, Place>,
}

impl Places {
    /// At the beginning of everything in this store.
    pub(super) fn new(store: &str) -> Self {
        Self {
            store: store.to_owned(),
            of: BTreeMap::new(),
        }
    }

    /// What a client brings back, with whether the store has been replaced since: numbers are counted anew then, in the same
    /// order as far as the backend still has the lines.
    pub(super) fn decode(bytes: &[u8], store: &str) -> Result<(Self, bool), Fault> {
        let wire = Wire::decode(bytes).map_err(|_| {
            Fault::new(
                FaultKind::Invalid,
                "the cursor of the log is not one of ours",
            )
            .hint("follow the log without a cursor")
            .field("cursor")
        })?;
        let replaced = wire.store != store;
        let places = wire.places.into_iter().map(|place| {
            let gap = if replaced { 0 } else { place.gap };
            let key = (place.pod_id, place.pod_uid, place.segment);
            let number = place.number;
            (key, Place { number, gap })
        });
        let places = Self {
            store: store.to_owned(),
            of: places.collect(),
        };
        Ok((places, replaced))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let places = self.of.iter().map(|(key, place)| WirePlace {
            pod_id: key.0.clone(),
            pod_uid: key.1.clone(),
            segment: key.2,
            number: place.number,
            gap: place.gap,
        });
        Wire {
            store: self.store.clone(),
            places: places.collect(),
        }
        .encode_to_vec()
    }

    pub(super) fn get(&self, stream: &LogStream) -> Place {
        self.of.get(&key(stream)).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, stream: &LogStream, place: Place) {
        self.of.insert(key(stream), place);
    }

    /// The backend has named the incarnations of some logs since their places were noted: each such place goes to the oldest
    /// log of its pod that has none of its own. `streams` are those of the store, oldest first.
    pub(super) fn name(&mut self, streams: &[LogStream]) {
        for stream in streams {
            let unnamed = (stream.key.pod_id.clone(), String::new(), stream.segment);
            let is_there = streams.iter().any(|other| key(other) == unnamed);
            if is_there || self.of.contains_key(&key(stream)) {
                continue;
            }
            if let Some(place) = self.of.remove(&unnamed) {
                self.of.insert(key(stream), place);
            }
        }
    }
}

fn key(stream: &LogStream) -> Key {
    let of = &stream.key;
    (of.pod_id.clone(), of.pod_uid.clone(), stream.segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LogKey;

    fn stream(pod: &str) -> LogStream {
        LogStream {
            id: 1,
            key: LogKey {
                job_uid: "job-1".into(),
                pod_id: pod.into(),
                pod_uid: "u".into(),
            },
            role: String::new(),
            segment: 1,
            attempt: 1,
            begin: 0,
            dropped: 0,
            last: 9,
            gap: 0,
            complete: false,
        }
    }

    #[test]
    fn places_come_back() {
        let mut places = Places::new("s");
        let place = Place { number: 7, gap: 2 };
        places.set(&stream("a"), place);
        let (back, replaced) = Places::decode(&places.encode(), "s").unwrap();
        assert_eq!((&back, replaced), (&places, false));
        assert_eq!(back.get(&stream("a")), place);
        assert_eq!(back.get(&stream("b")), Place::default());
    }

    #[test]
    fn a_log_that_got_its_name_later_goes_on_where_it_was() {
        let mut unnamed = stream("a");
        unnamed.key.pod_uid.clear();
        let mut places = Places::new("s");
        let place = Place { number: 7, gap: 2 };
        places.set(&unnamed, place);
        let (named, mut later) = (stream("a"), stream("a"));
        later.key.pod_uid = "v".into();
        let before = places.clone();
        places.name(&[unnamed, named.clone()]);
        assert_eq!(
            places, before,
            "it has no name yet, and the other is another"
        );
        for _ in 0..2 {
            places.name(&[named.clone(), later.clone()]);
            assert_eq!(places.get(&named), place);
            assert_eq!(places.get(&later), Place::default(), "the next attempt");
        }
    }

    #[test]
    fn another_store_keeps_the_numbers_and_forgets_its_gaps() {
        let mut places = Places::new("s");
        places.set(&stream("a"), Place { number: 7, gap: 2 });
        let (back, replaced) = Places::decode(&places.encode(), "t").unwrap();
        assert!(replaced);
        assert_eq!(back.get(&stream("a")), Place { number: 7, gap: 0 });
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let fault = Places::decode(b"\xff\xff\xff", "s").unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid);
    }
}
