//! One counter, committed before it is published, never skipped (invariant 1), and a store that survives what it can.

use std::{os::unix::fs::MetadataExt, path::Path};

use rusqlite::Connection;

use super::*;
use crate::{
    model::{EventDraft, EventKind, Job, Phase},
    sys::clock::ManualClock,
};

fn open(folder: &Path) -> (Journal, Opened) {
    Journal::open(folder, Clock::Manual(ManualClock::new(1_800_000_000_000))).unwrap()
}

fn status(phase: Phase) -> EventDraft {
    EventDraft {
        to_phase: Some(phase),
        ..EventDraft::new(EventKind::Status)
    }
}

async fn context(journal: &Journal) -> i64 {
    journal
        .write(|tx| tx.context("/s.json", "here"))
        .await
        .unwrap()
}

/// A job with this many events, each in a commit of its own.
async fn write_events(journal: &Journal, context: i64, uid: &str, count: usize) {
    for _ in 0..count {
        let mut job = Job::new(uid.into(), format!("me-{uid}"), Phase::Running, 0);
        journal
            .write(move |tx| tx.put_job(context, &mut job, vec![status(Phase::Running)]))
            .await
            .unwrap();
    }
}

fn intent(context: i64, uid: &str) -> Intent {
    Intent {
        uid: uid.into(),
        context,
        name: format!("me-{uid}"),
        nonce: None,
        profile: "default".into(),
        request: "{}".into(),
        resendable: true,
        state: IntentState::Open,
        sends: 1,
        empty_looks: 2,
        stop_wanted: false,
        native_id: None,
        created_ms: 1,
        last_sent_ms: 1,
        key: None,
        print: String::new(),
        priority: 1,
        place: 0,
        client_kind: "person".into(),
        client: "test/1".into(),
    }
}

#[tokio::test]
async fn an_event_is_published_only_after_its_commit() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path());
    let context = context(&journal).await;
    let mut watch = journal.watch(context, WatchStart::Now);
    let other = Connection::open(folder.path().join("pai.db")).unwrap();
    for rev in 1..=20_u64 {
        write_events(&journal, context, "a", 1).await;
        let published = watch.next().await.unwrap();
        assert_eq!(published.event.rev, rev);
        let committed: i64 = other
            .query_row("SELECT rev FROM job WHERE uid = 'a'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(
            committed.unsigned_abs(),
            rev,
            "state and event are one transaction"
        );
    }
}

#[tokio::test]
async fn a_failed_write_changes_and_publishes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path());
    let context = context(&journal).await;
    let failed: Result<(), _> = journal
        .write(move |tx| {
            let mut job = Job::new("a".into(), "n".into(), Phase::Running, 0);
            tx.put_job(context, &mut job, vec![status(Phase::Running)])?;
            Err(StoreError::Gone)
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(journal.rev(), 0);
    assert!(
        journal
            .read(move |reader| reader.job("a"))
            .await
            .unwrap()
            .is_none()
    );
    write_events(&journal, context, "b", 1).await;
    assert_eq!(journal.rev(), 1);
}

#[tokio::test]
async fn a_watcher_that_falls_far_behind_skips_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path());
    let context = context(&journal).await;
    let mut watch = journal.watch(context, WatchStart::Now);
    let count = 2 * LIVE_CAPACITY + 77;
    for _ in 0..count / 50 + 1 {
        journal
            .write(move |tx| {
                let mut job = Job::new("a".into(), "n".into(), Phase::Running, 0);
                tx.put_job(context, &mut job, vec![status(Phase::Running); 50])
            })
            .await
            .unwrap();
    }
    for rev in 1..=journal.rev() {
        assert_eq!(watch.next().await.unwrap().event.rev, rev);
    }
    write_events(&journal, context, "b", 1).await;
    assert_eq!(
        watch.next().await.unwrap().event.rev,
        journal.rev(),
        "and is live again"
    );
}

