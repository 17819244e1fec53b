//! Two spellings of one key: the seed's camelCase, and the wire's PascalCase.

use serde_json::{Map, Value};

/// Objects whose keys are free: they are not ours to spell.
const FREE: &[&str] = &[
    "Envs",
    "Tags",
    "PodLabels",
    "PodAnnotations",
    "AdvancedSettings",
    "Limits",
    "Requests",
];

/// The seed's camelCase in the wire's PascalCase; what is PascalCase already stays.
pub fn wire_case(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(wire_case).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| wire_entry(key, item))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// One key with its value, as the wire has them.
pub(super) fn wire_entry(key: &str, value: &Value) -> (String, Value) {
    let key = wire_key(key);
    let value = match is_free(&key) {
        true => value.clone(),
        false => wire_case(value),
    };
    (key, value)
}

/// Whether the keys below this one (as the wire has it) are free.
pub(super) fn is_free(wire_key: &str) -> bool {
    FREE.contains(&wire_key)
}

/// One key as the wire has it.
pub(super) fn wire_key(key: &str) -> String {
    match key {
        "cpu" | "gpu" => return key.to_ascii_uppercase(),
        "gpuType" => return "GPUType".into(),
        "extendedCidrs" | "extendedCIDRs" => return "ExtendedCIDRs".into(),
        "supportedProfilingTypes" => return key.into(),
        _ => {}
    }
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
