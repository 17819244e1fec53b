//! A job that is named is read before it is searched: to the present, and what lies before that.

use std::time::Duration;

use crate::{
    contexts::Running,
    logs::{Missing, Progress, are_complete, has_hole},
    model::{Fault, Job, LogStream},
};

/// At most for so long.
const READING: Duration = Duration::from_secs(30);

/// Whether everything of a job's log is stored, and nothing will come.
pub(super) async fn is_complete(running: &Running, job: &Job) -> Result<bool, Fault> {
    let streams = streams(running, job).await?;
    let uid = job.uid.clone();
    let pods = running.scope.journal.read(move |reader| reader.pods(&uid));
    Ok(job.has_ended() && are_complete(job, &pods.await?, &streams))
}

/// Reads a job's log; whether everything is stored that there is.
pub(super) async fn read(running: &Running, job: &Job) -> Result<bool, Fault> {
    if job.has_ended() && is_complete(running, job).await? {
        return Ok(true);
    }
    let clock = &running.scope.clock;
    tokio::select! {
        is_read = read_whole(running, job) => is_read,
        () = clock.sleep(READING) => Ok(false),
    }
}

async fn read_whole(running: &Running, job: &Job) -> Result<bool, Fault> {
    let mut followed = running.tails.follow(&job.uid);
    let look = followed.look_now(running.scope.clock.mono());
    loop {
        let now = followed.progress.borrow_and_update().clone();
        let is_dropped = now.missing == Missing::Dropped && now.fault.is_none();
        if (now.finished >= look || now.ended.is_some()) && !is_dropped {
            let has_hole = has_hole(&streams(running, job).await?);
            let is_outdated = followed.progress.has_changed().unwrap_or(false);
            if is_outdated {
                continue;
            }
            if !has_hole || !is_whole(&now) || now.over {
                return Ok(!has_hole && is_whole(&now));
            }
        }
        // Its other end goes only with the whole context.
        if followed.progress.changed().await.is_err() {
            return Ok(false);
        }
    }
}

async fn streams(running: &Running, job: &Job) -> Result<Vec<LogStream>, Fault> {
    let logs = running.scope.journal.logs();
    Ok(logs.streams(&job.uid).await?)
}

/// Whether the newest look read everything that there is.
fn is_whole(progress: &Progress) -> bool {
    let is_missing = matches!(progress.missing, Missing::Late(_)) || progress.missing.is_shown();
    match &progress.ended {
        Some(ended) => ended.complete,
        None => progress.fault.is_none() && !is_missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{logs::Ended, model::FaultKind};

    #[test]
    fn a_log_is_whole_where_the_look_before_a_search_lacked_nothing() {
        let looked = |missing| Progress {
            missing,
            ..Progress::default()
        };
        let ended = |complete, missing| Progress {
            ended: Some(Ended {
                complete,
                note: "",
                fault: None,
            }),
            ..looked(missing)
        };
        let failed = Progress {
            fault: Some(Fault::new(FaultKind::Unavailable, "no route")),
            ..Progress::default()
        };
        for (progress, expected) in [
            (looked(Missing::Nothing), true),
            // There may be no line at all.
            (looked(Missing::Unsure), true),
            (looked(Missing::Late(Duration::ZERO)), false),
            (looked(Missing::Young), false),
            (looked(Missing::Lacking), false),
            (failed, false),
            (ended(true, Missing::Nothing), true),
            (ended(false, Missing::Nothing), false),
        ] {
            assert_eq!(is_whole(&progress), expected, "{progress:?}");
        }
    }
}