#[tokio::test]
async fn another_contexts_events_are_not_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path());
    let one = context(&journal).await;
    let two = journal
        .write(|tx| tx.context("/other.json", "here"))
        .await
        .unwrap();
    let mut watch = journal.watch(one, WatchStart::After(0));
    write_events(&journal, two, "x", 3).await;
    write_events(&journal, one, "y", 1).await;
    let published = watch.next().await.unwrap();
    assert_eq!(published.event.job_uid.as_deref(), Some("y"));
}

#[tokio::test]
async fn a_revision_is_never_used_again_after_pruning_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store_id = {
        let (journal, opened) = open(folder.path());
        let context = context(&journal).await;
        write_events(&journal, context, "a", 5).await;
        journal.write(|tx| tx.prune(i64::MAX, 0, 0)).await.unwrap();
        opened.store_id
    };
    let (journal, opened) = open(folder.path());
    assert_eq!((opened.rev, opened.store_id), (5, store_id));
    let context = context(&journal).await;
    assert_eq!(
        journal.read(|reader| reader.oldest_event()).await.unwrap(),
        None
    );
    write_events(&journal, context, "a", 1).await;
    assert_eq!(journal.rev(), 6);
}

#[tokio::test]
async fn milestones_keep_the_first_time_and_outlive_their_events() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path());
    let context = context(&journal).await;
    let step = |phase: Phase, word: &str| EventDraft {
        to_status: word.into(),
        ..status(phase)
    };
    let events = vec![
        step(Phase::Running, "Running"),
        step(Phase::Preparing, "Restarting"),
        step(Phase::Running, "Running"),
    ];
    journal
        .write(move |tx| {
            let mut job = Job::new("a".into(), "n".into(), Phase::Running, 0);
            tx.put_job(context, &mut job, events)
        })
        .await
        .unwrap();
    journal.write(|tx| tx.prune(i64::MAX, 0, 0)).await.unwrap();
    let job = journal
        .read(|reader| reader.job("a"))
        .await
        .unwrap()
        .unwrap();
    let reached: Vec<_> = job
        .milestones
        .iter()
        .map(|mile| (mile.status.as_str(), mile.rev))
        .collect();
    assert_eq!(reached, [("Running", 1), ("Restarting", 2)]);
}

#[tokio::test]
async fn a_corrupt_store_is_moved_aside_and_its_intents_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pai.db");
    let first = {
        let (journal, opened) = open(folder.path());
        let context = context(&journal).await;
        write_events(&journal, context, "a", 400).await;
        journal
            .write(move |tx| {
                (0..3).try_for_each(|n| tx.insert_intent(&intent(context, &format!("i{n}"))))
            })
            .await
            .unwrap();
        opened.store_id
    };
    {
        // What lies behind the intents' pages is overwritten; the file stays a database.
        let connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "wal_checkpoint", "TRUNCATE")
            .unwrap();
        let page: i64 = connection
            .query_row(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'event'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        drop(connection);
        let mut bytes = std::fs::read(&path).unwrap();
        let start = usize::try_from((page - 1) * 4096).unwrap();
        bytes[start..start + 4096].fill(0xab);
        std::fs::write(&path, bytes).unwrap();
    }
    let (journal, opened) = open(folder.path());
    assert_ne!(
        opened.store_id, first,
        "cursors of the old store cannot be resumed"
    );
    assert!(opened.moved_aside.unwrap().exists());
    assert_eq!(opened.salvaged, 3);
    let context = context(&journal).await;
    let saved = journal
        .read(move |reader| reader.open_intents(context))
        .await
        .unwrap();
    assert_eq!(saved[0], intent(context, "i0"));
    // What comes now comes behind them.
    write_events(&journal, context, "b", 1).await;
    let job = journal.read(|reader| reader.job("b")).await.unwrap();
    assert!(job.unwrap().rev > saved[0].place);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pai.db"), vec![7; 9000]).unwrap();
    let (_, opened) = open(folder.path());
    assert_eq!(
        std::fs::read(opened.moved_aside.unwrap()).unwrap(),
        vec![7; 9000]
    );
}

