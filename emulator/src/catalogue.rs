//! The instance types there are: plausible ones, with the amounts that the real ones of that name
//! have.

use crate::resources::Resources;

/// One instance type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InstanceType {
    pub(crate) name: &'static str,
    pub(crate) cpu: u32,
    pub(crate) memory_gib: u32,
    pub(crate) gpu: u32,
    /// Empty without GPUs, as `gpu_memory_gib` is 0 then.
    pub(crate) gpu_type: &'static str,
    /// Of one card.
    pub(crate) gpu_memory_gib: u32,
    /// Said by ListEcsSpecs only: jobs get what is sold out, too.
    pub(crate) available: bool,
}

/// In the order of ListEcsSpecs.
pub(crate) const INSTANCE_TYPES: [InstanceType; 12] = [
    cpu("ecs.c6.large", 2, 4),
    cpu("ecs.g6.large", 2, 8),
    cpu("ecs.g6.xlarge", 4, 16),
    cpu("ecs.g6.2xlarge", 8, 32),
    cpu("ecs.r6.4xlarge", 16, 128),
    gpu("ecs.gn6i-c4g1.xlarge", 4, 15, (1, "T4", 16)),
    gpu("ecs.gn6i-c24g1.12xlarge", 48, 186, (2, "T4", 16)),
    InstanceType {
        available: false,
        ..gpu("ecs.gn6v-c8g1.2xlarge", 8, 32, (1, "V100", 16))
    },
    gpu("ecs.gn6v-c8g1.16xlarge", 64, 256, (8, "V100", 16)),
    gpu("ecs.gn7i-c8g1.2xlarge", 8, 30, (1, "A10", 24)),
    gpu("ecs.gn7e-c16g1.4xlarge", 16, 125, (1, "A100", 80)),
    gpu("ecs.gn7e-c16g1.32xlarge", 128, 1000, (8, "A100", 80)),
];

const fn cpu(name: &'static str, cpu: u32, memory_gib: u32) -> InstanceType {
    gpu(name, cpu, memory_gib, (0, "", 0))
}

const fn gpu(
    name: &'static str,
    cpu: u32,
    memory_gib: u32,
    (gpu, gpu_type, gpu_memory_gib): (u32, &'static str, u32),
) -> InstanceType {
    InstanceType {
        name,
        cpu,
        memory_gib,
        gpu,
        gpu_type,
        gpu_memory_gib,
        available: true,
    }
}

impl InstanceType {
    /// `CPU` or `GPU`.
    pub(crate) fn accelerator_type(&self) -> &'static str {
        if self.gpu == 0 { "CPU" } else { "GPU" }
    }

    /// What a pod on it has.
    pub(crate) fn resources(&self) -> Resources {
        Resources {
            cpu: f64::from(self.cpu),
            gpu: f64::from(self.gpu),
            memory_gib: f64::from(self.memory_gib),
        }
    }
}

/// What a pod on the instance type of that name has. Of types that are not in the catalogue
/// nothing is known: their pods count as having nothing.
pub(crate) fn resources_of(name: &str) -> Resources {
    let known = INSTANCE_TYPES.iter().find(|each| each.name == name);
    known.map(InstanceType::resources).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_amounts_whole() {
        for (index, each) in INSTANCE_TYPES.iter().enumerate() {
            let twice = INSTANCE_TYPES[..index]
                .iter()
                .any(|other| other.name == each.name);
            assert!(!twice, "{}", each.name);
            assert!(each.cpu > 0 && each.memory_gib > 0, "{}", each.name);
            assert_eq!(each.gpu == 0, each.gpu_type.is_empty(), "{}", each.name);
            assert_eq!(each.gpu == 0, each.gpu_memory_gib == 0, "{}", each.name);
        }
    }

    #[test]
    fn amounts_are_those_of_the_catalogue_and_not_of_the_name() {
        let of = |cpu, gpu, memory_gib| Resources {
            cpu,
            gpu,
            memory_gib,
        };
        assert_eq!(resources_of("ecs.g6.large"), of(2.0, 0.0, 8.0));
        assert_eq!(resources_of("ecs.gn6v-c8g1.16xlarge"), of(64.0, 8.0, 256.0));
        assert_eq!(resources_of("ecs.new-c4g1.xlarge"), Resources::default());
    }
}
