//! One run.

use std::{collections::BTreeMap, sync::Arc};

use paid::{
    model::{Fault, FaultKind, Job, Phase},
    submit::{self, Submitted, Wish},
    sys::Clock,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::task::JoinHandle;

use super::{Seen, asked::Asked, weather};
use crate::{
    cloud::{CloudJob, Create},
    world::{World, secs, wish},
};

const CLIENTS: usize = 8;
/// Moments at which something is done.
const MOMENTS: usize = 70;
const LIMITS: &str = r#"{"maxRunningJobs": 3, "maxGPU": 4}"#;
const MOST_JOBS: usize = 3;
const MOST_GPU_MILLI: u64 = 4_000;
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
    asked: Vec<Asked>,
    clients: BTreeMap<usize, Call>,
    calls: usize,
    seen: Seen,
}

impl Play {
    pub(super) async fn new(seed: u64) -> Self {
        Self {
            seed,
            rng: StdRng::seed_from_u64(seed),
            world: World::new(LIMITS).await,
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
        match self.rng.random_range(0..20) {
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
                let now_ms = Clock::Manual(self.world.hands.clone()).wall_ms();
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
        self.world
            .hands
            .advance(std::time::Duration::from_millis(ms));
        self.world.settle().await;
    }

    fn now_ms(&self) -> i64 {
        Clock::Manual(self.world.hands.clone()).wall_ms()
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
        let handle = self.world.submit_wish(wish.clone());
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
        if let Some(wish) = self.asked[asked].again(self.calls, self.now_ms()) {
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
        let of = self
            .asked
            .iter_mut()
            .find(|asked| asked.uids.contains(&job.uid));
        // One that nobody was told of yet is known by its command.
        let Some(of) = of else { return };
        if !of.may_end_badly() {
            return;
        }
        of.is_over = true;
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
        for asked in &mut self.asked {
            asked.is_over |= asked.uids.contains(&job.uid);
        }
        let is_quiet = |asked: &Asked| asked.may_end_badly() || !asked.uids.contains(&job.uid);
        if !self.asked.iter().all(is_quiet) {
            return;
        }
        let scope = Arc::clone(&self.world.running().scope);
        let deleted = self.for_a_while(submit::delete(&scope, job)).await;
        self.seen.deletes += u32::from(deleted.is_some_and(|deleted| deleted.is_ok()));
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
                Err(fault) => self.seen.over_limits += u32::from(fault.kind == FaultKind::Limit),
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
    fn check(&self) {
        let seed = self.seed;
        self.world.cloud.with(|state| {
            let made = &state.made;
            assert!(made.most_active <= MOST_JOBS, "seed {seed}: {made:?}");
            assert!(
                made.most_gpu_milli <= MOST_GPU_MILLI,
                "seed {seed}: {made:?}"
            );
            let twice = made.by_command.iter().find(|(_, jobs)| **jobs > 1);
            assert_eq!(twice, None, "seed {seed}: one submit, two jobs");
        });
    }

    /// Nothing fails any more, and jobs end when they are made.
    async fn come_to_rest(&mut self) {
        for _ in 0..TO_REST {
            weather::jobs_end(&self.world.cloud, self.now_ms());
            self.advance(2_000).await;
            self.hear().await;
            let active = self.world.jobs().await;
            let is_quiet = active.iter().all(Job::has_ended);
            let none_runs = self.world.cloud.with(|state| {
                let mut jobs = state.jobs.iter();
                !jobs.any(CloudJob::takes_gpus)
            });
            if self.clients.is_empty() && is_quiet && none_runs {
                return;
            }
        }
        let left: Vec<_> = self.world.jobs().await;
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
        for job in at_cloud {
            let (id, context) = (job.id.clone(), self.world.context);
            let known = self
                .world
                .journal
                .read(move |reader| reader.job_by_native(context, &id));
            let known = known.await.unwrap();
            assert!(known.is_some_and(|known| known.own), "seed {seed}: {job:?}");
        }
    }

    /// No reservation is left over, and none was lost.
    async fn all_room_is_free(&mut self) {
        for number in 0..MOST_JOBS {
            let wish = wish(&format!("last {number}"));
            let made = self.world.submit_wish(wish).await.unwrap();
            assert!(made.is_ok(), "seed {}: {made:?}", self.seed);
        }
        let over = self.world.submit_wish(wish("one more")).await.unwrap();
        let over = over.expect_err("the room is full");
        assert_eq!(over.kind, FaultKind::Limit, "seed {}: {over}", self.seed);
    }
}
