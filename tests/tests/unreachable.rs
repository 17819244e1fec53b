//! No daemon to ask: one clear message with the next step, soon.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    time::{Duration, Instant},
};

use pai_proto::paths::SOCKET_PATH_MAX;
use pai_tests::{Running, World, cli::command, programs::programs, world::text};

#[tokio::test]
async fn without_a_daemon_every_command_is_exit_6_within_three_seconds() {
    let world = World::new().await;
    let begin = Instant::now();
    let all = [
        &["ls"][..],
        &["submit", "x", "--", "true"],
        &["wait", "dlc1"],
        &["daemon", "status"],
    ];
    let started: Vec<_> = all
        .into_iter()
        .map(|args| world.start_paictl(args))
        .collect();
    for running in started {
        let done = running.finish().await;
        assert_eq!(done.code, 6, "{done:?}");
        assert!(done.stderr.contains("paictl daemon start"), "{done:?}");
    }
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    let failed = world.paictl(&["ls", "--json"]).await;
    assert_eq!(failed.failure()["kind"], "unreachable");
}

#[tokio::test]
async fn daemon_start_serves_in_the_background_once_and_daemon_stop_ends_it() {
    let world = World::new().await;
    let first = world.paictl(&["daemon", "start", "--json"]).await;
    let again = world.paictl(&["daemon", "start", "--json"]).await;
    let listed = world.paictl(&["ls"]).await;
    let stop = world.paictl(&["daemon", "stop"]).await;
    // Judged only now: what was started has to be ended in any case.
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(first.json()["started"], true);
    assert_eq!(again.json()["started"], false, "{again:?}");
    assert_eq!(again.json()["pid"], first.json()["pid"]);
    assert_eq!((listed.code, stop.code), (0, 0), "{listed:?} {stop:?}");
    let log = fs::metadata(world.state().join("paid.log")).unwrap();
    assert_eq!(log.permissions().mode() & 0o777, 0o600);
    let after = world.paictl(&["daemon", "stop"]).await;
    assert_eq!(
        after.code, 0,
        "stopping what does not run is no error: {after:?}"
    );
}

#[tokio::test]
async fn a_stale_socket_is_unreachable_and_the_next_daemon_replaces_it() {
    let world = World::new().await;
    world.daemon().await.kill9().await;
    let left = fs::symlink_metadata(world.socket()).unwrap();
    assert!(left.file_type().is_socket());
    assert_eq!(world.paictl(&["ls"]).await.code, 6);
    let _next = world.daemon().await;
    assert_eq!(world.paictl(&["ls"]).await.code, 0);
}

#[tokio::test]
async fn a_socket_path_that_is_too_long_is_told_with_the_limit() {
    let world = World::new().await;
    let long = world.path(&"x".repeat(SOCKET_PATH_MAX));
    let mut client = command(&world, &programs().paictl);
    client.arg("ls").env("PAI_SOCKET", &long);
    let done = Running::spawn(client).finish().await;
    assert_eq!(done.code, 6, "{done:?}");
    assert!(
        done.stderr.contains(&SOCKET_PATH_MAX.to_string()),
        "{done:?}"
    );
    assert!(done.stderr.contains("PAI_SOCKET"), "{done:?}");

    let refused = world.launch().env("PAI_SOCKET", &long).start().await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains(&SOCKET_PATH_MAX.to_string()),
        "{refused:?}"
    );
    assert!(
        refused.stderr.contains("hint: set PAI_SOCKET"),
        "{refused:?}"
    );
    assert_eq!(refused.json()["ready"], false);
}

#[tokio::test]
async fn a_file_in_the_sockets_place_is_left_alone_and_told() {
    let world = World::new().await;
    fs::write(world.socket(), "mine").unwrap();
    let refused = world.launch().start().await.unwrap_err();
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        text(&refused.json()["message"]).contains("is not a socket"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("hint:"), "{refused:?}");
    assert_eq!(fs::read_to_string(world.socket()).unwrap(), "mine");
    let done = world.paictl(&["ls"]).await;
    assert_eq!(done.code, 6, "{done:?}");
}

#[tokio::test]
async fn a_state_folder_that_is_a_file_is_told() {
    let world = World::new().await;
    fs::write(world.state(), "mine").unwrap();
    let refused = world.launch().start().await.unwrap_err();
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("PAI_STATE_DIR"), "{refused:?}");
    assert_eq!(fs::read_to_string(world.state()).unwrap(), "mine");
}

#[tokio::test]
async fn a_corrupt_store_is_moved_aside_and_the_cloud_is_read_anew() {
    let world = World::new().await;
    let daemon = world.daemon().await;
    let id = world.submit("train", "true").await;
    assert_eq!(world.paictl(&["wait", &id]).await.code, 0);
    daemon.term().await;
    let store = world.state().join("pai.db");
    for end in ["-wal", "-shm"] {
        // Gone already, or holding pages that would mend what is broken below.
        let _gone = fs::remove_file(world.state().join(format!("pai.db{end}")));
    }
    let length = fs::metadata(&store).unwrap().len();
    fs::write(&store, vec![7; usize::try_from(length).unwrap()]).unwrap();
    let daemon = world.daemon().await;
    assert!(daemon.log().contains("moved aside"), "{}", daemon.log());
    let found = world.paictl(&["get", &id, "--json"]).await;
    assert_eq!(found.code, 0, "{found:?}");
    assert_eq!(found.json()["phase"], "succeeded");
}
