//! A profile: the seed's `jobType` and `jobSpecs`, and CreateJob's further keys in camelCase (fact sheet §3.1).

use super::{JOB_SPEC, Key, Kind};

const COUNT: Kind = Kind::Whole {
    least: 0,
    most: i32::MAX as u64,
};

/// A profile.
pub(in crate::config) static PROFILE: &[Key] = &[
    Key::new(
        "jobType",
        Kind::Text,
        "PyTorchJob, TFJob, MPIJob, XGBoostJob, RayJob, ElasticBatchJob, …",
    )
    .required()
    .safe(),
    Key::new("jobSpecs", Kind::List(JOB_SPEC), "One entry per role.")
        .required()
        .safe(),
    further(
        "accessibility",
        Kind::Text,
        "PUBLIC (the workspace's members) or PRIVATE.",
    ),
    further(
        "codeSource",
        Kind::Object(CODE_SOURCE),
        "Git source in place of that of the settings.",
    ),
    further(
        "credentialConfig",
        Kind::Free,
        "Role credentials inside the pod.",
    ),
    further(
        "customEnvs",
        Kind::List(CUSTOM_ENV),
        "Environment entries with a visibility.",
    ),
    further(
        "dataSources",
        Kind::List(DATA_SOURCE),
        "Mounts beside those of the settings.",
    ),
    further("description", Kind::Text, "Description of the job.").safe(),
    further("elasticSpec", Kind::Free, "Elastic training."),
    further("envs", Kind::TextMap, "Environment of every pod.").safe(),
    further(
        "jobMaxRunningTimeMinutes",
        COUNT,
        "Minutes after which the cloud stops the job; 0 or absent is never.",
    )
    .safe(),
    further("options", Kind::Text, "Tuning of mounts."),
    further(
        "priority",
        Kind::Whole { least: 1, most: 9 },
        "1 lowest to 9 highest; acts within a quota.",
    )
    .default("1")
    .safe(),
    further(
        "resourceId",
        Kind::Text,
        "Quota in place of that of the settings.",
    ),
    further("schedulingStrategy", Kind::Text, "For example Auto."),
    further("settings", Kind::Object(JOB_SETTINGS), "JobSettings."),
    further(
        "successPolicy",
        Kind::Text,
        "ChiefWorker or AllWorkers; TFJob only.",
    ),
    further("templateId", Kind::Text, "Job template."),
    further("templateVersion", COUNT, "Version of the job template."),
    further(
        "thirdpartyLibDir",
        Kind::Text,
        "Folder with a requirements.txt.",
    ),
    further("thirdpartyLibs", Kind::Texts, "Requirements of pip.").safe(),
    further("userVpc", Kind::Object(USER_VPC), "Network of the pods."),
];

const fn further(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key::new(name, kind, about).nullable().ours()
}

static CODE_SOURCE: &[Key] = &[
    further("codeSourceId", Kind::Text, "Id at AIWorkSpace."),
    further("branch", Kind::Text, "Branch."),
    further("commit", Kind::Text, "Commit."),
    further("mountPath", Kind::Text, "Where it is cloned to."),
    further(
        "isSharedMountPath",
        Kind::Flag,
        "mountPath is shared: clone once.",
    ),
];

static CUSTOM_ENV: &[Key] = &[
    further("key", Kind::Text, "Name."),
    further("value", Kind::Text, "Value."),
    further("visible", Kind::Text, "Who may see it."),
];

static DATA_SOURCE: &[Key] = &[
    further("dataSourceId", Kind::Text, "Dataset; or uri, not both."),
    further("dataSourceVersion", Kind::Text, "Version of the dataset."),
    further("uri", Kind::Text, "oss://…, nas://…, cpfs://…"),
    further(
        "mountPath",
        Kind::Text,
        "Path in the pod; the dataset's own when absent.",
    ),
    further(
        "mountAccess",
        Kind::OneOf(&["ReadOnly", "ReadWrite", "RO", "RW"]),
        "Whether jobs may write there.",
    ),
    further("options", Kind::Text, "Mount options."),
    further("enableCache", Kind::Flag, "Cache the data."),
    further("accessPointId", Kind::Text, "Access point of CPFS."),
    further("roleArn", Kind::Text, "Role that mounts it."),
    further("roleChain", Kind::Text, "Chain of roles, as JSON."),
];

static USER_VPC: &[Key] = &[
    further("vpcId", Kind::Text, "VPC."),
    further("switchId", Kind::Text, "Switch."),
    further("securityGroupId", Kind::Text, "Security group."),
    further("extendedCIDRs", Kind::Texts, "Needed with switchId."),
    further("defaultRoute", Kind::Text, "eth0 or eth1."),
];

/// Fact sheet §4.8.
static JOB_SETTINGS: &[Key] = &[
    further("tags", Kind::TextMap, "Tags of the job."),
    further("enableRDMA", Kind::Flag, "RDMA."),
    further(
        "allocateAllRDMADevices",
        Kind::Flag,
        "All RDMA devices of a node.",
    ),
    further(
        "enableSanityCheck",
        Kind::Flag,
        "Check the nodes before the job starts.",
    ),
    further("sanityCheckArgs", Kind::Text, "Arguments of that check."),
    further("enableTideResource", Kind::Flag, "Tidal resources."),
    further(
        "enableOssAppend",
        Kind::Flag,
        "Appending to objects of OSS.",
    ),
    further("enableCPUAffinity", Kind::Flag, "Bind to CPUs."),
    further("enableDSWDev", Kind::Flag, "Development from DSW."),
    further(
        "disableEcsStockCheck",
        Kind::Flag,
        "No check of stock before the job starts.",
    ),
    further(
        "allowUnschedulableNodes",
        Kind::Flag,
        "Also nodes that are cordoned.",
    ),
    further(
        "enableErrorMonitoringInAIMaster",
        Kind::Flag,
        "Fault monitoring.",
    ),
    further(
        "errorMonitoringArgs",
        Kind::Text,
        "Arguments of fault monitoring.",
    ),
    further(
        "oversoldType",
        Kind::Text,
        "Whether idle resources are taken.",
    ),
    further(
        "jobReservedMinutes",
        COUNT,
        "Minutes for which pods stay after the end.",
    ),
    further(
        "jobReservedPolicy",
        Kind::Text,
        "After which ends they stay.",
    ),
    further(
        "terminationGracePeriodSeconds",
        COUNT,
        "Seconds from SIGTERM to SIGKILL.",
    ),
    further(
        "elasticSpotJobMaxRestartTimes",
        COUNT,
        "Restarts of elastic spot jobs.",
    ),
    further(
        "advancedSettings",
        Kind::Free,
        "Further switches of the cloud.",
    ),
    further("driver", Kind::Text, "Driver of the GPUs."),
    further("shell", Kind::Text, "Shell of the command."),
    further("caller", Kind::Text, "Who submits."),
    further("businessUserId", Kind::Text, "User of a business system."),
    further("pipelineId", Kind::Text, "Pipeline."),
    further("dataJuicerConfig", Kind::Free, "DataJuicer."),
    further("modelConfig", Kind::Free, "Model."),
];
