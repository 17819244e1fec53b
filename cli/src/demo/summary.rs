//! What the demo found: pure arithmetic over what was seen.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ledger::Transition;

/// How often a client without a daemon would ask.
const POLL_MS: u64 = 10_000;
/// How often the daemon looks while somebody waits: docs/ARCHITECTURE.md, "Looks", `BRISK` in daemon/src/poll/schedule.rs.
const LOOK_MS: u64 = 3_000;
/// How often a look is thorough: docs/ARCHITECTURE.md, "Looks", `SWEEP` in daemon/src/poll/schedule.rs.
const SWEEP_MS: u64 = 300_000;
/// The calls that this takes, by the same chapter: one per active status (10) and one for newcomers.
const SWEEP_CALLS: u64 = 11;
const HOUR_MS: u64 = 3_600_000;
/// Clients of the computed hour.
const MANY: u64 = 10;

/// When a client came to know of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Counts from 1.
    pub client: usize,
    /// The status.
    pub status: String,
    /// Unix ms.
    pub at_ms: i64,
}

/// Everything that was seen and counted.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The backend's id of the job.
    pub job_id: &'a str,
    /// Its last status.
    pub status: &'a str,
    /// What each client that waited is, in the order of their numbers.
    pub clients: &'a [&'static str],
    /// From the submit until the last client knew the end.
    pub waited_ms: u64,
    /// Statuses that the submit's own answer told: no client had to wait for them.
    pub told_by_submit: &'a [String],
    /// In order of arrival.
    pub sightings: &'a [Sighting],
    /// In order of time.
    pub transitions: &'a [Transition],
    /// Calls that the cloud answered, by action.
    pub calls: BTreeMap<String, u64>,
    /// Lines of the log that arrived.
    pub log_lines: u64,
    /// Pods that they are of.
    pub log_pods: usize,
}

/// The answer of `paictl demo`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The backend's id of the job.
    pub job_id: String,
    /// Its last status.
    pub status: String,
    /// From the submit until the last client knew the end.
    pub waited_ms: u64,
    /// In order of time.
    pub changes: Vec<Change>,
    /// Mean over all changes and clients; null when nothing was seen.
    pub mean_delay_ms: Option<u64>,
    /// The longest of all.
    pub max_delay_ms: Option<u64>,
    /// Calls that the cloud answered.
    pub api_calls: u64,
    /// The same, by action.
    pub api_calls_by_action: BTreeMap<String, u64>,
    /// Worked out, not measured.
    pub computed: Computed,
    /// How many clients waited.
    pub clients: usize,
    /// What each of them is: a program.
    pub client_kinds: Vec<&'static str>,
    /// Lines of the log that were followed.
    pub log_lines: u64,
    /// Pods that they are of.
    pub log_pods: usize,
}

/// One change of the status.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The new status.
    pub status: String,
    /// Unix ms, by the cloud's own record.
    pub at_ms: i64,
    /// Whether the submit's own answer told it: then it has no delays.
    pub told_by_submit: bool,
    /// How long after it each client knew; null for one that never heard of it, and where the clocks contradict it.
    pub delays_ms: Vec<Option<u64>>,
}

/// What clients without a daemon would do: each asks GetJob at an interval until it sees the end.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Computed {
    /// The interval at which such a client asks.
    pub poll_interval_ms: u64,
    /// Calls that as many such clients would have made meanwhile.
    pub polling_calls: u64,
    /// Clients of the hour.
    pub hour_clients: u64,
    /// Calls that they would make in the hour.
    pub hour_polling_calls: u64,
    /// The interval at which the daemon looks while somebody waits.
    pub look_interval_ms: u64,
    /// Calls of one daemon in the hour: one per look, several per thorough one. Changes cost one or two more each.
    pub hour_daemon_calls: u64,
}

/// How long after the change this was; `None` when the cloud has no record of it, or a later one.
pub fn delay(sighting: &Sighting, job_id: &str, transitions: &[Transition]) -> Option<u64> {
    let change = transitions
        .iter()
        .find(|change| change.job_id == job_id && change.status == sighting.status)?;
    u64::try_from(sighting.at_ms - change.ms).ok()
}

impl Summary {
    /// Works it out.
    pub fn of(seen: Seen<'_>) -> Self {
        let changes: Vec<_> = seen
            .transitions
            .iter()
            .filter(|change| change.job_id == seen.job_id)
            .map(|change| Change::of(change, &seen))
            .collect();
        let delays: Vec<u64> = changes
            .iter()
            .flat_map(|change| change.delays_ms.iter().copied().flatten())
            .collect();
        let count = u64::try_from(delays.len()).unwrap_or(u64::MAX);
        Self {
            job_id: seen.job_id.into(),
            status: seen.status.into(),
            waited_ms: seen.waited_ms,
            mean_delay_ms: delays.iter().sum::<u64>().checked_div(count),
            max_delay_ms: delays.iter().copied().max(),
            api_calls: seen.calls.values().sum(),
            computed: Computed::of(seen.clients.len(), seen.waited_ms),
            clients: seen.clients.len(),
            client_kinds: seen.clients.to_vec(),
            log_lines: seen.log_lines,
            log_pods: seen.log_pods,
            api_calls_by_action: seen.calls,
            changes,
        }
    }
}

