//! JSON values in messages, and back. Numbers of messages are floating point: whole ones up to 2^53 come back as they were.

use prost_types::{ListValue, Struct, Value, value::Kind};
use serde_json::{Map, Number, Value as Json};

/// A JSON value as a message.
pub fn to_message(json: &Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(flag) => Kind::BoolValue(*flag),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text.clone()),
        Json::Array(items) => Kind::ListValue(ListValue {
            values: items.iter().map(to_message).collect(),
        }),
        Json::Object(map) => Kind::StructValue(to_struct(map)),
    };
    Value { kind: Some(kind) }
}

/// A JSON object as a message.
pub fn to_struct(map: &Map<String, Json>) -> Struct {
    let entry = |(key, value): (&String, &Json)| (key.clone(), to_message(value));
    Struct {
        fields: map.iter().map(entry).collect(),
    }
}

/// A message as a JSON value. What is no number of JSON (NaN, infinity) becomes null.
pub fn to_json(value: &Value) -> Json {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(flag)) => Json::Bool(*flag),
        Some(Kind::NumberValue(number)) => to_number(*number).map_or(Json::Null, Json::Number),
        Some(Kind::StringValue(text)) => Json::String(text.clone()),
        Some(Kind::ListValue(list)) => list.values.iter().map(to_json).collect(),
        Some(Kind::StructValue(map)) => Json::Object(to_object(map)),
    }
}

/// A message as a JSON object.
pub fn to_object(map: &Struct) -> Map<String, Json> {
    let entry = |(key, value): (&String, &Value)| (key.clone(), to_json(value));
    map.fields.iter().map(entry).collect()
}

/// A whole number as one: `8.0` would not be taken for a count.
fn to_number(number: f64) -> Option<Number> {
    let whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    match whole {
        // Within 2^53 its digits are exact.
        true => format!("{number:.0}").parse::<i64>().ok().map(Into::into),
        false => Number::from_f64(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_comes_back_as_it_was() {
        for json in [
            json!(null),
            json!(true),
            json!(8),
            json!(-3),
            json!(0.5),
            json!(9_007_199_254_740_992_i64),
            json!("text"),
            json!([1, "two", {"three": [null]}]),
            json!({}),
        ] {
            assert_eq!(to_json(&to_message(&json)), json);
        }
    }

    #[test]
    fn what_is_no_number_is_null() {
        for odd in [f64::NAN, f64::INFINITY] {
            let kind = Some(Kind::NumberValue(odd));
            assert_eq!(to_json(&Value { kind }), Json::Null);
        }
        assert_eq!(to_json(&Value { kind: None }), Json::Null);
    }
}
