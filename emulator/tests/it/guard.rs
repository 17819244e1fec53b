use std::path::PathBuf;

use pai_emulator::{JobView, Status};

use crate::client::Setup;
use crate::group::gone;

async fn guarded() -> Setup {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_pai-emulator"));
    Setup::with(|options| options.guard = Some(program)).await
}

fn code(job: &JobView) -> Option<i32> {
    job.pods[0].exit_code
}

#[tokio::test]
async fn exit_codes_and_signals_come_through() {
    let setup = guarded().await;
    for (command, expected) in [
        ("true", 0),
        ("exit 3", 3),
        ("kill -SEGV $$", 139),
        ("no-such-command-anywhere", 127),
    ] {
        let job = setup.finished(command).await;
        assert_eq!(code(&job), Some(expected), "{command}");
    }
}

#[tokio::test]
async fn a_pod_finds_what_it_finds_without_a_guard() {
    let setup = guarded().await;
    let command = "env | sort; pwd; readlink /proc/self/fd/0; trap";
    let with = setup.finished(command).await.job_id;
    let with = setup.client.lines(&with, &[]).await.join("\n");
    let plain = Setup::new().await;
    let without = plain.finished(command).await.job_id;
    let without = plain.client.lines(&without, &[]).await.join("\n");
    let neutral = |text: &str, setup: &Setup| {
        let folder = setup.scratch.path().canonicalize().unwrap();
        let job = &setup.control.jobs()[0].job_id;
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("MASTER_PORT="));
        let text = lines.collect::<Vec<_>>().join("\n");
        text.replace(folder.to_str().unwrap(), "F")
            .replace(job, "J")
    };
    // Signals that are ignored around these tests, as under nohup, are default behind the guard.
    let without: Vec<_> = without
        .lines()
        .filter(|line| !line.starts_with("trap -- '' "))
        .collect();
    assert_eq!(neutral(&with, &setup), neutral(&without.join("\n"), &plain));
    assert!(with.contains("/dev/null"), "{with}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pod_has_a_session_of_its_own_and_so_no_terminal() {
    let setup = guarded().await;
    let id = setup
        .submit("stat=($(cat /proc/$$/stat)); echo ${stat[4]} ${stat[5]} ${stat[6]}; sleep 1000")
        .await;
    let group = setup.printed(&id, 1).await.pods[0].pid.unwrap();
    let lines = setup.client.lines(&id, &[]).await;
    assert_eq!(
        lines,
        [format!("{group} {group} 0")],
        "group, session, terminal"
    );
}

#[tokio::test]
async fn a_stop_asks_first_and_then_kills_the_group() {
    let setup = guarded().await;
    let polite = setup
        .submit("trap 'echo bye; exit 5' TERM; echo up; sleep 1000 & wait")
        .await;
    setup.printed(&polite, 1).await;
    setup.client.stop(&polite).await.ok();
    assert_eq!(code(&setup.end_of(&polite).await), Some(5));
    assert_eq!(setup.client.lines(&polite, &[]).await, ["up", "bye"]);

    let deaf = setup
        .submit("trap '' TERM; echo up; while :; do sleep 1000; done")
        .await;
    let group = setup.printed(&deaf, 1).await.pods[0].pid.unwrap();
    setup.client.stop(&deaf).await.ok();
    assert_eq!(code(&setup.end_of(&deaf).await), Some(137));
    gone(group).await;
}

#[tokio::test]
async fn a_stop_right_after_the_start_ends_the_job() {
    let setup = guarded().await;
    for _ in 0..10 {
        let id = setup.submit("sleep 1000").await;
        let group = setup.reached(&id, Status::Running).await.pods[0]
            .pid
            .unwrap();
        setup.client.stop(&id).await.ok();
        assert_eq!(setup.end_of(&id).await.status, Status::Stopped);
        gone(group).await;
    }
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_killed_and_so_is_all_at_the_end() {
    let setup = guarded().await;
    let id = setup
        .submit("sleep 1000 & echo up; read -t 0.2 <> <(:); exit 0")
        .await;
    let group = setup.printed(&id, 1).await.pods[0].pid.unwrap();
    assert_eq!(setup.end_of(&id).await.status, Status::Succeeded);
    gone(group).await;

    let id = setup
        .submit("trap '' TERM; echo up; sleep 1000 & wait")
        .await;
    let group = setup.printed(&id, 1).await.pods[0].pid.unwrap();
    setup.emulator.shutdown();
    gone(group).await;
}
