//! Reads what an error body says, in any of the spellings that the services use
//! (PAI-DLC fact sheet §13.1).

use serde_json::{Map, Value};

/// The parts of an error body that matter, each optional.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
    /// `AccessDeniedDetail.AuthAction`.
    pub(super) auth_action: Option<String>,
}

/// `None` when the body is not one JSON object.
pub(super) fn read(body: &[u8]) -> Option<Parts> {
    let Ok(Value::Object(object)) = serde_json::from_slice::<Value>(body) else {
        return None;
    };
    let action = lookup(&object, "accessdenieddetail")
        .and_then(Value::as_object)
        .and_then(|detail| lookup(detail, "authaction"))
        .and_then(as_text);
    Some(Parts {
        code: text(&object, "code"),
        message: text(&object, "message")
            .or_else(|| text(&object, "detail"))
            .or_else(|| text(&object, "description")),
        request_id: text(&object, "requestid"),
        auth_action: action,
    })
}

/// The request id of any answer, error or not: `RequestId`, `RequestID`, `requestId`, ….
pub(crate) fn request_id(object: &Map<String, Value>) -> Option<String> {
    text(object, "requestid")
}

fn text(object: &Map<String, Value>, lower_key: &str) -> Option<String> {
    lookup(object, lower_key).and_then(as_text)
}

fn lookup<'a>(object: &'a Map<String, Value>, lower_key: &str) -> Option<&'a Value> {
    object
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(lower_key))
        .map(|(_, value)| value)
}

/// A non-empty text; codes may come as numbers.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
