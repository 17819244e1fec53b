//! The seed's file (seed sheet 1.1.1).

use super::{Key, Kind, PROFILE};

const ANY_COUNT: Kind = Kind::Whole {
    least: 0,
    most: u64::MAX,
};

/// The top of the seed's file.
pub(in crate::config) static SETTINGS: &[Key] = &[
    Key::new("version", Kind::Text, "Shape of this file: 0.5.0, or the older 0.3.0.").nullable(),
    Key::new(
        "projectPrefix",
        Kind::Like("^[A-Za-z0-9_.-]{1,128}$"),
        "Every job's name begins with it and a dash; own jobs are those of this key's user under it.",
    )
    .required(),
    Key::new("regionId", Kind::Like("\\S"), "Region, for example cn-hangzhou.").required(),
    Key::new("workspaceId", Kind::Like("\\S"), "Workspace of PAI.").required(),
    Key::new("resourceId", Kind::Text, "Quota; empty is the public pool.")
        .nullable()
        .default("\"\""),
    Key::new(
        "credentials",
        Kind::Object(CREDENTIALS),
        "The key. Absent: the environment of the daemon counts.",
    )
    .nullable(),
    Key::new("caller", Kind::Any, "Whose key it is; noted by the other tool, not used here.")
        .nullable(),
    Key::new(
        "codeSource",
        Kind::Object(CODE_SOURCE),
        "Git source that is cloned before each job starts.",
    )
    .nullable(),
    Key::new("mounts", Kind::List(MOUNT), "What is mounted into every pod.").default("[]"),
    Key::new(
        "limits",
        Kind::Object(LIMITS),
        "What may run, counted over all active jobs of the prefix.",
    )
    .nullable(),
    Key::new(
        "profiles",
        Kind::Named(PROFILE),
        "How to submit, by name; \"default\" is required.",
    )
    .nullable(),
    Key::new(
        "jobDefaults",
        Kind::Object(JOB_DEFAULTS),
        "The 0.3.0 form of the profile \"default\".",
    )
    .nullable(),
    Key::new(
        "endpoint",
        Kind::TextOr(super::own::ENDPOINT),
        "Replaces the public hosts: a URL for all products, or one for each. Https, or http towards loopback.",
    )
    .nullable()
    .ours(),
];

static CREDENTIALS: &[Key] = &[
    Key::new("accessKeyId", Kind::Like("\\S"), "Id of the key.").required(),
    Key::new("accessKeySecret", Kind::Like("\\S"), "Its secret.").required(),
    Key::new("securityToken", Kind::Text, "Token of a temporary key.").nullable(),
];

static CODE_SOURCE: &[Key] = &[
    Key::new("codeSourceId", Kind::Text, "Id at AIWorkSpace.").required(),
    Key::new("mountPath", Kind::Text, "Where it is cloned to.").required(),
    Key::new(
        "defaultBranch",
        Kind::Text,
        "Branch that every submit sends.",
    )
    .nullable(),
    Key::new(
        "defaultCommit",
        Kind::Text,
        "Commit that every submit sends.",
    )
    .nullable(),
];

static MOUNT: &[Key] = &[
    Key::new("name", Kind::Text, "For people.").required(),
    Key::new("uri", Kind::Text, "oss://…, nas://…, cpfs://…").required(),
    Key::new("mountPath", Kind::Text, "Path in the pod.").required(),
    Key::new(
        "mountAccess",
        Kind::OneOf(&["ReadOnly", "ReadWrite", "RO", "RW"]),
        "Whether jobs may write there.",
    )
    .required(),
    Key::new("options", Kind::Text, "Mount options.").nullable(),
    Key::new("description", Kind::Any, "For people.").nullable(),
];

/// `limits` of either file.
pub(in crate::config) static LIMITS: &[Key] = &[
    Key::new(
        "maxRunningJobs",
        Kind::Whole {
            least: 0,
            most: u32::MAX as u64,
        },
        "Jobs at the same time.",
    )
    .nullable()
    .default("1"),
    Key::new(
        "maxGPU",
        ANY_COUNT,
        "GPUs at the same time; no limit when absent.",
    )
    .nullable(),
    Key::new(
        "maxCPU",
        ANY_COUNT,
        "Cores at the same time; no limit when absent.",
    )
    .nullable(),
    MAX_RUN_MINUTES,
    MAX_GPU_HOURS,
];

const MAX_RUN_MINUTES: Key = Key::new(
    "maxRunMinutes",
    Kind::Whole {
        least: 1,
        most: u32::MAX as u64,
    },
    "Longest run time of one job, in minutes; no limit when absent.",
)
.nullable()
.ours();

const MAX_GPU_HOURS: Key = Key::new(
    "maxGPUHoursPerDay",
    Kind::Number {
        least: 0.0,
        most: 1e15,
    },
    "GPUs times hours of own jobs since 00:00 UTC; no limit when absent.",
)
.nullable()
.ours();

static JOB_DEFAULTS: &[Key] = &[
    Key::new("jobType", Kind::Text, "For example PyTorchJob.").required(),
    Key::new("displayNamePrefix", Kind::Any, "Not used here."),
    Key::new("jobSpecs", Kind::FreeList, "One entry per role.").default("[]"),
    Key::new(
        "simple",
        Kind::Object(SIMPLE),
        "One role Worker, where jobSpecs is empty.",
    )
    .nullable(),
];

static SIMPLE: &[Key] = &[
    Key::new("dockerImage", Kind::Text, "Image.").required(),
    Key::new("ecsSpec", Kind::Text, "Instance type.").required(),
    Key::new(
        "podCount",
        Kind::Whole {
            least: 0,
            most: u32::MAX as u64,
        },
        "Pods.",
    )
    .required(),
];
