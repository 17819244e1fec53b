//! What a reading takes from a follow, and what it says of a follow that was broken off.

use pai_proto::v1::{LogGoingAway, LogLine};

use super::*;

fn reading(is_part: bool) -> Reading {
    Reading {
        tail: Tail::new("dlc1", 2_000, 8_000),
        grep: None,
        is_part,
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
        lines_before: Some(0),
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

fn frames(
    frames: impl IntoIterator<Item = Result<Frame, Status>, IntoIter: Send + 'static>,
) -> Frames<FollowLogsResponse> {
    let response = |frame| FollowLogsResponse { frame: Some(frame) };
    let frames = frames.into_iter().map(move |frame| frame.map(response));
    futures_util::stream::iter(frames).boxed()
}

fn shown(reading: &Reading) -> page::Page {
    let job = Job::new(
        "job-1".into(),
        "me-a".into(),
        crate::model::Phase::Succeeded,
        0,
    );
    let asked = Asked {
        max_bytes: 8_000,
        tail: None,
        grep: "",
        failed: &[],
        new: reading.is_part,
    };
    page::of(&job, &reading.tail, asked)
}

#[tokio::test]
async fn a_reading_that_was_broken_off_does_not_say_that_there_is_nothing() {
    let mut reading = reading(false);
    let going = LogGoingAway {
        reason: "the daemon is leaving".into(),
        cursor: vec![7],
    };
    let going = frames([Ok(Frame::GoingAway(going))]);
    reading.take(going).await.unwrap();
    let header = shown(&reading).header;
    assert!(
        header.contains("no log lines yet; not read to the end (the daemon is leaving)"),
        "{header}"
    );
    assert_eq!(reading.cursor, [7]);
}

#[tokio::test]
async fn a_cursor_that_counts_nothing_off_replaces_none() {
    let mut reading = reading(true);
    reading.cursor = vec![1];
    let going = Frame::GoingAway(LogGoingAway::default());
    reading.take(frames([Ok(going)])).await.unwrap();
    assert_eq!(reading.cursor, [1]);
}

#[tokio::test]
async fn a_reading_without_a_last_word_is_not_whole() {
    let mut reading = reading(false);
    reading.take(frames([])).await.unwrap();
    assert!(reading.tail.has_more());
    assert!(shown(&reading).header.contains("not read to the end"));
}

#[tokio::test]
async fn what_was_read_before_a_fault_is_shown_with_it() {
    let mut reading = reading(false);
    let fault = || Err(Status::unavailable("no route\u{1b}[2J"));
    let some = frames([Ok(Frame::Chunk(chunk(1, 3))), fault()]);
    reading.take(some).await.unwrap();
    let page = shown(&reading);
    assert!(page.text.ends_with("line 3"), "{}", page.text);
    assert!(
        page.header
            .ends_with("; nothing behind what is stored was read (no route)"),
        "{}",
        page.header
    );
    assert!(reading.tail.has_more() && reading.cursor == [1]);
}

#[tokio::test]
async fn a_fault_before_any_line_is_told_as_such() {
    let none = frames([Err(Status::unavailable("no route"))]);
    let fault = reading(false).take(none).await.unwrap_err();
    assert_eq!(fault.message(), "no route");
}

#[test]
fn a_cursor_leaves_half_of_the_answer_for_lines_or_there_is_none() {
    let mut small = reading(false);
    small.cursor = vec![0; 300];
    assert_eq!(small.beside_the_cursor(1_000), 600);
    assert_eq!(small.cursor.len(), 300);
    let mut large = reading(false);
    large.tail.lines(&chunk(1, 0), 1, vec!["one".into()]);
    large.cursor = vec![0; 400];
    assert_eq!(large.beside_the_cursor(1_000), 1_000);
    assert!(large.cursor.is_empty());
    let header = shown(&large).header;
    assert!(header.contains("no cursor for so many pods"), "{header}");
}
