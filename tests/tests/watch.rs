//! One counter (invariant 1), seen on the wire.

use pai_proto::{
    v1::{
        Cursor, Event, ListJobsRequest, Phase, WatchJobsRequest, list_jobs_response::Part,
        watch_jobs_response::Frame,
    },
    watch::WatchUpdate,
};
use pai_tests::{
    World,
    wire::{end_of, events, is_at, outcome, raw_jobs, read_until, submit_request, until_ended},
};

/// Two jobs that have ended, and every event there is.
async fn history(world: &World) -> Vec<Event> {
    let client = world.client().await;
    let mut watch = client.watch(WatchJobsRequest::default());
    let mut updates = Vec::new();
    for name in ["one", "two"] {
        let job = world.submit_by(&client, name).await.unwrap();
        if updates.is_empty() {
            updates = read_until(&mut watch, |update| {
                matches!(update, WatchUpdate::SnapshotEnd(_))
            })
            .await;
        }
        end_of(&client, &job.uid).await;
    }
    let since = Some(Cursor {
        store_id: client.hello().store_id.clone(),
        rev: 0,
        ..Default::default()
    });
    let last = client.status().await.unwrap().rev;
    read_until(&mut watch, |update| is_at(update, last)).await;
    let mut all = client.watch(WatchJobsRequest {
        ids: Vec::new(),
        since,
    });
    events(&read_until(&mut all, |update| is_at(update, last)).await)
}

#[tokio::test]
async fn revisions_grow_by_one_and_statuses_come_in_order() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let events = history(&world).await;
    let revs: Vec<_> = events.iter().map(|event| event.rev).collect();
    let counted: Vec<_> = (1..=revs.len() as u64).collect();
    assert_eq!(revs, counted, "of one context, every revision");
    for uid in events.iter().map(|event| &event.job_uid) {
        let statuses: Vec<_> = events
            .iter()
            .filter(|event| event.job_uid == *uid && !event.to_status.is_empty())
            .map(|event| event.to_status.as_str())
            .collect();
        assert_eq!(statuses.first(), Some(&"Creating"), "{statuses:?}");
        for status in ["Queuing", "EnvPreparing", "Running", "Succeeded"] {
            let times = statuses.iter().filter(|each| **each == status).count();
            assert_eq!(times, 1, "{status} once: {statuses:?}");
        }
    }
}

#[tokio::test]
async fn a_watch_is_a_snapshot_and_then_every_event_after_it() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let first = world.submit_by(&client, "first").await.unwrap();
    end_of(&client, &first.uid).await;
    let mut watch = client.watch(WatchJobsRequest::default());
    let snapshot = read_until(&mut watch, |update| {
        matches!(update, WatchUpdate::SnapshotEnd(_))
    })
    .await;
    let (jobs, end) = match snapshot.as_slice() {
        [WatchUpdate::Snapshot(jobs), WatchUpdate::SnapshotEnd(end)] => (jobs, end),
        other => panic!("{other:?}"),
    };
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (&jobs[0].uid, jobs[0].phase()),
        (&first.uid, Phase::Succeeded)
    );
    let from = end.cursor.clone().unwrap().rev;
    assert_eq!(watch.cursor(), end.cursor.as_ref());

    let second = world.submit_by(&client, "second").await.unwrap();
    end_of(&client, &second.uid).await;
    let last = client.status().await.unwrap().rev;
    let later = events(&read_until(&mut watch, |update| is_at(update, last)).await);
    let revs: Vec<_> = later.iter().map(|event| event.rev).collect();
    assert_eq!(revs, (from + 1..=last).collect::<Vec<_>>());
    assert!(later.iter().all(|event| event.job_uid == second.uid));
    assert_eq!(watch.cursor().unwrap().rev, last);
}

#[tokio::test]
async fn a_cursor_gives_exactly_the_later_events() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let all = history(&world).await;
    let client = world.client().await;
    let last = all.last().unwrap().rev;
    for from in [0, 1, last / 2, last - 1] {
        let since = Some(Cursor {
            store_id: client.hello().store_id.clone(),
            rev: from,
            ..Default::default()
        });
        let mut watch = client.watch(WatchJobsRequest {
            ids: Vec::new(),
            since,
        });
        let updates = read_until(&mut watch, |update| is_at(update, last)).await;
        let later: Vec<_> = all
            .iter()
            .filter(|event| event.rev > from)
            .cloned()
            .collect();
        assert_eq!(events(&updates), later);
        assert_eq!(updates.len(), later.len(), "no snapshot: {updates:?}");
    }
}

