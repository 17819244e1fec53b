//! Bodies of the operations that change something. None at all counts as one without keys.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// The keys of a request.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body)
        .map_err(|error| ApiError::invalid("body", &format!("not a JSON object: {error}")))
}

/// A text, be it empty; `null` counts as absent.
pub(super) fn text<'a>(
    object: &'a Map<String, Value>,
    key: &str,
) -> Result<Option<&'a str>, ApiError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ApiError::invalid(key, "it is not a string")),
    }
}
