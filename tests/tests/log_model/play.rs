//! What happens in a world: chance decides, and a seed makes it happen again.

use pai_emulator::LogKeep;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use super::{
    compare::difference,
    script::{self, Lags},
    world::{Nature, World},
};

/// What the daemon takes for the lag.
const KNOWN_LAG_MS: i64 = 10_000;
/// A log is closed long before, after the end.
const LAST_MS: i64 = 1_200_000;

/// Plays one world to its end; what is not as it should be.
pub(crate) async fn play(seed: u64) -> Result<(), String> {
    let dice = &mut StdRng::seed_from_u64(seed);
    let nature = Nature {
        keeps: *[LogKeep::Head, LogKeep::Tail].choose(dice).unwrap(),
        lag_ms: *[0, 3_000, KNOWN_LAG_MS].choose(dice).unwrap(),
        ahead_ms: 0,
        seed,
    };
    let lags = Lags {
        cloud_ms: nature.lag_ms,
        known_ms: KNOWN_LAG_MS,
        has_late: dice.random_bool(0.7),
    };
    let mut world = World::new(nature).await;
    let mut uid = world.pod_uid();
    let mut logs = Vec::new();
    for attempt in 0..2 {
        if attempt > 0 {
            uid = world.restart().await;
        }
        let begin_ms = world.now_ms();
        let end_ms = begin_ms + dice.random_range(60_000..240_000);
        let printed = script::log(dice, begin_ms, end_ms, lags);
        let scripted: Vec<_> = printed.iter().map(script::Printed::scripted).collect();
        world.control().script_log(&uid, &scripted).unwrap();
        logs.push((uid.clone(), printed));
        while world.now_ms() < end_ms {
            step(dice, &mut world).await;
        }
    }
    world.end(*[0, 3].choose(dice).unwrap()).await;
    let over_ms = world.now_ms() + LAST_MS;
    while !world.is_closed().await {
        if world.now_ms() > over_ms {
            return Err(format!("the log is not closed: {nature:?}"));
        }
        world.advance(2_000).await;
        world.settle().await;
        world.followed = None;
    }
    for (number, (uid, printed)) in logs.into_iter().enumerate() {
        let mut sides = world.sides(&uid, printed).await;
        sides.is_calm = true;
        difference(&sides).map_err(|what| format!("attempt {number}: {what}; {nature:?}"))?;
    }
    Ok(())
}

async fn step(dice: &mut StdRng, world: &mut World) {
    let ms = match dice.random_range(0..20) {
        0..6 => dice.random_range(1..1_000),
        6..14 => dice.random_range(1_000..5_000),
        14..19 => dice.random_range(5_000..25_000),
        _ => dice.random_range(25_000..100_000),
    };
    world.advance(ms).await;
    match dice.random_range(0..20) {
        0 => world.followed = None,
        1 => {
            world.follow();
        }
        2 => {
            let lines = dice.random_range(1..300);
            world.follow().last_first(lines);
        }
        3..8 => world.look_now(),
        _ => {}
    }
    world.settle().await;
}
