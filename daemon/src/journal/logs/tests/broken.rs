//! Files that are damaged.

use super::*;

#[tokio::test]
async fn a_file_with_broken_pages_is_moved_aside_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("logs.db");
    {
        let journal = open_at(folder.path(), NOW_MS);
        let logs = journal.logs();
        let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
        let texts = (0..2_000).map(|n| n.to_string());
        logs.commit(stream.id, batch(texts, 1)).await.unwrap();
    }
    let root: u32 = {
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        let page = "SELECT rootpage FROM sqlite_master WHERE name = 'tail'";
        file.query_row(page, [], |row| row.get(0)).unwrap()
    };
    let mut bytes = std::fs::read(&path).unwrap();
    let page = root as usize * 4096;
    bytes[page - 4096..page].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    for is_stored in [false, true, true] {
        let journal = open_at(folder.path(), NOW_MS);
        let logs = journal.logs();
        let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
        let stored = logs.commit(stream.id, batch(["x".into()], 1)).await;
        assert_eq!(stored.is_ok(), is_stored, "{stored:?}");
    }
    assert!(folder.path().join("logs.db.unusable").exists());
    assert!(!folder.path().join("logs.db.broken").exists());
}

#[tokio::test]
async fn a_broken_chunk_is_a_gap_and_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    let texts = (1..=2_000).map(|n| n.to_string());
    logs.commit(stream.id, batch(texts, 1)).await.unwrap();
    break_chunk(folder.path());
    let page = async |after, lines| {
        let page = logs.after(stream.id, after, 7, lines, usize::MAX, None);
        let page = page.await.unwrap();
        let ends = (page.lines.first(), page.lines.last());
        let ends = ends
            .0
            .zip(ends.1)
            .map(|(one, other)| (one.number, other.number));
        let gaps: Vec<_> = page.gaps.iter().map(|gap| (gap.id, gap.after)).collect();
        (ends, gaps)
    };
    assert_eq!(page(0, 512).await, (Some((1, 512)), vec![]));
    assert_eq!(page(512, 9).await, (Some((1_025, 1_033)), vec![(7, 1_024)]));
    assert_eq!(page(500, 20).await, (Some((501, 1_032)), vec![(7, 1_024)]));
    assert_eq!(page(1_024, 9).await, (Some((1_025, 1_033)), vec![]));
}

#[tokio::test]
async fn a_search_passes_over_a_broken_chunk_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_at(folder.path(), NOW_MS);
    let logs = journal.logs();
    let (stream, _) = logs.stream(key("a"), 0).await.unwrap();
    let texts = (1..=2_000).map(|n| n.to_string());
    logs.commit(stream.id, batch(texts, 1)).await.unwrap();
    break_chunk(folder.path());
    let find = async |bounds, mask| {
        let pattern = Pattern::new("00$", false).unwrap();
        let found = logs.find(stream.id, bounds, pattern, 99, mask);
        let found = found.await.unwrap();
        let numbers: Vec<_> = found.matches.iter().map(|found| found.number).collect();
        (numbers, found.unread)
    };
    let around: Vec<_> = (1..=20)
        .map(|n| n * 100)
        .filter(|n| !(513..=1_024).contains(n))
        .collect();
    for mask in [None, Some(Redactor::default())] {
        assert_eq!(find((0, 2_000), mask.clone()).await, (around.clone(), 512));
        assert_eq!(find((600, 700), mask.clone()).await, (vec![], 100));
        // Only what lies before it is damaged.
        assert_eq!(find((1_024, 1_200), mask).await, (vec![1_100, 1_200], 0));
    }
}

/// That of line 513.
fn break_chunk(folder: &std::path::Path) {
    let file = rusqlite::Connection::open(folder.join("logs.db")).unwrap();
    let broken = "UPDATE chunk SET lines = zeroblob(length(lines)) WHERE first = 513";
    assert_eq!(file.execute(broken, []).unwrap(), 1);
}
