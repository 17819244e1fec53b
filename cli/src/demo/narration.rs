//! The words of the demo.

use jiff::tz::TimeZone;
use pai_proto::{v1::Job, wait::WaitUpdate};

use super::{
    ledger::Transition,
    summary::{Change, Sighting, Summary, delay},
};
use crate::{
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
        "submitted {} as {}; two clients wait for it",
        word::name(job),
        word::id(job)
    )
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
    let client = sighting.client;
    let after = match delay(sighting, json::job_id(job), transitions) {
        Some(delay) => format!("{} after the change", seconds(Some(delay))),
        None => "unknown how long after the change".into(),
    };
    format!("{clock}  client {client}  {status:<14} {after}")
}

/// Something else happened on the way.
pub fn disturbance(update: &WaitUpdate) -> String {
    match update {
        WaitUpdate::Reconnecting(reason) => {
            format!(
                "the connection to the daemon broke ({})",
                clean::line(reason)
            )
        }
        WaitUpdate::Reconnected => "the daemon is back".into(),
        WaitUpdate::Stale(stale) if stale.since_ms.is_some() => {
            format!("the data is old: {}", clean::line(&stale.reason))
        }
        _ => "the data is fresh".into(),
    }
}

/// What was found.
pub fn summary(summary: &Summary) -> Vec<String> {
    let waited = seconds(Some(summary.waited_ms));
    let (id, status) = (clean::line(&summary.job_id), clean::line(&summary.status));
    let mut lines = vec![
        String::new(),
        format!("{id} {status}, {waited} after the submit"),
        String::new(),
    ];
    let rows: Vec<_> = summary.changes.iter().map(row).collect();
    lines.extend(table::aligned(
        ["CHANGE TO", "CLIENT 1 KNEW AFTER", "CLIENT 2 KNEW AFTER"],
        &rows,
    ));
    let computed = &summary.computed;
    let (mean, longest) = (
        seconds(summary.mean_delay_ms),
        seconds(summary.max_delay_ms),
    );
    let by_action: Vec<_> = summary
        .api_calls_by_action
        .iter()
        .map(|(action, count)| format!("{} {count}", clean::line(action)))
        .collect();
    let poll = computed.poll_interval_ms / 1000;
    let look = computed.look_interval_ms / 1000;
    lines.extend([
        String::new(),
        format!("measured  mean {mean}, longest {longest} after the change"),
        format!(
            "measured  {} API calls by the daemon ({}), for any number of clients",
            summary.api_calls,
            by_action.join(", ")
        ),
        format!(
            "computed  {} API calls by 2 clients that ask every {poll} s themselves; so short a job shows delays, not savings",
            computed.polling_calls
        ),
        format!(
            "computed  {} clients waiting for one job for an hour: {} API calls where each asks every {poll} s itself, about {} where one daemon looks every {look} s for all",
            computed.hour_clients, computed.hour_polling_calls, computed.hour_daemon_calls
        ),
    ]);
    lines
}

fn row(change: &Change) -> [String; 3] {
    let delay = |client: usize| match change.told_by_submit {
        true => "at the submit".into(),
        false => seconds(change.delays_ms.get(client).copied().flatten()),
    };
    [clean::line(&change.status), delay(0), delay(1)]
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
            clients: 2,
            waited_ms: 11_840,
            told_by_submit: &["Queuing".into()],
            sightings: &[
                seen(1, "Running", 3_350),
                seen(2, "Running", 3_360),
                seen(1, "Succeeded", 9_000),
                seen(2, "Succeeded", 9_010),
            ],
            transitions: &[
                at(1_000, "Queuing"),
                at(3_000, "Running"),
                at(8_000, "Succeeded"),
            ],
            calls: [("CreateJob".into(), 1), ("ListJobs".into(), 6)].into(),
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
