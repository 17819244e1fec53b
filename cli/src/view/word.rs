//! The words for a job's state.

use pai_proto::v1::{Job, Phase, Replica, Resources};

use super::clean;
use crate::json;

/// The backend's word, or the phase while it has none (our own phases, and gone).
pub fn status(status: &str, phase: Phase) -> String {
    match status {
        "" => json::phase(phase),
        status => clean::line(status),
    }
}

/// The state of a job.
pub fn of_job(job: &Job) -> String {
    let word = status(&job.status, job.phase());
    match (job.phase(), job.result_unknown) {
        (Phase::Gone, _) if !job.status.is_empty() => format!("gone (was {word})"),
        (Phase::Held, _) => match job.queue_position {
            Some(place) => format!("{word} (place {place})"),
            None => word,
        },
        (_, true) => format!("{word} (result unknown)"),
        (_, false) => word,
    }
}

/// The id by which people call a job.
pub fn id(job: &Job) -> String {
    clean::line(json::job_id(job))
}

/// The name of a job, or its id.
pub fn name(job: &Job) -> String {
    match job.name.as_str() {
        "" => id(job),
        name => clean::line(name),
    }
}

/// Thousandths as a number: `2`, `0.5`, and `?` for unknown.
pub fn milli(amount: Option<u64>) -> String {
    let Some(amount) = amount else {
        return "?".into();
    };
    match amount % 1000 {
        0 => (amount / 1000).to_string(),
        rest => format!("{}.{rest:03}", amount / 1000)
            .trim_end_matches('0')
            .to_owned(),
    }
}

/// Bytes in the largest unit that divides them: `64 GiB`, and `?` for unknown.
pub fn bytes(amount: Option<u64>) -> String {
    let Some(amount) = amount else {
        return "?".into();
    };
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] {
        if amount >> shift > 0 && amount % (1 << shift) == 0 {
            return format!("{} {unit}", amount >> shift);
        }
    }
    format!("{amount} B")
}

/// CPU, GPU and memory.
pub fn resources(of: &Resources) -> String {
    format!(
        "{} CPU, {} GPU, {}",
        milli(of.cpu_milli),
        milli(of.gpu_milli),
        bytes(of.memory_bytes)
    )
}

/// `Worker x 2, image, what each has`.
pub fn replica(replica: &Replica) -> String {
    let per_pod = match replica.instance_type.as_str() {
        "" => resources(&Resources {
            cpu_milli: replica.cpu_milli,
            gpu_milli: replica.gpu_milli,
            memory_bytes: replica.memory_bytes,
        }),
        instance => clean::line(instance),
    };
    format!(
        "{} x {}, each {per_pod}, image {}",
        clean::line(&replica.role),
        replica.count,
        or_dash(&replica.image)
    )
}

/// `code-1 at /root/code, branch main, commit 0123abc`
pub fn code(id: &str, path: &str, branch: &str, commit: &str) -> String {
    let at = match path {
        "" => String::new(),
        path => format!(" at {}", clean::line(path)),
    };
    let which = [("branch", branch), ("commit", commit)];
    let known = which.into_iter().filter(|(_, name)| !name.is_empty());
    let which: String = known
        .map(|(kind, name)| format!(", {kind} {}", clean::line(name)))
        .collect();
    format!("{}{at}{which}", or_dash(id))
}

/// Foreign text, or a dash for none.
pub fn or_dash(text: &str) -> String {
    match text {
        "" => "-".into(),
        text => clean::line(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_gone_does_not_look_alive() {
        let job = |phase: Phase, status: &str| Job {
            phase: phase.into(),
            status: status.into(),
            ..Job::default()
        };
        assert_eq!(of_job(&job(Phase::Gone, "Running")), "gone (was Running)");
        assert_eq!(of_job(&job(Phase::Gone, "")), "gone");
        assert_eq!(of_job(&job(Phase::Running, "Running")), "Running");
    }

    #[test]
    fn a_held_job_tells_its_place() {
        let held = |queue_position| Job {
            phase: Phase::Held.into(),
            queue_position,
            ..Job::default()
        };
        assert_eq!(of_job(&held(Some(3))), "held (place 3)");
        assert_eq!(of_job(&held(None)), "held");
    }

    #[test]
    fn amounts_are_short_and_exact() {
        assert_eq!(milli(Some(2000)), "2");
        assert_eq!(milli(Some(500)), "0.5");
        assert_eq!(milli(Some(1025)), "1.025");
        assert_eq!(milli(Some(0)), "0");
        assert_eq!(milli(None), "?");
        assert_eq!(bytes(Some(64 << 30)), "64 GiB");
        assert_eq!(bytes(Some(1536 << 20)), "1536 MiB");
        assert_eq!(bytes(Some(1001)), "1001 B");
        assert_eq!(bytes(Some(0)), "0 B");
        assert_eq!(bytes(None), "?");
    }

    #[test]
    fn our_own_phases_stand_in_for_the_status() {
        assert_eq!(status("", Phase::Unconfirmed), "unconfirmed");
        assert_eq!(status("Queuing", Phase::Queued), "Queuing");
    }
}
