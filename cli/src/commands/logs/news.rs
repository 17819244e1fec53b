//! What is said on stderr beside the lines.

use jiff::tz::TimeZone;
use pai_proto::v1::{Job, LogGap, Phase, Stale};

use crate::{
    json,
    view::{clean, job, jobs, log, time, word},
};

/// Remembers what was said, so that nothing is said twice.
#[derive(Debug, Default)]
pub(super) struct News {
    stale: bool,
}

impl News {
    /// Said once when the log cannot be read and once when it can again.
    pub(super) fn staleness(
        &mut self,
        stale: &Stale,
        zone: &TimeZone,
        now_ms: i64,
    ) -> Option<String> {
        let was = std::mem::replace(&mut self.stale, stale.since_ms.is_some());
        let clock = time::of_day(now_ms, zone);
        match (was, stale.since_ms) {
            (false, Some(since)) => {
                let age = jobs::stale(since, &stale.reason, now_ms);
                Some(format!("{clock} the log is {age}; trying again"))
            }
            (true, None) => Some(format!("{clock} the log is up to date again")),
            _ => None,
        }
    }
}

/// Lines that may be missing. No seconds: no moment is known.
pub(super) fn gap(gap: &LogGap, job: &Job, zone: &TimeZone, now_ms: i64) -> String {
    let pod = clean::line(log::pod(&gap.pod_id, json::job_id(job)));
    let clock = |second: i64| time::clock(second.saturating_mul(1000), now_ms, zone);
    let when = match (gap.from_second, gap.to_second) {
        (0, 0) => String::new(),
        (from, to) if from == to => format!(" at {}", clock(from)),
        (from, to) => format!(" between {} and {}", clock(from), clock(to)),
    };
    let text = format!("lines of {pod}{when} may be missing here");
    match gap.reason.as_str() {
        "" => text,
        reason => format!("{text}: {}", clean::line(reason)),
    }
}

/// What to say of a job that has not run yet.
pub(super) fn waiting(job: &Job, follow: bool) -> Option<String> {
    let ahead = matches!(
        job.phase(),
        Phase::Held
            | Phase::Submitting
            | Phase::Unconfirmed
            | Phase::Pending
            | Phase::Queued
            | Phase::Preparing
    );
    if !ahead || job.running_at_ms.is_some() {
        return None;
    }
    let (id, status) = (word::id(job), word::of_job(job));
    Some(match follow {
        true => format!("{id} is {status}; its log begins when it runs"),
        false => format!("{id} is {status} and has no log yet; `paictl logs -f {id}` waits for it"),
    })
}

/// What is said where no line and no gap came, and nothing was said of the job before. `part` says of which lines there is
/// talk. `complete`: nothing will come any more.
pub(super) fn silence(job: &Job, chosen: bool, part: &str, complete: bool) -> Option<String> {
    if waiting(job, false).is_some() {
        return None;
    }
    let (id, status) = (word::id(job), word::of_job(job));
    let has = match chosen {
        true => "the chosen pods have",
        false => "has",
    };
    let yet = if complete { "" } else { " yet" };
    Some(format!("{id} is {status} and {has} no lines{part}{yet}"))
}

/// What became of the job.
pub(super) fn result(job: &Job) -> String {
    let reason = match job.phase() {
        // Success needs no reason.
        Phase::Succeeded => String::new(),
        _ => job::reason(job.reason.as_ref()),
    };
    let text = format!("{} {}", word::id(job), word::of_job(job));
    match reason.is_empty() {
        true => text,
        false => format!("{text} ({reason})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn a_log_that_cannot_be_read_is_told_once_and_so_is_its_return() {
        let mut news = News::default();
        let mut told = |since_ms: Option<i64>| {
            let stale = Stale {
                since_ms,
                reason: "throttled\u{1b}[2J".into(),
            };
            news.staleness(&stale, &TimeZone::UTC, sample::NOW)
        };
        assert_eq!(told(None), None);
        assert_eq!(
            told(Some(sample::NOW - 180_000)).as_deref(),
            Some("12:03:04 the log is as of 3m ago: throttled\\u{1b}[2J; trying again")
        );
        assert_eq!(told(Some(sample::NOW - 180_000)), None);
        assert_eq!(
            told(None).as_deref(),
            Some("12:03:04 the log is up to date again")
        );
    }

    #[test]
    fn a_gap_tells_pod_time_and_reason() {
        let second = sample::NOW / 1000;
        let told = |from_second, to_second, reason: &str| {
            let missing = LogGap {
                pod_id: "dlc1running-worker-1".into(),
                from_second,
                to_second,
                reason: reason.into(),
                ..Default::default()
            };
            gap(&missing, &sample::running(), &TimeZone::UTC, sample::NOW)
        };
        assert_eq!(
            told(second - 2, second, "more than 5000 lines in a second"),
            "lines of worker-1 between 12:03:02 and 12:03:04 may be missing here: more than 5000 lines in a second"
        );
        assert_eq!(
            told(second, second, ""),
            "lines of worker-1 at 12:03:04 may be missing here"
        );
        assert_eq!(
            told(0, 0, "older lines were dropped"),
            "lines of worker-1 may be missing here: older lines were dropped"
        );
    }

    #[test]
    fn a_log_without_a_line_is_told() {
        let stopped = Job {
            phase: Phase::Stopped.into(),
            status: "Stopped".into(),
            running_at_ms: None,
            ..sample::running()
        };
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(
            silence(&stopped, false, "", true),
            told("dlc1running is Stopped and has no lines")
        );
        assert_eq!(
            silence(&sample::running(), true, " since then", false),
            told("dlc1running is Running and the chosen pods have no lines since then yet")
        );
        let queued = Job {
            phase: Phase::Queued.into(),
            running_at_ms: None,
            ..sample::running()
        };
        assert_eq!(
            silence(&queued, false, "", false),
            None,
            "that was said before"
        );
    }

    #[test]
    fn only_a_job_that_has_not_run_is_waited_for() {
        let mut job = Job {
            phase: Phase::Queued.into(),
            status: "Queuing".into(),
            running_at_ms: None,
            ..sample::running()
        };
        assert_eq!(
            waiting(&job, true).as_deref(),
            Some("dlc1running is Queuing; its log begins when it runs")
        );
        assert_eq!(
            waiting(&job, false).as_deref(),
            Some(
                "dlc1running is Queuing and has no log yet; `paictl logs -f dlc1running` waits for it"
            )
        );
        // Once it has run it has a log, for example while it restarts.
        job.running_at_ms = Some(sample::NOW);
        assert_eq!(waiting(&job, true), None);
        for job in [sample::running(), sample::succeeded(), sample::failed()] {
            assert_eq!(waiting(&job, true), None);
        }
        assert_eq!(
            waiting(&sample::unconfirmed(), true).as_deref(),
            Some("uid-3 is unconfirmed; its log begins when it runs")
        );
    }

    #[test]
    fn the_result_has_its_reason_and_a_success_needs_none() {
        assert_eq!(result(&sample::succeeded()), "dlc1ended Succeeded");
        assert_eq!(
            result(&sample::failed()),
            "dlc1failed Failed (OOMKilled: worker-0 was killed)"
        );
    }
}
