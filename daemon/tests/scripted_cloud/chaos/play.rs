//! One run.

use std::{collections::BTreeMap, sync::Arc};

use paid::{
    contexts::Running,
    model::{Fault, FaultKind, Job, Phase},
    submit::{self, Submitted, Wish},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::task::JoinHandle;

use super::{Seen, asked::Asked, hours::Hours, weather};
use crate::{
    cloud::{CloudJob, Create},
    world::{World, secs, wish},
};

const CLIENTS: usize = 8;
/// Moments at which something is done.
const MOMENTS: usize = 90;
const LIMITS: &str = r#"{"maxRunningJobs": 3, "maxGPU": 4, "maxGPUHoursPerDay": 30}"#;
const MOST_JOBS: usize = 3;
const MOST_GPU_MILLI: u64 = 4_000;
const MOST_MILLI_HOURS: i128 = 30_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How long everything may take to come to rest once nothing fails any more: the looks for a lost submit, over several sends.
const TO_REST: u32 = 400;

/// A call under way.
struct Call {
    asked: usize,
    wish: Wish,
    handle: JoinHandle<Result<Submitted, Fault>>,
}

pub(super) struct Play {
    seed: u64,
    rng: StdRng,
    world: World,
    /// The context of another settings file of the same place.
    second: Option<Arc<Running>>,
    hours: Hours,
    /// Until when what was made is checked, Unix ms.
    checked_ms: i64,
    asked: Vec<Asked>,
    clients: BTreeMap<usize, Call>,
    calls: usize,
    seen: Seen,
}

impl Play {
    pub(super) async fn new(seed: u64) -> Self {
        let world = World::new(LIMITS).await;
        let second = world.second(LIMITS).await;
        Self {
            seed,
            rng: StdRng::seed_from_u64(seed),
            world,
            second: Some(second),
            hours: Hours::default(),
            checked_ms: 0,
            asked: Vec::new(),
            clients: BTreeMap::new(),
            calls: 0,
            seen: Seen::default(),
        }
    }

    pub(super) async fn run(mut self) -> Seen {
        for _ in 0..MOMENTS {
            self.moment().await;
            self.pass().await;
            self.hear().await;
            self.check();
        }
        weather::clear(&self.world.cloud);
        self.come_to_rest().await;
        self.check();
        self.every_submit_has_its_end().await;
        self.all_room_is_free().await;
        (self.seen.jobs, self.seen.lost) = self
            .world
            .cloud
            .with(|state| (state.made.jobs, state.made.lost));
        self.seen
    }

    async fn moment(&mut self) {
        match self.rng.random_range(0..23) {
            20 => self.hours_pass().await,
            21 => self.set_clock(),
            0..7 => self.submit_something(),
            7..10 => self.ask_again(),
            10 => self.leave(),
            11 => self.stop_something().await,
            12 => self.delete_something().await,
            13 => self.kill().await,
            14..17 => weather::change(&self.world.cloud, &mut self.rng),
            _ => {
                let asked = &self.asked;
                let may_fail = |command: &str| {
                    let of = asked.iter().find(|asked| asked.wish.command == command);
                    of.is_some_and(Asked::may_end_badly)
                };
                let now_ms = self.now_ms();
                weather::jobs_go_on(&self.world.cloud, &mut self.rng, now_ms, may_fail);
                self.note_failures();
            }
        }
    }

    /// Time goes on by a random step, and everything that can happen by then happens.
    async fn pass(&mut self) {
        let ms = [0, 500, 500, 1_000, 3_000, 9_000][self.rng.random_range(0..6)];
        self.advance(ms).await;
    }

    async fn advance(&mut self, ms: u64) {
        let day = self.now_ms().div_euclid(DAY_MS);
        self.world
            .hands
            .advance(std::time::Duration::from_millis(ms));
        self.seen.midnights += u32::from(self.now_ms().div_euclid(DAY_MS) != day);
        self.hours.pass(&self.world.cloud);
        self.world.settle().await;
        self.hours.pass(&self.world.cloud);
    }

    async fn hours_pass(&mut self) {
        // What was reserved on one day and is made on the next counts for that as it is then.
        let under_way = |job: &Job| matches!(job.phase, Phase::Submitting | Phase::Unconfirmed);
        if self.all_jobs().await.iter().any(under_way) {
            return;
        }
        let hours = self.rng.random_range(1..7);
        self.advance(hours * 3_600_000).await;
    }

    /// The machine's clock is set; the cloud's goes on.
    fn set_clock(&mut self) {
        if !self.asked.iter().all(Asked::may_meet_another_time) {
            return;
        }
        self.asked.iter_mut().for_each(Asked::meets_another_time);
        let by = self.rng.random_range(-3 * HOUR_MS..3 * HOUR_MS);
        self.seen.clock_sets += 1;
        self.world.hands.jump(by);
        self.world.cloud.with(|state| state.behind_ms += by);
    }

    fn now_ms(&self) -> i64 {
        self.world.cloud.now_ms()
    }

    /// A client that does nothing.
    fn idle(&mut self) -> Option<usize> {
        let idle = (0..CLIENTS).filter(|client| !self.clients.contains_key(client));
        let idle: Vec<_> = idle.collect();
        (!idle.is_empty()).then(|| idle[self.rng.random_range(0..idle.len())])
    }

    fn call(&mut self, client: usize, asked: usize, wish: Wish) {
        self.calls += 1;
        self.asked[asked].calls += 1;
        let second = self.asked[asked].second;
        let through = match &self.second {
            Some(running) if second => Arc::clone(running),
            _ => self.world.running(),
        };
        self.seen.second_file += u32::from(second);
        let handle = World::submit_through(through, wish.clone());
        self.clients.insert(
            client,
            Call {
                asked,
                wish,
                handle,
            },
        );
    }

    fn submit_something(&mut self) {
        let Some(client) = self.idle() else { return };
        let asked = Asked::new(self.asked.len(), &mut self.rng);
        let wish = asked.wish.clone();
        self.asked.push(asked);
        self.call(client, self.asked.len() - 1, wish);
    }

    fn ask_again(&mut self) {
        let Some(client) = self.idle() else { return };
        let newest = self.asked.len().saturating_sub(6);
        if newest == self.asked.len() {
            return;
        }
        let asked = self.rng.random_range(newest..self.asked.len());
        let (calls, now_ms) = (self.calls, self.now_ms());
        self.seen.another += u32::from(self.asked[asked].wish.another);
        if let Some(wish) = self.asked[asked].again(calls, now_ms) {
            self.call(client, asked, wish);
        }
    }

    /// A client goes away in the middle of its call; some come back with it.
    fn leave(&mut self) {
        let Some(client) = self.clients.keys().next().copied() else {
            return;
        };
        let call = self.hang_up(client);
        if self.rng.random_ratio(1, 2) {
            self.call(client, call.asked, call.wish);
        }
    }

    fn hang_up(&mut self, client: usize) -> Call {
        let call = self.clients.remove(&client).unwrap();
        call.handle.abort();
        self.asked[call.asked].calls -= 1;
        call
    }

    async fn stop_something(&mut self) {
        let jobs = self.world.jobs().await;
        let active: Vec<_> = jobs.into_iter().filter(|job| !job.has_ended()).collect();
        let Some(job) = self.one_of(&active) else {
            return;
        };
        let Some(of) = self.asked_of(&job) else {
            return;
        };
        if !self.asked[of].may_end_badly() {
            return;
        }
        self.asked[of].is_over = true;
        self.seen.stops += 1;
        let running = self.world.running();
        let stop = submit::stop(&running.scope, &running.poller, job);
        let _heard = self.for_a_while(stop).await;
    }

    async fn delete_something(&mut self) {
        let jobs = self.world.jobs().await;
        let ended: Vec<_> = jobs.into_iter().filter(|job| job.has_ended()).collect();
        let Some(job) = self.one_of(&ended) else {
            return;
        };
        if let Some(of) = self.asked_of(&job) {
            self.asked[of].is_over = true;
            if !self.asked[of].may_end_badly() {
                return;
            }
        }
        let scope = Arc::clone(&self.world.running().scope);
        let deleted = self.for_a_while(submit::delete(&scope, job)).await;
        self.seen.deletes += u32::from(deleted.is_some_and(|deleted| deleted.is_ok()));
    }

    /// What the job was asked for as; the other settings file knows it under another uid.
    fn asked_of(&self, job: &Job) -> Option<usize> {
        let command = self.world.cloud.with(|state| {
            let of = state
                .jobs
                .iter()
                .find(|at| Some(&at.id) == job.native_id.as_ref());
            of.map(|of| of.command.clone())
        });
        self.asked.iter().position(|asked| {
            asked.uids.contains(&job.uid) || command.as_ref() == Some(&asked.wish.command)
        })
    }

    /// The jobs that both settings files know.
    async fn all_jobs(&self) -> Vec<Job> {
        let mut jobs = self.world.jobs().await;
        if let Some(second) = &self.second {
            let context = second.scope.context;
            let theirs = self
                .world
                .journal
                .read(move |reader| reader.jobs(context, 0));
            jobs.extend(theirs.await.unwrap());
        }
        jobs
    }

    /// A look that it needs may wait for the clock. A client that has waited for this long goes away.
    async fn for_a_while<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            answer = call => Some(answer),
            () = self.world.pass(secs(5)) => None,
        }
    }

    fn one_of(&mut self, jobs: &[Job]) -> Option<Job> {
        match jobs.len() {
            0 => None,
            count => Some(jobs[self.rng.random_range(0..count)].clone()),
        }
    }

    /// The daemon dies, perhaps while it submits; its clients lose their calls, and most of them repeat them to the next one.
    async fn kill(&mut self) {
        self.seen.kills += 1;
        if self.rng.random_ratio(1, 2) {
            let point = [Create::Hang, Create::MakeAndHang][self.rng.random_range(0..2)];
            self.world
                .cloud
                .with(|state| state.creates.push_front(point));
            self.submit_something();
            self.world.settle().await;
        }
        self.world.kill();
        self.second = None;
        let clients: Vec<_> = self.clients.keys().copied().collect();
        let calls: Vec<_> = clients
            .into_iter()
            .map(|client| (client, self.hang_up(client)))
            .collect();
        // Nobody meets it any more.
        let hangs = |create: &Create| matches!(create, Create::Hang | Create::MakeAndHang);
        self.world
            .cloud
            .with(|state| state.creates.retain(|create| !hangs(create)));
        self.pass().await;
        self.world.start().await;
        self.second = Some(self.world.second(LIMITS).await);
        for (client, call) in calls {
            if self.rng.random_ratio(3, 4) {
                self.call(client, call.asked, call.wish);
            }
        }
    }

    /// What clients are answered.
    async fn hear(&mut self) {
        let done = self
            .clients
            .iter()
            .filter(|(_, call)| call.handle.is_finished());
        let done: Vec<_> = done.map(|(client, _)| *client).collect();
        for client in done {
            let call = self.clients.remove(&client).unwrap();
            let now_ms = self.now_ms();
            let asked = &mut self.asked[call.asked];
            asked.calls -= 1;
            match call.handle.await.unwrap() {
                Ok(told) => {
                    self.seen.joined += u32::from(told.joined);
                    self.seen.held += u32::from(told.job.phase == Phase::Held);
                    asked.accepted(told.job.uid, now_ms);
                }
                Err(fault) => {
                    self.seen.over_limits += u32::from(fault.kind == FaultKind::Limit);
                    let of_hours = fault.field == "limits.maxGPUHoursPerDay";
                    self.seen.over_hours += u32::from(of_hours);
                }
            }
        }
        self.note_failures();
    }

    /// What has failed or was stopped is over: whoever asks for the same means another job.
    fn note_failures(&mut self) {
        let over: Vec<String> = self.world.cloud.with(|state| {
            let bad = |job: &&CloudJob| ["Failed", "Stopped"].contains(&job.status);
            let jobs = state.jobs.iter().filter(bad);
            jobs.map(|job| job.command.clone()).collect()
        });
        for asked in &mut self.asked {
            asked.is_over |= over.contains(&asked.wish.command);
        }
    }

    /// What must hold at any moment, by the cloud's own count.
    fn check(&mut self) {
        let seed = self.seed;
        self.world.cloud.with(|state| {
            let made = &state.made;
            assert!(made.most_active <= MOST_JOBS, "seed {seed}: {made:?}");
            assert!(
                made.most_gpu_milli <= MOST_GPU_MILLI,
                "seed {seed}: {made:?}"
            );
            for asked in &self.asked {
                let jobs = made.by_command.get(&asked.wish.command);
                let jobs = jobs.copied().unwrap_or_default();
                assert!(jobs <= asked.most, "seed {seed}: {jobs} jobs of {asked:?}");
            }
        });
        let now_ms = self.now_ms();
        // Whatever runs over midnight counts for the new day, however much that is; then nothing more is made.
        let used = self.hours.used(now_ms);
        let made_today = self.hours.made_since(&mut self.checked_ms, now_ms);
        assert!(
            !made_today || used <= MOST_MILLI_HOURS * i128::from(HOUR_MS),
            "seed {seed}: {used} {:#?}",
            self.hours
        );
    }

    /// Nothing fails any more, and jobs end when they are made.
    async fn come_to_rest(&mut self) {
        for _ in 0..TO_REST {
            weather::jobs_end(&self.world.cloud, self.now_ms());
            self.advance(2_000).await;
            self.hear().await;
            let jobs = self.all_jobs().await;
            let mut active = jobs.iter().filter(|job| !job.has_ended()).peekable();
            let is_quiet = active.peek().is_none();
            let none_runs = self.world.cloud.with(|state| {
                let mut jobs = state.jobs.iter();
                !jobs.any(CloudJob::takes_gpus)
            });
            if self.clients.is_empty() && is_quiet && none_runs {
                return;
            }
            // Who waits for more hours than are left waits for the night.
            if none_runs && active.all(|job| job.phase == Phase::Held) {
                self.advance(3_600_000).await;
            }
        }
        let left: Vec<_> = self.all_jobs().await;
        let left: Vec<_> = left.iter().filter(|job| !job.has_ended()).collect();
        panic!("seed {}: never at rest: {left:#?}", self.seed);
    }

    /// Whoever was told of a job finds it ended: at the cloud, or with the reason why it never was there.
    async fn every_submit_has_its_end(&self) {
        let seed = self.seed;
        for asked in &self.asked {
            let made = self.world.cloud.with(|state| {
                let made = &state.made.by_command;
                made.get(&asked.wish.command).copied().unwrap_or_default()
            });
            let mut known = 0;
            for uid in &asked.uids {
                let wanted = uid.clone();
                let job = self.world.journal.read(move |reader| reader.job(&wanted));
                let Some(job) = job.await.unwrap() else {
                    panic!("seed {seed}: {uid} was told and is not remembered: {asked:?}");
                };
                assert!(job.has_ended(), "seed {seed}: {job:?}");
                match &job.native_id {
                    Some(_) => known += 1,
                    None => assert!(job.reason.is_some(), "seed {seed}: {job:?}"),
                }
            }
            assert!(known <= made, "seed {seed}: {asked:?}");
        }
        let at_cloud: Vec<_> = self.world.cloud.with(|state| state.jobs.clone());
        let known = self.all_jobs().await;
        for job in at_cloud {
            let mut known = known.iter();
            let known = known.find(|known| known.native_id.as_ref() == Some(&job.id));
            assert!(known.is_some_and(|known| known.own), "seed {seed}: {job:?}");
        }
    }

    /// No reservation is left over, and none was lost.
    async fn all_room_is_free(&mut self) {
        let left_ms = DAY_MS - self.now_ms().rem_euclid(DAY_MS);
        self.advance(left_ms.unsigned_abs()).await;
        for number in 0..MOST_JOBS {
            let wish = Wish {
                max_minutes: Some(60),
                ..wish(&format!("last {number}"))
            };
            let made = self.world.submit_wish(wish).await.unwrap();
            assert!(made.is_ok(), "seed {}: {made:?}", self.seed);
        }
        let over = self.world.submit_wish(wish("one more")).await.unwrap();
        let over = over.expect_err("the room is full");
        assert_eq!(over.kind, FaultKind::Limit, "seed {}: {over}", self.seed);
    }
}
