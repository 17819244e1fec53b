//! Searching stored logs.

use pai_proto::v1::{
    ErrorDetail, LogHit, LogHits, SearchEnded, SearchLogsRequest,
    search_logs_response::Frame as Found,
};

use super::*;
use crate::fake::Call;

/// A neighbour, or what matches from here to there.
type Line<'a> = (u64, &'a str, Option<(u32, u32)>);

fn hits(job: &str, pod: &str, lines: &[Line<'_>]) -> Found {
    let mut before = 0;
    let lines = lines.iter().map(|(number, text, matched)| {
        let apart = *number != before + 1;
        before = *number;
        let (start, end) = matched.unwrap_or_default();
        LogHit {
            line: Some(LogLine {
                number: *number,
                text: (*text).into(),
                second: None,
                late: false,
            }),
            matches: matched.is_some(),
            apart,
            start,
            end,
        }
    });
    Found::Hits(LogHits {
        job_uid: format!("uid-{job}"),
        job_id: job.into(),
        job_name: "train".into(),
        pod_id: format!("{job}-{pod}"),
        pod_uid: "a".into(),
        role: "Worker".into(),
        segment: 1,
        lines_before: Some(40),
        attempt: 2,
        lines: lines.collect(),
    })
}

fn end(matches: u64) -> Found {
    Found::Ended(SearchEnded {
        matches,
        jobs: 3,
        lines: 1000,
        ..Default::default()
    })
}

fn finding(found: Vec<Found>) -> Fake {
    Fake {
        job: sample::running(),
        found,
        ..Default::default()
    }
}

async fn asked(line: &[&str]) -> SearchLogsRequest {
    let fake = finding(vec![end(1)]);
    let heard = fake.heard.clone();
    run(fake, line).await;
    match heard.calls().as_slice() {
        [Call::Search(request)] => request.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_arguments_become_the_request() {
    let plain = asked(&["logs", "--grep", "a.b", "@last"]).await;
    let expected = SearchLogsRequest {
        pattern: "a.b".into(),
        ids: vec!["dlc1running".into()],
        ..Default::default()
    };
    assert_eq!(plain, expected, "@last may be another job later");
    let line =
        "logs --grep x --all -i -A 1 -B 2 --max 5 --pod w --role PS --since 2026-11-20T12:03:04Z";
    let line: Vec<_> = line.split(' ').collect();
    let expected = SearchLogsRequest {
        pattern: "x".into(),
        ignore_case: true,
        pods: vec!["w".into()],
        roles: vec!["PS".into()],
        since_ms: Some(sample::NOW),
        before: 2,
        after: 1,
        max_matches: 5,
        ..Default::default()
    };
    assert_eq!(asked(&line).await, expected);
    let around = asked(&["logs", "--grep", "x", "dlc1", "-C", "3", "-A", "0"]).await;
    assert_eq!((around.before, around.after), (3, 0));
    let stored = asked(&["logs", "--grep", "x", "dlc1", "--stored"]).await;
    assert!(stored.stored_only && !around.stored_only);
}

#[tokio::test]
async fn lines_of_one_job_have_the_names_of_its_pods() {
    let found = || {
        vec![
            hits("dlc1running", "worker-0", &[(3, "loss nan", Some((5, 8)))]),
            hits(
                "dlc1running",
                "worker-1",
                &[(9, "nan", Some((0, 3))), (20, "nan", Some((0, 3)))],
            ),
            end(3),
        ]
    };
    let ran = run(finding(found()), &["logs", "--grep", "nan", "dlc1"]).await;
    let stdout = "[worker-0] loss nan\n[worker-1] nan\n[worker-1] nan\n";
    assert_eq!(ran, (Exit::Ok, stdout.into(), String::new()));
    let line = [
        "logs",
        "--grep",
        "nan",
        "dlc1",
        "--no-prefix",
        "--timestamps",
    ];
    let (_, stdout, _) = run(finding(found()), &line).await;
    assert_eq!(stdout, "--:--:-- loss nan\n--:--:-- nan\n--:--:-- nan\n");
    let one = Fake {
        job: alone(),
        ..finding(found())
    };
    let (_, stdout, _) = run(one, &["logs", "--grep", "nan", "dlc1"]).await;
    assert!(stdout.starts_with("loss nan\n"), "{stdout}");
}

#[tokio::test]
async fn groups_of_neighbours_stand_apart_and_lines_of_several_jobs_have_its_id() {
    let found = vec![
        hits(
            "dlc2",
            "worker-0",
            &[(1, "a", None), (2, "nan", Some((0, 3))), (3, "b", None)],
        ),
        hits("dlc2", "worker-0", &[(4, "c", None)]),
        hits("dlc2", "worker-1", &[(1, "nan", Some((0, 3)))]),
        hits(
            "dlc1",
            "master-0",
            &[(8, "nan", Some((0, 3))), (20, "nan", Some((0, 3)))],
        ),
        end(4),
    ];
    let mut found = found;
    if let Found::Hits(more) = &mut found[1] {
        more.lines[0].apart = false;
    }
    let line = ["logs", "--grep", "nan", "--all", "-C", "1"];
    let (exit, stdout, _) = run(finding(found), &line).await;
    assert_eq!(exit, Exit::Ok);
    insta::assert_snapshot!(stdout, @r"
    [dlc2 worker-0]-a
    [dlc2 worker-0] nan
    [dlc2 worker-0]-b
    [dlc2 worker-0]-c
    --
    [dlc2 worker-1] nan
    --
    [dlc1 master-0] nan
    --
    [dlc1 master-0] nan
    ");
}

#[tokio::test]
async fn what_matched_stands_out_on_a_terminal() {
    let found = vec![
        hits(
            "dlc1",
            "worker-0",
            &[(1, "\u{1b}[32mloss nan\u{1b}[0m", Some((10, 13)))],
        ),
        end(1),
    ];
    let line = ["logs", "--grep", "nan", "dlc1", "--no-prefix"];
    let (_, stdout) = run_coloured(finding(found), &line).await;
    let expected = "\u{1b}[32mloss \u{1b}[1;31mnan\u{1b}[0m\u{1b}[32m\u{1b}[0m\n";
    assert_eq!(stdout, expected);
}

#[tokio::test]
async fn a_program_reads_an_object_per_line() {
    let found = vec![
        hits(
            "dlc1",
            "worker-0",
            &[(1, "a", None), (2, "nan", Some((0, 3)))],
        ),
        end(1),
    ];
    let line = ["--json", "logs", "--grep", "nan", "dlc1"];
    let (exit, stdout, stderr) = run(finding(found), &line).await;
    assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    insta::assert_snapshot!(stdout, @r#"
    {"job_id":"dlc1","pod_id":"dlc1-worker-0","pod_uid":"a","segment":1,"attempt":2,"number":1,"line":41,"second":null,"text":"a","match":false}
    {"job_id":"dlc1","pod_id":"dlc1-worker-0","pod_uid":"a","segment":1,"attempt":2,"number":2,"line":42,"second":null,"text":"nan","match":true}
    "#);
}

#[tokio::test]
async fn nothing_that_matches_is_the_exit_code_of_grep() {
    let line = ["logs", "--grep", "nan", "--all"];
    let ran = run(finding(vec![end(0)]), &line).await;
    let told = "nothing matches; lines searched: 1000, jobs: 3\n";
    assert_eq!(ran, (Exit::Error, String::new(), told.into()));
    let line = [&["--json"], &line[..]].concat();
    let (exit, stdout, stderr) = run(finding(vec![end(0)]), &line).await;
    assert_eq!((exit, stdout.as_str()), (Exit::Error, ""));
    let failure: serde_json::Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!(failure["error"]["kind"], "no_match");
}

#[tokio::test]
async fn what_was_left_out_is_said() {
    let last = SearchEnded {
        matches: 5,
        more: true,
        note: "the log of dlc1 is not read to its end".into(),
        ..Default::default()
    };
    let line = ["logs", "--grep", "nan", "--all"];
    let (exit, _, stderr) = run(finding(vec![Found::Ended(last)]), &line).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(
        stderr,
        "only the first 5 matches are shown; --max N shows more\nthe log of dlc1 is not read to its end\n"
    );
}

#[tokio::test]
async fn a_pattern_that_is_none_is_a_wrong_command_line_and_a_search_that_breaks_off_an_error() {
    let refusing = Fake {
        refusal: Some(ErrorDetail {
            kind: pai_proto::v1::ErrorKind::Invalid.into(),
            message: "unclosed group".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let (exit, _, stderr) = run(refusing, &["logs", "--grep", "(", "--all"]).await;
    assert_eq!(
        (exit, stderr.as_str()),
        (Exit::Usage, "error: unclosed group\n")
    );
    let found = vec![hits("dlc1", "worker-0", &[(1, "nan", Some((0, 3)))])];
    let (exit, stdout, stderr) = run(finding(found), &["logs", "--grep", "nan", "--all"]).await;
    assert_eq!(
        (exit, stdout.as_str()),
        (Exit::Daemon, "[dlc1 worker-0] nan\n")
    );
    assert!(stderr.contains("before its last word"), "{stderr}");
}

#[tokio::test]
async fn a_reader_that_went_away_ends_the_search_quietly_and_a_full_disk_does_not() {
    let found = || {
        vec![
            hits("dlc1", "worker-0", &[(1, "nan", Some((0, 3)))]),
            end(1),
        ]
    };
    let line = ["logs", "--grep", "nan", "--all"];
    let gone = Broken(ErrorKind::BrokenPipe);
    let (exit, stderr) = run_to(finding(found()), &line, gone).await;
    assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
    let full = Broken(ErrorKind::StorageFull);
    let (exit, stderr) = run_to(finding(found()), &line, full).await;
    assert_eq!(exit, Exit::Error);
    let expected = "error: cannot write what was found: ";
    assert!(stderr.starts_with(expected), "{stderr}");
}
