//! Showing a log.

use super::{super::read, *};

#[test]
fn the_arguments_become_the_request() {
    let job = sample::running();
    let (context, _, _) = context(false);
    let request = |line: &[&str]| read::request(&args(line), &job, &context);
    let plain = request(&["dlc1"]);
    assert_eq!(plain.id, "dlc1running");
    assert!(plain.no_follow && plain.pods.is_empty() && plain.tail.is_none());
    let line = [
        "-f", "@last", "--tail", "0", "--pod", "worker-1", "--pod", "x",
    ];
    let chosen = request(&line);
    assert_eq!(chosen.id, "dlc1running", "@last may be another job later");
    assert!(!chosen.no_follow);
    assert_eq!(chosen.tail, Some(0));
    assert_eq!(chosen.pods, ["worker-1", "x"]);
    let line = [
        "x",
        "--previous",
        "--stored",
        "--role",
        "Worker",
        "--role",
        "PS",
    ];
    let chosen = request(&line);
    assert!(chosen.previous && chosen.stored_only && chosen.no_follow);
    assert_eq!(chosen.roles, ["Worker", "PS"]);
    assert_eq!((chosen.since_ms, chosen.from_number), (None, None));
    assert!(request(&["x", "-p"]).previous);
    assert_eq!(request(&["x", "--from", "7"]).from_number, Some(7));
    let since = request(&["x", "--since", "2026-11-20T12:03:04Z"]).since_ms;
    assert_eq!(since, Some(sample::NOW));
    let ago = context.now_ms() - request(&["x", "--since", "1h"]).since_ms.unwrap();
    assert!((3_600_000 - 20_000..=3_600_000).contains(&ago), "{ago}");
}

#[tokio::test]
async fn lines_alone_are_on_stdout_with_their_pods() {
    for name in ["logs", "log"] {
        let logs = vec![vec![
            chunk("worker-0", "a", 1, &["one", "\u{1b}[1mtwo\u{1b}[0m"]),
            chunk("worker-1", "b", 1, &["three"]),
            ended(""),
        ]];
        let ran = run(daemon(sample::running(), logs), &[name, "dlc1"]).await;
        let stdout = "[worker-0] one\n[worker-0] two\n[worker-1] three\n";
        assert_eq!(ran, (Exit::Ok, stdout.into(), String::new()));
    }
}

#[tokio::test]
async fn of_one_pod_the_name_is_left_out_and_raw_leaves_it_out_always() {
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one", "a\rb"]), ended("")]];
    let (_, stdout, _) = run(daemon(alone(), logs()), &["logs", "dlc1"]).await;
    assert_eq!(stdout, "one\nb\n");
    let line = ["logs", "dlc1", "--pod", "worker-0"];
    let (_, stdout, _) = run(daemon(sample::running(), logs()), &line).await;
    assert_eq!(stdout, "one\nb\n");
    let line = ["logs", "dlc1", "--raw"];
    let (_, stdout, _) = run(daemon(sample::running(), logs()), &line).await;
    assert_eq!(stdout, "one\na\rb\n");
}

#[tokio::test]
async fn json_is_an_object_per_line() {
    let logs = vec![vec![chunk("worker-1", "b", 7, &["one", "two"]), ended("")]];
    let line = ["--json", "logs", "dlc1"];
    let (exit, stdout, stderr) = run(daemon(sample::running(), logs), &line).await;
    assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    let read: Vec<serde_json::Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1]["job_id"], "dlc1running");
    assert_eq!(read[1]["pod_id"], "dlc1running-worker-1");
    assert_eq!(read[1]["number"], 8);
    assert_eq!(read[1]["text"], "two");
}

#[tokio::test]
async fn the_name_of_the_pod_is_written_where_it_is_asked_for() {
    let logs = || vec![vec![chunk("worker-0", "a", 1, &["one"]), ended("")]];
    for (option, job, expected) in [
        ("--prefix", alone(), "[worker-0] one\n"),
        ("--prefix=always", alone(), "[worker-0] one\n"),
        ("--prefix=true", alone(), "[worker-0] one\n"),
        ("--prefix=auto", alone(), "one\n"),
        ("--prefix=auto", sample::running(), "[worker-0] one\n"),
        ("--prefix=never", sample::running(), "one\n"),
        ("--prefix=false", sample::running(), "one\n"),
        ("--no-prefix", sample::running(), "one\n"),
    ] {
        let (_, stdout, _) = run(daemon(job, logs()), &["logs", "dlc1", option]).await;
        assert_eq!(stdout, expected, "{option}");
    }
}

#[tokio::test]
async fn times_stand_before_the_lines_where_they_are_asked_for() {
    let mut frame = chunk("worker-0", "a", 1, &["one", "two"]);
    if let Frame::Chunk(chunk) = &mut frame {
        chunk.lines[0].second = Some(sample::NOW / 1000 - 3 * 366 * 86_400);
        chunk.lines[0].late = true;
    }
    let logs = || vec![vec![frame.clone(), ended("")]];
    let (_, stdout, _) = run(daemon(alone(), logs()), &["logs", "dlc1", "--timestamps"]).await;
    assert_eq!(stdout, "2023-11-18 12:03:04 late one\n--:--:-- two\n");
    let (_, stdout, _) = run(daemon(alone(), logs()), &["logs", "dlc1"]).await;
    assert_eq!(stdout, "one\ntwo\n");
}

#[tokio::test]
async fn colours_stay_on_a_terminal_and_nothing_else_does() {
    let text = "\u{1b}[31mred\u{1b}[2J";
    let logs = || vec![vec![chunk("worker-0", "a", 1, &[text]), ended("")]];
    let (_, stdout) = run_coloured(daemon(alone(), logs()), &["logs", "dlc1"]).await;
    assert_eq!(stdout, "\u{1b}[31mred\u{1b}[0m\n");
    let (_, stdout, _) = run(daemon(alone(), logs()), &["logs", "dlc1"]).await;
    assert_eq!(stdout, "red\n");
}

#[tokio::test]
async fn a_line_that_is_too_long_is_whole_in_raw_and_in_json() {
    let long = "x".repeat(70_000);
    let logs = || vec![vec![chunk("worker-0", "a", 1, &[&long]), ended("")]];
    let (_, stdout, _) = run(daemon(alone(), logs()), &["logs", "dlc1"]).await;
    let note = " … [line cut: 64 KiB of 68.3 KiB; --raw shows it whole]\n";
    assert_eq!(stdout, format!("{}{note}", "x".repeat(65_536)));
    for option in ["--raw", "--json"] {
        let (_, stdout, _) = run(daemon(alone(), logs()), &["logs", "dlc1", option]).await;
        assert!(stdout.contains(&long), "{option}");
    }
}

#[tokio::test]
async fn where_no_line_comes_it_is_said_of_which_ones() {
    for (option, expected) in [
        (&["--since", "5m"][..], "has no lines since then"),
        (&["--from", "9"], "has no lines from there on"),
        (&["--role", "PS"], "the chosen pods have no lines"),
    ] {
        let line = [&["logs", "dlc1"], option].concat();
        let (_, _, stderr) = run(daemon(alone(), vec![vec![ended("")]]), &line).await;
        assert!(stderr.contains(expected), "{stderr}");
    }
}
