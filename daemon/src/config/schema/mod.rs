//! What may stand in the files: as a JSON Schema for editors, and field by field for whoever wants to change something.

mod fields;

pub use fields::{Field, fields};

use serde_json::{Map, Value, json};

use super::keys::{Key, Kind, OWN, SETTINGS};

/// One of both files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The settings, which another tool may share.
    Settings,
    /// Our own file beside them.
    Own,
}

/// The JSON Schema (2020-12) of a file. Unknown keys are allowed where they are only warned about.
pub fn json_schema(file: File) -> Value {
    let (table, title) = match file {
        File::Settings => (SETTINGS, "Settings of aliyun-pai-mcp, also read by paid"),
        File::Own => (OWN, "paid's own keys, beside those settings"),
    };
    let mut schema = Form { file }.object(table, false);
    schema.insert(
        "$schema".to_owned(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    schema.insert("title".to_owned(), title.into());
    if file == File::Settings {
        let a_default = json!([
            {"required": ["profiles"], "properties": {"profiles": {"required": ["default"]}}},
            {"required": ["jobDefaults"]},
        ]);
        schema.insert("anyOf".to_owned(), a_default);
    }
    schema.into()
}

struct Form {
    file: File,
}

impl Form {
    fn object(&self, table: &'static [Key], strict: bool) -> Map<String, Value> {
        let properties: Map<_, _> = table
            .iter()
            .map(|key| (key.name.to_owned(), self.key(key, strict)))
            .collect();
        let mut schema = Map::from_iter([
            ("type".to_owned(), "object".into()),
            ("properties".to_owned(), properties.into()),
        ]);
        let required: Vec<_> = table
            .iter()
            .filter(|key| key.required && self.file == File::Settings)
            .map(|key| key.name)
            .collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        if strict {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        schema
    }

    fn key(&self, key: &'static Key, strict: bool) -> Value {
        // A slip in the policy is an error.
        let strict = strict || key.name == "policy";
        let mut schema = self.kind(key.kind, strict);
        if key.required && matches!(key.kind, Kind::List(_)) {
            schema.insert("minItems".to_owned(), 1.into());
        }
        if key.nullable {
            allow_null(&mut schema);
        }
        schema.insert("description".to_owned(), key.about.into());
        if let Some(default) = key.default.and_then(|json| serde_json::from_str(json).ok()) {
            schema.insert("default".to_owned(), default);
        }
        schema.into()
    }

    fn kind(&self, kind: Kind, strict: bool) -> Map<String, Value> {
        let schema = match kind {
            Kind::Text => json!({"type": "string"}),
            Kind::Like(pattern) => json!({"type": "string", "pattern": pattern}),
            Kind::OneOf(words) => json!({"enum": words}),
            Kind::Flag => json!({"type": "boolean"}),
            Kind::Whole { least, most } => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            Kind::Number { least, most } => {
                json!({"type": "number", "minimum": least, "maximum": most})
            }
            Kind::Amount => json!({"type": ["string", "number"]}),
            Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Kind::Words(words) => json!({"type": "array", "items": {"enum": words}}),
            Kind::TextMap => {
                json!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}})
            }
            Kind::Object(table) => return self.object(table, strict),
            Kind::List(table) => json!({"type": "array", "items": self.object(table, strict)}),
            Kind::Named(table) => {
                json!({"type": "object", "additionalProperties": self.object(table, strict)})
            }
            Kind::TextOr(table) => {
                json!({"anyOf": [{"type": "string"}, self.object(table, strict)]})
            }
            Kind::Free => json!({"type": "object"}),
            Kind::FreeList => json!({"type": "array", "items": {"type": "object"}}),
            Kind::Any => json!({}),
        };
        match schema {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

fn allow_null(schema: &mut Map<String, Value>) {
    match schema.get_mut("type") {
        Some(Value::Array(types)) => types.push("null".into()),
        Some(one) => *one = json!([one, "null"]),
        None => {}
    }
    for key in ["enum", "anyOf"] {
        if let Some(Value::Array(choices)) = schema.get_mut(key) {
            choices.push(match key {
                "enum" => Value::Null,
                _ => json!({"type": "null"}),
            });
        }
    }
}
