//! What is masked is so wherever a page or a piece begins.

use super::*;

const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDZ2xk3";

/// A key over the end of a chunk, and one over the end of what is compressed.
fn printed() -> Vec<String> {
    let mut lines: Vec<String> = (0..500).map(|n| format!("step {n}")).collect();
    for _ in 0..2 {
        lines.push("-----BEGIN PRIVATE KEY-----".into());
        lines.extend((0..40).map(|n| format!("{BODY}{n:02}")));
        lines.push("-----END PRIVATE KEY-----".into());
        lines.extend((0..470).map(|n| format!("step {n}")));
    }
    lines
}

#[tokio::test]
async fn a_private_key_is_masked_in_every_page_and_found_by_no_pattern() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    let count = printed().len() as u64;
    logs.commit(stream.id, batch(printed(), 1)).await.unwrap();
    let mask = || Some(Redactor::default());
    for lines in [7, 100, 5_000] {
        let mut told = Vec::new();
        while (told.len() as u64) < count {
            let after = told.len() as u64;
            let page = logs.after(stream.id, after, 0, lines, 1 << 20, mask());
            let page = page.await.unwrap();
            assert!(!page.lines.is_empty() && page.lines.len() <= lines);
            assert_eq!(page.lines[0].number, after + 1);
            told.extend(page.lines.into_iter().map(|line| line.text));
        }
        for (told, printed) in told.iter().zip(printed()) {
            let told = String::from_utf8_lossy(told);
            assert!(!told.contains("MII"), "{lines}: {told}");
            assert!(told == printed || told.contains("[redacted]") || printed.contains("END"));
        }
    }
    for piece in [60, 512, count] {
        let find = async |pattern: &str, mask: fn() -> Option<Redactor>| {
            let mut found = 0;
            for after in (0..count).step_by(usize::try_from(piece).unwrap()) {
                let pattern = Pattern::new(pattern, false).unwrap();
                let bounds = (after, (after + piece).min(count));
                let piece = logs.find(stream.id, bounds, pattern, 9_999, mask());
                found += piece.await.unwrap().matches.len();
            }
            found
        };
        assert_eq!(find("^MII.*0", || None).await, 80, "{piece}");
        let masked: fn() -> _ = || Some(Redactor::default());
        assert_eq!(find("^MII.*0", masked).await, 0, "{piece}");
        assert_eq!(find("^step", masked).await, 1_440, "{piece}");
        assert_eq!(find("redacted", masked).await, 82, "{piece}");
    }
}

async fn told(logs: &LogStore, stream: i64, after: u64) -> Vec<String> {
    let mask = Some(Redactor::default());
    let page = logs.after(stream, after, 0, 5_000, 1 << 20, mask).await;
    let texts = page.unwrap().lines.into_iter().map(|line| line.text);
    texts.map(|text| String::from_utf8(text).unwrap()).collect()
}

/// A limit drops the chunk in which the key begins.
#[tokio::test]
async fn a_key_whose_beginning_was_dropped_is_masked() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    logs.commit(stream.id, batch(printed(), 1)).await.unwrap();
    let limits = LogLimits {
        job_bytes: logs.held().await.unwrap().bytes - 1,
        total_bytes: u64::MAX,
        age_ms: i64::MAX,
    };
    let jobs = ["job-1".to_owned()].into();
    logs.prune(jobs, limits, NOW_MS, false).await.unwrap();
    let lines = told(logs, stream.id, 512).await;
    assert!(!lines[0].contains("MII"), "{:?}", &lines[..2]);
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("step")).count(),
        940
    );
    let pattern = Pattern::new("MII", false).unwrap();
    let bounds = (512, stream.last.max(1_524));
    let mask = Some(Redactor::default());
    let found = logs.find(stream.id, bounds, pattern, 99, mask).await;
    assert_eq!(found.unwrap().matches, []);
}

/// A part of a log that was read first begins within a key.
#[tokio::test]
async fn a_key_that_lies_over_two_segments_is_masked() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (first, _) = logs.stream(key("a"), 0).await.unwrap();
    let (next, _) = logs.next_segment(key("a"), 7).await.unwrap();
    let printed = printed();
    logs.commit(first.id, batch(printed[..510].to_vec(), 1))
        .await
        .unwrap();
    logs.commit(next.id, batch(printed[510..].to_vec(), 9))
        .await
        .unwrap();
    let lines = told(logs, next.id, 0).await;
    assert!(!lines[0].contains("MII"), "{:?}", &lines[..2]);
}
