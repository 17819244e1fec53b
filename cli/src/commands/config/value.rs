//! Values on the command line: JSON where a word is JSON, else text.

use pai_proto::value;
use prost_types::Value;
use serde_json::Value as Json;

/// Reads a value: `8`, `true`, `null`, `["a"]` and `"8"` are JSON, `main` and `32Gi` are text.
pub(super) fn read(text: &str) -> Value {
    value::to_message(&json(text))
}

pub(super) fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_json_is_json_and_the_rest_is_text() {
        for (text, expected) in [
            ("8", json!(8)),
            ("0.5", json!(0.5)),
            ("true", json!(true)),
            ("null", json!(null)),
            ("\"8\"", json!("8")),
            ("{\"a\": [1]}", json!({"a": [1]})),
            ("main", json!("main")),
            ("32Gi", json!("32Gi")),
            ("[a", json!("[a")),
            ("", json!("")),
            ("007", json!("007")),
        ] {
            assert_eq!(json(text), expected, "{text}");
            assert_eq!(value::to_json(&read(text)), expected, "{text}");
        }
    }
}
