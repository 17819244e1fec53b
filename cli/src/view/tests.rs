use std::collections::BTreeMap;

use anstream::adapter::strip_str;
use pai_proto::v1::{
    ContextStatus, ErrorDetail, ErrorKind, GetConfigResponse, GetStatusResponse, Limits,
    LogSettings, LogsStatus, Mount, Profile, ProfileReplica, SnapshotEnd, StoredLog,
    WhoAmIResponse,
};

use super::{config, daemon, job, jobs, sample, table};

fn plain(lines: &[String]) -> String {
    strip_str(&lines.join("\n")).to_string()
}

fn list() -> Vec<pai_proto::v1::Job> {
    vec![
        sample::held(),
        sample::unconfirmed(),
        sample::running(),
        sample::failed(),
        sample::succeeded(),
    ]
}

fn status() -> GetStatusResponse {
    let usable = ContextStatus {
        settings_path: "/home/me/settings.json".into(),
        usable: true,
        region: "cn-hangzhou".into(),
        workspace_id: "123".into(),
        prefix: "demo".into(),
        endpoint: "https://pai-dlc.cn-hangzhou.aliyuncs.com".into(),
        credential_source: "environment".into(),
        active_jobs: 2,
        known_jobs: 9,
        waiters: 3,
        last_look_ms: Some(sample::NOW - 200_000),
        next_look_ms: Some(sample::NOW + 3_000),
        stale_since_ms: Some(sample::NOW - 180_000),
        last_error: Some(ErrorDetail {
            kind: ErrorKind::Throttled.into(),
            message: "asked to slow down".into(),
            request_id: "7F-1".into(),
            ..Default::default()
        }),
        calls: BTreeMap::from([("ListJobs".into(), 40), ("GetJob".into(), 2)]),
        dropped_observations: 1,
        name: "default".into(),
        held_submits: 2,
        settings_read_at_ms: Some(sample::NOW - 240_000),
        problem: Some(ErrorDetail {
            kind: ErrorKind::Settings.into(),
            message: "limits.maxGPU is no whole number".into(),
            hint: "`paictl config check` tells when it is mended".into(),
            ..Default::default()
        }),
    };
    let broken = ContextStatus {
        settings_path: "/home/me/other.json".into(),
        problem: Some(ErrorDetail {
            kind: ErrorKind::Settings.into(),
            message: "no such file".into(),
            hint: "write it".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    GetStatusResponse {
        daemon_version: "0.1.0".into(),
        instance: "abc".into(),
        store_id: "def".into(),
        pid: 77,
        started_at_ms: sample::NOW - 7_200_000,
        socket: "/run/user/1/pai/paid.sock".into(),
        state_dir: "/home/me/.local/state/pai".into(),
        rpcs: 12,
        streams: 1,
        contexts: vec![usable, broken],
        rev: 99,
        connections: 2,
        logs: Some(LogsStatus {
            bytes: 13_000_000,
            jobs: 5,
            reading: 2,
            disk_full_free_bytes: Some(90_000_000),
        }),
        ..Default::default()
    }
}

fn settings() -> GetConfigResponse {
    GetConfigResponse {
        settings_path: "/home/me/settings.json".into(),
        version: "0.5.0".into(),
        prefix: "demo".into(),
        region: "cn-hangzhou".into(),
        workspace_id: "123".into(),
        resource_id: "quota1".into(),
        endpoint: "https://pai-dlc.cn-hangzhou.aliyuncs.com".into(),
        credential_source: "settings file".into(),
        limits: Some(Limits {
            max_running_jobs: 4,
            max_gpu: Some(8),
            max_run_minutes: Some(1440),
            max_gpu_milli_hours_per_day: Some(96_500),
            ..Default::default()
        }),
        own_path: "/home/me/pai.json".into(),
        digest: "0123456789abcdef".into(),
        logs: Some(LogSettings {
            lag_ms: 2_500,
            keep: "main".into(),
            days: 30,
            job_megabytes: 1024,
            total_megabytes: 8192,
        }),
        profiles: vec![Profile {
            name: "default".into(),
            job_type: "PyTorchJob".into(),
            replicas: vec![ProfileReplica {
                role: "Worker".into(),
                count: 2,
                image: "registry/train:1".into(),
                cpu: "8".into(),
                gpu: "1".into(),
                memory: "64Gi".into(),
                ..Default::default()
            }],
            priority: Some(5),
            max_run_minutes: Some(90),
            env_names: vec!["LR".into(), "HF_TOKEN".into()],
            further_keys: vec!["Settings".into()],
        }],
        mounts: vec![Mount {
            name: "data".into(),
            uri: "oss://bucket/data".into(),
            mount_path: "/data".into(),
            read_only: true,
        }],
        code_source: Some(pai_proto::v1::CodeSource {
            code_source_id: "code-1".into(),
            mount_path: "/root/code".into(),
            default_branch: "main".into(),
            default_commit: String::new(),
        }),
        warnings: vec!["unknown key `colour`".into()],
    }
}

fn who() -> WhoAmIResponse {
    WhoAmIResponse {
        account_id: "1".into(),
        user_id: "42".into(),
        identity_type: "RAMUser".into(),
        arn: "acs:ram::1:user/me".into(),
        credential_source: "environment".into(),
    }
}

#[test]
fn the_list_is_a_table_on_a_terminal() {
    insta::assert_snapshot!(plain(&jobs::lines(&list(), sample::NOW, Some(120))));
}

#[test]
fn the_list_of_a_workspace_has_users() {
    let mut list = list();
    list[2].user_name = "anna".into();
    insta::assert_snapshot!(plain(&jobs::live_lines(&list, sample::NOW, Some(120))));
    let lines = jobs::live_lines(&list, sample::NOW, None);
    assert!(lines[2].starts_with("dlc1running\tdemo-train-20261120-x7k2\tanna\tRunning\t"));
    assert!(lines[3].contains("\t42\tFailed\t"), "{}", lines[3]);
}

#[test]
fn a_narrow_terminal_shortens_the_names() {
    let lines = jobs::lines(&list()[1..], sample::NOW, Some(64));
    insta::assert_snapshot!(plain(&lines));
    for line in plain(&lines).lines() {
        assert!(line.chars().count() <= 64, "{line}");
    }
}

#[test]
fn a_wide_name_fits_into_a_narrow_terminal() {
    let mut job = sample::running();
    job.name = "训练任务".repeat(6);
    for (columns, whole) in [(90, true), (89, false), (64, false)] {
        let lines = jobs::lines(std::slice::from_ref(&job), sample::NOW, Some(columns));
        let line = strip_str(&lines[1]).to_string();
        assert!(table::width(&line) <= columns, "{line}");
        assert_eq!(line.contains(&job.name), whole, "{line}");
    }
}

#[test]
fn elsewhere_it_is_tab_separated_plain_and_complete() {
    let lines = jobs::lines(&list(), sample::NOW, None).join("\n");
    assert!(!lines.contains('\u{1b}'));
    insta::assert_snapshot!(lines);
}

#[test]
fn a_status_has_the_colour_of_its_phase_and_nothing_else_has() {
    let lines = jobs::lines(&[sample::failed()], sample::NOW, Some(120));
    assert_eq!(lines[1].matches('\u{1b}').count(), 2);
    assert!(lines[1].contains("\u{1b}[31mFailed\u{1b}[0m"));
}

#[test]
fn old_and_incomplete_lists_are_told() {
    let end = SnapshotEnd {
        left_out: 3,
        stale_since_ms: Some(sample::NOW - 180_000),
        stale_reason: "throttled".into(),
        ..Default::default()
    };
    let remarks = jobs::remarks(&end, sample::NOW, "paictl ls --limit 0");
    let more = "3 more not shown; `paictl ls --limit 0` shows them";
    assert_eq!(remarks, ["as of 3m ago: throttled", more]);
    assert!(jobs::remarks(&SnapshotEnd::default(), sample::NOW, "").is_empty());
}

#[test]
fn a_job_in_full() {
    insta::assert_snapshot!(
        "running",
        plain(&job::lines(
            &sample::running(),
            Some(&sample::log()),
            sample::NOW
        ))
    );
    insta::assert_snapshot!(
        "failed",
        plain(&job::lines(&sample::failed(), None, sample::NOW))
    );
    insta::assert_snapshot!(
        "held",
        plain(&job::lines(&sample::held(), None, sample::NOW))
    );
}

#[test]
fn how_much_of_a_log_is_stored() {
    let told = |lines, pods, complete, kept| {
        let log = StoredLog {
            lines,
            pods,
            complete,
            kept,
        };
        let lines = plain(&job::lines(&sample::running(), Some(&log), sample::NOW));
        let line = lines.lines().find(|line| line.starts_with("Log "));
        line.map(|line| line.trim_start_matches("Log").trim().to_owned())
    };
    assert_eq!(told(0, 0, false, false), None);
    for (log, expected) in [
        (
            (0, 0, false, true),
            "nothing stored yet, those of all pods are kept",
        ),
        ((0, 1, true, false), "0 lines of one pod stored, to the end"),
        ((1, 1, false, false), "one line of one pod stored"),
        (
            (7, 2, true, true),
            "7 lines of 2 pods stored, to the end, those of all pods are kept",
        ),
    ] {
        let (lines, pods, complete, kept) = log;
        assert_eq!(told(lines, pods, complete, kept).as_deref(), Some(expected));
    }
}

#[test]
fn the_daemon_and_the_settings() {
    insta::assert_snapshot!("daemon", plain(&daemon::lines(&status(), sample::NOW)));
    insta::assert_snapshot!("config", plain(&config::lines(&settings())));
    insta::assert_snapshot!("who", plain(&config::who(&who())));
}

#[test]
fn the_same_for_programs() {
    use crate::json;
    let list: Vec<_> = list().iter().map(json::Job::from).collect();
    insta::assert_snapshot!("json_list", json::pretty(&list));
    insta::assert_snapshot!(
        "json_daemon",
        json::pretty(&json::DaemonStatus::from(&status()))
    );
    insta::assert_snapshot!(
        "json_config",
        json::pretty(&json::Config::from(&settings()))
    );
    insta::assert_snapshot!("json_who", json::pretty(&json::WhoAmI::from(&who())));
}

/// Invariant: foreign text is made safe before a terminal sees it.
#[test]
fn no_foreign_character_is_obeyed_by_a_terminal() {
    let evil = sample::evil();
    let mut evil_status = status();
    evil_status.contexts[0].prefix.clone_from(&evil.name);
    evil_status.contexts[1]
        .problem
        .get_or_insert_default()
        .message
        .clone_from(&evil.name);
    let mut evil_settings = settings();
    evil_settings.mounts[0].uri.clone_from(&evil.name);
    evil_settings.profiles[0].name.clone_from(&evil.name);
    evil_settings.profiles[0].env_names[0].clone_from(&evil.name);
    evil_status.contexts[0].name.clone_from(&evil.name);
    let blocks = [
        jobs::live_lines(std::slice::from_ref(&evil), sample::NOW, Some(200)),
        jobs::lines(std::slice::from_ref(&evil), sample::NOW, Some(200)),
        job::lines(&evil, None, sample::NOW),
        daemon::lines(&evil_status, sample::NOW),
        config::lines(&evil_settings),
    ];
    for line in blocks.iter().flatten() {
        assert_safe(&strip_our_colours(line));
    }
    let tabs = jobs::lines(std::slice::from_ref(&evil), sample::NOW, None).join("");
    assert_eq!(tabs.matches('\t').count(), 5);
    assert_safe(&tabs.replace('\t', " "));
    let json = crate::json::pretty(&crate::json::JobDetail::new(&evil, "\u{9b}2J", None));
    assert_safe(&json.replace('\n', " "));
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["name"], evil.name, "escaping loses nothing");
}

/// Our colours are `ESC [ digits m`; a foreign ESC would stay.
fn strip_our_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (codes, rest) = part.split_once('m').unwrap();
        assert!(
            codes.chars().all(|c| c.is_ascii_digit() || c == ';'),
            "{line:?}"
        );
        text.push_str(rest);
    }
    text
}

fn assert_safe(text: &str) {
    let found = text
        .chars()
        .find(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(c));
    assert_eq!(found, None, "{text:?}");
}
