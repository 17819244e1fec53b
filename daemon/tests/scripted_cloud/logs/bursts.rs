//! More lines at once than one answer holds.

use super::*;

#[tokio::test]
async fn bursts_behind_the_first_lines_are_read() {
    for (ends, keeps_tail) in ANSWERS {
        for (lines_of_a_second, seconds) in [(3_000, 3), (997, 25)] {
            let (world, uid) = running_job("{}").await;
            world.cloud.with(|state| {
                state.logs.ends = ends;
                state.logs.keeps_tail = keeps_tail;
            });
            let followed = follow(&world, &uid);
            write(&world, POD, now_ms(&world), 1);
            world.pass(secs(6)).await;
            for _ in 0..seconds {
                write(&world, POD, now_ms(&world), lines_of_a_second);
                world.pass(secs(1)).await;
            }
            assert!(
                followed.progress.borrow().missing == Missing::Young,
                "that they are there is told"
            );
            world.pass(secs(5)).await;
            write(&world, POD, now_ms(&world), 2);
            world.pass(secs(70)).await;
            assert_eq!(followed.progress.borrow().missing, Missing::Nothing);
            let (texts, gaps) = stored(&world, &uid, POD).await;
            let written = written(&world, POD);
            assert!(
                texts == written,
                "{ends:?} {keeps_tail}: {} of {}",
                texts.len(),
                written.len()
            );
            assert_eq!(gaps, []);
        }
    }
}

#[tokio::test]
async fn a_second_with_more_lines_than_the_cloud_gives_out_is_a_gap() {
    for ends in [(true, true), (true, false)] {
        let (world, uid) = running_job("{}").await;
        world.cloud.with(|state| {
            state.logs.ends = ends;
            state.logs.cap = 5_000;
        });
        let burst = EPOCH_MS - 100_000;
        write(&world, POD, burst - 5_000, 2);
        write(&world, POD, burst, 6_000);
        write(&world, POD, burst + 5_000, 2);
        let _followed = follow(&world, &uid);
        world.pass(secs(4)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        assert_eq!(texts.len(), 5_004, "{ends:?}");
        let second = burst / 1000;
        assert_eq!(gaps.len(), 1);
        assert!((gaps[0].0..=gaps[0].1).contains(&second), "{gaps:?}");
        world.pass(secs(90)).await;
        assert_eq!(stored(&world, &uid, POD).await.0.len(), 5_004);
    }
}

#[tokio::test]
async fn what_came_before_a_young_burst_is_read_at_once() {
    for (ends, keeps_tail) in ANSWERS {
        let (world, uid) = running_job("{}").await;
        world.cloud.with(|state| {
            state.logs.ends = ends;
            state.logs.keeps_tail = keeps_tail;
        });
        let _followed = follow(&world, &uid);
        for count in [1, 1, 40] {
            write(&world, POD, now_ms(&world), count);
            world.pass(secs(4)).await;
        }
        write(&world, POD, now_ms(&world), 7_000);
        world.pass(secs(6)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        let expected = &written(&world, POD)[..42];
        assert!(texts == expected, "{ends:?}: {}", texts.len());
        assert_eq!(gaps, []);
        world.pass(secs(60)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        assert_eq!((texts.len(), gaps.len()), (5_042, 1), "{ends:?}");
    }
}

#[tokio::test]
async fn empty_answers_to_parts_of_a_burst_lose_no_line() {
    for keeps_tail in [true, false] {
        let (world, uid) = running_job("{}").await;
        world.cloud.with(|state| state.logs.keeps_tail = keeps_tail);
        let followed = follow(&world, &uid);
        let mut number = 0;
        let mut write = |count| {
            let at_ms = now_ms(&world);
            world.cloud.with(|state| {
                for _ in 0..count {
                    number += 1;
                    state.logs.write(POD, at_ms, format!("line {number}"));
                }
            });
        };
        write(3);
        world.pass(secs(6)).await;
        world.cloud.with(|state| state.logs.blank_parts = true);
        for _ in 0..4 {
            write(2_300);
            world.pass(secs(1)).await;
        }
        world.pass(secs(50)).await;
        world.cloud.with(|state| state.logs.blank_parts = false);
        world.pass(secs(70)).await;
        drop(followed);
        let (texts, gaps) = stored(&world, &uid, POD).await;
        assert!(
            texts == written(&world, POD),
            "{keeps_tail}: {}",
            texts.len()
        );
        assert_eq!(gaps, []);
    }
}

#[tokio::test]
async fn lines_of_a_burst_that_appear_late_are_read_once() {
    for keeps_tail in [true, false] {
        let (world, uid) = running_job("{}").await;
        world.cloud.with(|state| state.logs.keeps_tail = keeps_tail);
        let _followed = follow(&world, &uid);
        let first_ms = now_ms(&world);
        world.cloud.with(|state| {
            for n in 0..2_600 {
                state.logs.write(POD, first_ms, format!("first {n}"));
            }
            for n in 0..2_600 {
                state
                    .logs
                    .write(POD, first_ms + 3_000, format!("second {n}"));
            }
            state.logs.delays = [(2_599, 8_000)].into();
            state
                .logs
                .delays
                .extend((4_800..5_200).map(|place| (place, 8_000)));
        });
        world.pass(secs(13)).await;
        write(&world, POD, now_ms(&world), 1);
        world.pass(secs(60)).await;
        let (mut texts, gaps) = stored(&world, &uid, POD).await;
        let mut all = written(&world, POD);
        texts.sort();
        all.sort();
        assert!(texts == all, "{keeps_tail}: {}", texts.len());
        assert_eq!(gaps, [], "{keeps_tail}");
    }
}

#[tokio::test]
async fn as_many_lines_as_another_backend_would_cut_at_are_read_all_the_same() {
    for count in [1_000, 2_000] {
        let (world, uid) = running_job("{}").await;
        write(&world, POD, EPOCH_MS - 100_000, count);
        let _followed = follow(&world, &uid);
        world.pass(secs(5)).await;
        assert_eq!(stored(&world, &uid, POD).await.0.len(), count);
        let calls = world.cloud.with(|state| state.logs.asked.len());
        assert!(calls < 60, "{calls} calls");
    }
}

#[tokio::test]
async fn what_is_stored_behind_a_second_that_late_lines_make_overfull_is_stored_once() {
    for keeps_tail in [true, false] {
        let (world, uid) = running_job("{}").await;
        world.cloud.with(|state| {
            state.logs.keeps_tail = keeps_tail;
            state.logs.cap = 5_000;
        });
        let _followed = follow(&world, &uid);
        let burst_ms = now_ms(&world);
        world.cloud.with(|state| {
            for n in 0..5_100 {
                state.logs.write(POD, burst_ms, format!("burst {n}"));
            }
            for n in 0..3 {
                state
                    .logs
                    .write(POD, burst_ms + 1_000, format!("behind {n}"));
            }
            state.logs.delays = (4_800..5_100).map(|place| (place, 12_000)).collect();
        });
        world.pass(secs(10)).await;
        assert_eq!(stored(&world, &uid, POD).await.0.len(), 4_803);
        world.pass(secs(60)).await;
        let (texts, gaps) = stored(&world, &uid, POD).await;
        let behind = texts.iter().filter(|text| text.starts_with("behind"));
        assert_eq!((behind.count(), gaps.len()), (3, 1), "{keeps_tail}");
        let distinct: std::collections::HashSet<_> = texts.iter().collect();
        assert_eq!(distinct.len(), texts.len(), "{keeps_tail}");
        let burst = burst_ms / 1000;
        assert_eq!(gaps, [(burst, burst)]);
    }
}
