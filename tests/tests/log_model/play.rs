//! What happens in a world: chance decides, and a seed makes it happen again.

use pai_emulator::{FaultRule, LogKeep};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use super::{
    compare::difference,
    script::{self, Lags, Printed},
    world::{Nature, World},
};

/// What the daemon takes for the lag.
const KNOWN_LAG_MS: i64 = 10_000;
/// A log is closed long before, after the end.
const LAST_MS: i64 = 1_200_000;

/// What may befall calls; each of them often enough that a reading of many calls is broken.
const WEATHER: [&str; 8] = [
    "GetPodLogs:throttle:retry_after_ms=1:p=0.3",
    "GetPodLogs:throttle_no_header:p=0.2",
    "GetPodLogs:server_error:p=0.3",
    "GetPodLogs:server_error:after=true:p=0.2",
    "GetPodLogs:truncated:p=0.3",
    "GetPodLogs:cut_before:p=0.2",
    "GetPodLogs:cut_after:p=0.3",
    "*:html:p=0.1",
];

/// Plays one world to its end; what is not as it should be.
pub(crate) async fn play(seed: u64) -> Result<(), String> {
    let dice = &mut StdRng::seed_from_u64(seed);
    let nature = Nature {
        keeps: *[LogKeep::Head, LogKeep::Tail].choose(dice).unwrap(),
        lag_ms: *[0, 3_000, KNOWN_LAG_MS].choose(dice).unwrap(),
        ahead_ms: *[0, 0, -5_000, 5_000, 300_000].choose(dice).unwrap(),
        seed,
    };
    let lags = Lags {
        cloud_ms: nature.lag_ms,
        known_ms: KNOWN_LAG_MS,
        has_late: dice.random_bool(0.7),
    };
    let mut player = Player {
        is_calm: dice.random_bool(0.4),
        world: World::new(nature).await,
        dice,
    };
    let told = |what: String| format!("{what}; {nature:?}, {lags:?}");
    let logs = player.attempts(lags).await;
    player.close().await.map_err(|what| told(what.to_owned()))?;
    for (number, (uid, printed)) in logs.into_iter().enumerate() {
        let mut sides = player.world.sides(&uid, printed).await;
        sides.is_calm = player.is_calm;
        difference(&sides).map_err(|what| told(format!("attempt {number}: {what}")))?;
    }
    Ok(())
}

struct Player<'a> {
    dice: &'a mut StdRng,
    world: World,
    /// Nothing fails, nobody dies, and the clocks wait for everybody.
    is_calm: bool,
}

impl Player<'_> {
    /// The attempts of the job, one after the other: the pods' uids and what they printed.
    async fn attempts(&mut self, lags: Lags) -> Vec<(String, Vec<Printed>)> {
        let mut uid = self.world.pod_uid();
        let mut logs = Vec::new();
        for attempt in 0..2 {
            if attempt > 0 {
                uid = self.world.restart().await;
            }
            let begin_ms = self.world.now_ms();
            let end_ms = begin_ms + self.dice.random_range(60_000..240_000);
            let printed = script::log(self.dice, begin_ms, end_ms, lags);
            let scripted: Vec<_> = printed.iter().map(Printed::scripted).collect();
            self.world.control().script_log(&uid, &scripted).unwrap();
            logs.push((uid.clone(), printed));
            while self.world.now_ms() < end_ms {
                self.step().await;
            }
        }
        self.world.end(*[0, 3].choose(self.dice).unwrap()).await;
        logs
    }

    /// Time passes, and somebody looks, or does not.
    async fn step(&mut self) {
        self.pass().await;
        if !self.is_calm {
            self.misfortune().await;
        }
        match self.dice.random_range(0..20) {
            0 => self.world.followed = None,
            1 => _ = self.world.follow(),
            2 => {
                let lines = self.dice.random_range(1..300);
                self.world.follow().last_first(lines);
            }
            3..8 => self.world.look_now(),
            _ => {}
        }
        if self.is_calm || self.dice.random_bool(0.5) {
            self.world.settle().await;
        } else {
            self.some_turns().await;
        }
    }

    async fn pass(&mut self) {
        let ms = match self.dice.random_range(0..20) {
            0..6 => self.dice.random_range(1..1_000),
            6..14 => self.dice.random_range(1_000..5_000),
            14..19 => self.dice.random_range(5_000..25_000),
            _ => self.dice.random_range(25_000..100_000),
        };
        self.world.advance(ms).await;
    }

    /// Everything goes on for a while, and stands in the middle of something.
    async fn some_turns(&mut self) {
        for _ in 0..self.dice.random_range(0..40) {
            self.world.turn().await;
        }
    }

    /// The daemon dies, or the weather changes.
    async fn misfortune(&mut self) {
        match self.dice.random_range(0..20) {
            0..2 => {
                self.some_turns().await;
                self.world.kill().await;
                if self.dice.random_bool(0.3) {
                    self.pass().await;
                }
                self.world.start().await;
                if self.dice.random_bool(0.5) {
                    self.world.follow();
                }
            }
            2..5 => {
                let rule: FaultRule = WEATHER.choose(self.dice).unwrap().parse().unwrap();
                self.world.control().add_fault(rule);
            }
            5..9 => self.world.control().clear_faults(),
            _ => {}
        }
    }

    /// Fair weather, and nobody follows, until the log is closed.
    async fn close(&mut self) -> Result<(), &'static str> {
        self.world.control().clear_faults();
        let over_ms = self.world.now_ms() + LAST_MS;
        while !self.world.is_closed().await {
            if self.world.now_ms() > over_ms {
                return Err("the log is not closed");
            }
            self.world.advance(2_000).await;
            self.world.settle().await;
            self.world.followed = None;
        }
        Ok(())
    }
}
