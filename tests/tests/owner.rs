//! Only the owner (invariant 10).

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use pai_tests::{Running, World, cli::command, programs::programs};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn state_store_log_and_socket_are_the_owners_alone() {
    let world = World::new().await;
    let log = world.state().join("paid.log");
    let _daemon = world
        .launch()
        .arg("--log-file")
        .arg(&log)
        .start()
        .await
        .unwrap();
    world.submit("train", "true").await;
    assert_eq!(mode(&world.state()), 0o700);
    assert_eq!(mode(&world.socket()), 0o600);
    let mut names = Vec::new();
    for entry in fs::read_dir(world.state()).unwrap().flatten() {
        assert_eq!(mode(&entry.path()), 0o600, "{entry:?}");
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    for name in ["pai.db", "pai.db-wal", "paid.lock", "paid.log"] {
        assert!(names.iter().any(|each| each == name), "{names:?}");
    }
}

#[tokio::test]
async fn a_state_folder_that_was_open_is_closed() {
    let world = World::new().await;
    fs::create_dir(world.state()).unwrap();
    world.chmod(&world.state(), 0o755);
    let _daemon = world.daemon().await;
    assert_eq!(mode(&world.state()), 0o700);
}

#[tokio::test]
async fn another_user_gets_no_service_even_where_the_socket_is_open() {
    const NOBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can act as another user");
        return;
    }
    let world = World::new().await;
    let daemon = world.daemon().await;
    world.chmod(world.folder(), 0o755);
    world.chmod(&world.socket(), 0o666);
    // Where another user may run it.
    let paictl = world.path("paictl");
    fs::copy(&programs().paictl, &paictl).unwrap();
    world.chmod(&paictl, 0o755);
    let run = |user: Option<u32>| {
        let mut command = command(&world, &paictl);
        command.args(["ls", "--json"]).current_dir("/");
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        Running::spawn(command).finish()
    };
    let own = run(None).await;
    assert_eq!(own.code, 0, "{own:?}");
    let foreign = run(Some(NOBODY)).await;
    assert_eq!(foreign.code, 6, "{foreign:?}");
    assert_eq!(foreign.stdout, "");
    assert!(daemon.log().contains("another user"), "{}", daemon.log());
    assert_eq!(run(None).await.code, 0, "the owner is still served");
}
