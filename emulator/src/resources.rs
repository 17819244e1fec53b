//! What one pod asks for, read from a JobSpec.

use serde_json::Value;

/// CPU, GPU and memory of one pod.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Resources {
    /// vCPU.
    pub(crate) cpu: f64,
    pub(crate) gpu: f64,
    pub(crate) memory_gib: f64,
}

impl Resources {
    pub(crate) fn of_spec(spec: &Value) -> Self {
        if let Some(name) = spec["EcsSpec"].as_str() {
            return Self::of_instance_type(name);
        }
        let config = &spec["ResourceConfig"];
        let text = |key: &str| config[key].as_str().unwrap_or_default();
        Self {
            cpu: text("CPU").parse().unwrap_or(0.0),
            gpu: text("GPU").parse().unwrap_or(0.0),
            memory_gib: gib(text("Memory")),
        }
    }

    /// Instance types with `-cXgY` in their name say what they have; of others nothing is known.
    fn of_instance_type(name: &str) -> Self {
        let sized = name.split(['.', '-']).find_map(|part| {
            let (cpu, gpu) = part.strip_prefix('c')?.split_once('g')?;
            Some((cpu.parse::<f64>().ok()?, gpu.parse::<f64>().ok()?))
        });
        let (cpu, gpu) = sized.unwrap_or((0.0, 0.0));
        Self {
            cpu,
            gpu,
            memory_gib: 0.0,
        }
    }
}

/// `32Gi`, `512Mi`, `1Ti`, or a bare number of GiB.
fn gib(text: &str) -> f64 {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_end_matches(['B', 'b']) {
        "Ki" | "K" => 1.0 / (1024.0 * 1024.0),
        "Mi" | "M" => 1.0 / 1024.0,
        "Ti" | "T" => 1024.0,
        _ => 1.0,
    };
    number.parse::<f64>().unwrap_or(0.0) * factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn resource_config_is_read_with_units() {
        let spec = json!({"ResourceConfig": {"CPU": "8", "GPU": "2", "Memory": "512Mi"}});
        let expected = Resources {
            cpu: 8.0,
            gpu: 2.0,
            memory_gib: 0.5,
        };
        assert_eq!(Resources::of_spec(&spec), expected);
    }

    #[test]
    fn instance_types_say_cpu_and_gpu_in_their_name() {
        let of = |name: &str| Resources::of_spec(&json!({ "EcsSpec": name }));
        assert_eq!(
            of("ecs.gn6i-c4g1.xlarge"),
            Resources {
                cpu: 4.0,
                gpu: 1.0,
                memory_gib: 0.0
            }
        );
        assert_eq!(of("ecs.g6.large"), Resources::default());
    }
}
