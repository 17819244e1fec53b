//! What a profile asks for. A quantity that cannot be read is an error, one that is not known is `None`, and never zero.

use aliyun::dlc::Amount;
use serde_json::{Map, Value};

use super::Sizes;
use crate::model::Resources;

/// Sums over all pods of a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::config) struct Size {
    /// Pods, as many as it may grow to.
    pub pods: Option<u64>,
    /// Thousandths of a GPU.
    pub gpu_milli: Option<u64>,
    /// Thousandths of a core.
    pub cpu_milli: Option<u64>,
    /// Bytes.
    pub memory_bytes: Option<u64>,
}

/// Measures a profile as the wire has it.
///
/// # Errors
/// The place of a quantity that cannot be read.
pub(in crate::config) fn size(
    profile: &Map<String, Value>,
    sizes: Sizes<'_>,
) -> Result<Size, String> {
    let mut sum = Size {
        pods: Some(0),
        gpu_milli: Some(0),
        cpu_milli: Some(0),
        memory_bytes: Some(0),
    };
    for (number, role) in roles(profile).iter().enumerate() {
        let (pods, each) =
            role_size(role, sizes).map_err(|key| format!("jobSpecs[{number}].{key}"))?;
        let add = |sum: Option<u64>, each: Option<u64>| each?.checked_mul(pods)?.checked_add(sum?);
        sum = Size {
            pods: add(sum.pods, Some(1)),
            gpu_milli: add(sum.gpu_milli, each.gpu_milli),
            cpu_milli: add(sum.cpu_milli, each.cpu_milli),
            memory_bytes: add(sum.memory_bytes, each.memory_bytes),
        };
    }
    Ok(sum)
}

/// The parts of a profile that decide its size.
pub(super) fn sizing(profile: &Map<String, Value>) -> Vec<[&Value; 4]> {
    roles(profile)
        .iter()
        .map(|role| {
            ["PodCount", "EcsSpec", "ResourceConfig", "AutoScalingSpec"].map(|key| &role[key])
        })
        .collect()
}

