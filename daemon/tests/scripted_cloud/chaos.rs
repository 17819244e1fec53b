//! Eight clients that do as they like, a cloud that fails as it likes and a daemon that is killed at any moment: limits hold,
//! each submit is at most one job, each that was accepted comes to an end, and no room is lost. Two settings files name the same
//! place, hours and midnights pass, and the machine's clock is set on and back.
//!
//! Each run is drawn from its seed alone. `PAI_CHAOS_SEEDS=N` plays N of them, `PAI_CHAOS_SEED=S` only that one.

mod asked;
mod hours;
mod play;
mod weather;

use std::ops::AddAssign;

use play::Play;

/// How many runs are made where nothing else is asked for.
const SEEDS: u64 = 8;

/// What has happened, so that a run in which nothing did is no proof.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    jobs: u32,
    kills: u32,
    joined: u32,
    held: u32,
    over_limits: u32,
    stops: u32,
    deletes: u32,
    lost: u32,
    over_hours: u32,
    second_file: u32,
    another: u32,
    clock_sets: u32,
    midnights: u32,
}

impl AddAssign for Seen {
    fn add_assign(&mut self, more: Self) {
        self.jobs += more.jobs;
        self.kills += more.kills;
        self.joined += more.joined;
        self.held += more.held;
        self.over_limits += more.over_limits;
        self.stops += more.stops;
        self.deletes += more.deletes;
        self.lost += more.lost;
        self.over_hours += more.over_hours;
        self.second_file += more.second_file;
        self.another += more.another;
        self.clock_sets += more.clock_sets;
        self.midnights += more.midnights;
    }
}

impl Seen {
    fn least(&self) -> u32 {
        let counts = [
            self.jobs,
            self.kills,
            self.joined,
            self.held,
            self.over_limits,
            self.stops,
            self.deletes,
            self.lost,
            self.over_hours,
            self.second_file,
            self.another,
            self.clock_sets,
            self.midnights,
        ];
        counts.into_iter().min().unwrap_or_default()
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn whatever_happens_limits_hold_and_a_submit_is_one_job_and_no_room_is_lost() {
    let seeds = match number("PAI_CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PAI_CHAOS_SEEDS").unwrap_or(SEEDS),
    };
    let several = seeds.end - seeds.start >= SEEDS;
    let mut seen = Seen::default();
    for seed in seeds {
        let play = Play::new(seed).await;
        seen += play.run().await;
    }
    assert!(
        !several || seen.least() > 2,
        "too little happened: {seen:?}"
    );
}
