//! What a reading takes from a follow, and what it says of a follow that was broken off.

use pai_proto::v1::LogLine;

use super::*;

fn reading(is_new: bool) -> Reading {
    Reading {
        tail: Tail::new("dlc1", 2_000, 8_000),
        grep: None,
        is_new,
        mask: Redactor::default(),
        cursor: Vec::new(),
        complete: false,
    }
}

/// Lines of the last of a million, as a frame.
fn chunk(first: u64, count: u64) -> LogChunk {
    let line = |number: u64| LogLine {
        number,
        text: format!("line {number}").into_bytes(),
        ..LogLine::default()
    };
    LogChunk {
        pod_id: "dlc1-worker-0".into(),
        pod_uid: "u".into(),
        segment: 1,
        attempt: 1,
        cursor: vec![1],
        lines: (first..first + count).map(line).collect(),
        ..LogChunk::default()
    }
}

/// Lines that are shown of the only pod, and those before them.
fn counts(reading: &Reading) -> (u64, u64) {
    let pod = reading.tail.pods()[0];
    (pod.lines.iter().map(|line| line.count).sum(), pod.earlier)
}

#[tokio::test]
async fn what_lies_before_the_tail_is_counted_however_many_frames_it_came_in() {
    let mut whole = reading(false);
    let mut new = reading(true);
    for first in [998_001, 999_001] {
        whole.lines(chunk(first, 1_000)).await;
        new.lines(chunk(first, 1_000)).await;
    }
    let (shown, earlier) = counts(&whole);
    assert_eq!(shown + earlier, 1_000_000);
    // Of what is new, only what is new is counted.
    let (shown, earlier) = counts(&new);
    assert_eq!(shown + earlier, 2_000);
}
