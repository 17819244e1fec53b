//! A submit happens once (invariant 4), whatever becomes of the answer and of the daemon.

use std::time::Duration;

use pai_emulator::Status;
use pai_proto::v1::{self, EventKind, Phase};
use pai_tests::{
    World,
    wire::{end_of, events, looked, read_until, refusal, submit_request, tells},
    world::{profile, text},
};
use serde_json::json;

/// The answer is lost and the job is there: one job, found by its name, and exit 0 in any case.
async fn a_lost_answer(rule: &str) {
    a_lost_answer_of(World::new().await, rule).await;
}

async fn a_lost_answer_of(world: World, rule: &str) {
    let _daemon = world.daemon().await;
    world.fault(rule);
    let done = world
        .paictl(&["submit", "once", "--json", "--", "true"])
        .await;
    assert_eq!(done.code, 0, "{done:?}");
    let uid = text(&done.json()["uid"]);
    assert_eq!(world.paictl(&["wait", &uid]).await.code, 0);
    let shown = world.paictl(&["get", &uid, "--json"]).await.json();
    let jobs = world.control().jobs();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(shown["job_id"], jobs[0].job_id.as_str());
    assert_eq!(shown["name"], jobs[0].name.as_str());
    let listed = world.paictl(&["ls", "--json"]).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed:#}");
    assert_eq!(world.control().call_count("CreateJob"), 1);
}

#[tokio::test]
async fn an_answer_that_was_cut_off_makes_no_second_job() {
    a_lost_answer("CreateJob:cut_after:count=1").await;
}

