//! The most that a profile may ask for after a tool changed it.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

use super::{
    Policy, Sizes, registry,
    size::{Size, size, sizing},
};
use crate::{
    config::{Limits, Settings},
    model::{Fault, FaultKind},
};

/// Profiles in force, as the wire has them.
pub(in crate::config) type Profiles = BTreeMap<String, Map<String, Value>>;

/// What of a profile is capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Gpu,
    Cpu,
    Memory,
    Pods,
    Priority,
    RunMinutes,
}

const PARTS: [Part; 6] = [
    Part::Gpu,
    Part::Cpu,
    Part::Memory,
    Part::Pods,
    Part::Priority,
    Part::RunMinutes,
];

/// A job without a run time runs for ever.
const ENDLESS: u64 = u64::MAX;

/// Whether each profile that differs between `before` and `after` stays within the caps.
///
/// # Errors
/// A [`Fault`] of kind `Limit` that names the profile and the cap.
pub(super) fn check(
    policy: &Policy,
    limits: &Limits,
    before: &Profiles,
    after: &Profiles,
    sizes: Sizes<'_>,
) -> Result<(), Fault> {
    registry::check(before, after)?;
    for (name, new) in after {
        let old = before.get(name);
        if old == Some(new) {
            continue;
        }
        for part in PARTS {
            if old.is_some_and(|old| part.is_same(old, new, sizes)) {
                continue;
            }
            let (cap, from) = part.cap(policy, limits, before, sizes);
            match part.of(new, sizes) {
                Some(amount) if amount <= cap => {}
                amount => return Err(part.refused(name, amount, cap, &from)),
            }
        }
    }
    Ok(())
}

/// Whether a request that a tool changes for a single submit stays within the caps of these settings. Both are as the wire
/// has them; `name` is the profile that it began with.
///
/// # Errors
/// A [`Fault`] of kind `Limit` that names the cap.
pub fn check_submit(
    settings: &Settings,
    name: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    sizes: Sizes<'_>,
) -> Result<(), Fault> {
    let mut profiles: Profiles = settings
        .profiles
        .iter()
        .map(|(name, profile)| (name.clone(), profile.wire()))
        .collect();
    profiles.insert(name.to_owned(), before.clone());
    let mut changed = profiles.clone();
    changed.insert(name.to_owned(), after.clone());
    check(
        &settings.policy,
        &settings.limits,
        &profiles,
        &changed,
        sizes,
    )
}

/// Whether a tool may give a job this priority.
///
/// # Errors
/// A [`Fault`] of kind `Limit` that names the cap.
pub fn check_priority(settings: &Settings, priority: u8) -> Result<(), Fault> {
    let job = |priority: u8| Map::from_iter([("Priority".to_owned(), priority.into())]);
    check_submit(settings, "of this job", &job(1), &job(priority), &|_| None)
}

/// For people: what is capped where a tool sets this key of a profile.
pub(in crate::config) fn told_cap(
    key: &str,
    policy: &Policy,
    limits: &Limits,
    profiles: &Profiles,
) -> Option<String> {
    let part = match key {
        "GPU" => Part::Gpu,
        "CPU" => Part::Cpu,
        "memory" => Part::Memory,
        "podCount" => Part::Pods,
        "priority" => Part::Priority,
        "jobMaxRunningTimeMinutes" => Part::RunMinutes,
        _ => return None,
    };
    let (cap, from) = part.cap(policy, limits, profiles, &|_| None);
    let whole = match part {
        Part::Priority | Part::RunMinutes => "",
        _ => " in all pods of the profile",
    };
    (cap != ENDLESS).then(|| format!("at most {}{whole} ({from})", Shown(part, cap)))
}

