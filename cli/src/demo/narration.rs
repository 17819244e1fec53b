//! The words of the demo.

use jiff::tz::TimeZone;
use pai_proto::{follow::FollowUpdate, v1::Job, wait::WaitUpdate};

use super::{
    ledger::Transition,
    summary::{Change, Sighting, Summary, delay},
};
use crate::{
    context::UNATTENDED,
    json,
    view::{clean, table, time, word},
};

/// Both programs serve.
pub fn started(pid: u32) -> String {
    format!("a cloud on this machine and a daemon (pid {pid}) are up")
}

/// The job is on its way.
pub fn submitted(job: &Job) -> String {
    format!(
        "submitted {} as {}; one client and two agents wait for it, and its log is followed",
        word::name(job),
        word::id(job)
    )
}

/// How a client is called: the first one is this program, the others are agents.
pub fn client(number: usize) -> String {
    match number {
        1 => "client 1".into(),
        number => format!("agent {}", number - 1),
    }
}

/// A line of the job's log.
pub fn log_line(line: &str) -> String {
    format!("log  {line}")
}

/// One client came to know of one status.
pub fn sighting(
    sighting: &Sighting,
    job: &Job,
    transitions: &[Transition],
    zone: &TimeZone,
) -> String {
    let clock = time::of_day(sighting.at_ms, zone);
    let status = clean::line(&sighting.status);
    let client = client(sighting.client);
    let after = match delay(sighting, json::job_id(job), transitions) {
        Some(delay) => format!("{} after the change", seconds(Some(delay))),
        None => "unknown how long after the change".into(),
    };
    format!("{clock}  {client:<8}  {status:<14} {after}")
}

/// Something else happened on the way of a wait.
pub fn disturbance(update: &WaitUpdate) -> String {
    match update {
        WaitUpdate::Reconnecting(reason) => broken(reason),
        WaitUpdate::Unattended => UNATTENDED.into(),
        WaitUpdate::Reconnected => BACK.into(),
        WaitUpdate::Stale(stale) if stale.since_ms.is_some() => {
            format!("the data is old: {}", clean::line(&stale.reason))
        }
        _ => "the data is fresh".into(),
    }
}

/// Something else happened on the way of the log.
pub fn log_disturbance(update: &FollowUpdate) -> String {
    match update {
        FollowUpdate::Reconnecting(reason) => log_line(&broken(reason)),
        FollowUpdate::Unattended => log_line(UNATTENDED),
        FollowUpdate::Reconnected => log_line(BACK),
        FollowUpdate::Stale(stale) if stale.since_ms.is_some() => {
            log_line(&format!("cannot be read: {}", clean::line(&stale.reason)))
        }
        FollowUpdate::Gap(gap) => log_line(&format!(
            "lines may be missing: {}",
            clean::line(&gap.reason)
        )),
        _ => log_line("can be read again"),
    }
}

const BACK: &str = "the daemon is back";

fn broken(reason: &str) -> String {
    let reason = clean::line(reason);
    format!("the connection to the daemon broke ({reason})")
}

/// What was found.
pub fn summary(summary: &Summary) -> Vec<String> {
    let waited = seconds(Some(summary.waited_ms));
    let (id, status) = (clean::line(&summary.job_id), clean::line(&summary.status));
    let mut lines = vec![
        String::new(),
        format!("{id} {status}, {waited} after the submit"),
        String::new(),
        "how long after each change they knew".into(),
    ];
    let title = |number: usize| {
        let kind = summary.client_kinds.get(number - 1).unwrap_or(&"");
        let name = client(number).to_uppercase();
        format!("{name} ({kind})")
    };
    let titles = [title(1), title(2), title(3)];
    let rows: Vec<_> = summary.changes.iter().map(row).collect();
    lines.extend(table::aligned(
        ["CHANGE TO", &titles[0], &titles[1], &titles[2]],
        &rows,
    ));
    lines.push(String::new());
    lines.extend(measured(summary));
    lines.extend(computed(summary));
    lines
}

fn measured(summary: &Summary) -> [String; 3] {
    let by_action: Vec<_> = summary
        .api_calls_by_action
        .iter()
        .map(|(action, count)| format!("{} {count}", clean::line(action)))
        .collect();
    [
        format!(
            "measured  mean {}, longest {} after the change",
            seconds(summary.mean_delay_ms),
            seconds(summary.max_delay_ms)
        ),
        format!(
            "measured  {} API calls by the daemon ({}), for any number of clients",
            summary.api_calls,
            by_action.join(", ")
        ),
        format!(
            "log       followed {} lines of {} pods; a few of them are shown above",
            summary.log_lines, summary.log_pods
        ),
    ]
}

fn computed(summary: &Summary) -> [String; 2] {
    let computed = &summary.computed;
    let poll = computed.poll_interval_ms / 1000;
    let look = computed.look_interval_ms / 1000;
    [
        format!(
            "computed  {} API calls by {} clients that ask for the job every {poll} s themselves; so short a job shows delays, not savings",
            computed.polling_calls, summary.clients
        ),
        format!(
            "computed  {} clients waiting for one job for an hour: {} API calls where each asks every {poll} s itself, about {} where one daemon looks every {look} s for all",
            computed.hour_clients, computed.hour_polling_calls, computed.hour_daemon_calls
        ),
    ]
}

fn row(change: &Change) -> [String; 4] {
    let delay = |client: usize| match change.told_by_submit {
        true => "at the submit".into(),
        false => seconds(change.delays_ms.get(client).copied().flatten()),
    };
    [clean::line(&change.status), delay(0), delay(1), delay(2)]
}

/// `0.35 s`, or a dash for what is not known.
fn seconds(ms: Option<u64>) -> String {
    match ms {
        Some(ms) => format!("{}.{:02} s", ms / 1000, ms % 1000 / 10),
        None => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::summary::Seen;

    #[test]
    fn the_summary_separates_what_is_measured_from_what_is_computed() {
        let at = |ms, status: &str| Transition {
            ms,
            job_id: "dlc1".into(),
            status: status.into(),
        };
        let seen = |client, status: &str, at_ms| Sighting {
            client,
            status: status.into(),
            at_ms,
        };
        let found = Summary::of(Seen {
            job_id: "dlc1",
            status: "Succeeded",
            clients: &["paictl", "pai-mcp", "pai-mcp"],
            waited_ms: 11_840,
            told_by_submit: &["Queuing".into()],
            sightings: &[
                seen(1, "Running", 3_350),
                seen(2, "Running", 3_360),
                seen(1, "Succeeded", 9_000),
                seen(2, "Succeeded", 9_010),
                seen(3, "Succeeded", 8_990),
            ],
            transitions: &[
                at(1_000, "Queuing"),
                at(3_000, "Running"),
                at(8_000, "Succeeded"),
            ],
            calls: [("CreateJob".into(), 1), ("ListJobs".into(), 6)].into(),
            log_lines: 104,
            log_pods: 2,
        });
        insta::assert_snapshot!(summary(&found).join("\n"));
        insta::assert_snapshot!("as_json", json::pretty(&found));
    }

    #[test]
    fn a_delay_is_given_in_hundredths_of_a_second() {
        assert_eq!(seconds(Some(350)), "0.35 s");
        assert_eq!(seconds(Some(11_045)), "11.04 s");
        assert_eq!(seconds(None), "-");
    }
}
