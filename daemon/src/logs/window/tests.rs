//! Repeated lines survive, late ones are marked, and an answer that was cut is noticed.

use proptest::prelude::*;

use super::*;

fn places(found: &[Found]) -> Vec<(usize, bool)> {
    found.iter().map(|one| (one.place, one.late)).collect()
}

fn track(zone: &[u64]) -> Track {
    Track {
        anchor: 10,
        zone: zone.to_vec(),
    }
}

#[test]
fn what_is_known_is_counted_off() {
    for (zone, window, open, new) in [
        (&[][..], &[1, 1][..], true, vec![(0, false), (1, false)]),
        (&[1, 1], &[1, 1], true, vec![]),
        (&[1, 1], &[1, 1, 1], true, vec![(2, false)]),
        (&[1, 2], &[1, 9, 2, 3], true, vec![(1, true), (3, false)]),
        // A window that ends before the zone does.
        (&[1, 2, 3], &[1, 2], false, vec![]),
        (&[1, 2, 3], &[1, 9, 2], false, vec![(1, true)]),
        // The backend has forgotten the first lines.
        (&[1, 2, 3], &[2, 3, 4], true, vec![(2, false)]),
        (&[1, 2], &[], true, vec![]),
    ] {
        let mut track = track(zone);
        assert_eq!(
            places(&merge(&mut track, window, open)),
            new,
            "{zone:?} {window:?}"
        );
    }
}

#[test]
fn a_short_window_keeps_what_lies_behind_it() {
    let mut track = track(&[1, 2, 3]);
    merge(&mut track, &[1, 9, 2], false);
    assert_eq!(track.zone, [1, 9, 2, 3]);
    advance(&mut track, 20, 3, 1);
    assert_eq!((track.anchor, track.zone), (20, vec![2, 3]));
}

#[test]
fn a_part_that_lacks_a_line_is_told_from_one_that_ends_early() {
    for (zone, window, is_lacking) in [
        (&[1, 2][..], &[1, 2, 3][..], false),
        (&[1, 2, 3], &[1, 2], false),
        (&[1, 2, 3], &[], false),
        (&[1, 2], &[9, 1, 9, 2, 3], false),
        (&[1, 2, 3], &[1, 2, 9], false),
        (&[], &[5], false),
        (&[1, 2], &[2], true),
        (&[1, 2, 3], &[1, 3], true),
        (&[1, 2, 3, 4], &[1, 3, 9], true),
    ] {
        assert_eq!(
            lacks(&track(zone), window),
            is_lacking,
            "{zone:?} {window:?}"
        );
    }
}

#[test]
fn a_part_that_is_taken_as_it_is_repeats_nothing_and_forgets_nothing() {
    for (zone, window, new, kept) in [
        (&[1, 2, 3][..], &[1, 3][..], &[][..], &[1, 3, 2][..]),
        (&[1, 2, 3, 4], &[2, 3, 9], &[2], &[2, 3, 9, 1, 4]),
        (&[1, 1, 2], &[2, 1], &[], &[2, 1, 1]),
    ] {
        let mut track = track(zone);
        let found = recount(&mut track, window);
        let places: Vec<_> = found.iter().map(|one| one.place).collect();
        assert_eq!((places.as_slice(), track.zone.as_slice()), (new, kept));
    }
}

#[test]
fn a_window_of_one_second_cannot_be_halved() {
    assert_eq!(Search::new(10).is_full(10), Try::Enough(None));
    assert_eq!(Search::new(10).is_full(11), Try::Until(10));
    assert_eq!(Search::new(0).is_full(100), Try::Until(50));
}

#[test]
fn an_answer_that_may_have_been_cut_is_full() {
    let lines = |count: usize, length: usize| vec!["x".repeat(length); count];
    for (count, length, full, of_one_second) in [
        (0, 0, false, false),
        (1999, 1, false, false),
        (2000, 1, true, false),
        (2001, 1, false, false),
        (4949, 1, false, false),
        (4950, 1, true, false),
        (4999, 1, true, false),
        (5000, 1, true, true),
        (9000, 1, true, true),
        (1, FULL_BYTES, true, false),
        (1, LARGEST_ANSWER, true, true),
    ] {
        let lines = lines(count, length);
        let window = Window::of(LogLines {
            lines,
            ..LogLines::default()
        });
        let told = (window.is_full(false), window.is_full(true));
        assert_eq!(told, (full, of_one_second), "{count} {length}");
    }
}

