//! Our own file, `pai.json` (beside `settings.json`) or `NAME.pai.json` (beside `NAME.json`).

use super::{Key, Kind, LIMITS, PROFILE};
use crate::config::policy::{CALLS, OVERRIDES};

/// The top of our own file.
pub(in crate::config) static OWN: &[Key] = &[
    Key::new("api", Kind::Object(API), "The account's call budget.").ours(),
    Key::new("list", Kind::Object(LIST), "What is listed.").ours(),
    Key::new("logs", Kind::Object(LOGS), "How logs are read.").ours(),
    Key::new(
        "endpoint",
        Kind::TextOr(ENDPOINT),
        "Replaces the public hosts: a URL for all products, or one for each. Https, or http towards loopback.",
    )
    .nullable()
    .ours(),
    Key::new(
        "limits",
        Kind::Object(LIMITS),
        "Limits, before those of the other file; also such as the other tool does not know.",
    )
    .nullable()
    .ours(),
    Key::new(
        "profiles",
        Kind::Named(PROFILE),
        "Keys of CreateJob for the profiles of the other file, and whole profiles of our own.",
    )
    .nullable()
    .ours(),
    Key::new(
        "policy",
        Kind::Object(POLICY),
        "What clients that are tools may do. Edited by hand only.",
    )
    .ours(),
];

static API: &[Key] = &[
    Key::new(
        "callsPerSecond",
        Kind::Number {
            least: 0.1,
            most: 100.0,
        },
        "Calls to the cloud per second in the long run.",
    )
    .default("2"),
    Key::new(
        "burst",
        Kind::Whole {
            least: 1,
            most: 1000,
        },
        "Calls that may be made at once after a rest.",
    )
    .default("10"),
];

static LIST: &[Key] = &[Key::new(
    "endedDays",
    Kind::Whole {
        least: 1,
        most: 3650,
    },
    "Days for which ended jobs are listed and kept.",
)
.default("30")];

static LOGS: &[Key] = &[
    Key::new(
        "lag",
        Kind::Number {
            least: 0.0,
            most: 600.0,
        },
        "Seconds after which a line has appeared in the cloud's log; 10 for PAI-DLC when absent.",
    )
    .nullable(),
    Key::new(
        "keep",
        Kind::OneOf(&["all", "main", "none"]),
        "Of which pods of an active job the lines are stored although nobody follows them: all, the main one, or none.",
    )
    .default("\"main\""),
    Key::new(
        "days",
        Kind::Whole {
            least: 1,
            most: 3650,
        },
        "Stored logs that got no line for so many days are dropped.",
    )
    .default("30"),
    Key::new("jobMegabytes", MEGABYTES, "Most that is stored of the logs of one job, in MiB after compression.").default("1024"),
    Key::new("totalMegabytes", MEGABYTES, "Most that is stored of the logs of all jobs of this settings file, in MiB after compression. Each file has its own.").default("8192"),
];

const MEGABYTES: Kind = Kind::Whole {
    least: 1,
    most: 1 << 20,
};

pub(super) static ENDPOINT: &[Key] = &[
    Key::new("dlc", Kind::Text, "PAI-DLC.").nullable(),
    Key::new("sts", Kind::Text, "STS.").nullable(),
    Key::new("aiworkspace", Kind::Text, "AIWorkSpace.").nullable(),
];

/// `policy`. What stands here and is not known is an error, not a warning.
pub(in crate::config) static POLICY: &[Key] = &[Key::new(
    "tools",
    Kind::Object(TOOLS),
    "For clients of the kind tool, such as an agent's MCP server.",
)];

static TOOLS: &[Key] = &[
    Key::new(
        "change",
        Kind::Texts,
        "What they may change: profiles, profiles.*.KEY, mounts, mounts.readOnly, or a path such as limits.maxGPU.",
    )
    .default(
        r#"["profiles", "codeSource.defaultBranch", "codeSource.defaultCommit", "mounts.readOnly"]"#,
    ),
    Key::new(
        "caps",
        Kind::Object(CAPS),
        "The most that a profile may ask for after they changed it.",
    ),
    Key::new(
        "overrides",
        Kind::Words(OVERRIDES),
        "What they may set at a single submit.",
    )
    .default(r#"["envs", "tags", "description", "priority", "jobMaxRunningTimeMinutes"]"#),
    Key::new(
        "calls",
        Kind::Words(CALLS),
        "Which calls they may make that change something at the cloud; clone makes a job like an earlier one, whatever the profiles say, and codeSource changes the object at the cloud.",
    )
    .default(r#"["submit", "stop"]"#),
];

const ANY_NUMBER: Kind = Kind::Number {
    least: 0.0,
    most: 1e15,
};

static CAPS: &[Key] = &[
    Key::new("maxGPU", ANY_NUMBER, "GPUs of all its pods."),
    Key::new("maxCPU", ANY_NUMBER, "Cores of all its pods."),
    Key::new(
        "maxMemory",
        Kind::Amount,
        "Memory of all its pods, for example 512Gi.",
    ),
    Key::new(
        "maxPods",
        Kind::Whole {
            least: 0,
            most: u32::MAX as u64,
        },
        "Pods.",
    ),
    Key::new(
        "maxPriority",
        Kind::Whole { least: 1, most: 9 },
        "Priority.",
    ),
    Key::new(
        "maxRunMinutes",
        Kind::Whole {
            least: 1,
            most: u32::MAX as u64,
        },
        "jobMaxRunningTimeMinutes; one without a run time counts as endless.",
    ),
];
