//! What a job asks for. A quantity that cannot be read is unknown, never zero.

use aliyun::dlc::JobSpec;
use serde_json::Value;

use crate::model::{Fault, FaultKind, Replica, Resources};

/// The roles of an answer, and what they ask for together: unknown where one does not tell its number of pods.
pub(super) fn answered(specs: &[JobSpec]) -> (Vec<Replica>, Resources) {
    let replicas: Vec<_> = specs.iter().map(replica).collect();
    let sums = match specs.iter().all(|spec| pods(spec).is_some()) {
        true => totals(&replicas),
        false => Resources::default(),
    };
    (replicas, sums)
}

fn pods(spec: &JobSpec) -> Option<u32> {
    u32::try_from(spec.pod_count?).ok()
}

/// An elastic role may grow by itself: nothing asks the limits then.
fn most(spec: &JobSpec) -> u32 {
    let scaling = spec.other.get("AutoScalingSpec");
    let most = scaling.and_then(|scaling| scaling.get("MaxReplicas")?.as_u64());
    most.and_then(|most| u32::try_from(most).ok()).unwrap_or(0)
}

fn replica(spec: &JobSpec) -> Replica {
    let amounts = spec.resource_config.as_ref();
    let sized = spec.ecs_spec.is_some();
    // Nothing asked for beside the rest of a readable config is zero; with an instance type it is unknown.
    let absent = (!sized && amounts.is_some()).then_some(0);
    Replica {
        role: spec.role.clone().unwrap_or_default(),
        count: pods(spec).unwrap_or(0),
        most: most(spec),
        image: spec.image.clone().unwrap_or_default(),
        instance_type: spec.ecs_spec.clone().unwrap_or_default(),
        each: Resources {
            cpu_milli: match amounts.and_then(|config| config.cpu.as_ref()) {
                Some(cpu) => cpu.cpu_milli().ok(),
                None => absent,
            },
            gpu_milli: match amounts.and_then(|config| config.gpu.as_ref()) {
                Some(gpu) => gpu.gpu_milli().ok(),
                None => absent,
            },
            memory_bytes: match amounts.and_then(|config| config.memory.as_ref()) {
                Some(memory) => memory.memory_bytes().ok(),
                None => absent,
            },
        },
    }
}

/// Sums over all pods, of elastic roles over as many as there may be; unknown when one part is, or when it is more than can
/// be counted.
pub fn totals(replicas: &[Replica]) -> Resources {
    let sum = |part: fn(&Resources) -> Option<u64>| {
        if replicas.is_empty() {
            return None;
        }
        replicas.iter().try_fold(0_u64, |sum, replica| {
            part(&replica.each)?
                .checked_mul(u64::from(replica.count.max(replica.most)))?
                .checked_add(sum)
        })
    };
    Resources {
        cpu_milli: sum(|each| each.cpu_milli),
        gpu_milli: sum(|each| each.gpu_milli),
        memory_bytes: sum(|each| each.memory_bytes),
    }
}

/// The roles of a wire body that is about to be sent, checked: a quantity that cannot be read is refused.
///
/// # Errors
/// A [`Fault`] of kind `Invalid` that names the field.
pub fn checked_replicas(job_specs: &Value) -> Result<(Vec<Replica>, Resources), Fault> {
    let specs = job_specs.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut replicas = Vec::with_capacity(specs.len());
    for (number, spec) in specs.iter().enumerate() {
        let count = spec.get("PodCount").and_then(Value::as_u64).unwrap_or(0);
        if count == 0 || count > 10_000 {
            return Err(unreadable(number, "PodCount", spec.get("PodCount")));
        }
        let most = spec.pointer("/AutoScalingSpec/MaxReplicas");
        if most.is_some_and(|most| most.as_u64().is_none_or(|most| most > 10_000)) {
            return Err(unreadable(number, "AutoScalingSpec.MaxReplicas", most));
        }
        let config = spec.get("ResourceConfig");
        for key in ["CPU", "GPU", "Memory"] {
            let Some(amount) = config.and_then(|config| config.get(key)) else {
                continue;
            };
            if spec.get("EcsSpec").is_some_and(|named| !named.is_null()) {
                return Err(both(number));
            }
            let text = match amount {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => {
                    return Err(unreadable(
                        number,
                        &format!("ResourceConfig.{key}"),
                        Some(amount),
                    ));
                }
            };
            let read = match key {
                "CPU" => aliyun::quantity::cpu_milli(&text).is_ok(),
                "GPU" => aliyun::quantity::gpu_milli(&text).is_ok(),
                _ => aliyun::quantity::memory_bytes(&text).is_ok(),
            };
            if !read {
                return Err(unreadable(
                    number,
                    &format!("ResourceConfig.{key}"),
                    Some(amount),
                ));
            }
        }
        let typed = JobSpec::from_value(spec.clone())
            .map_err(|_| unreadable(number, "the whole entry", None))?;
        replicas.push(replica(&typed));
    }
    let sums = totals(&replicas);
    Ok((replicas, sums))
}

/// Fact sheet §3.1: exactly one of them.
fn both(number: usize) -> Fault {
    let field = format!("jobSpecs[{number}].ecsSpec");
    let message = format!("jobSpecs[{number}] names an instance type and amounts of its own");
    Fault::new(FaultKind::Invalid, message)
        .hint("give either ecsSpec or resourceConfig; the cloud takes one of them")
        .field(field)
}

