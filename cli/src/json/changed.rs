//! Changes of the settings.

use pai_proto::{v1, value};
use serde::Serialize;
use serde_json::Value;

use super::{Problem, known};

/// What was, or with `--dry-run` would be, changed.
#[derive(Debug, Serialize)]
pub struct ConfigChanged {
    written: bool,
    files: Vec<String>,
    changes: Vec<Change>,
    warnings: Vec<String>,
    /// Of the files after the change.
    digest: Option<String>,
}

#[derive(Debug, Serialize)]
struct Change {
    path: String,
    /// Absent where there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
    /// Absent where it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Value>,
}

impl From<&v1::ConfigChanged> for ConfigChanged {
    fn from(changed: &v1::ConfigChanged) -> Self {
        let change = |change: &v1::ConfigChange| Change {
            path: change.path.clone(),
            from: change.from.as_ref().map(value::to_json),
            to: change.to.as_ref().map(value::to_json),
        };
        Self {
            written: changed.written,
            files: changed.files.clone(),
            changes: changed.changes.iter().map(change).collect(),
            warnings: changed.warnings.clone(),
            digest: known(&changed.digest),
        }
    }
}

/// What is wrong with the files as they are.
#[derive(Debug, Serialize)]
pub struct ConfigChecked {
    usable: bool,
    settings_path: String,
    own_path: Option<String>,
    problem: Option<Problem>,
    warnings: Vec<String>,
}

impl From<&v1::CheckConfigResponse> for ConfigChecked {
    fn from(checked: &v1::CheckConfigResponse) -> Self {
        Self {
            usable: checked.problem.is_none(),
            settings_path: checked.settings_path.clone(),
            own_path: known(&checked.own_path),
            problem: checked.problem.as_ref().map(Into::into),
            warnings: checked.warnings.clone(),
        }
    }
}

/// A key that may stand in the settings.
#[derive(Debug, Serialize)]
pub struct ConfigField {
    path: String,
    kind: String,
    description: String,
    constraint: Option<String>,
    /// What stands there now, secrets masked; absent where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Value>,
    modifiable: bool,
}

impl From<&v1::ConfigField> for ConfigField {
    fn from(field: &v1::ConfigField) -> Self {
        Self {
            path: field.path.clone(),
            kind: field.kind.clone(),
            description: field.description.clone(),
            constraint: known(&field.constraint),
            current: field.current.as_ref().map(value::to_json),
            modifiable: field.modifiable,
        }
    }
}
