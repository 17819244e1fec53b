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
        if !is_left_out && (known.is_left_out || known.segment < segment) {
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

    /// What was delivered of a log that is read anew.
    pub(super) fn former(&self, stream: &LogStream) -> Option<Former> {
        let pod = pod(&stream.key);
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
mod tests {
    use super::*;

    fn stream(id: i64, pod: &str, uid: &str) -> LogStream {
        LogStream {
            id,
            key: LogKey {
                job_uid: "job-1".into(),
                pod_id: pod.into(),
                pod_uid: uid.into(),
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

    fn at(number: u64, second: i64) -> Place {
        Place {
            number,
            gap: 2,
            second: Some(second),
            print: 99,
        }
    }

    fn again(places: &Places, store: &str) -> Places {
        Places::decode(&places.encode(), store, "job-1").unwrap()
    }

    #[test]
    fn places_come_back() {
        let mut places = Places::new("s", "job-1");
        places.set(&stream(1, "a", "u"), at(7, 70));
        let back = again(&places, "s");
        assert_eq!(back, places);
        assert_eq!(back.get(&stream(1, "a", "u")), Some(at(7, 70)));
        let other = stream(2, "b", "u");
        assert_eq!((back.get(&other), back.former(&other)), (None, None));
    }

    #[test]
    fn a_log_that_got_its_name_later_goes_on_where_it_was() {
        let mut places = Places::new("s", "job-1");
        places.set(&stream(1, "a", ""), at(7, 70));
        let (named, later) = (stream(1, "a", "u"), stream(2, "a", "v"));
        places.meet(&[named.clone(), later.clone()]);
        assert_eq!(places.get(&named), Some(at(7, 70)));
        assert_eq!(
            (places.get(&later), places.former(&later)),
            (None, None),
            "the next attempt"
        );
        // By that name it is known when it is gone.
        places.meet(&[]);
        assert!(places.former(&stream(3, "a", "u")).is_some());
        assert!(places.former(&stream(4, "a", "v")).is_none());
    }

    #[test]
    fn a_log_that_is_read_anew_goes_on_with_its_second() {
        let mut places = Places::new("s", "job-1");
        places.set(&stream(1, "a", "u"), at(7, 70));
        let mut later = stream(2, "a", "u");
        later.segment = 2;
        places.set(&later, at(3, 95));
        places.set(&stream(3, "b", ""), at(5, 80));
        let mut dropped = places.clone();
        dropped.meet(&[]);
        for mut places in [again(&places, "t"), dropped.clone(), again(&dropped, "s")] {
            let (anew, named) = (stream(11, "a", "u"), stream(12, "b", "v"));
            let known = |former: Option<Former>| former.map(|of| (of.place.second, of.is_told));
            assert_eq!(places.get(&anew), None);
            assert_eq!(known(places.former(&anew)), Some((Some(95), false)));
            assert_eq!(places.former(&anew).unwrap().segment, 2);
            assert_eq!(known(places.former(&named)), Some((Some(80), false)));
            places.told(&named);
            let places = again(&places, "s");
            assert_eq!(known(places.former(&anew)), Some((Some(95), false)));
            assert_eq!(known(places.former(&named)), Some((Some(80), true)));
        }
    }

    #[test]
    fn what_is_left_out_stays_so() {
        let (one, two) = (stream(1, "a", "u"), stream(2, "a", "u"));
        let mut places = Places::new("s", "job-1");
        places.set(&one, super::super::begin::left_out());
        assert!(places.leaves_out(&one) && !places.leaves_out(&two));
        let mut dropped = again(&places, "s");
        dropped.meet(&[]);
        assert!(again(&dropped, "s").leaves_out(&stream(11, "a", "u")));
        // A part of the same log was delivered.
        places.set(&two, at(7, 70));
        places.meet(&[]);
        let anew = stream(11, "a", "u");
        assert!(!places.leaves_out(&anew));
        assert_eq!(places.former(&anew).unwrap().place, at(7, 70));
    }

    /// A third of what every client passes on (8 KB) is enough for it.
    #[test]
    fn the_cursor_of_a_job_of_many_pods_fits_beside_its_lines() {
        let mut places = Places::new("0123456789abcdef", "job-1");
        for n in 0..64_u32 {
            let pod = format!("dlc1abc2def3ghi4-worker-{n}");
            let uid = format!("0b8a1f3e-6c1d-4e56-9f0a-1234567890{n:02}");
            let place = Place {
                number: 123_456 + u64::from(n),
                gap: 300,
                second: Some(1_795_176_184 - i64::from(n)),
                print: u32::MAX - n,
            };
            places.set(&stream(20_000 + i64::from(n), &pod, &uid), place);
        }
        let size = places.encode().len().div_ceil(3) * 4;
        assert!(size <= (8 << 10) / 3, "{size}");
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let fault = Places::decode(b"\xff\xff\xff", "s", "job-1").unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid);
        let places = Places::new("s", "job-1").encode();
        let fault = Places::decode(&places, "s", "job-2").unwrap_err();
        assert!(fault.message.contains("another job"), "{fault:?}");
    }
}