impl Part {
    /// Its amount; `None` where it cannot be told.
    fn of(self, profile: &Map<String, Value>, sizes: Sizes<'_>) -> Option<u64> {
        let size = || size(profile, sizes).unwrap_or_default();
        let number = |key: &str, absent: u64| match profile.get(key) {
            None => Some(absent),
            Some(value) => value.as_u64(),
        };
        let of: fn(Size) -> Option<u64> = match self {
            Self::Gpu => |size| size.gpu_milli,
            Self::Cpu => |size| size.cpu_milli,
            Self::Memory => |size| size.memory_bytes,
            Self::Pods => |size| size.pods,
            Self::Priority => return number("Priority", 1),
            Self::RunMinutes => {
                return number("JobMaxRunningTimeMinutes", 0).map(|minutes| match minutes {
                    0 => ENDLESS,
                    minutes => minutes,
                });
            }
        };
        of(size())
    }

    /// Whether a change left it as it was; also where it cannot be told.
    fn is_same(self, old: &Map<String, Value>, new: &Map<String, Value>, sizes: Sizes<'_>) -> bool {
        match (self.of(old, sizes), self.of(new, sizes)) {
            (Some(old), Some(new)) => old == new,
            (None, None) => sizing(old) == sizing(new),
            _ => false,
        }
    }

    /// The most that it may be, and what says so.
    fn cap(
        self,
        policy: &Policy,
        limits: &Limits,
        before: &Profiles,
        sizes: Sizes<'_>,
    ) -> (u64, String) {
        let caps = &policy.caps;
        let whole = |limit: Option<u64>| limit.map(|whole| whole.saturating_mul(1000));
        let (given, name, limit) = match self {
            Self::Gpu => (caps.gpu_milli, "maxGPU", whole(limits.max_gpu)),
            Self::Cpu => (caps.cpu_milli, "maxCPU", whole(limits.max_cpu)),
            Self::Memory => (caps.memory_bytes, "maxMemory", None),
            Self::Pods => (caps.pods, "maxPods", None),
            Self::Priority => (caps.priority, "maxPriority", None),
            Self::RunMinutes => (
                caps.run_minutes,
                "maxRunMinutes",
                limits.max_run_minutes.map(u64::from),
            ),
        };
        if let Some(given) = given {
            return (given, format!("policy.tools.caps.{name}"));
        }
        if let Some(limit) = limit {
            return (limit, format!("limits.{name}"));
        }
        let most = before
            .values()
            .filter_map(|profile| self.of(profile, sizes))
            .max();
        (
            most.unwrap_or(0),
            "the most that any profile had".to_owned(),
        )
    }

    fn refused(self, profile: &str, amount: Option<u64>, cap: u64, from: &str) -> Fault {
        let what = match amount {
            Some(amount) => format!(
                "the profile {profile} would ask for {}; a tool may set at most {} ({from})",
                Shown(self, amount),
                Shown(self, cap)
            ),
            None => format!(
                "how much {} the profile {profile} would ask for cannot be told, and a tool may set at most {} ({from})",
                self.word(),
                Shown(self, cap)
            ),
        };
        let hint = match self {
            Self::RunMinutes => {
                "set jobMaxRunningTimeMinutes within it, or let the person make the change"
            }
            _ => {
                "ask for less, in amounts such as resourceConfig, or let the person make the change"
            }
        };
        Fault::new(FaultKind::Limit, what).hint(hint)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Gpu => "GPU",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Pods => "pods",
            Self::Priority => "priority",
            Self::RunMinutes => "run time",
        }
    }
}

/// An amount for people.
struct Shown(Part, u64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(part, amount) = *self;
        let milli = |f: &mut fmt::Formatter<'_>, word: &str| {
            let rest = format!("{:03}", amount % 1000);
            match rest.trim_end_matches('0') {
                "" => write!(f, "{} {word}", amount / 1000),
                rest => write!(f, "{}.{rest} {word}", amount / 1000),
            }
        };
        match part {
            Part::Gpu => milli(f, "GPUs"),
            Part::Cpu => milli(f, "cores"),
            Part::Memory if amount % (1 << 30) == 0 => write!(f, "{}Gi of memory", amount >> 30),
            Part::Memory => write!(f, "{amount} bytes of memory"),
            Part::Pods => write!(f, "{amount} pods"),
            Part::Priority => write!(f, "priority {amount}"),
            Part::RunMinutes if amount == ENDLESS => f.write_str("an endless run time"),
            Part::RunMinutes => write!(f, "{amount} min"),
        }
    }
}