#[tokio::test]
async fn a_clock_that_is_two_hours_ahead_makes_no_second_job() {
    let world = World::new().await;
    world.control().clock().advance(-2 * 3_600_000);
    a_lost_answer_of(world, "CreateJob:cut_after:count=1").await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_makes_no_second_job() {
    a_lost_answer("CreateJob:truncated:count=1").await;
}

#[tokio::test]
async fn a_server_error_after_the_effect_makes_no_second_job() {
    a_lost_answer("CreateJob:server_error:after=1:count=1").await;
}

#[tokio::test]
async fn a_submit_that_stays_unconfirmed_exits_0_after_20_s_and_is_confirmed_later() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    world.fault("CreateJob:cut_after:count=1");
    let blind = world.fault("ListJobs:server_error");
    let clock = inside.run_clock(50);
    let done = world
        .paictl(&["submit", "lost", "--json", "--", "true"])
        .await;
    assert_eq!(done.code, 0, "{done:?}");
    let made = done.json();
    assert_eq!(made["phase"], "unconfirmed");
    assert_eq!(made["job_id"], made["uid"], "there is no other id yet");
    assert!(done.stderr.contains("unconfirmed"), "{done:?}");
    world.control().remove_fault(blind);
    let job = end_of(&client, &text(&made["uid"])).await;
    assert_eq!(job.phase(), Phase::Succeeded);
    assert_eq!(job.native_id, world.control().jobs()[0].job_id);
    assert_eq!(world.control().call_count("CreateJob"), 1);
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_again_after_five_empty_looks() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    world.fault("CreateJob:cut_before:count=1");
    let submit = {
        let client = client.clone();
        tokio::spawn(async move { client.submit(submit_request("again", "true")).await })
    };
    let mut watch = client.watch(Default::default());
    read_until(&mut watch, |update| {
        events(std::slice::from_ref(update))
            .iter()
            .any(|event| event.to_phase() == Phase::Unconfirmed)
    })
    .await;
    // 2, 5, 10 and 20 s after the send: a look each, and none of them sends.
    for pause in [2, 3, 5, 10] {
        let before = world.control().call_count("ListJobs");
        inside.advance(Duration::from_secs(pause));
        world.called("ListJobs", before + 1).await;
        assert_eq!(world.control().call_count("CreateJob"), 1);
    }
    let early = submit.await.unwrap().unwrap().job.unwrap();
    assert_eq!(early.phase(), Phase::Unconfirmed);
    inside.advance(Duration::from_secs(19));
    assert_eq!(world.control().call_count("CreateJob"), 1);
    let clock = inside.run_clock(50);
    world.called("CreateJob", 2).await;
    let job = end_of(&client, &early.uid).await;
    assert_eq!(job.phase(), Phase::Succeeded);
    let jobs = world.control().jobs();
    assert_eq!((jobs.len(), &jobs[0].job_id), (1, &job.native_id));
    assert_eq!(jobs[0].name, job.name, "the same name both times");
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_look_that_failed_is_not_an_empty_look() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    world.fault("CreateJob:cut_before:count=1");
    world.fault("ListJobs:server_error");
    let clock = inside.run_clock(100);
    let answer = client.submit(submit_request("blind", "true")).await;
    let job = answer.unwrap().job.unwrap();
    assert_eq!(job.phase(), Phase::Unconfirmed);
    let calls = world.control().call_count("ListJobs");
    world.called("ListJobs", calls + 8).await;
    assert_eq!(
        world.control().call_count("CreateJob"),
        1,
        "nothing is sent again while the cloud cannot be looked at"
    );
    world.control().clear_faults();
    assert_eq!(end_of(&client, &job.uid).await.phase(), Phase::Succeeded);
    assert_eq!(world.control().jobs().len(), 1);
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_twin_that_turns_up_late_is_reported_and_stopped() {
    // The first job waits for a GPU for ever, and lists show it only a minute later.
    let world = World::with(|plan| {
        plan.emulator.list_lag = Duration::from_secs(90);
        plan.emulator.gpus = Some(0);
        plan.settings = json!({
            "profiles": {"default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "1"}))},
        });
    })
    .await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    world.fault("CreateJob:cut_after:count=1");
    let clock = inside.run_clock(100);
    let mut watch = client.watch(Default::default());
    let job = world.submit_by(&client, "twin").await.unwrap();
    let updates = read_until(&mut watch, |update| {
        events(std::slice::from_ref(update))
            .iter()
            .any(|event| event.kind() == EventKind::Twin)
    })
    .await;
    let twin = events(&updates).last().unwrap().job_uid.clone();
    assert_ne!(twin, job.uid);
    let jobs = world.control().jobs();
    assert_eq!(jobs.len(), 2, "{jobs:?}");
    assert_eq!(jobs[0].name, jobs[1].name);
    world.ended(&jobs[0].job_id).await;
    assert_eq!(world.control().jobs()[0].status, Status::Stopped);
    assert!(!world.control().jobs()[1].status.is_final());
    let seen = client.get(&twin).await.unwrap().job.unwrap();
    assert_eq!(seen.native_id, jobs[0].job_id);
    assert_eq!(seen.twin_of, job.uid);
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_throttled_submit_is_sent_again_after_the_servers_own_delay() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    world.fault("CreateJob:throttle:count=1:retry_after_ms=1500");
    world.fault("CreateJob:throttle_no_header:count=1");
    let id = world.submit("patient", "true").await;
    let sent: Vec<_> = world
        .control()
        .calls()
        .into_iter()
        .filter(|call| call.action == "CreateJob")
        .collect();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert!(sent[1].ms - sent[0].ms >= 1500, "{sent:?}");
    let jobs = world.control().jobs();
    assert_eq!((jobs.len(), &jobs[0].job_id), (1, &id));
}

#[tokio::test]
async fn the_next_daemon_confirms_what_this_one_could_not() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    world.fault("CreateJob:slow:after=1:delay_ms=60000:count=1");
    let submit = world.start_paictl(&["submit", "crash", "--json", "--", "true"]);
    let made = world
        .control()
        .wait_for(pai_tests::LIMIT, |control| control.jobs().pop())
        .await
        .unwrap();
    daemon.kill9().await;
    drop(submit);

    let _next = world.daemon().await;
    let client = world.client().await;
    let listed = client.list(Default::default()).await.unwrap().jobs;
    assert_eq!(listed.len(), 1);
    let job = end_of(&client, &listed[0].uid).await;
    assert_eq!(
        (job.phase(), &job.native_id),
        (Phase::Succeeded, &made.job_id)
    );
    assert_eq!(world.control().jobs().len(), 1);
    assert_eq!(client.list(Default::default()).await.unwrap().jobs.len(), 1);
}

#[tokio::test]
async fn a_client_that_repeats_its_call_to_the_next_daemon_gets_the_one_job() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let client = world.client().await;
    world.fault("CreateJob:slow:after=1:delay_ms=60000:count=1");
    let submit = tokio::spawn(async move { client.submit(submit_request("twice", "true")).await });
    world
        .control()
        .wait_for(pai_tests::LIMIT, |control| control.jobs().pop())
        .await
        .unwrap();
    daemon.kill9().await;
    let _next = world.daemon().await;
    let answer = submit.await.unwrap().unwrap();
    assert!(answer.joined, "{answer:?}");
    let client = world.client().await;
    let job = end_of(&client, &answer.job.unwrap().uid).await;
    assert_eq!(job.phase(), Phase::Succeeded);
    let jobs = world.control().jobs();
    assert_eq!((jobs.len(), &jobs[0].job_id), (1, &job.native_id));
}

