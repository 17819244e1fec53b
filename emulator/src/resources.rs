//! What one pod asks for, read from a JobSpec.

use serde_json::{Map, Value};

/// CPU, GPU and memory of one pod.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Resources {
    /// vCPU.
    pub(crate) cpu: f64,
    pub(crate) gpu: f64,
    pub(crate) memory_gib: f64,
}

impl Resources {
    /// Reads a `ResourceConfig`, whose values are all strings; an absent or empty one is zero.
    /// Fails with the key of an amount that is none.
    pub(crate) fn of_config(config: &Map<String, Value>) -> Result<Self, &'static str> {
        let read = |key: &'static str, amount: fn(&str) -> Option<f64>| match config
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
        {
            "" => Ok(0.0),
            text => amount(text)
                .filter(|amount| amount.is_finite() && *amount >= 0.0)
                .ok_or(key),
        };
        read("SharedMemory", gib)?;
        Ok(Self {
            cpu: read("CPU", count)?,
            gpu: read("GPU", count)?,
            memory_gib: read("Memory", gib)?,
        })
    }
}

/// `8`, `0.5` or `500m`.
fn count(text: &str) -> Option<f64> {
    match text.strip_suffix('m') {
        Some(thousandths) => Some(decimal(thousandths)? / 1000.0),
        None => decimal(text),
    }
}

/// `32Gi`, `512Mi`, `1Ti`, or a bare number of GiB.
fn gib(text: &str) -> Option<f64> {
    let digits = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_end_matches(['B', 'b']) {
        "Ki" | "K" => 1.0 / (1024.0 * 1024.0),
        "Mi" | "M" => 1.0 / 1024.0,
        "Gi" | "G" | "" => 1.0,
        "Ti" | "T" => 1024.0,
        _ => return None,
    };
    Some(decimal(number)? * factor)
}

/// Digits with at most one point; no sign, no exponent.
fn decimal(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(config: Value) -> Result<Resources, &'static str> {
        Resources::of_config(config.as_object().unwrap())
    }

    #[test]
    fn amounts_are_read_with_units() {
        let of = |cpu, gpu, memory_gib| {
            Ok(Resources {
                cpu,
                gpu,
                memory_gib,
            })
        };
        let mixed = json!({"CPU": "8", "GPU": "0.5", "Memory": "512Mi", "GPUType": "A10"});
        assert_eq!(read(mixed), of(8.0, 0.5, 0.5));
        let small = json!({"CPU": "500m", "GPU": "", "Memory": "2"});
        assert_eq!(read(small), of(0.5, 0.0, 2.0));
        assert_eq!(read(json!({"Memory": "1TiB"})), of(0.0, 0.0, 1024.0));
    }

    #[test]
    fn what_is_no_amount_is_named() {
        for bad in ["-1", "many", "inf", "NaN", "1e3", "+1", ".", " 1", "1 "] {
            for key in ["CPU", "GPU", "Memory", "SharedMemory"] {
                assert_eq!(read(json!({ key: bad })), Err(key), "{key} {bad:?}");
            }
        }
        assert_eq!(read(json!({"Memory": "32 apples"})), Err("Memory"));
        let huge = "9".repeat(400);
        assert_eq!(read(json!({ "CPU": huge })), Err("CPU"));
    }
}
