//! One role of a job (fact sheet §4.4).

use super::{Key, Kind};

/// One entry of `jobSpecs`.
pub(in crate::config) static JOB_SPEC: &[Key] = &[
    spec(
        "type",
        Kind::Text,
        "Role: Worker, Master, Chief, PS, Head, …",
    )
    .safe(),
    spec(
        "podCount",
        Kind::Whole {
            least: 1,
            most: 10_000,
        },
        "Pods of this role.",
    )
    .safe(),
    spec("image", Kind::Text, "Full URI of the image.").safe(),
    spec("imageConfig", Kind::Free, "Login of a private registry."),
    spec(
        "ecsSpec",
        Kind::Text,
        "Instance type, for the public pool; or resourceConfig, not both.",
    )
    .safe(),
    spec(
        "resourceConfig",
        Kind::Object(RESOURCES),
        "Amounts of each pod, for a quota.",
    )
    .safe(),
    spec("quotaId", Kind::Text, "Quota of this role."),
    spec(
        "userCommand",
        Kind::Text,
        "Command of this role in place of the job's.",
    )
    .safe(),
    spec(
        "restartPolicy",
        Kind::Text,
        "Always, Never, OnFailure or ExitCode.",
    )
    .safe(),
    spec("useSpotInstance", Kind::Flag, "Spot instances."),
    spec("spotSpec", Kind::Free, "Price limit of spot instances."),
    spec(
        "elasticSpotSpecs",
        Kind::FreeList,
        "Elastic spot instances.",
    ),
    spec("assignNodeSpec", Kind::Free, "On which nodes."),
    spec("autoScalingSpec", Kind::Free, "Elastic number of pods."),
    spec(
        "extraPodSpec",
        Kind::Free,
        "Labels, annotations, side cars and the like.",
    ),
    spec("serviceSpec", Kind::Free, "Ports of this role."),
    spec(
        "startupDependencies",
        Kind::FreeList,
        "Which roles start first.",
    ),
    spec(
        "localMountSpecs",
        Kind::FreeList,
        "Folders of the node in the pod.",
    ),
    spec("systemDisk", Kind::Free, "System disk."),
    spec("isChief", Kind::Flag, "This role is the chief."),
    spec("isCheif", Kind::Flag, "Old spelling of isChief."),
    spec(
        "considerInSuccessPolicy",
        Kind::Flag,
        "Counts for the job's success.",
    ),
    spec("driver", Kind::Text, "Driver of the GPUs."),
    spec(
        "oversoldType",
        Kind::Text,
        "Whether idle resources are taken.",
    ),
    spec(
        "hyperNodeSchedulingConfig",
        Kind::Free,
        "Scheduling on hyper nodes.",
    ),
];

static RESOURCES: &[Key] = &[
    spec("CPU", Kind::Amount, "Cores, for example \"8\".").safe(),
    spec("GPU", Kind::Amount, "GPUs, for example \"1\".").safe(),
    spec("memory", Kind::Amount, "Memory, for example \"32Gi\".").safe(),
    spec(
        "sharedMemory",
        Kind::Amount,
        "Shared memory, for example \"32Gi\".",
    )
    .safe(),
    spec("GPUType", Kind::Text, "Type of the GPU.").safe(),
];

const fn spec(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key::new(name, kind, about).nullable()
}
