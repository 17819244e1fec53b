//! Where a follow goes on, whatever became of the store.

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

#[test]
fn a_log_that_is_dropped_twice_goes_on_where_it_was_the_last_time() {
    let mut places = Places::new("s", "job-1");
    places.set(&stream(1, "a", "u"), at(7, 70));
    places.meet(&[]);
    places.set(&stream(2, "a", "u"), at(900, 95));
    let another_store = again(&places, "t");
    places.meet(&[]);
    for places in [places, another_store] {
        let former = places.former(&stream(3, "a", "u")).unwrap();
        assert_eq!(former.place, at(900, 95));
    }
}

/// Where a follow goes on in an earlier part, nothing of a later one was delivered: its line of the same number is another one.
#[test]
fn a_part_behind_the_one_that_is_gone_on_with_is_new() {
    let part = |id: i64, segment: u32| LogStream {
        segment,
        ..stream(id, "a", "u")
    };
    let mut places = Places::new("s", "job-1");
    places.set(&part(1, 1), at(400, 70));
    places.set(&part(2, 2), at(3, 95));
    places.meet(&[]);
    // It is read anew as one part, and long after that a second one begins.
    places.set(&part(11, 1), at(600, 95));
    for places in [places.clone(), again(&places, "s")] {
        assert_eq!(places.former(&part(12, 2)), None);
    }
}
