//! Jobs are changed only where they are one's own, and what is told of a change is what the cloud shows.

use std::time::Duration;

use pai_emulator::{Status, USER_ID};
use pai_tests::{
    Gate, World,
    cli::Finished,
    world::{profile, text},
};
use serde_json::json;

/// A job that was not made through a daemon of this world.
fn made_elsewhere(world: &World, user_id: &str, name: &str, command: &str) -> String {
    let body = json!({
        "DisplayName": name, "JobType": "PyTorchJob", "UserCommand": command, "WorkspaceId": "emulator",
        "JobSpecs": [{"Type": "Worker", "PodCount": 1, "Image": "any:1"}],
    });
    world.control().submit_as(user_id, &body).unwrap()
}

/// The ids of the jobs of a list, sorted.
#[track_caller]
fn ids(listed: &Finished) -> Vec<String> {
    assert_eq!(listed.code, 0, "{listed:?}");
    let jobs = listed.json();
    let jobs = jobs.as_array().unwrap().iter();
    let mut ids: Vec<_> = jobs.map(|job| text(&job["job_id"])).collect();
    ids.sort();
    ids
}

fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<_> = ids.iter().map(|id| (*id).clone()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn several_jobs_are_stopped_at_once_and_one_that_has_ended_is_no_failure() {
    let world = World::new().await;
    let inside = world.inside().await;
    let never = Gate::new(&world, "never").command();
    let ended = world.submit("ended", "true").await;
    let one = world.submit("one", &never).await;
    let two = world.submit("two", &never).await;
    let clock = inside.run_clock(20);
    assert_eq!(world.paictl(&["wait", &ended]).await.code, 0);
    let stop = ["stop", &one, "no-such-job", &ended, "--json"];
    let stopped = world.paictl(&stop).await;
    assert_eq!(stopped.code, 5, "that of the failure: {stopped:?}");
    let rows = stopped.json();
    assert_eq!(rows[0]["outcome"], "requested", "{rows:#}");
    assert_eq!(rows[1]["error"]["kind"], "not_found", "{rows:#}");
    assert_eq!(rows[2]["outcome"], "already_ended", "{rows:#}");
    assert_eq!(world.ended(&one).await.status, Status::Stopped);

    let waited = world.paictl(&["stop", &one, &two, &ended, "--wait"]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
    assert_eq!(world.control().job(&two).unwrap().status, Status::Stopped);
    let last = waited.stdout.lines().last();
    assert_eq!(last, Some(format!("{two}  Stopped").as_str()), "{waited:?}");
    let told = format!("{ended}  had already ended (Succeeded)\n");
    assert!(waited.stdout.contains(&told), "{waited:?}");
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_job_is_deleted_when_it_has_ended_and_a_late_list_does_not_bring_it_back() {
    let world = World::with(|plan| plan.emulator.list_lag = Duration::from_secs(30)).await;
    let inside = world.inside().await;
    let gate = Gate::new(&world, "open");
    let id = world.submit("train", &gate.command()).await;
    // Looks go on for its sake.
    let never = Gate::new(&world, "never").command();
    let other = world.submit("other", &never).await;
    let clock = inside.run_clock(20);
    let early = world.paictl(&["delete", &id, "--yes"]).await;
    assert_eq!(early.code, 1, "{early:?}");
    assert!(
        early.stderr.contains("only a job that has ended"),
        "{early:?}"
    );
    assert!(early.stderr.contains("paictl stop --wait"), "{early:?}");
    gate.open();
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    let unasked = world.paictl(&["delete", &id]).await;
    assert_eq!(unasked.code, 2, "nobody can be asked: {unasked:?}");
    assert!(unasked.stderr.contains("--yes"), "{unasked:?}");
    assert_eq!(world.control().call_count("DeleteJob"), 0);

    let deleted = world.paictl(&["delete", &id, "--yes", "--json"]).await;
    assert_eq!(deleted.code, 0, "{deleted:?}");
    assert_eq!(deleted.json()["deleted"], true);
    assert!(
        world.control().job(&id).is_none(),
        "the cloud has forgotten it"
    );
    // Lists show it for half a minute more.
    let looks = world.control().call_count("ListJobs");
    world.called("ListJobs", looks + 2).await;
    assert_eq!(ids(&world.paictl(&["ls", "--json"]).await), [other]);
    let shown = world.paictl(&["get", &id, "--json"]).await.json();
    assert_eq!(shown["phase"], "gone", "{shown:#}");
    assert_eq!(shown["reason"]["code"], "Deleted");
    drop(clock);
    inside.shutdown().await;
}

/// One GPU: the second job waits for the first one's end.
async fn one_gpu() -> World {
    World::with(|plan| {
        plan.emulator.gpus = Some(1);
        plan.emulator.update_lag = Duration::from_secs(3);
        plan.settings = json!({
            "resourceId": "quota-e2e",
            "profiles": {"default": profile(json!({"CPU": "1", "memory": "1Gi", "GPU": "1"}))},
        });
    })
    .await
}

#[tokio::test]
async fn a_change_is_looked_for_and_one_that_was_only_taken_is_told_as_such() {
    let world = one_gpu().await;
    let inside = world.inside().await;
    let gate = Gate::new(&world, "open");
    let first = world.submit("first", &gate.command()).await;
    world.reached(&first, Status::Running).await;
    let second = world.submit("second", &gate.command()).await;
    world.reached(&second, Status::Queuing).await;

    let clock = inside.run_clock(30);
    let changed = world.paictl(&["priority", &second, "7", "--json"]).await;
    assert_eq!(changed.code, 0, "{changed:?}");
    let answer = changed.json();
    assert_eq!(
        (&answer["outcome"], &answer["priority"]),
        (&json!("applied"), &json!(7))
    );
    world.fault("UpdateJob:no_effect:count=1");
    let ignored = world.paictl(&["priority", &second, "9"]).await;
    assert_eq!(ignored.code, 1, "{ignored:?}");
    let told = format!("{second}  accepted, not applied\n");
    assert_eq!(ignored.stdout, told, "{ignored:?}");
    assert!(
        ignored.stderr.contains("does not show it yet"),
        "{ignored:?}"
    );
    assert_eq!(world.control().job(&second).unwrap().priority, 7);
    let running = world.paictl(&["priority", &first, "9", "--json"]).await;
    assert_eq!(running.code, 1, "{running:?}");
    let answer = running.json();
    assert_eq!(
        (&answer["outcome"], &answer["priority"]),
        (&json!("accepted"), &json!(1))
    );
    assert!(
        text(&answer["note"]).contains("until a job runs"),
        "{answer:#}"
    );

    let unasked = world.paictl(&["publish", &second]).await;
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert_eq!(
        world.control().job(&second).unwrap().accessibility,
        "PRIVATE"
    );
    let public = world.paictl(&["publish", &second, "--yes", "--json"]).await;
    assert_eq!(public.code, 0, "{public:?}");
    assert_eq!(public.json()["accessibility"], "PUBLIC");
    assert_eq!(
        world.control().job(&second).unwrap().accessibility,
        "PUBLIC"
    );

    gate.open();
    assert_eq!(world.paictl(&["wait", &first]).await.code, 0);
    let late = world.paictl(&["priority", &first, "9"]).await;
    assert_eq!(late.code, 1, "{late:?}");
    assert!(late.stderr.contains("has ended"), "{late:?}");
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn jobs_of_others_are_seen_and_waited_for_and_never_changed() {
    let world = World::new().await;
    let inside = world.inside().await;
    let clock = inside.run_clock(20);
    let gate = Gate::new(&world, "open");
    let command = gate.command();
    let other_user = made_elsewhere(&world, "77", "e2e-theirs", &command);
    let other_prefix = made_elsewhere(&world, USER_ID, "sideways-train", &command);
    let own = made_elsewhere(&world, USER_ID, "e2e-handmade", &command);
    let ended = made_elsewhere(&world, "77", "e2e-over", "true");
    world.ended(&ended).await;

    for id in [&other_user, &other_prefix, &ended] {
        let seen = world.paictl(&["get", id, "--json"]).await.json();
        assert_eq!(seen["own"], false, "{seen:#}");
        for change in [
            &["delete", "--yes"][..],
            &["priority", "9"],
            &["publish", "--yes"],
            &["stop"],
        ] {
            let line = [&change[..1], &[id.as_str()], &change[1..], &["--json"]].concat();
            let refused = world.paictl(&line).await;
            if id == &ended && change == ["stop"] {
                assert_eq!(refused.json()["outcome"], "already_ended");
                continue;
            }
            assert_eq!(refused.code, 4, "{line:?}: {refused:?}");
            let message = text(&refused.failure()["message"]);
            assert!(message.contains("not a job of yours"), "{message}");
        }
    }
    for action in ["StopJob", "DeleteJob", "UpdateJob"] {
        assert_eq!(world.control().call_count(action), 0, "{action}");
    }
    // Own is what the key's user made under the prefix, wherever that was.
    let waited = world.paictl(&["wait", &own, "--for", "running"]).await;
    assert_eq!(waited.code, 0, "{waited:?}");
    let listed = world.paictl(&["ls", "--json"]).await;
    assert_eq!(ids(&listed), sorted(&[&own]));
    let watched = world.paictl(&["ls", "--watched", "--json"]).await;
    let all = [&own, &other_user, &other_prefix, &ended];
    assert_eq!(ids(&watched), sorted(&all));
    let live = world.paictl(&["ls", "--all", "--json"]).await;
    assert_eq!(ids(&live), sorted(&all));
    let jobs = live.json();
    let mut jobs = jobs.as_array().unwrap().iter();
    let theirs = jobs.find(|job| job["job_id"] == other_user.as_str());
    assert_eq!(theirs.unwrap()["user_name"], "77");

    let waiting = world.start_paictl(&["wait", &other_user, &other_prefix]);
    gate.open();
    let waited = waiting.finish().await;
    assert_eq!(waited.code, 0, "{waited:?}");
    let ended = world.paictl(&["wait", &own]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let deleted = world.paictl(&["delete", &own, "--yes"]).await;
    assert_eq!(deleted.code, 0, "{deleted:?}");
    drop(clock);
    inside.shutdown().await;
}

#[tokio::test]
async fn jobs_are_found_by_their_labels() {
    let world = World::new().await;
    let _daemon = world.daemon().await;
    let submit = async |tags: &[&str], session: &str| -> String {
        let tags: Vec<_> = tags.iter().flat_map(|tag| ["--tag", tag]).collect();
        let line = [
            &["submit", "train", "--new", "--json"],
            &tags[..],
            &["--", "true"],
        ]
        .concat();
        let done = world.call(&line).env("PAI_SESSION", session).finish().await;
        assert_eq!(done.code, 0, "{done:?}");
        text(&done.json()["job_id"])
    };
    let one = submit(&["team=vision", "run=1"], "night").await;
    let two = submit(&["team=vision", "run=2"], "").await;
    let three = submit(&["team=speech"], "night").await;
    for (labels, found) in [
        (&["team=vision"][..], &[&one, &two][..]),
        (&["team=vision", "run=2"], &[&two]),
        (&["run"], &[&one, &two]),
        (&["pai-session=night"], &[&one, &three]),
        (&["team=nobody"], &[]),
    ] {
        let labels: Vec<_> = labels.iter().flat_map(|label| ["--label", label]).collect();
        for list in [&["ls", "--json"][..], &["ls", "--all", "--json"]] {
            let listed = world.paictl(&[list, &labels].concat()).await;
            assert_eq!(ids(&listed), sorted(found), "{list:?} {labels:?}");
        }
    }
    let none = world.paictl(&["ls", "--label", "team=nobody"]).await;
    assert_eq!(none.stderr, "no jobs with these labels\n");
}
