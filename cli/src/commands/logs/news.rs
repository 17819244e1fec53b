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
    ended: bool,
}

impl News {
    /// Said when the log cannot be read, as often as the daemon says it, and once when it can again.
    pub(super) fn staleness(
        &mut self,
        stale: &Stale,
        zone: &TimeZone,
        now_ms: i64,
    ) -> Option<String> {
        let was = std::mem::replace(&mut self.stale, stale.since_ms.is_some());
        let clock = time::of_day(now_ms, zone);
        match (was, stale.since_ms) {
            (_, Some(since)) => {
                let age = jobs::stale(since, &stale.reason, now_ms);
                let next = if stale.behind { "" } else { "; trying again" };
                Some(format!("{clock} the log is {age}{next}"))
            }
            (true, None) => Some(format!("{clock} the log is up to date again")),
            (false, None) => None,
        }
    }

    /// Said once when the job has ended and more of its log is to come.
    pub(super) fn job_ended(
        &mut self,
        job: &Job,
        behind: bool,
        zone: &TimeZone,
        now_ms: i64,
    ) -> Option<String> {
        if std::mem::replace(&mut self.ended, true) {
            return None;
        }
        let (clock, id) = (time::of_day(now_ms, zone), word::id(job));
        let next = match behind {
            true => "reading the rest of its log",
            false => "waiting for the last lines of its log",
        };
        Some(format!("{clock} {id} {}; {next}", word::of_job(job)))
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
    let are = if gap.certain { "are" } else { "may be" };
    let text = format!("lines of {pod}{when} {are} missing here");
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
    fn a_log_that_cannot_be_read_is_told_as_often_as_it_is_heard_and_its_return_once() {
        let mut news = News::default();
        let mut told = |since_ms: Option<i64>, behind| {
            let stale = Stale {
                since_ms,
                reason: "throttled\u{1b}[2J".into(),
                behind,
            };
            news.staleness(&stale, &TimeZone::UTC, sample::NOW)
        };
        assert_eq!(told(None, false), None);
        assert_eq!(
            told(Some(sample::NOW - 180_000), false).as_deref(),
            Some("12:03:04 the log is as of 3m ago: throttled\\u{1b}[2J; trying again")
        );
        // Nothing failed, so nothing is tried again.
        assert_eq!(
            told(Some(sample::NOW - 240_000), true).as_deref(),
            Some("12:03:04 the log is as of 4m ago: throttled\\u{1b}[2J")
        );
        assert_eq!(
            told(None, false).as_deref(),
            Some("12:03:04 the log is up to date again")
        );
        assert_eq!(told(None, false), None);
    }

    #[test]
    fn the_end_of_the_job_is_told_once_with_what_is_still_to_come() {
        let told = |behind| {
            let mut news = News::default();
            let mut told =
                || news.job_ended(&sample::failed(), behind, &TimeZone::UTC, sample::NOW);
            let first = told();
            assert_eq!(told(), None);
            first.unwrap()
        };
        assert_eq!(
            told(false),
            "12:03:04 dlc1failed Failed; waiting for the last lines of its log"
        );
        assert_eq!(
            told(true),
            "12:03:04 dlc1failed Failed; reading the rest of its log"
        );
    }

    #[test]
    fn a_gap_tells_pod_time_and_reason() {
        let second = sample::NOW / 1000;
        let told = |from_second, to_second, reason: &str, certain| {
            let missing = LogGap {
                certain,
                pod_id: "dlc1running-worker-1".into(),
                from_second,
                to_second,
                reason: reason.into(),
                ..Default::default()
            };
            gap(&missing, &sample::running(), &TimeZone::UTC, sample::NOW)
        };
        assert_eq!(
            told(
                second - 2,
                second,
                "more than 5000 lines in a second",
                false
            ),
            "lines of worker-1 between 12:03:02 and 12:03:04 may be missing here: more than 5000 lines in a second"
        );
        assert_eq!(
            told(second, second, "", false),
            "lines of worker-1 at 12:03:04 may be missing here"
        );
        assert_eq!(
            told(0, 0, "older lines were dropped", false),
            "lines of worker-1 may be missing here: older lines were dropped"
        );
        assert_eq!(
            told(second, second, "", true),
            "lines of worker-1 at 12:03:04 are missing here"
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