#[test]
fn the_name_of_a_text_never_changes() {
    // Published values of FNV-1a.
    assert_eq!(print(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(print(b"a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(print(b"foobar"), 0x8594_4171_f739_67e8);
}

/// A log of few texts, so that many lines are equal: (second, text), by second.
fn log() -> impl Strategy<Value = Vec<(i64, u64)>> {
    proptest::collection::vec((0..60_i64, 0..3_u64), 0..80).prop_map(|mut lines| {
        lines.sort_by_key(|(second, _)| *second);
        lines
    })
}

proptest! {
    /// Read at any times, with windows of any boundary rule that is not closed at neither end, and the anchor moved over
    /// settled seconds at any moment: every line once, in order.
    #[test]
    fn every_line_once_in_order(
        log in log(),
        looks in proptest::collection::vec((0..70_i64, any::<bool>()), 1..20),
        (with_start, with_end) in prop_oneof![Just((true, true)), Just((true, false)), Just((false, true))],
    ) {
        let window = |from: i64, to: i64, now: i64| -> Vec<u64> {
            let inside = |second: i64| {
                second <= now
                    && (second > from || (with_start && second == from))
                    && (second < to || (with_end && second == to))
            };
            log.iter().filter(|(second, _)| inside(*second)).map(|(_, text)| *text).collect()
        };
        // Before every line, whichever ends count.
        let mut track = Track { anchor: -2, zone: Vec::new() };
        let mut stored = Vec::new();
        let mut now = 0;
        for (later, moves) in looks.into_iter().chain([(70, false)]) {
            now = now.max(later);
            let seen = window(track.anchor, i64::MAX, now);
            for found in merge(&mut track, &seen, true) {
                prop_assert!(!found.late);
                stored.push(seen[found.place]);
            }
            // Nothing younger than five seconds is settled.
            let (end, anchor) = (now - 5, now - 6);
            if moves && anchor > track.anchor {
                let to_end = window(track.anchor, end, now).len();
                let from_new = window(anchor, end, now).len();
                advance(&mut track, anchor, to_end, from_new);
            }
        }
        let all: Vec<u64> = log.iter().map(|(_, text)| *text).collect();
        prop_assert_eq!(stored, all);
    }
}

proptest! {
    /// However many lines the seconds have, the largest window that can be read whole is found, and soon.
    #[test]
    fn the_largest_window_that_fits_is_found(now in 1_i64..5000, fitting in 0_i64..5000) {
        let fitting = fitting.min(now - 1);
        let mut search = Search::new(0);
        let (mut to, mut steps) = (now, 0);
        let found = loop {
            steps += 1;
            prop_assert!(steps < 40);
            let next = match to <= fitting {
                true => search.fits(to),
                false => search.is_full(to),
            };
            match next {
                Try::Until(end) => to = end,
                Try::Present => to = now,
                Try::Enough(found) => break found,
            }
        };
        prop_assert_eq!(found, Some(fitting));
    }
}

#[test]
fn the_last_known_lines_are_found_among_newer_ones() {
    let cases: [(&[u64], &[u64], &[u64]); 6] = [
        (&[1, 2, 3], &[2, 9, 3, 8], &[2, 3]),
        (&[1, 2, 3], &[3], &[3]),
        (&[1, 2, 3], &[7, 8], &[]),
        (&[1, 2, 3], &[], &[]),
        (&[], &[1], &[]),
        (&[4, 4, 4], &[4, 4], &[4, 4]),
    ];
    for (known, window, expected) in cases {
        assert_eq!(end_in(known, window), expected, "{known:?} {window:?}");
    }
}
