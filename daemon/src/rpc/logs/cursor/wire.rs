//! How a cursor is written. It goes through the hands of agents and is to be short: a column for each field, small numbers,
//! prints for names.

use prost::Message;

use super::{Part, Place};

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(string, tag = "1")]
    store: String,
    /// From which the seconds count.
    #[prost(int64, tag = "2")]
    since: i64,
    #[prost(fixed32, repeated, tag = "3")]
    pods: Vec<u32>,
    #[prost(fixed32, repeated, tag = "4")]
    incarnations: Vec<u32>,
    #[prost(uint32, repeated, tag = "5")]
    segments: Vec<u32>,
    /// One more than they are, so that what is left out is small, too.
    #[prost(uint64, repeated, tag = "6")]
    numbers: Vec<u64>,
    /// The same.
    #[prost(uint64, repeated, tag = "7")]
    gaps: Vec<u64>,
    /// Zero: it is stored no more.
    #[prost(int64, repeated, tag = "8")]
    streams: Vec<i64>,
    /// One more than they are; zero: not known.
    #[prost(uint64, repeated, tag = "9")]
    seconds: Vec<u64>,
    #[prost(fixed32, repeated, tag = "10")]
    prints: Vec<u32>,
    #[prost(bool, repeated, tag = "11")]
    told: Vec<bool>,
    /// Of the job's uid.
    #[prost(fixed32, tag = "12")]
    job: u32,
}

/// What is known of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the store; zero: it is stored no more.
    pub(super) stream: i64,
    pub(super) part: Part,
    /// The client knows that it is read anew.
    pub(super) is_told: bool,
}

/// Whose places they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) store: String,
    /// Print of the job's uid.
    pub(super) job: u32,
}

pub(super) fn encode(owner: &Owner, entries: impl Iterator<Item = Entry> + Clone) -> Vec<u8> {
    let since = entries.clone().filter_map(|entry| entry.part.place.second);
    let since = since.min().unwrap_or(0);
    let mut wire = Wire {
        store: owner.store.clone(),
        job: owner.job,
        since,
        ..Wire::default()
    };
    for entry in entries {
        let Part {
            pod,
            segment,
            place,
        } = entry.part;
        let second = |second: i64| second.abs_diff(since) + 1;
        wire.pods.push(pod.0);
        wire.incarnations.push(pod.1);
        wire.segments.push(segment);
        wire.numbers.push(place.number.wrapping_add(1));
        wire.gaps.push(place.gap.wrapping_add(1));
        wire.streams.push(entry.stream);
        wire.seconds.push(place.second.map_or(0, second));
        wire.prints.push(place.print);
        wire.told.push(entry.is_told);
    }
    wire.encode_to_vec()
}

/// What is known of each log; `None` where this is no cursor.
pub(super) fn decode(bytes: &[u8]) -> Option<(Owner, Vec<Entry>)> {
    let wire = Wire::decode(bytes).ok()?;
    let count = wire.pods.len();
    let columns = [
        wire.incarnations.len(),
        wire.segments.len(),
        wire.numbers.len(),
        wire.gaps.len(),
        wire.streams.len(),
        wire.seconds.len(),
        wire.prints.len(),
        wire.told.len(),
    ];
    if columns.iter().any(|column| *column != count) {
        return None;
    }
    let entry = |row: usize| Entry {
        stream: wire.streams[row],
        part: Part {
            pod: (wire.pods[row], wire.incarnations[row]),
            segment: wire.segments[row],
            place: Place {
                number: wire.numbers[row].wrapping_sub(1),
                gap: wire.gaps[row].wrapping_sub(1),
                second: match wire.seconds[row] {
                    0 => None,
                    second => Some(wire.since.saturating_add_unsigned(second - 1)),
                },
                print: wire.prints[row],
            },
        },
        is_told: wire.told[row],
    };
    let entries = (0..count).map(entry).collect();
    let owner = Owner {
        store: wire.store,
        job: wire.job,
    };
    Some((owner, entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        Owner {
            store: "s".into(),
            job: 77,
        }
    }

    fn entry(stream: i64, place: Place) -> Entry {
        Entry {
            stream,
            part: Part {
                pod: (7, 0),
                segment: 3,
                place,
            },
            is_told: stream == 0,
        }
    }

    #[test]
    fn every_field_comes_back() {
        let some = Place {
            number: 5,
            gap: 6,
            second: Some(1_795_176_184),
            print: 8,
        };
        let early = Place {
            second: Some(-9),
            ..some
        };
        let left_out = Place {
            number: u64::MAX,
            gap: u64::MAX,
            ..Place::default()
        };
        for places in [vec![], vec![some], vec![left_out, some, early]] {
            let entries: Vec<_> = (0..).zip(places).map(|(n, p)| entry(n, p)).collect();
            let bytes = encode(&owner(), entries.iter().copied());
            assert_eq!(decode(&bytes), Some((owner(), entries)));
        }
    }

    #[test]
    fn columns_of_different_lengths_are_no_cursor() {
        let bytes = encode(&owner(), [entry(1, Place::default())].into_iter());
        let mut wire = Wire::decode(&*bytes).unwrap();
        wire.prints.clear();
        assert_eq!(decode(&wire.encode_to_vec()), None);
        assert_eq!(decode(b"\xff\xff\xff"), None);
    }
}