#[tokio::test]
async fn a_newer_store_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let path = folder.path().join("pai.db");
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = Journal::open(folder.path(), Clock::System).unwrap_err();
    assert!(
        matches!(error, StoreError::TooNew { found: 99, .. }),
        "{error}"
    );
    assert!(!error.hint().is_empty());
}

#[tokio::test]
async fn the_store_is_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _open = open(folder.path());
    for name in ["pai.db", "pai.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}

/// The schema is an interface: a change of it is a new step, and shows here.
#[tokio::test]
async fn the_schema_of_version_3() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let connection = Connection::open(folder.path().join("pai.db")).unwrap();
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .unwrap();
    let made: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    insta::assert_snapshot!(made.join(";\n"));
}

#[tokio::test]
async fn a_list_has_a_limit_and_counts_what_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path());
    let context = context(&journal).await;
    for n in 0..6_i64 {
        let phase = if n % 2 == 0 {
            Phase::Running
        } else {
            Phase::Succeeded
        };
        let mut job = Job::new(format!("job-{n}"), format!("me-{n}"), phase, 0);
        job.own = n != 5;
        job.native_id = Some(format!("dlc{n}"));
        job.created_ms = Some(n * 1_000);
        job.ended_ms = phase.is_end().then_some(n * 1_000);
        let event = status(phase);
        journal
            .write(move |tx| tx.put_job(context, &mut job, vec![event]))
            .await
            .unwrap();
    }
    let listed = async |limit, foreign, phases: &[Phase]| {
        let what = Listed {
            tags: Vec::new(),
            ended_after_ms: 2_000,
            foreign,
            phases: phases.to_vec(),
            limit,
        };
        let view = journal.read(move |reader| reader.listed(context, &what));
        let (jobs, more) = view.await.unwrap();
        let names: Vec<_> = jobs.into_iter().map(|job| job.name).collect();
        (names.join(" "), more)
    };
    // me-1 has ended too long ago, and me-5 is somebody else's.
    assert_eq!(
        listed(9, false, &[]).await,
        ("me-4 me-3 me-2 me-0".into(), 0)
    );
    assert_eq!(listed(2, false, &[]).await, ("me-4 me-3".into(), 2));
    assert_eq!(listed(2, true, &[]).await, ("me-5 me-4".into(), 3));
    assert_eq!(listed(4, false, &[]).await.1, 0);
    assert_eq!(
        listed(1, false, &[Phase::Running]).await,
        ("me-4".into(), 2)
    );
}

#[tokio::test]
async fn a_store_of_the_first_schema_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join("pai.db")).unwrap();
    old.execute_batch(include_str!("store/schema/1.sql"))
        .unwrap();
    old.execute_batch(
        "PRAGMA user_version = 1;
         INSERT INTO context VALUES (1, '/s.json', 'here', 1);",
    )
    .unwrap();
    let mut job = Job::new("job-1".into(), "me-a".into(), Phase::Running, 0);
    job.created_ms = Some(5);
    let doc = serde_json::to_string(&job).unwrap();
    old.execute(
        "INSERT INTO job VALUES ('job-1', 1, NULL, 'me-a', 1, 1, 5, NULL, 0, 0, ?1)",
        [doc],
    )
    .unwrap();
    drop(old);
    let (journal, opened) = open(folder.path());
    assert!(opened.moved_aside.is_none());
    let jobs = journal.read(|reader| reader.jobs(1, 0)).await.unwrap();
    assert_eq!(jobs, [job]);
    let file = Connection::open(folder.path().join("pai.db")).unwrap();
    let plan: Vec<String> = file
        .prepare(
            "EXPLAIN QUERY PLAN SELECT doc FROM job WHERE context = 1
             ORDER BY created_ms / 1000 DESC, json_extract(doc, '$.milestones[0].rev') DESC",
        )
        .unwrap()
        .query_map([], |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(
        plan.iter().all(|step| !step.contains("TEMP B-TREE")),
        "{plan:?}"
    );
}