fn roles(profile: &Map<String, Value>) -> &[Value] {
    profile
        .get("JobSpecs")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Pods of a role, and what each of them asks for.
fn role_size(role: &Value, sizes: Sizes<'_>) -> Result<(u64, Resources), &'static str> {
    let count = role["PodCount"]
        .as_u64()
        .filter(|n| (1..=10_000).contains(n));
    let most = match &role["AutoScalingSpec"]["MaxReplicas"] {
        Value::Null => 0,
        replicas => replicas.as_u64().ok_or("autoScalingSpec.maxReplicas")?,
    };
    let pods = count.ok_or("podCount")?.max(most);
    let config = &role["ResourceConfig"];
    let asked = Resources {
        cpu_milli: amount(&config["CPU"], Amount::cpu_milli).ok_or("resourceConfig.CPU")?,
        gpu_milli: amount(&config["GPU"], Amount::gpu_milli).ok_or("resourceConfig.GPU")?,
        memory_bytes: amount(&config["Memory"], Amount::memory_bytes)
            .ok_or("resourceConfig.memory")?,
    };
    let each = match &role["EcsSpec"] {
        // Nothing asked for beside the rest of a readable config is zero.
        Value::Null if config.is_object() => map(asked, |asked| Some(asked.unwrap_or(0))),
        Value::Null => Resources::default(),
        named => {
            let known = named.as_str().and_then(sizes).unwrap_or_default();
            Resources {
                cpu_milli: larger(known.cpu_milli, asked.cpu_milli),
                gpu_milli: larger(known.gpu_milli, asked.gpu_milli),
                memory_bytes: larger(known.memory_bytes, asked.memory_bytes),
            }
        }
    };
    Ok((pods, each))
}

fn map(of: Resources, change: fn(Option<u64>) -> Option<u64>) -> Resources {
    Resources {
        cpu_milli: change(of.cpu_milli),
        gpu_milli: change(of.gpu_milli),
        memory_bytes: change(of.memory_bytes),
    }
}

/// Unknown where the instance type is; else at least what it has.
fn larger(known: Option<u64>, asked: Option<u64>) -> Option<u64> {
    known.map(|known| known.max(asked.unwrap_or(0)))
}

/// `None` where it cannot be read; `Some(None)` where there is none.
fn amount<E>(value: &Value, read: fn(&Amount) -> Result<u64, E>) -> Option<Option<u64>> {
    let amount = match value {
        Value::Null => return Some(None),
        Value::String(text) => Amount::Text(text.clone()),
        Value::Number(number) => Amount::Number(number.clone()),
        _ => return None,
    };
    read(&amount).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(job_specs: Value) -> Result<Size, String> {
        let profile = Map::from_iter([("JobSpecs".to_owned(), job_specs)]);
        size(&profile, &|name| {
            (name == "ecs.known").then_some(Resources {
                cpu_milli: Some(8000),
                gpu_milli: Some(1000),
                memory_bytes: Some(1 << 30),
            })
        })
    }

    #[test]
    fn amounts_are_summed_over_all_pods_of_all_roles() {
        let size = of(json!([
            {"PodCount": 2, "ResourceConfig": {"CPU": "500m", "GPU": "0.5", "Memory": "1Gi"}},
            {"PodCount": 1, "EcsSpec": "ecs.known"},
        ]))
        .unwrap();
        assert_eq!(
            size,
            Size {
                pods: Some(3),
                gpu_milli: Some(2000),
                cpu_milli: Some(9000),
                memory_bytes: Some(3 << 30)
            }
        );
    }

    #[test]
    fn an_unknown_instance_type_leaves_the_amounts_unknown_whatever_stands_beside_it() {
        for role in [
            json!({"PodCount": 2, "EcsSpec": "ecs.other"}),
            json!({"PodCount": 2, "EcsSpec": "ecs.other", "ResourceConfig": {"GPU": "0"}}),
            json!({"PodCount": 2, "EcsSpec": ["ecs.known"]}),
            json!({"PodCount": 2}),
        ] {
            let size = of(json!([role])).unwrap();
            assert_eq!(
                size,
                Size {
                    pods: Some(2),
                    ..Size::default()
                }
            );
        }
        let both =
            of(json!([{"PodCount": 1, "EcsSpec": "ecs.known", "ResourceConfig": {"GPU": "8"}}]))
                .unwrap();
        assert_eq!(both.gpu_milli, Some(8000), "the larger of both");
    }

    #[test]
    fn elastic_jobs_count_as_large_as_they_may_become() {
        let elastic = json!([{"PodCount": 1, "ResourceConfig": {"GPU": "1"}, "AutoScalingSpec": {"MaxReplicas": 16}}]);
        let size = of(elastic).unwrap();
        assert_eq!((size.pods, size.gpu_milli), (Some(16), Some(16_000)));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (role, at) in [
            (json!({"PodCount": 0}), "jobSpecs[0].podCount"),
            (json!({"PodCount": "1"}), "jobSpecs[0].podCount"),
            (json!({"PodCount": 10_001}), "jobSpecs[0].podCount"),
            (json!({}), "jobSpecs[0].podCount"),
            (
                json!({"PodCount": 1, "ResourceConfig": {"GPU": "many"}}),
                "jobSpecs[0].resourceConfig.GPU",
            ),
            (
                json!({"PodCount": 1, "ResourceConfig": {"CPU": ["1"]}}),
                "jobSpecs[0].resourceConfig.CPU",
            ),
            (
                json!({"PodCount": 1, "ResourceConfig": {"Memory": "1 apple"}}),
                "jobSpecs[0].resourceConfig.memory",
            ),
            (
                json!({"PodCount": 1, "ResourceConfig": {"Memory": 32}}),
                "jobSpecs[0].resourceConfig.memory",
            ),
            (
                json!({"PodCount": 1, "AutoScalingSpec": {"MaxReplicas": "x"}}),
                "jobSpecs[0].autoScalingSpec.maxReplicas",
            ),
        ] {
            assert_eq!(of(json!([role])).unwrap_err(), at);
        }
        let huge =
            of(json!([{"PodCount": 9000, "ResourceConfig": {"CPU": "9000000000000000"}}])).unwrap();
        assert_eq!(huge.cpu_milli, None, "more than can be counted is unknown");
    }
}
