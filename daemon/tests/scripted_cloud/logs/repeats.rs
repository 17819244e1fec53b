//! Lines of the same text.

use std::collections::BTreeMap;

use super::*;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// Seeds of every run; more with `PAI_MODEL_SEEDS`.
const SEEDS: u64 = 1;

/// Few texts over many seconds, lines that are late, followers that come and go: each text as often as it was printed.
#[tokio::test]
async fn few_texts_and_late_lines_are_stored_as_often_as_they_were_printed() {
    let seeds = std::env::var("PAI_MODEL_SEEDS").ok();
    let seeds = seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let mut wrong = Vec::new();
    for seed in 0..seeds {
        let mut dice = StdRng::seed_from_u64(seed);
        let jumps = dice.random_bool(0.4);
        let late = dice.random_bool(0.8);
        let kills = dice.random_bool(0.3);
        let (mut world, uid) = running_job("{}").await;
        let ends = ANSWERS[dice.random_range(0..4)];
        world.cloud.with(|state| {
            state.pods = 1;
            state.logs.ends = ends.0;
            state.logs.keeps_tail = ends.1;
        });
        let mut followed = None;
        for _ in 0..90 {
            let at_ms = world.cloud.now_ms();
            let count = match dice.random_range(0..20) {
                0..9 => 0,
                9..17 => dice.random_range(1..6),
                17..19 => dice.random_range(50..200),
                _ => dice.random_range(1_000..3_000),
            };
            for _ in 0..count {
                let text = format!("step {}", dice.random_range(0..3));
                let delay =
                    (late && dice.random_bool(0.03)).then(|| dice.random_range(1_000..19_500));
                world.cloud.with(|state| {
                    if let Some(delay) = delay {
                        state.logs.delays.insert(state.logs.lines.len(), delay);
                    }
                    state.logs.write(POD, at_ms, text);
                });
            }
            match dice.random_range(0..16) {
                0 => followed = None,
                1 | 2 => {
                    let one = follow(&world, &uid);
                    if jumps {
                        one.last_first(20);
                    }
                    followed = Some(one);
                }
                3 if kills => {
                    followed = None;
                    world.kill();
                    world.start().await;
                }
                _ => {}
            }
            world.pass(secs(dice.random_range(1..4))).await;
        }
        world.pass(secs(60)).await;
        drop(followed);
        end(&world, "Succeeded").await;
        world.pass(secs(200)).await;
        let counted = |texts: Vec<String>| {
            let mut counts = BTreeMap::new();
            for text in texts {
                *counts.entry(text).or_insert(0) += 1;
            }
            counts
        };
        let (texts, gaps) = stored(&world, &uid, POD).await;
        let (is, must) = (counted(texts), counted(written(&world, POD)));
        if is != must || !gaps.is_empty() {
            let segments = world.journal.logs().streams(&uid).await.unwrap().len();
            eprintln!(
                "seed {seed}: {is:?}, printed {must:?}, gaps {gaps:?}, {ends:?} jumps {jumps} late {late} kills {kills} segments {segments}"
            );
            wrong.push(seed);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