#[tokio::test]
async fn the_same_nonce_is_the_same_job() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let request = submit_request("once", "true");
    let first = client.submit(request.clone()).await.unwrap();
    let second = client.submit(request).await.unwrap();
    assert!(!first.joined && second.joined);
    assert_eq!(first.job.unwrap().uid, second.job.unwrap().uid);
    assert_eq!(world.control().jobs().len(), 1);
}

#[tokio::test]
async fn the_same_nonce_twice_at_once_is_still_one_job() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let (one, other) = (world.client().await, world.client().await);
    let request = submit_request("once", "true");
    world.fault("CreateJob:slow:delay_ms=300:count=1");
    let (first, second) = tokio::join!(one.submit(request.clone()), other.submit(request));
    let uid = |answer: Result<v1::SubmitJobResponse, _>| answer.unwrap().job.unwrap().uid;
    assert_eq!(uid(first), uid(second));
    assert_eq!(world.control().call_count("CreateJob"), 1);
}

#[tokio::test]
async fn an_unconfirmed_submit_that_is_stopped_is_not_sent_again() {
    let world = World::new().await;
    let inside = world.inside().await;
    let client = world.client().await;
    looked(&client).await;
    world.fault("CreateJob:cut_before");
    let mut watch = client.watch(Default::default());
    let submit = {
        let client = client.clone();
        tokio::spawn(async move { client.submit(submit_request("no", "true")).await })
    };
    let mut uid = String::new();
    read_until(&mut watch, |update| {
        if let Some(event) = events(std::slice::from_ref(update)).first() {
            uid.clone_from(&event.job_uid);
        }
        tells(update, &uid, Phase::Unconfirmed)
    })
    .await;
    let stop = client.stop(&uid).await.unwrap();
    assert_eq!(stop.outcome(), v1::stop_job_response::Outcome::WhenFound);
    let clock = inside.run_clock(100);
    let ended = end_of(&client, &uid).await;
    assert_eq!(ended.phase(), Phase::Gone, "{ended:?}");
    assert_eq!(world.control().call_count("CreateJob"), 1);
    drop(submit);
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_nonce_of_a_submit_that_did_not_take_place_is_told_so() {
    let world = World::with(|plan| {
        let wrong = json!({"jobType": "NoSuchJob", "jobSpecs": [
            {"type": "Worker", "podCount": 1, "image": "local"}]});
        plan.settings = json!({"profiles": {"default": wrong}});
    })
    .await;
    let _daemon = world.daemon().await;
    let client = world.client().await;
    let request = submit_request("refused", "true");
    refusal(client.submit(request.clone()).await);
    let again = refusal(client.submit(request).await);
    assert_eq!(again.kind(), v1::ErrorKind::Conflict, "{again:?}");
    assert_eq!(world.control().call_count("CreateJob"), 1);
}
