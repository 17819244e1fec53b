//! Everything about one job.

use std::collections::BTreeMap;

use pai_proto::v1::{Job, Milestone, Pod, Reason, StoredLog};

use super::{clean, jobs, paint, pairs::Pairs, table, time, word};

/// The lines of `paictl get`.
pub fn lines(job: &Job, log: Option<&StoredLog>, now_ms: i64) -> Vec<String> {
    let mut lines = facts(job, log, now_ms).lines(0);
    if !job.command.is_empty() {
        section(&mut lines, "COMMAND");
        lines.extend(indented(clean::lines(&job.command)));
    }
    if !job.pods.is_empty() {
        section(&mut lines, "PODS");
        lines.extend(indented(pods(&job.pods, now_ms)));
    }
    if !job.milestones.is_empty() {
        section(&mut lines, "MILESTONES");
        lines.extend(indented(milestones(job, now_ms)));
    }
    lines
}

/// `Code: message`; empty when there is none.
pub fn reason(reason: Option<&Reason>) -> String {
    let parts = reason.map(|reason| [reason.code.as_str(), reason.message.as_str()]);
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    clean::line(&parts.collect::<Vec<_>>().join(": "))
}

fn section(lines: &mut Vec<String>, title: &str) {
    lines.extend([String::new(), paint::label(title)]);
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

fn facts(job: &Job, log: Option<&StoredLog>, now_ms: i64) -> Pairs {
    let mut facts = Pairs::default();
    facts
        .add("Job", word::id(job))
        .add("Name", clean::line(&job.name))
        .add("Status", status(job))
        .add_known("Reason", reason(job.reason.as_ref()));
    if let Some(since) = job.stale_since_ms {
        facts.add("Data", jobs::stale(since, "", now_ms));
    }
    for (label, at) in [
        ("Created", job.created_at_ms),
        ("Running", job.running_at_ms),
        ("Ended", job.ended_at_ms),
    ] {
        if let Some(at) = at {
            facts.add(label, time::full(at, now_ms));
        }
    }
    if job.running_at_ms.is_some() {
        facts.add("Ran for", jobs::duration(job, now_ms));
    }
    if job.restart_count > 0 {
        facts.add("Restarts", job.restart_count.to_string());
    }
    facts
        .add_known("Type", clean::line(&job.job_type))
        .add_known("Profile", clean::line(&job.profile));
    for replica in &job.replicas {
        facts.add("Pods", word::replica(replica));
    }
    if let Some(requested) = &job.requested {
        facts.add("In total", word::resources(requested));
    }
    if let Some(priority) = job.priority {
        facts.add("Priority", priority.to_string());
    }
    if let Some(minutes) = job.max_run_minutes {
        facts.add("At most", format!("{minutes} min of running"));
    }
    if let Some(code) = &job.code {
        facts.add(
            "Code",
            word::code(
                &code.code_source_id,
                &code.mount_path,
                &code.branch,
                &code.commit,
            ),
        );
    }
    facts.add_known("Log", log.map(stored).unwrap_or_default());
    let tags: BTreeMap<_, _> = job.tags.iter().collect();
    for (key, value) in tags {
        facts.add(
            "Tags",
            format!("{}={}", clean::line(key), clean::line(value)),
        );
    }
    facts
        .add_known("Visible", visible(&job.accessibility))
        .add_known("Workspace", clean::line(&job.workspace_id))
        .add_known("Resource", clean::line(&job.resource_id))
        .add_known("User", clean::line(&job.user_id))
        .add("Uid", clean::line(&job.uid));
    if !job.twin_of.is_empty() {
        let first = clean::line(&job.twin_of);
        facts.add("Twin of", format!("{first} (made by a repeated submit)"));
    }
    facts
}

/// Empty where nothing is stored and nobody asked for it.
fn stored(log: &StoredLog) -> String {
    let mut text = match (log.lines, log.pods) {
        (_, 0) if !log.kept => return String::new(),
        (_, 0) => "nothing stored yet".into(),
        (1, _) => "one line".into(),
        (lines, _) => format!("{lines} lines"),
    };
    match log.pods {
        0 => {}
        1 => text.push_str(" of one pod stored"),
        pods => text.push_str(&format!(" of {pods} pods stored")),
    }
    for (holds, remark) in [
        (log.complete, ", to the end"),
        (log.kept, ", those of all pods are kept"),
    ] {
        if holds {
            text.push_str(remark);
        }
    }
    text
}

fn visible(accessibility: &str) -> String {
    match accessibility {
        "PUBLIC" => "to every member of the workspace".into(),
        "PRIVATE" => "to its user".into(),
        other => clean::line(other),
    }
}

fn status(job: &Job) -> String {
    let mut text = paint::status(&word::of_job(job), job.phase());
    if !job.sub_status.is_empty() {
        text.push_str(&format!(" ({})", clean::line(&job.sub_status)));
    }
    for (holds, remark) in [
        (
            job.stop_requested && job.ended_at_ms.is_none(),
            "stop requested",
        ),
        (job.resources_held, "resources still held"),
        (!job.own, "not our own"),
    ] {
        if holds {
            text.push_str(&format!(", {remark}"));
        }
    }
    text
}

fn pods(pods: &[Pod], now_ms: i64) -> Vec<String> {
    let row = |pod: &Pod| {
        let began = pod.started_at_ms.or(pod.created_at_ms);
        let ran = pod.started_at_ms.map_or_else(
            || "-".into(),
            |start| time::span(time::between(start, pod.finished_at_ms.unwrap_or(now_ms))),
        );
        let earlier = if pod.historic { " (earlier)" } else { "" };
        [
            format!("{}{earlier}", clean::line(&pod.pod_id)),
            word::or_dash(&pod.role),
            word::or_dash(&pod.status),
            began.map_or_else(|| "-".into(), |began| time::age(began, now_ms)),
            ran,
            word::or_dash(&pod.node),
            word::or_dash(&pod.ip),
        ]
    };
    let rows: Vec<_> = pods.iter().map(row).collect();
    table::aligned(
        ["POD", "ROLE", "STATUS", "AGE", "DURATION", "NODE", "IP"],
        &rows,
    )
}

/// Status, when it was first reached, and how long until the next one.
fn milestones(job: &Job, now_ms: i64) -> Vec<String> {
    let at = |milestone: &Milestone| milestone.at_ms.unwrap_or(milestone.observed_at_ms);
    let next = |index: usize| job.milestones.get(index + 1).map(at);
    let row = |(index, milestone): (usize, &Milestone)| {
        let until = next(index).or(job.ended_at_ms.is_none().then_some(now_ms));
        let lasted = until.map_or_else(
            || "-".into(),
            |until| time::span(time::between(at(milestone), until)),
        );
        [
            word::status(&milestone.status, milestone.phase()),
            time::full(at(milestone), now_ms),
            lasted,
        ]
    };
    let rows: Vec<_> = job.milestones.iter().enumerate().map(row).collect();
    table::aligned(["STATUS", "REACHED", "LASTED"], &rows)
}