fn unreadable(number: usize, key: &str, value: Option<&Value>) -> Fault {
    let shown = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let field = format!("jobSpecs[{number}].{key}");
    Fault::new(
        FaultKind::Invalid,
        format!("{field} of the request cannot be read: {shown}"),
    )
    .hint("write amounts like \"8\", \"500m\", \"0.5\" or \"32Gi\", and podCount as a whole number")
    .field(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_summed_over_all_pods() {
        let specs = json!([
            {"Type": "Master", "PodCount": 1, "ResourceConfig": {"CPU": "500m", "GPU": "1", "Memory": "1Gi"}},
            {"Type": "Worker", "PodCount": 3, "ResourceConfig": {"CPU": "2", "GPU": "0.5", "Memory": "2Gi"}},
        ]);
        let (replicas, sums) = checked_replicas(&specs).unwrap();
        assert_eq!(replicas.len(), 2);
        assert_eq!(sums.cpu_milli, Some(6_500));
        assert_eq!(sums.gpu_milli, Some(2_500));
        assert_eq!(sums.memory_bytes, Some(7 << 30));
    }

    #[test]
    fn an_elastic_role_counts_as_large_as_it_may_become() {
        let elastic = json!([{"Type": "Worker", "PodCount": 1, "ResourceConfig": {"CPU": "2", "GPU": "1"},
            "AutoScalingSpec": {"MinReplicas": 1, "MaxReplicas": 16}}]);
        let (replicas, sums) = checked_replicas(&elastic).unwrap();
        assert_eq!((replicas[0].count, sums.gpu_milli), (1, Some(16_000)));
        assert_eq!(answer(elastic).1.cpu_milli, Some(32_000));
    }

    #[test]
    fn an_instance_type_and_amounts_of_its_own_are_refused() {
        let both = json!([{"PodCount": 1, "EcsSpec": "ecs.x", "ResourceConfig": {"GPU": "0"}}]);
        let fault = checked_replicas(&both).unwrap_err();
        assert!(fault.message.contains("jobSpecs[0]"), "{fault}");
        let other =
            json!([{"PodCount": 1, "EcsSpec": "ecs.x", "ResourceConfig": {"SharedMemory": "1Gi"}}]);
        checked_replicas(&other).unwrap();
    }

    #[test]
    fn an_instance_type_leaves_the_amounts_unknown() {
        let specs = json!([{"Type": "Worker", "PodCount": 2, "EcsSpec": "ecs.gn6i-c4g1.xlarge"}]);
        let (_, sums) = checked_replicas(&specs).unwrap();
        assert_eq!(sums, Resources::default());
    }

    #[test]
    fn a_quantity_that_cannot_be_read_is_refused_with_its_field() {
        for (spec, field) in [
            (
                json!({"PodCount": 1, "ResourceConfig": {"CPU": "many"}}),
                "ResourceConfig.CPU",
            ),
            (
                json!({"PodCount": 1, "ResourceConfig": {"GPU": "-1"}}),
                "ResourceConfig.GPU",
            ),
            (
                json!({"PodCount": 1, "ResourceConfig": {"Memory": "32 apples"}}),
                "ResourceConfig.Memory",
            ),
            (json!({"PodCount": "two"}), "PodCount"),
            (json!({"PodCount": 0}), "PodCount"),
            (
                json!({"PodCount": 1, "ResourceConfig": {"GPU": ["1"]}}),
                "ResourceConfig.GPU",
            ),
        ] {
            let fault = checked_replicas(&json!([spec])).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Invalid);
            assert!(fault.field.ends_with(field), "{fault}");
        }
    }
    fn answer(specs: Value) -> (Vec<Replica>, Resources) {
        let specs: Vec<_> = specs
            .as_array()
            .unwrap()
            .iter()
            .map(|spec| JobSpec::from_value(spec.clone()).unwrap())
            .collect();
        answered(&specs)
    }

    #[test]
    fn a_role_that_does_not_tell_its_pods_leaves_the_amounts_unknown() {
        let config = json!({"CPU": "2", "GPU": "1", "Memory": "2Gi"});
        for count in [
            json!(null),
            json!("two"),
            json!(-1),
            json!(5_000_000_000_i64),
        ] {
            let (replicas, sums) = answer(json!([
                {"Type": "Master", "PodCount": 1, "ResourceConfig": config},
                {"Type": "Worker", "PodCount": count, "ResourceConfig": config},
            ]));
            assert_eq!((replicas.len(), sums), (2, Resources::default()), "{count}");
        }
        let (_, sums) = answer(json!([{"PodCount": 0, "ResourceConfig": config}]));
        assert_eq!(sums.gpu_milli, Some(0));
    }

    #[test]
    fn sums_that_cannot_be_counted_are_unknown() {
        let much = json!({"PodCount": u32::MAX, "ResourceConfig":
            {"CPU": "9000000000000", "GPU": "9000000000000", "Memory": "9000000000000Ki"}});
        assert_eq!(answer(json!([much, much])).1, Resources::default());
        let max = json!({"PodCount": 1, "ResourceConfig": {"CPU": "18446744073709551", "GPU": "18446744073709551",
            "Memory": "18446744073709551615"}});
        let (replicas, sums) = answer(json!([max, max]));
        assert!(replicas[0].each.cpu_milli.is_some(), "readable alone");
        assert_eq!(sums, Resources::default());
    }
}
