//! The state of the daemon.

use std::collections::BTreeMap;

use pai_proto::{
    start::IDLE_EXIT,
    v1::{ContextStatus, ErrorDetail, GetStatusResponse, LogsStatus},
};

use super::{clean, jobs, log, paint, pairs::Pairs, time, word};

/// The lines of `paictl daemon status`.
pub fn lines(status: &GetStatusResponse, now_ms: i64) -> Vec<String> {
    let mut facts = Pairs::default();
    facts
        .add(
            "Daemon",
            format!("running, version {}", clean::line(&status.daemon_version)),
        )
        .add("Pid", status.pid.to_string())
        .add("Since", time::full(status.started_at_ms, now_ms))
        .add("Socket", clean::line(&status.socket))
        .add("State", clean::line(&status.state_dir))
        .add(
            "Served",
            format!("{} calls, {} open streams", status.rpcs, status.streams),
        );
    if let Some(stored) = &status.logs {
        facts.add("Logs", logs(stored));
    }
    if status.auto_started {
        facts.add("Leaves", leaves(status, now_ms));
    }
    let mut lines = facts.lines(0);
    for context in &status.contexts {
        lines.push(String::new());
        lines.push(format!(
            "{} {}",
            paint::label("SETTINGS"),
            settings(context)
        ));
        lines.extend(context_facts(context, now_ms).lines(2));
    }
    lines
}

/// `work: /home/me/…/work.json`; without a name where the file was named by its path.
fn settings(context: &ContextStatus) -> String {
    let path = clean::line(&context.settings_path);
    match context.name.as_str() {
        "" => path,
        name => format!("{}: {path}", clean::line(name)),
    }
}

/// What is stored of logs, and whether the disk has room for more.
fn logs(stored: &LogsStatus) -> String {
    let jobs = if stored.jobs == 1 { "job" } else { "jobs" };
    let text = format!(
        "{} of {} {jobs}, {} being read",
        log::size(stored.bytes),
        stored.jobs,
        stored.reading
    );
    match stored.disk_full_free_bytes {
        Some(free) => format!(
            "{text}; the disk is full ({} are left): no line is stored",
            log::size(free)
        ),
        None => text,
    }
}

/// When a daemon that a command started leaves by itself.
fn leaves(status: &GetStatusResponse, now_ms: i64) -> String {
    match status.leaves_at_ms {
        Some(at) => format!("{}, unless it is used until then", time::full(at, now_ms)),
        None => {
            let minutes = IDLE_EXIT.as_secs() / 60;
            format!("{minutes} min after its last work ({})", kept_by(status))
        }
    }
}

/// What keeps it now, as far as the status tells.
fn kept_by(status: &GetStatusResponse) -> String {
    let contexts = status.contexts.iter();
    let jobs: u32 = contexts.clone().map(|context| context.active_jobs).sum();
    let held: u32 = contexts.map(|context| context.held_submits).sum();
    // Ours is one of them.
    let others = status.connections.saturating_sub(1);
    let known = [
        (jobs, "active job"),
        (held, "held submit"),
        (others, "other client"),
    ];
    let known: Vec<_> = known
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" }))
        .collect();
    match known.is_empty() {
        true => "it is at work".into(),
        false => format!("now: {}", known.join(", ")),
    }
}

fn context_facts(context: &ContextStatus, now_ms: i64) -> Pairs {
    let mut facts = Pairs::default();
    facts.add("Usable", usable(context, now_ms));
    if let Some(problem) = &context.problem {
        facts
            .add("Problem", clean::line(&problem.message))
            .add_known("Hint", clean::line(&problem.hint));
    }
    facts
        .add_known("Key from", clean::line(&context.credential_source))
        .add_known("Region", clean::line(&context.region))
        .add_known("Workspace", clean::line(&context.workspace_id))
        .add_known("Prefix", clean::line(&context.prefix))
        .add_known("Endpoint", clean::line(&context.endpoint))
        .add(
            "Jobs",
            format!(
                "{} active, {} known",
                context.active_jobs, context.known_jobs
            ),
        )
        .add_known("Held", held(context.held_submits))
        .add("Waiters", context.waiters.to_string())
        .add("Last look", moment(context.last_look_ms, now_ms))
        .add("Next look", moment(context.next_look_ms, now_ms));
    if let Some(since) = context.stale_since_ms {
        let reason = context
            .last_error
            .as_ref()
            .map_or("", |error| &error.message);
        facts.add("Data", jobs::stale(since, reason, now_ms));
    } else if let Some(error) = &context.last_error {
        facts.add("Last error", failure(error));
    }
    facts.add("API calls", calls(context));
    if context.dropped_observations > 0 {
        facts.add(
            "Dropped",
            format!("{} old answers", context.dropped_observations),
        );
    }
    facts
}

/// Settings that were changed into something that cannot be used leave those in force that were read before.
fn usable(context: &ContextStatus, now_ms: i64) -> String {
    match (context.usable, &context.problem) {
        (false, _) => "no".into(),
        (true, None) => "yes".into(),
        (true, Some(_)) => {
            let read = match context.settings_read_at_ms {
                Some(at) => format!("read {} ago", time::age(at, now_ms)),
                None => "read before".into(),
            };
            format!("yes, with the settings {read}: as they are now they cannot be used")
        }
    }
}

fn held(count: u32) -> String {
    match count {
        0 => String::new(),
        1 => "1 submit waits for room".into(),
        n => format!("{n} submits wait for room"),
    }
}

fn moment(at_ms: Option<i64>, now_ms: i64) -> String {
    at_ms.map_or_else(|| "-".into(), |at| time::full(at, now_ms))
}

fn failure(error: &ErrorDetail) -> String {
    let message = clean::line(&error.message);
    match error.request_id.as_str() {
        "" => message,
        id => format!("{message} (request {})", clean::line(id)),
    }
}

fn calls(context: &ContextStatus) -> String {
    let calls: BTreeMap<_, _> = context.calls.iter().collect();
    let total: u64 = calls.values().copied().sum();
    let by_operation: Vec<_> = calls
        .iter()
        .map(|(operation, count)| format!("{} {count}", word::or_dash(operation)))
        .collect();
    match by_operation.is_empty() {
        true => "none".into(),
        false => format!("{total} ({})", by_operation.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> GetStatusResponse {
        GetStatusResponse {
            auto_started: true,
            connections: 1,
            contexts: vec![ContextStatus::default()],
            ..Default::default()
        }
    }

    fn line(status: &GetStatusResponse) -> Option<String> {
        let lines = lines(status, 1_000);
        let plain = |line: String| anstream::adapter::strip_str(&line).to_string();
        let mut lines = lines.into_iter().map(plain);
        lines.find(|line| line.starts_with("Leaves"))
    }

    #[test]
    fn a_daemon_that_leaves_by_itself_says_when_or_what_keeps_it() {
        let mut status = status();
        status.leaves_at_ms = Some(901_000);
        assert_eq!(
            line(&status).unwrap(),
            "Leaves  1970-01-01T00:15:01Z (in 15m00s), unless it is used until then"
        );
        status.leaves_at_ms = None;
        let at_work = "Leaves  15 min after its last work (it is at work)";
        assert_eq!(line(&status).unwrap(), at_work);
        status.connections = 3;
        status.contexts[0].active_jobs = 1;
        status.contexts[0].held_submits = 2;
        assert_eq!(
            line(&status).unwrap(),
            "Leaves  15 min after its last work (now: 1 active job, 2 held submits, 2 other clients)"
        );
        status.auto_started = false;
        assert_eq!(line(&status), None);
    }
}
