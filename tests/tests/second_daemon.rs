//! One daemon per state folder and per socket; who comes second hears so, and the first one is unharmed.

use pai_tests::{World, world::text};
use tokio::net::UnixStream;

#[tokio::test]
async fn a_second_daemon_on_the_same_state_is_refused() {
    let world = World::new().await;
    let first = world.daemon().await;
    let other_socket = world.path("other-socket");
    for launch in [
        world.launch(),
        world.launch().env("PAI_SOCKET", &other_socket),
    ] {
        let refused = launch.start().await.unwrap_err();
        assert_eq!(refused.code, 1, "{refused:?}");
        let message = text(&refused.json()["message"]);
        assert!(message.contains("another daemon"), "{message}");
        assert!(
            message.contains(&format!("pid {}", first.pid().as_raw_nonzero())),
            "{message}"
        );
        assert!(
            message.contains(world.state().to_str().unwrap()),
            "{message}"
        );
        assert!(text(&refused.json()["hint"]).contains("PAI_STATE_DIR"));
    }
    assert!(!other_socket.exists());
    let id = world.submit("after", "true").await;
    assert!(world.control().job(&id).is_some());
}

#[tokio::test]
async fn a_second_daemon_on_the_same_socket_is_refused() {
    let world = World::new().await;
    let _first = world.daemon().await;
    let refused = world
        .launch()
        .env("PAI_STATE_DIR", world.path("other-state"))
        .start()
        .await
        .unwrap_err();
    assert_eq!(refused.code, 1, "{refused:?}");
    let message = text(&refused.json()["message"]);
    assert!(message.contains("another daemon answers at"), "{message}");
    assert!(
        message.contains(world.socket().to_str().unwrap()),
        "{message}"
    );
    assert!(text(&refused.json()["hint"]).contains("PAI_SOCKET"));
    let id = world.submit("after", "true").await;
    assert!(world.control().job(&id).is_some());
}

#[tokio::test]
async fn two_daemons_with_their_own_state_and_socket_work_side_by_side() {
    let (one, other) = (World::new().await, World::new().await);
    let _first = one.daemon().await;
    let _second = other.daemon().await;
    let (id, other_id) = (
        one.submit("a", "true").await,
        other.submit("b", "true").await,
    );
    assert!(one.control().job(&id).is_some() && other.control().job(&other_id).is_some());
    assert_eq!(one.control().jobs().len(), 1);
}

#[tokio::test]
async fn after_daemon_stop_the_next_one_can_start_at_once() {
    let world = World::new().await;
    let _first = world.daemon().await;
    // A client that says nothing keeps a leaving daemon for a moment.
    let silent = UnixStream::connect(world.socket()).await.unwrap();
    let stop = world.paictl(&["daemon", "stop"]).await;
    assert_eq!(stop.code, 0, "{stop:?}");
    let next = world.launch().start().await;
    assert!(next.is_ok(), "{next:?}");
    drop(silent);
}