#[tokio::test]
async fn a_watch_of_some_jobs_tells_of_no_others() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let all = history(&world).await;
    let uid = &all[0].job_uid;
    let client = world.client().await;
    let since = Some(Cursor {
        store_id: client.hello().store_id.clone(),
        rev: 0,
        ..Default::default()
    });
    let own: Vec<_> = all
        .iter()
        .filter(|event| event.job_uid == *uid)
        .cloned()
        .collect();
    let ids = vec![uid.clone()];
    let mut watch = client.watch(WatchJobsRequest { ids, since });
    let updates = read_until(&mut watch, |update| is_at(update, own.last().unwrap().rev)).await;
    assert_eq!(events(&updates), own);
}

#[tokio::test]
async fn a_cursor_that_cannot_be_resumed_gets_resync_and_a_snapshot() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let all = history(&world).await;
    let client = world.client().await;
    let (own, last) = (client.hello().store_id.clone(), all.last().unwrap().rev);
    for (store_id, rev) in [("another".to_owned(), 1), (own, last + 1)] {
        let since = Some(Cursor {
            store_id,
            rev,
            ..Default::default()
        });
        let mut watch = client.watch(WatchJobsRequest {
            ids: Vec::new(),
            since,
        });
        let updates = read_until(&mut watch, |update| {
            matches!(update, WatchUpdate::SnapshotEnd(_))
        })
        .await;
        match updates.as_slice() {
            [
                WatchUpdate::Resync(reason),
                WatchUpdate::Snapshot(jobs),
                WatchUpdate::SnapshotEnd(_),
            ] => {
                assert!(!reason.is_empty());
                assert_eq!(jobs.len(), 2);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn lists_and_snapshots_come_in_chunks_closed_by_an_end() {
    const LONG: usize = 60_000;
    const JOBS: usize = 10;
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let command = format!("true # {}", "word ".repeat(LONG / 5));
    for _ in 0..JOBS {
        client
            .submit(submit_request("big", &command))
            .await
            .unwrap();
    }

    let mut raw = raw_jobs(&world);
    let mut list = raw
        .list_jobs(ListJobsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let mut chunks = Vec::new();
    let mut ends = 0;
    while let Some(message) = list.message().await.unwrap() {
        match message.part.unwrap() {
            Part::Chunk(chunk) => {
                assert_eq!(ends, 0, "the end is the last part");
                chunks.push(chunk.jobs);
            }
            Part::End(end) => {
                ends += 1;
                assert!(end.cursor.unwrap().rev > 0);
            }
        }
    }
    assert_eq!(ends, 1);
    assert!(chunks.len() >= 2, "{} chunks", chunks.len());
    for chunk in &chunks {
        let bytes: usize = chunk.iter().map(|job| job.command.len()).sum();
        assert!(bytes <= 512 * 1024, "{bytes} bytes in one chunk");
    }
    let mut names: Vec<_> = chunks.concat().into_iter().map(|job| job.uid).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), JOBS);

    let mut watch = raw
        .watch_jobs(WatchJobsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let mut snapshot = 0;
    loop {
        match watch.message().await.unwrap().unwrap().frame.unwrap() {
            Frame::Chunk(chunk) => snapshot += chunk.jobs.len(),
            Frame::SnapshotEnd(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(snapshot, JOBS);
}

#[tokio::test]
async fn a_reader_that_falls_behind_misses_nothing() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let mut idle = client.watch(WatchJobsRequest::default());
    read_until(&mut idle, |update| {
        matches!(update, WatchUpdate::SnapshotEnd(_))
    })
    .await;
    // Nobody reads meanwhile: more events than the daemon keeps at hand for a slow reader.
    let mut uids = Vec::new();
    for n in 0..250 {
        let job = world
            .submit_by(&client, &format!("flood{n}"))
            .await
            .unwrap();
        uids.push(job.uid);
    }
    let uids: Vec<_> = uids.iter().map(String::as_str).collect();
    outcome(client.wait(until_ended(&uids))).await;
    let last = client.status().await.unwrap().rev;
    let seen = events(&read_until(&mut idle, |update| is_at(update, last)).await);
    let revs: Vec<_> = seen.iter().map(|event| event.rev).collect();
    assert_eq!(revs, (1..=last).collect::<Vec<_>>());
    assert!(last > 1100, "{last} events are not many");
}
