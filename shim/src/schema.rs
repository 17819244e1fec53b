//! Schemas of arguments, in the part of JSON Schema that every host understands.
//!
//! What schemars writes by itself makes some hosts print warnings (integer formats) and others refuse the tool (types that
//! are a list, for an optional argument).

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::{
    JsonSchema, Schema,
    generate::SchemaSettings,
    transform::{Transform as _, transform_subschemas},
};
use serde_json::Value;

/// The schema of a tool's arguments.
pub(crate) fn of<T: JsonSchema>() -> Arc<JsonObject> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    portable.transform(&mut schema);
    // The name and the purpose of the type are none of the reader's business.
    schema.remove("title");
    schema.remove("description");
    let mut schema = schema.as_object().cloned().unwrap_or_default();
    // Some hosts insist on the key, even where there are no arguments.
    schema
        .entry("properties")
        .or_insert_with(|| Value::Object(JsonObject::new()));
    Arc::new(schema)
}

fn portable(schema: &mut Schema) {
    if let Some(other) = besides_null(schema) {
        schema.remove("anyOf");
        if let Value::Object(other) = other {
            for (key, value) in other {
                schema.insert(key, value);
            }
        }
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if matches!(
        schema.get("type").and_then(Value::as_str),
        Some("integer" | "number")
    ) {
        schema.remove("format");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    transform_subschemas(&mut portable, schema);
}

/// The one alternative that is left when null is taken away.
fn besides_null(schema: &Schema) -> Option<Value> {
    let choices = schema.get("anyOf")?.as_array()?;
    let mut others = choices.iter().filter(|choice| choice["type"] != "null");
    let only = others.next()?.clone();
    others.next().is_none().then_some(only)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase")]
    #[expect(dead_code, reason = "only its schema is of interest")]
    enum Mode {
        All,
        Any,
    }

    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Args {
        /// Which
        /// ones.
        ids: Vec<String>,
        count: Option<u32>,
        ratio: Option<f64>,
        mode: Option<Mode>,
        #[serde(default)]
        deep: Option<Vec<Option<i64>>>,
    }

    #[test]
    fn no_integer_formats_no_null_and_no_references() {
        assert_eq!(
            Value::Object((*of::<Args>()).clone()),
            json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["ids"],
                "properties": {
                    "ids": {"type": "array", "items": {"type": "string"}, "description": "Which ones."},
                    "count": {"type": "integer", "minimum": 0},
                    "ratio": {"type": "number"},
                    "mode": {"type": "string", "enum": ["all", "any"]},
                    "deep": {"type": "array", "items": {"type": "integer"}},
                },
            })
        );
    }
}
