//! Equal submits are one job, for a minute or by their key.

use std::time::Duration;

use pai_tests::{World, cli::Finished, world::text};
use serde_json::{Value, json};

/// An answer that is no refusal.
#[track_caller]
fn answer(done: &Finished) -> Value {
    assert_eq!(done.code, 0, "{done:?}");
    done.json()
}

#[tokio::test]
async fn an_equal_submit_is_joined_for_a_minute_and_new_makes_another() {
    let world = World::new().await;
    let inside = world.inside().await;
    let submit = async |more: &[&str]| {
        let line = [&["submit", "train", "--json"], more, &["--", "true"]].concat();
        answer(&world.paictl(&line).await)
    };
    let first = submit(&[]).await;
    assert_eq!(first["joined"], false);
    inside.advance(Duration::from_secs(59));
    let joined = submit(&[]).await;
    assert_eq!(
        (&joined["joined"], &joined["uid"]),
        (&json!(true), &first["uid"])
    );
    let warning = joined["warnings"][0].to_string();
    assert!(warning.contains("--new makes another job"), "{warning}");
    let other = submit(&["--env", "LR=1"]).await;
    assert_eq!(other["joined"], false, "it asks for something else");
    let another = submit(&["--new"]).await;
    assert_eq!(another["joined"], false);
    inside.advance(Duration::from_secs(61));
    let late = submit(&[]).await;
    assert_eq!(late["joined"], false);
    assert_eq!(world.control().jobs().len(), 4);
    inside.shutdown().await;
}

#[tokio::test]
async fn a_key_means_one_job_over_a_restart_of_the_daemon_and_takes_no_other_arguments() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let submit = [
        "submit", "train", "--key", "nightly", "--json", "--", "true",
    ];
    let first = answer(&world.paictl(&submit).await);
    let again = answer(&world.paictl(&submit).await);
    assert_eq!(
        (&again["joined"], &again["uid"]),
        (&json!(true), &first["uid"])
    );
    daemon.kill9().await;
    let inside = world.inside().await;
    inside.advance(Duration::from_secs(3600));
    let later = answer(&world.paictl(&submit).await);
    assert_eq!(
        (&later["joined"], &later["uid"]),
        (&json!(true), &first["uid"])
    );
    let other = [
        "submit", "train", "--key", "nightly", "--json", "--", "false",
    ];
    let refused = world.paictl(&other).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    let failure = refused.failure();
    assert_eq!(failure["kind"], "conflict");
    let message = text(&failure["message"]);
    assert!(message.contains("\"nightly\""), "{message}");
    assert!(message.contains(&text(&first["name"])), "{message}");
    assert_eq!(world.control().call_count("CreateJob"), 1);
    inside.shutdown().await;
}
