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
