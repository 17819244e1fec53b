//! What a wait is for: something that a job passes through, or a line of its log.

use std::sync::Arc;

use pai_proto::v1::{WaitJobsRequest, wait_jobs_request::Condition as Asked};

use super::{
    reach::{Condition, Reach, reach},
    targets::Target,
};
use crate::{
    contexts::Running,
    model::{Fault, FaultKind, Job},
    rpc::convert,
    seek::{Line, Pattern, Seek, Verdict},
};

/// What a client asked for, read.
#[derive(Debug)]
pub(super) enum Wanted {
    /// What the state of a job shows.
    State(Condition),
    /// A line of its log.
    Line(Pattern),
}

/// The same, and what is known of it so far. Places are those of the targets.
#[derive(Debug)]
pub(super) enum Goal {
    /// What the state of a job shows.
    State(Condition),
    /// A line of its log.
    Line(Seek),
}

impl Wanted {
    /// Reads a request.
    ///
    /// # Errors
    /// When nothing can be like that.
    pub(super) fn of(request: &WaitJobsRequest) -> Result<Self, Fault> {
        let wrong = |what: &str| Err(Fault::new(FaultKind::Invalid, what).field("condition"));
        let condition = match &request.condition {
            None | Some(Asked::Terminal(_)) => Condition::Terminal,
            Some(Asked::Phase(number)) => match convert::phase_from(*number) {
                Some(phase) => Condition::Phase(phase),
                None => return wrong("this version of paid does not know that phase"),
            },
            Some(Asked::Status(word)) if word.trim().is_empty() => {
                return wrong("the status to wait for is empty");
            }
            Some(Asked::Status(word)) => Condition::Status(word.trim().to_owned()),
            Some(Asked::LogPattern(text)) => return Pattern::new(text).map(Self::Line),
        };
        Ok(Self::State(condition))
    }

    /// Begins to look for it. Lines are `masked` for tools.
    pub(super) fn begin(self, running: &Arc<Running>, targets: &[Target], masked: bool) -> Goal {
        match self {
            Self::State(condition) => Goal::State(condition),
            Self::Line(pattern) => {
                let uids = targets.iter().map(|target| target.job.uid.clone());
                let running = Arc::clone(running);
                Goal::Line(Seek::begin(running, uids.collect(), pattern, masked))
            }
        }
    }
}

impl Goal {
    /// How far a job is.
    pub(super) fn reach(&self, place: usize, job: &Job) -> Reach {
        match self {
            Self::State(condition) => reach(job, condition),
            Self::Line(seek) => line(seek.verdict(place), job),
        }
    }

    /// The line that proves it.
    pub(super) fn line(&self, place: usize) -> Option<&Line> {
        match self {
            Self::Line(seek) => match seek.verdict(place) {
                Verdict::Found(line) => Some(line),
                Verdict::NotYet | Verdict::Never | Verdict::Unsure(_) => None,
            },
            Self::State(_) => None,
        }
    }

    /// What of the log of a job was not searched, for people; empty where all of it was, or more of it will be.
    pub(super) fn log_note(&self, place: usize) -> &'static str {
        match self {
            Self::Line(seek) => match seek.verdict(place) {
                Verdict::Unsure(lacks) => lacks,
                Verdict::NotYet | Verdict::Never | Verdict::Found(_) => "",
            },
            Self::State(_) => "",
        }
    }

    /// Waits for news of lines.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) async fn news(&mut self) -> Result<(), Fault> {
        match self {
            Self::State(_) => std::future::pending().await,
            Self::Line(seek) => seek.news().await,
        }
    }

    /// Waits until nothing that was there at the beginning is left to be searched.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn looked(&mut self) -> Result<(), Fault> {
        match self {
            Self::State(_) => Ok(()),
            Self::Line(seek) => seek.looked().await,
        }
    }
}

/// The end of a log may be known before the end of its job was told: who waits hears of the end first.
fn line(verdict: &Verdict, job: &Job) -> Reach {
    match verdict {
        Verdict::Found(_) => Reach::Yes(None),
        Verdict::Never | Verdict::Unsure(_) if job.has_ended() => Reach::Never,
        Verdict::Never | Verdict::Unsure(_) | Verdict::NotYet => Reach::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Phase, seek::Told};

    #[test]
    fn a_line_is_reached_once_found_and_never_after_the_end_without() {
        let job = |phase| Job::new("u".into(), "n".into(), phase, 0);
        let (running, failed) = (job(Phase::Running), job(Phase::Failed));
        let found = Verdict::Found(Line {
            pod_id: "p".into(),
            told: Told {
                text: "t".into(),
                at: 0..1,
            },
        });
        for (verdict, job, reach) in [
            (&found, &running, Reach::Yes(None)),
            (&found, &failed, Reach::Yes(None)),
            (&Verdict::NotYet, &failed, Reach::NotYet),
            (&Verdict::Never, &running, Reach::NotYet),
            (&Verdict::Never, &failed, Reach::Never),
            (&Verdict::Unsure("lines"), &running, Reach::NotYet),
            (&Verdict::Unsure("lines"), &failed, Reach::Never),
        ] {
            assert_eq!(line(verdict, job), reach, "{verdict:?} {:?}", job.phase);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_field() {
        let of = |asked| {
            Wanted::of(&WaitJobsRequest {
                condition: Some(asked),
                ..WaitJobsRequest::default()
            })
        };
        for asked in [
            Asked::Status(" ".into()),
            Asked::LogPattern(String::new()),
            Asked::LogPattern("a(".into()),
        ] {
            let fault = of(asked).unwrap_err();
            assert_eq!(fault.field, "condition");
        }
        assert!(matches!(
            of(Asked::LogPattern("a".into())),
            Ok(Wanted::Line(_))
        ));
    }
}
