//! What is dropped to keep the limits: logs that are too old, the beginnings of jobs that are too large, and the logs that were
//! not read for longest where all together are too large. What somebody asked to keep is never too old, and goes after the
//! others. The log of a job that is being read is only shortened.

use rusqlite::{Connection, TransactionBehavior};

use super::{
    StoreError,
    stream::{self, Held},
    trim,
};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// Bytes as stored, of one job.
    pub job_bytes: u64,
    /// Bytes as stored, of all jobs.
    pub total_bytes: u64,
    /// Logs that got no line for so long are dropped, ms.
    pub age_ms: i64,
}

/// What was dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Jobs of which something was dropped.
    pub jobs: u32,
    /// Bytes as stored.
    pub bytes: u64,
    /// What is left, in bytes.
    pub left: u64,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Drop {
    /// The whole log of a job.
    Whole(String),
    /// So many bytes of it, from its beginning.
    Part(String, u64),
}

/// What is to be dropped; `held` is the one that was not read for longest first. Pure.
pub(super) fn plan(
    held: &[Held],
    limits: &LogLimits,
    busy: &dyn Fn(&str) -> bool,
    now_ms: i64,
) -> Vec<Drop> {
    let mut plan = Vec::new();
    let mut left = 0_u64;
    let mut kept = Vec::new();
    for one in held {
        let is_old = one.changed_ms < now_ms.saturating_sub(limits.age_ms);
        if is_old && !one.keep && !busy(&one.job_uid) {
            plan.push(Drop::Whole(one.job_uid.clone()));
            continue;
        }
        let bytes = one.bytes.min(limits.job_bytes);
        if bytes < one.bytes {
            plan.push(Drop::Part(one.job_uid.clone(), one.bytes - bytes));
        }
        left += bytes;
        kept.push((one, bytes));
    }
    let mut surplus = left.saturating_sub(limits.total_bytes);
    // What nobody reads goes whole, then what is being read is shortened.
    for (is_busy, keep) in [(false, false), (false, true), (true, false), (true, true)] {
        let is_next = |one: &Held| busy(&one.job_uid) == is_busy && one.keep == keep;
        for (one, bytes) in kept.iter().filter(|(one, _)| is_next(one)) {
            if surplus == 0 {
                return plan;
            }
            let of_another =
                |drop: &Drop| !matches!(drop, Drop::Part(uid, _) if *uid == one.job_uid);
            plan.retain(of_another);
            plan.push(match is_busy {
                false => Drop::Whole(one.job_uid.clone()),
                true => Drop::Part(one.job_uid.clone(), one.bytes - bytes + surplus.min(*bytes)),
            });
            surplus = surplus.saturating_sub(*bytes);
        }
    }
    plan
}

/// Does it, a transaction for each step. What is `busy` by then is not dropped.
pub(super) fn carry_out(
    connection: &mut Connection,
    plan: &[Drop],
    busy: &dyn Fn(&str) -> bool,
) -> Result<Pruned, StoreError> {
    let mut pruned = Pruned::default();
    for drop in plan {
        if matches!(drop, Drop::Whole(uid) if busy(uid)) {
            continue;
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let bytes = match drop {
            Drop::Whole(uid) => stream::drop_job(&tx, uid)?,
            Drop::Part(uid, bytes) => trim::trim(&tx, uid, *bytes)?,
        };
        tx.commit()?;
        pruned.bytes += bytes;
        pruned.jobs += 1;
    }
    pruned.left = total(connection)?;
    Ok(pruned)
}

/// What carrying it out would do. Pure.
pub(super) fn foretell(plan: &[Drop], held: &[Held]) -> Pruned {
    let of = |uid: &String| {
        held.iter()
            .find(|one| one.job_uid == *uid)
            .map_or(0, |one| one.bytes)
    };
    let bytes = plan.iter().map(|drop| match drop {
        Drop::Whole(uid) => of(uid),
        Drop::Part(_, bytes) => *bytes,
    });
    let bytes: u64 = bytes.sum();
    Pruned {
        jobs: u32::try_from(plan.len()).unwrap_or(u32::MAX),
        bytes,
        left: held
            .iter()
            .map(|one| one.bytes)
            .sum::<u64>()
            .saturating_sub(bytes),
    }
}

/// What all logs take.
pub(super) fn total(connection: &Connection) -> Result<u64, StoreError> {
    Ok(stream::held(connection)?.iter().map(|one| one.bytes).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(all: &[(&str, u64, i64)]) -> Vec<Held> {
        let one = |(uid, bytes, changed_ms): &(&str, u64, i64)| Held {
            job_uid: (*uid).into(),
            bytes: *bytes,
            changed_ms: *changed_ms,
            keep: uid.starts_with("kept"),
        };
        all.iter().map(one).collect()
    }

    const LIMITS: LogLimits = LogLimits {
        job_bytes: 100,
        total_bytes: 250,
        age_ms: 1_000,
    };

    fn planned(all: &[(&str, u64, i64)], busy: &str) -> Vec<Drop> {
        plan(&held(all), &LIMITS, &|uid| uid == busy, 10_000)
    }

    fn whole(uid: &str) -> Drop {
        Drop::Whole(uid.into())
    }

    fn part(uid: &str, bytes: u64) -> Drop {
        Drop::Part(uid.into(), bytes)
    }

    #[test]
    fn what_is_within_the_limits_stays() {
        assert_eq!(planned(&[("a", 100, 9_000), ("b", 100, 10_000)], ""), []);
        assert_eq!(planned(&[], ""), []);
    }

    #[test]
    fn old_logs_go_whole_and_large_ones_lose_their_beginning() {
        let all = [("old", 5, 8_999), ("large", 130, 9_500)];
        assert_eq!(planned(&all, ""), [whole("old"), part("large", 30)]);
        assert_eq!(
            planned(&all, "old"),
            [part("large", 30)],
            "it is being read"
        );
    }

    #[test]
    fn of_too_many_the_one_that_was_not_read_for_longest_goes_first() {
        let all = [("a", 90, 9_100), ("b", 130, 9_200), ("c", 90, 9_300)];
        assert_eq!(planned(&all, ""), [part("b", 30), whole("a")]);
        assert_eq!(planned(&all, "a"), [whole("b")]);
        let all = [
            ("a", 100, 9_100),
            ("b", 130, 9_200),
            ("c", 90, 9_300),
            ("d", 90, 9_400),
        ];
        assert_eq!(planned(&all, ""), [whole("a"), whole("b")]);
    }

    #[test]
    fn what_somebody_asked_to_keep_is_never_too_old_and_goes_last() {
        assert_eq!(
            planned(&[("kept", 5, 0), ("old", 5, 0)], ""),
            [whole("old")]
        );
        let all = [
            ("kept-1", 90, 9_100),
            ("b", 90, 9_200),
            ("c", 90, 9_300),
            ("kept-2", 90, 9_400),
        ];
        assert_eq!(planned(&all, ""), [whole("b"), whole("c")]);
        assert_eq!(planned(&[("kept", 130, 0)], ""), [part("kept", 30)]);
    }

    #[test]
    fn what_is_being_read_is_shortened_and_stays() {
        let limits = LogLimits {
            total_bytes: 50,
            ..LIMITS
        };
        let plan = plan(&held(&[("a", 130, 9_000)]), &limits, &|_| true, 10_000);
        assert_eq!(plan, [part("a", 80)]);
    }
}
