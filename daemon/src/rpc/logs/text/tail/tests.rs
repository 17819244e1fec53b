//! What is held of each life of a pod, and how its lines are made fit.

use super::*;

fn chunk(pod: &str, uid: &str, attempt: u32) -> LogChunk {
    LogChunk {
        pod_id: format!("dlc1-{pod}"),
        pod_uid: uid.into(),
        attempt,
        lines_before: Some(0),
        ..LogChunk::default()
    }
}

fn tail(most: usize, room: usize, first: u64, texts: impl IntoIterator<Item = String>) -> Tail {
    let mut tail = Tail::new("dlc1", most, room);
    tail.lines(
        &chunk("worker-0", "a", 1),
        first,
        texts.into_iter().collect(),
    );
    tail
}

#[test]
fn lines_are_clean_and_short() {
    assert_eq!(
        fit(b"1%\r50%\r\x1b[32m100%\x1b[0m", &Redactor::default()),
        "100%"
    );
    assert_eq!(
        fit(b"bad \xff byte", &Redactor::default()),
        "bad \u{fffd} byte"
    );
    assert!(
        fit("x".repeat(600).as_bytes(), &Redactor::default())
            .ends_with("\u{2026} (100 more characters)")
    );
}

#[test]
fn no_more_is_held_than_an_answer_can_show_and_what_is_left_out_is_counted() {
    let texts = || (1..=10_000).map(|number| format!("line {number}"));
    let of_bytes = tail(100_000, 8_000, 1, texts());
    let pod = of_bytes.pods()[0];
    assert!(pod.size <= 8_000);
    assert_eq!(pod.lines.back().unwrap().shown(), "line 10000");
    assert_eq!(pod.earlier + pod.lines.len() as u64, 10_000);
    let of_lines = tail(2, 8_000, 101, texts());
    assert_eq!(
        (of_lines.pods()[0].lines.len(), of_lines.pods()[0].earlier),
        (2, 10_098)
    );
}

#[test]
fn repeated_lines_are_one_with_a_count() {
    let texts = ["a", "b", "b", "b", "a"].map(String::from);
    let tail = tail(10, 8_000, 1, texts);
    let shown: Vec<_> = tail.pods()[0].lines.iter().map(Line::shown).collect();
    assert_eq!(shown, ["a", "b (×3)", "a"]);
}

#[test]
fn each_life_of_a_pod_has_its_own_lines() {
    let mut tail = tail(10, 8_000, 5, ["first life".into()]);
    tail.lines(&chunk("worker-0", "b", 2), 1, vec!["second".into()]);
    let names: Vec<_> = tail
        .pods()
        .iter()
        .map(|pod| (pod.name.as_str(), pod.earlier))
        .collect();
    assert_eq!(names, [("worker-0", 4), ("worker-0 (attempt 2)", 0)]);
    tail.forget_earlier();
    assert_eq!(tail.pods()[0].earlier, 0);
}

#[test]
fn what_is_missing_is_told() {
    let mut tail = Tail::new("dlc1", 1_000, 8_000);
    let gap = LogGap {
        pod_id: "dlc1-worker-0".into(),
        reason: "pod replaced".into(),
        ..LogGap::default()
    };
    tail.gap(&gap);
    tail.gap(&gap);
    let lines = &tail.pods()[0].lines;
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.shown(), line.count))
        .collect();
    // It is told once, and is no line of the log.
    assert_eq!(
        told,
        [("[lines may be missing here: pod replaced]".into(), 0)]
    );
    let certain = LogGap {
        certain: true,
        ..gap
    };
    tail.gap(&certain);
    let last = tail.pods()[0].lines.back().unwrap().shown();
    assert_eq!(last, "[lines are missing here: pod replaced]");
    let mut stale = Stale {
        since_ms: Some(1_795_176_184_000),
        reason: "no route".into(),
        ..Stale::default()
    };
    tail.stale(&stale);
    let remarks: Vec<_> = tail.remarks().collect();
    assert_eq!(remarks, ["read up to 2026-11-20T12:03:04Z only (no route)"]);
    stale.since_ms = None;
    tail.stale(&stale);
    assert_eq!(tail.remarks().count(), 0, "it can be read again");
    tail.cut_short(Duration::from_secs(40));
    assert!(tail.remarks().next().unwrap().contains("within 40 s"));
}

/// What makes a line fit puts together what control characters kept apart when secrets were masked.
#[test]
fn a_secret_with_control_characters_in_it_is_not_put_together_behind_the_mask() {
    use crate::model::plain;
    let mask = Redactor::default();
    for apart in ["\0", "\u{8}", "\u{9b}1m", "\u{200b}"] {
        let key = format!("LTAI{}", "x1".repeat(8));
        let line = format!("key {}{apart}{}", &key[..9], &key[9..]);
        let bytes = plain(line.as_bytes());
        let masked = mask.text(&String::from_utf8_lossy(&bytes));
        let told = fit(masked.as_bytes(), &mask);
        assert!(!told.contains(&key), "{apart:?}: {told}");
    }
}
