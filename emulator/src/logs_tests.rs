use std::ops::Range;

use super::*;

const ALL: Window = Window {
    start_ms: 0,
    end_ms: i64::MAX,
    max_lines: 100,
    max_bytes: 1 << 20,
    keep: LogKeep::Tail,
    now_ms: i64::MAX,
    visible_until_ms: i64::MAX,
};

/// Lines of these times and lengths; the number of a line is its offset.
fn lines(of: &[(i64, usize)]) -> Vec<LineAt> {
    let numbered = (0..).zip(of);
    numbered
        .map(|(offset, (ms, length))| LineAt {
            ms: *ms,
            hidden_until_ms: *ms,
            offset,
            length: *length,
        })
        .collect()
}

fn at(times: &[i64]) -> Vec<LineAt> {
    lines(&times.iter().map(|ms| (*ms, 0)).collect::<Vec<_>>())
}

/// The numbers of the lines selected, and whether there were more.
fn selected(lines: &[LineAt], window: Window) -> (Vec<u64>, bool) {
    let selected = select(lines, &window);
    let numbers = selected.lines.iter().map(|line| line.offset);
    (numbers.collect(), selected.withheld)
}

fn whole(range: Range<u64>) -> (Vec<u64>, bool) {
    (range.collect(), false)
}

fn part(range: Range<u64>) -> (Vec<u64>, bool) {
    (range.collect(), true)
}

#[test]
fn both_ends_of_a_window_count_whole_seconds() {
    let lines = at(&[999, 1000, 1500, 1999, 2000, 2999, 3000]);
    let seen = |start_ms, end_ms| {
        let window = Window {
            start_ms,
            end_ms,
            ..ALL
        };
        selected(&lines, window)
    };
    assert_eq!(seen(1000, 2000), whole(1..6));
    assert_eq!(seen(1900, 1100), whole(1..4));
    assert_eq!(seen(5000, 9000), whole(0..0));
    assert_eq!(seen(3000, 1000), whole(0..0));
}

#[test]
fn an_overfull_window_keeps_the_end_it_is_told_to() {
    let lines = at(&[1, 2, 3, 4, 5]);
    let seen = |max_lines, keep| {
        let window = Window {
            max_lines,
            keep,
            ..ALL
        };
        selected(&lines, window)
    };
    assert_eq!(seen(2, LogKeep::Tail), part(3..5));
    assert_eq!(seen(2, LogKeep::Head), part(0..2));
    assert_eq!(seen(5, LogKeep::Tail), whole(0..5));
    assert_eq!(seen(5, LogKeep::Head), whole(0..5));
}

#[test]
fn an_answer_has_room_for_so_many_bytes_only() {
    let lines = lines(&[(1, 3), (1, 3), (1, 9), (1, 3)]);
    let seen = |max_bytes, keep| {
        let window = Window {
            max_bytes,
            keep,
            ..ALL
        };
        selected(&lines, window)
    };
    assert_eq!(seen(8, LogKeep::Head), part(0..2));
    let between = seen(13, LogKeep::Head);
    assert_eq!(between, part(0..2), "nothing is left out in between");
    assert_eq!(seen(14, LogKeep::Tail), part(2..4));
    assert_eq!(seen(13, LogKeep::Tail), part(3..4));
    assert_eq!(seen(22, LogKeep::Tail), whole(0..4));
}

#[test]
fn what_is_not_visible_yet_is_not_there_and_not_withheld() {
    let mut lines = at(&[1000, 2000, 3000]);
    let until = |visible_until_ms| Window {
        visible_until_ms,
        max_lines: 2,
        ..ALL
    };
    assert_eq!(selected(&lines, until(2000)), whole(0..2));
    assert_eq!(selected(&[], ALL), whole(0..0));
    lines[1].hidden_until_ms = 5000;
    let now = |now_ms| Window {
        now_ms,
        max_lines: 2,
        ..ALL
    };
    assert_eq!(selected(&lines, now(4999)), (vec![0, 2], false));
    assert_eq!(selected(&lines, now(5000)), part(1..3));
}

#[test]
fn a_window_is_of_one_second_or_of_more() {
    let of = |start_ms, end_ms| Window {
        start_ms,
        end_ms,
        ..ALL
    };
    assert_eq!(of(1000, 1999).only_second(), Some(1));
    assert_eq!(of(1999, 1000).only_second(), Some(1));
    assert_eq!(of(1999, 2000).only_second(), None);
    assert_eq!(of(-1, -1000).only_second(), Some(-1));
}
