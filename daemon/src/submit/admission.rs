//! Is there room? Pure; called within the transaction that takes the room.

use std::fmt::Write as _;

use crate::{
    config::Limits,
    model::{Fault, FaultKind, Job, Resources},
};

use super::{budget, house::House};

/// What a submit asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Over all pods.
    pub resources: Resources,
    /// Minutes of running after which the backend stops it; `None` is no limit.
    pub max_minutes: Option<u32>,
    /// Instance types whose amounts are not known.
    pub unknown_types: Vec<String>,
}

const RUN_MINUTES: &str = "maxRunMinutes";
/// In place of a limit's key: there is room, and somebody waits for it.
pub const QUEUE: &str = "queue";

/// Why there is no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The limit's key in the settings.
    pub limit: &'static str,
    /// One sentence.
    pub message: String,
    /// Jobs that hold the room: id, name, state.
    pub holders: Vec<String>,
    /// Even with nothing else in the house there would be no room.
    pub never: bool,
    /// It is not known how much is asked for.
    pub unknown: bool,
}

/// One limit: its key, and what it says.
pub type Checked = (&'static str, Result<String, Refusal>);

/// Decides on everything that is active or being submitted under the prefix. Held resources count for GPUs and cores,
/// an unknown status for everything.
///
/// # Errors
/// The first limit that would be broken, or that cannot be checked because a quantity is unknown.
pub fn decide(limits: &Limits, house: &House, ask: &Ask) -> Result<(), Refusal> {
    checks(limits, house, ask)
        .into_iter()
        .try_for_each(|(_, checked)| checked.map(|_| ()))
}

/// The same, limit by limit; limits that are not set are left out.
pub fn checks(limits: &Limits, house: &House, ask: &Ask) -> Vec<Checked> {
    let mut checks = vec![("maxRunningJobs", jobs(limits.max_running_jobs, house))];
    let wish = &ask.resources;
    if let Some(most) = limits.max_gpu {
        let gpus = Amount::new("maxGPU", "GPUs", most, |r| r.gpu_milli);
        checks.push(("maxGPU", gpus.check(house, wish, ask)));
    }
    if let Some(most) = limits.max_cpu {
        let cores = Amount::new("maxCPU", "cores", most, |r| r.cpu_milli);
        checks.push(("maxCPU", cores.check(house, wish, ask)));
    }
    if let Some(most) = limits.max_gpu_milli_hours_per_day {
        checks.push(("maxGPUHoursPerDay", gpu_hours(most, house, ask)));
    }
    if let Some(most) = limits.max_run_minutes {
        checks.push((RUN_MINUTES, run_minutes(most, ask.max_minutes)));
    }
    checks
}

/// Why there would never be room for it, told with what is in this house.
pub fn never_fits(limits: &Limits, house: &House, ask: &Ask) -> Option<Refusal> {
    let empty = House {
        now_ms: house.now_ms,
        ..House::default()
    };
    let refusal = decide(limits, &empty, ask).err();
    let refusal = refusal.filter(|refusal| refusal.never)?;
    let mut here = checks(limits, house, ask)
        .into_iter()
        .filter_map(|(_, checked)| checked.err());
    let here = here.find(|here| here.limit == refusal.limit && here.never);
    Some(here.unwrap_or(refusal))
}

impl Ask {
    /// Why it is not known how many of these it asks for.
    fn untold(&self, unit: &str) -> String {
        match self.unknown_types.as_slice() {
            [] => format!("the request does not tell how many {unit} it asks for"),
            types => format!(
                "how many {unit} the instance type {} has is not known",
                types.join(", ")
            ),
        }
    }
}

/// The run-time cap of one job. A submit that names none gets that of the settings; who waits meets the cap of later.
pub(super) fn run_minutes(most: u32, asked: Option<u32>) -> Result<String, Refusal> {
    let asked = match asked {
        Some(asked) if asked <= most => return Ok(format!("{asked} of {most} min")),
        Some(asked) => format!("asks for {asked} minutes"),
        None => "has no time limit".to_owned(),
    };
    Err(Refusal {
        limit: RUN_MINUTES,
        message: format!("limits.maxRunMinutes is {most} and this job {asked}"),
        holders: Vec::new(),
        never: true,
        unknown: false,
    })
}

fn jobs(most: u32, house: &House) -> Result<String, Refusal> {
    let running: Vec<_> = house.active.iter().filter(|job| !job.has_ended()).collect();
    if running.len() >= most as usize {
        return Err(Refusal {
            limit: "maxRunningJobs",
            message: format!(
                "limits.maxRunningJobs is {most} and {} job{} already active",
                running.len(),
                if running.len() == 1 { " is" } else { "s are" },
            ),
            holders: running.into_iter().map(describe).collect(),
            never: most == 0,
            unknown: false,
        });
    }
    Ok(format!("{} of {most} jobs are active", running.len()))
}

/// A limit of one kind of resource.
struct Amount {
    limit: &'static str,
    unit: &'static str,
    most: u64,
    part: fn(&Resources) -> Option<u64>,
}

impl Amount {
    fn new(
        limit: &'static str,
        unit: &'static str,
        most: u64,
        part: fn(&Resources) -> Option<u64>,
    ) -> Self {
        Self {
            limit,
            unit,
            most,
            part,
        }
    }

    fn check(&self, house: &House, wish: &Resources, ask: &Ask) -> Result<String, Refusal> {
        let Self {
            limit, unit, most, ..
        } = self;
        let of = |job: &Job| (self.part)(&job.requested);
        let Some(wish) = (self.part)(wish) else {
            let message = format!("limits.{limit} cannot be kept: {}", ask.untold(unit));
            let refusal = self.refuse(message, Vec::new(), true);
            return Err(Refusal {
                unknown: true,
                ..refusal
            });
        };
        let active = || house.active.iter();
        let unknown: Vec<_> = active().filter(|job| of(job).is_none()).collect();
        if !unknown.is_empty() && wish > 0 {
            let message =
                format!("limits.{limit} cannot be kept: an active job does not tell its {unit}");
            return Err(self.refuse(message, unknown, false));
        }
        let used = active().filter_map(of).fold(0, u64::saturating_add);
        let most_milli = most.saturating_mul(1000);
        if wish > 0 && used.saturating_add(wish) > most_milli {
            let message = format!(
                "limits.{limit} is {most}: {} {unit} are in use and this job asks for {}",
                plain(used),
                plain(wish)
            );
            let holders = active().filter(|job| of(job) != Some(0)).collect();
            return Err(self.refuse(message, holders, wish > most_milli));
        }
        Ok(format!(
            "{} and {} of {most} {unit}",
            plain(used),
            plain(wish)
        ))
    }

    fn refuse(&self, message: String, holders: Vec<&Job>, never: bool) -> Refusal {
        Refusal {
            limit: self.limit,
            message,
            holders: holders.into_iter().map(describe).collect(),
            never,
            unknown: false,
        }
    }
}

fn gpu_hours(most: u64, house: &House, ask: &Ask) -> Result<String, Refusal> {
    let refuse = |message, holders: Vec<&Job>, never| Refusal {
        limit: "maxGPUHoursPerDay",
        message,
        holders: holders.into_iter().map(describe).collect(),
        never,
        unknown: false,
    };
    let Some(gpus) = ask.resources.gpu_milli else {
        let message = format!(
            "limits.maxGPUHoursPerDay cannot be kept: {}",
            ask.untold("GPUs")
        );
        return Err(Refusal {
            unknown: true,
            ..refuse(message, Vec::new(), true)
        });
    };
    let jobs = || house.active.iter().chain(&house.ended_today);
    let used = match budget::used(jobs(), house.now_ms) {
        Ok(used) => used,
        Err(_) if gpus == 0 => return Ok("no GPUs are asked for".into()),
        Err(job) => {
            let message =
                "limits.maxGPUHoursPerDay cannot be kept: a job of today does not tell its GPUs";
            return Err(refuse(message.into(), vec![job], false));
        }
    };
    let wanted = budget::wanted(gpus, ask.max_minutes, house.now_ms);
    if wanted > 0 && used.saturating_add(wanted) > most {
        let until = match ask.max_minutes {
            Some(minutes) => format!("{minutes} min at the most"),
            None => "it has no time limit, so it counts to 24:00 UTC".into(),
        };
        let most_told = plain(most);
        // Nobody gives back what is used up.
        let left = most.saturating_sub(budget::used_up(jobs(), house.now_ms));
        let message = match budget::fits_from_ms(left, gpus, house.now_ms) {
            Some(from_ms) if wanted > left => format!(
                "limits.maxGPUHoursPerDay is {most_told} and this job asks for more than is left of today ({until}); alone it fits from {} UTC on",
                hour_of(from_ms)
            ),
            _ => format!(
                "limits.maxGPUHoursPerDay is {most_told}: {} GPU-hours of today are used or promised, and this job asks for {} ({until})",
                plain(used),
                plain(wanted)
            ),
        };
        let holders = house
            .active
            .iter()
            .filter(|job| job.requested.gpu_milli != Some(0))
            .collect();
        // Towards midnight everything fits that may use anything at all.
        return Err(refuse(message, holders, most == 0));
    }
    Ok(format!(
        "{} and {} of {} GPU-hours of today",
        plain(used),
        plain(wanted),
        plain(most)
    ))
}

/// Time of day in UTC, rounded up to ten minutes: it moves while others run, and is not to be told anew each time.
fn hour_of(ms: i64) -> String {
    let minute = (ms - budget::day_start_ms(ms) + 599_999) / 600_000 * 10;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn plain(milli: u64) -> String {
    match milli % 1000 {
        0 => (milli / 1000).to_string(),
        rest => format!("{}.{rest:03}", milli / 1000)
            .trim_end_matches('0')
            .to_owned(),
    }
}

pub(super) fn describe(job: &Job) -> String {
    let state = match job.status.as_str() {
        "" => job.phase.as_str(),
        status => status,
    };
    format!("{} ({}, {state})", job.display_id(), job.name)
}

impl Refusal {
    /// The whole sentence.
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        if !self.holders.is_empty() {
            // Writing into a string does not fail.
            let _infallible = write!(text, "; the room is held by {}", self.holders.join(", "));
        }
        text
    }

    /// For the client; `settings` is the file in which the limit can be raised.
    pub fn into_fault(self) -> Fault {
        let message = format!("nothing was submitted: {}", self.text());
        let hint = match self.never {
            _ if self.limit == QUEUE => {
                "let it wait, too (`--queue`; agents: `queue`), or give it a higher priority"
                    .to_owned()
            }
            _ if self.unknown => {
                "name an instance type that the cloud knows, or amounts (cpu, gpu, memory)"
                    .to_owned()
            }
            true => format!(
                "it never fits: ask for less, or raise it (`paictl config set limits.{} …`)",
                self.limit
            ),
            false => format!(
                "let it wait (`--queue`; agents: `queue`), wait for one of them or stop it, or raise it (`paictl config set limits.{} …`)",
                self.limit
            ),
        };
        let field = match self.limit {
            QUEUE => QUEUE.to_owned(),
            limit => format!("limits.{limit}"),
        };
        Fault::new(FaultKind::Limit, message)
            .hint(hint)
            .field(field)
    }
}

#[cfg(test)]
mod tests;
