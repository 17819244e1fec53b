//! Command lines that make no sense.

use super::*;

#[test]
fn a_number_of_lines_that_is_none_is_a_usage_error() {
    for tail in [&["--tail", "-3"][..], &["--tail=-2"], &["--tail", "x"]] {
        let line = [&["paictl", "logs", "dlc1"], tail].concat();
        let usage = Cli::try_parse_from(line).unwrap_err();
        assert!(usage.use_stderr(), "{tail:?}");
        assert_eq!(usage.exit_code(), 2, "{tail:?}");
        let text = usage.render().to_string();
        assert!(text.contains("is no number of lines"), "{text}");
    }
}

#[test]
fn minus_one_is_all_lines() {
    assert_eq!(args(&["x", "--tail", "-1"]).read.tail(), None);
    assert_eq!(args(&["x", "--tail=-1"]).read.tail(), None);
    assert_eq!(args(&["x", "--tail", "1"]).read.tail(), Some(1));
}

#[test]
fn a_negative_number_is_taken_for_the_value_that_it_was_meant_to_be() {
    for (line, told) in [
        ("--since -3", "`-3` is no time"),
        ("--since -5m", "`-5m` is no time"),
        ("--prune --older-than -1d", "`-1d` is no duration"),
        ("--prune --older-than -1", "`-1` is no duration"),
        ("--from -3", "it is no whole number from 1 on"),
        ("--grep a --max 0", "it is no whole number from 1 on"),
        ("--grep a --max many", "it is no whole number from 1 on"),
        (
            "--grep a -A 1001",
            "it is no number of lines from 0 to 1000",
        ),
        ("--grep a -A -1", "it is no number of lines from 0 to 1000"),
        ("--grep a -B -1", "it is no number of lines from 0 to 1000"),
        ("--grep a -C -1", "it is no number of lines from 0 to 1000"),
    ] {
        let line = ["paictl", "logs", "x"].into_iter().chain(line.split(' '));
        let usage = Cli::try_parse_from(line).unwrap_err();
        assert_eq!(usage.exit_code(), 2);
        let text = usage.to_string();
        assert!(text.contains(told) && !text.contains("tip:"), "{text}");
    }
}

#[test]
fn a_pattern_may_begin_with_a_minus() {
    for (line, pattern) in [
        (&["x", "--grep", "-n"][..], "-n"),
        (&["--grep", "--lr 0.1", "x"], "--lr 0.1"),
        (&["x", "--grep=-1"], "-1"),
    ] {
        let args = args(line);
        assert_eq!(args.search.grep.as_deref(), Some(pattern));
        assert_eq!(args.ids, ["x"]);
    }
}

#[test]
fn what_makes_no_sense_together_is_a_usage_error() {
    for line in [
        "x -f --previous",
        "x -f --stored",
        "x --from 3 --tail 3",
        "x --from 3 --tail -1",
        "x --from 3 --since 5m",
        "x --from 0",
        "x --raw --timestamps",
        "x --raw --prefix",
        "x --prefix --no-prefix",
        "x --prefix=perhaps",
        "x --since yesterday",
        "x --all",
        "x -i",
        "x -C 3",
        "x --max 3",
        "x --grep a --tail 3",
        "x --grep a --raw",
        "x --grep a -C 1001",
        "x --grep a --all",
        "x --dry-run",
        "x --older-than 7d",
        "x -y",
        "--prune x --older-than 7d",
        "--prune --tail 3",
        "--prune --pod x",
        "--prune --timestamps",
        "--prune --grep a",
        "x --prune --keep",
        "x --keep --no-keep",
        "x --keep -f",
        "x --keep --grep a",
    ] {
        let line = ["paictl", "logs"].into_iter().chain(line.split(' '));
        let usage = Cli::try_parse_from(line.clone()).unwrap_err();
        assert_eq!(usage.exit_code(), 2, "{:?}", line.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn jobs_that_are_too_few_or_too_many_are_a_usage_error_before_anybody_is_asked() {
    for (line, expected) in [
        (&["logs"][..], "no job is named"),
        (&["logs", "--keep"], "no job is named"),
        (&["logs", "a", "b"], "one log at a time is shown"),
        (&["logs", "--grep", "x"], "--grep names no job"),
        (
            &["logs", "--grep", "x", "-f", "a"],
            "--grep searches what is stored",
        ),
    ] {
        let fake = Fake::default();
        let heard = fake.heard.clone();
        let (exit, stdout, stderr) = run(fake, line).await;
        assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""), "{line:?}");
        assert!(
            stderr.starts_with(&format!("error: {expected}")),
            "{stderr}"
        );
        assert!(stderr.contains("\nhint: "), "{stderr}");
        assert!(heard.all().is_empty(), "{line:?}");
    }
}
