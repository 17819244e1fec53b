//! Eight clients, lost answers, late lists and two kills, with real processes: limits hold by the cloud's own record, and each
//! key is one job.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use pai_emulator::{JobView, Status};
use pai_tests::{World, until::eventually, world::text};
use serde_json::json;

const CLIENTS: usize = 8;
/// Two clients share a key each.
const KEYS: usize = 6;
const MOST: usize = 3;

/// Asks for its job until it is told of one, as an agent does whose call broke: its key, and the uid of the job.
async fn client(world: &World, number: usize) -> (usize, String) {
    let key = number % KEYS;
    let named = format!("key-{key}");
    let line = [
        "submit", "chaos", "--key", &named, "--queue", "--json", "--", "true",
    ];
    loop {
        let done = world.paictl(&line).await;
        if done.code != 6 {
            assert_eq!(done.code, 0, "{done:?}");
            return (key, text(&done.json()["uid"]));
        }
        eventually("a daemon serves", || world.socket().exists().then_some(())).await;
    }
}

/// The most jobs that were active at the same moment.
fn most_at_once(jobs: &[JobView]) -> usize {
    let ended =
        |status: Status| matches!(status, Status::Succeeded | Status::Failed | Status::Stopped);
    let begin = |job: &JobView| job.transitions.first().map_or(0, |first| first.ms);
    let is_active = |job: &&JobView, ms: i64| {
        let end = job.transitions.iter().find(|step| ended(step.status));
        begin(job) <= ms && end.is_none_or(|end| ms < end.ms)
    };
    let at = |ms: i64| jobs.iter().filter(|job| is_active(job, ms)).count();
    jobs.iter().map(|job| at(begin(job))).max().unwrap_or(0)
}

#[tokio::test]
async fn eight_clients_over_lost_answers_and_two_kills_keep_the_limits_and_make_one_job_of_a_key() {
    let world = World::with(|plan| {
        plan.settings = json!({"limits": {"maxRunningJobs": MOST}});
        plan.emulator.list_lag = Duration::from_secs(1);
    })
    .await;
    world.fault("CreateJob:cut_after:count=2");
    let mut daemon = world.daemon().await;
    let clients = join_all((0..CLIENTS).map(|number| client(&world, number)));
    let kills = async {
        for made in [1, 3] {
            world.called("CreateJob", made).await;
            daemon.kill9().await;
            daemon = world.daemon().await;
        }
        daemon
    };
    let (told, _daemon) = tokio::join!(clients, kills);
    let told: BTreeSet<_> = told.into_iter().collect();
    let uids: BTreeSet<_> = told.iter().map(|(_, uid)| uid).collect();
    assert_eq!((told.len(), uids.len()), (KEYS, KEYS), "{told:?}");
    let jobs = world.control().jobs();
    let names: BTreeSet<_> = jobs.iter().map(|job| &job.name).collect();
    assert_eq!(names.len(), jobs.len(), "{jobs:#?}");
    assert!((1..=KEYS).contains(&jobs.len()), "{jobs:#?}");
    assert!(most_at_once(&jobs) <= MOST, "{jobs:#?}");
}
