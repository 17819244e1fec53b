//! The list of jobs: a table on a terminal, tab-separated and unshortened elsewhere.

use pai_proto::v1::{Job, Phase, SnapshotEnd};

use super::{clean, paint, table, time, word};

const HEADER: [&str; 6] = ["JOB ID", "NAME", "STATUS", "AGE", "DURATION", "GPU"];
const LIVE_HEADER: [&str; 7] = ["JOB ID", "NAME", "USER", "STATUS", "AGE", "DURATION", "GPU"];
/// A name is not shortened below this.
const SHORTEST_NAME: usize = 16;

/// The lines of the list. `width` is that of the terminal, if there is one.
pub fn lines(jobs: &[Job], now_ms: i64, width: Option<usize>) -> Vec<String> {
    let rows = jobs.iter().map(|job| row(job, now_ms));
    laid_out(HEADER, rows.collect(), jobs, width)
}

/// The same for the jobs of a whole workspace: with their users.
pub fn live_lines(jobs: &[Job], now_ms: i64, width: Option<usize>) -> Vec<String> {
    let row = |job: &Job| {
        let [id, name, status, age, duration, gpu] = row(job, now_ms);
        [id, name, user(job), status, age, duration, gpu]
    };
    laid_out(LIVE_HEADER, jobs.iter().map(row).collect(), jobs, width)
}

fn user(job: &Job) -> String {
    match job.user_name.as_str() {
        "" => word::or_dash(&job.user_id),
        name => clean::line(name),
    }
}

fn laid_out<const N: usize>(
    header: [&str; N],
    mut rows: Vec<[String; N]>,
    jobs: &[Job],
    width: Option<usize>,
) -> Vec<String> {
    let Some(width) = width else {
        return table::shown(header, &rows, false);
    };
    let widest = table::aligned(header, &rows).into_iter();
    let widest = widest.map(|line| table::width(&line)).max();
    let excess = widest.unwrap_or(0).saturating_sub(width);
    let name = rows.iter().map(|row| table::width(&row[1])).max();
    if excess > 0 {
        let longest = name.unwrap_or(0).saturating_sub(excess).max(SHORTEST_NAME);
        for row in &mut rows {
            row[1] = table::shortened(&row[1], longest);
        }
    }
    let mut lines = table::shown(header, &rows, true);
    for (line, job) in lines.iter_mut().skip(1).zip(jobs) {
        *line = paint_status(line, &word::of_job(job), job.phase());
    }
    lines
}

/// What belongs on stderr: that the list is old, or not complete. `more` is the command that shows more.
pub fn remarks(end: &SnapshotEnd, now_ms: i64, more: &str) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(since) = end.stale_since_ms {
        remarks.push(stale(since, &end.stale_reason, now_ms));
    }
    if end.left_out > 0 {
        remarks.push(format!(
            "{} more not shown; `{more}` shows them",
            end.left_out
        ));
    }
    remarks
}

/// How old the data is, and why.
pub fn stale(since_ms: i64, reason: &str, now_ms: i64) -> String {
    let age = time::age(since_ms, now_ms);
    match reason {
        "" => format!("as of {age} ago"),
        reason => format!("as of {age} ago: {}", clean::line(reason)),
    }
}

fn row(job: &Job, now_ms: i64) -> [String; 6] {
    [
        word::id(job),
        clean::line(&job.name),
        word::of_job(job),
        job.created_at_ms
            .map_or_else(dash, |created| time::age(created, now_ms)),
        duration(job, now_ms),
        word::milli(job.requested.and_then(|requested| requested.gpu_milli)),
    ]
}

/// How long it has run, or ran.
pub fn duration(job: &Job, now_ms: i64) -> String {
    job.running_at_ms.map_or_else(dash, |running| {
        time::span(time::between(running, job.ended_at_ms.unwrap_or(now_ms)))
    })
}

fn dash() -> String {
    "-".into()
}

/// Paints the status within its line: the last place where it stands, for the columns after it hold numbers only.
fn paint_status(line: &str, status: &str, phase: Phase) -> String {
    match line.rfind(status) {
        Some(at) => {
            let (before, rest) = line.split_at(at);
            let after = &rest[status.len()..];
            format!("{before}{}{after}", paint::status(status, phase))
        }
        None => line.to_owned(),
    }
}
