//! The Settings of a request: what is used of them here is checked, the rest comes back as sent.

use serde_json::{Map, Value};

use super::number;
use crate::error::ApiError;

/// How many minutes the job is kept after its own end.
pub(super) fn reserved_minutes(raw: &Map<String, Value>) -> Result<u64, ApiError> {
    let settings = match raw.get("Settings") {
        None | Some(Value::Null) => return Ok(0),
        Some(value) => value
            .as_object()
            .ok_or_else(|| ApiError::invalid("Settings", "it is not an object"))?,
    };
    let tags = settings.get("Tags").filter(|tags| !tags.is_null());
    if tags.is_some_and(|tags| !is_map_of_strings(tags)) {
        let why = "it is not a map of strings";
        return Err(ApiError::invalid("Settings.Tags", why));
    }
    Ok(number(settings, "JobReservedMinutes")?.unwrap_or(0))
}

fn is_map_of_strings(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|map| map.values().all(Value::is_string))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(settings: Value) -> Result<u64, String> {
        let Value::Object(raw) = json!({ "Settings": settings }) else {
            unreachable!()
        };
        reserved_minutes(&raw).map_err(|error| error.message)
    }

    #[test]
    fn the_minutes_are_read_and_the_rest_is_left_alone() {
        assert_eq!(read(json!(null)), Ok(0));
        assert_eq!(read(json!({"Tags": null, "Future": [1]})), Ok(0));
        let all = json!({"Tags": {"a": "b"}, "JobReservedMinutes": 30, "Driver": 5});
        assert_eq!(read(all), Ok(30));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (settings, key) in [
            (json!("Tags"), "Settings"),
            (json!({"Tags": {"a": 1}}), "Settings.Tags"),
            (json!({"Tags": []}), "Settings.Tags"),
            (json!({"JobReservedMinutes": -1}), "JobReservedMinutes"),
            (json!({"JobReservedMinutes": "5"}), "JobReservedMinutes"),
        ] {
            let message = read(settings).unwrap_err();
            assert!(message.contains(&format!(" {key} ")), "{message}");
        }
    }
}