impl Change {
    fn of(change: &Transition, seen: &Seen<'_>) -> Self {
        let delay_of = |client: usize| {
            let sighting = seen
                .sightings
                .iter()
                .find(|sighting| sighting.client == client && sighting.status == change.status)?;
            delay(sighting, seen.job_id, seen.transitions)
        };
        let told_by_submit = seen.told_by_submit.contains(&change.status);
        let measured = |client| (!told_by_submit).then(|| delay_of(client)).flatten();
        Self {
            told_by_submit,
            status: change.status.clone(),
            at_ms: change.ms,
            delays_ms: (1..=seen.clients.len()).map(measured).collect(),
        }
    }
}

impl Computed {
    /// The submit's answer is news enough for the start, so the first question comes after one interval.
    fn of(clients: usize, waited_ms: u64) -> Self {
        let clients = u64::try_from(clients).unwrap_or(u64::MAX);
        Self {
            poll_interval_ms: POLL_MS,
            polling_calls: clients.saturating_mul(waited_ms.div_ceil(POLL_MS)),
            hour_clients: MANY,
            hour_polling_calls: MANY * (HOUR_MS / POLL_MS),
            look_interval_ms: LOOK_MS,
            hour_daemon_calls: HOUR_MS / LOOK_MS + HOUR_MS / SWEEP_MS * (SWEEP_CALLS - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transition(ms: i64, job_id: &str, status: &str) -> Transition {
        Transition {
            ms,
            job_id: job_id.into(),
            status: status.into(),
        }
    }

    fn sighting(client: usize, status: &str, at_ms: i64) -> Sighting {
        Sighting {
            client,
            status: status.into(),
            at_ms,
        }
    }

    fn summary(sightings: &[Sighting]) -> Summary {
        Summary::of(Seen {
            job_id: "dlc1",
            status: "Succeeded",
            clients: &["paictl", "pai-mcp"],
            waited_ms: 12_000,
            told_by_submit: &["Queuing".to_owned()],
            sightings,
            transitions: &[
                transition(1_000, "dlc1", "Queuing"),
                transition(1_500, "dlc2", "Running"),
                transition(2_000, "dlc1", "Running"),
                transition(7_000, "dlc1", "Succeeded"),
            ],
            calls: BTreeMap::from([("GetJob".into(), 2), ("ListJobs".into(), 5)]),
            log_lines: 0,
            log_pods: 0,
        })
    }

    #[test]
    fn every_change_has_the_delay_of_every_client() {
        let summary = summary(&[
            sighting(1, "Queuing", 1_001),
            sighting(1, "Running", 3_000),
            sighting(2, "Running", 3_010),
            sighting(1, "Succeeded", 7_500),
            sighting(2, "Succeeded", 7_490),
        ]);
        let delays: Vec<_> = summary
            .changes
            .iter()
            .map(|change| (change.status.as_str(), change.delays_ms.clone()))
            .collect();
        assert_eq!(
            delays,
            [
                ("Queuing", vec![None, None]),
                ("Running", vec![Some(1_000), Some(1_010)]),
                ("Succeeded", vec![Some(500), Some(490)]),
            ]
        );
        assert_eq!(summary.mean_delay_ms, Some(750));
        assert_eq!(summary.max_delay_ms, Some(1_010));
        assert_eq!(summary.api_calls, 7);
    }

    #[test]
    fn a_sighting_before_the_change_is_unknown_and_not_at_once() {
        let summary = summary(&[sighting(1, "Running", 1_990), sighting(2, "Running", 2_500)]);
        assert_eq!(summary.changes[1].delays_ms, [None, Some(500)]);
        assert_eq!(summary.mean_delay_ms, Some(500));
    }

    #[test]
    fn nothing_seen_has_no_mean() {
        let summary = summary(&[]);
        assert_eq!((summary.mean_delay_ms, summary.max_delay_ms), (None, None));
    }

    #[test]
    fn a_status_that_the_cloud_never_had_counts_for_nothing() {
        let summary = summary(&[sighting(1, "Invented", 3_000)]);
        assert_eq!(summary.mean_delay_ms, None);
        assert_eq!(delay(&sighting(1, "Invented", 3_000), "dlc1", &[]), None);
    }

    #[test]
    fn what_is_computed_counts_one_question_per_interval_and_client() {
        for (waited_ms, calls) in [(0, 0), (1, 2), (10_000, 2), (10_001, 4), (12_000, 4)] {
            assert_eq!(
                Computed::of(2, waited_ms).polling_calls,
                calls,
                "{waited_ms}"
            );
        }
        let computed = Computed::of(2, 0);
        assert_eq!(
            (computed.hour_polling_calls, computed.hour_daemon_calls),
            (3600, 1320)
        );
    }
}
