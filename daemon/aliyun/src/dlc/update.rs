//! Changing a job that there is (PAI-DLC fact sheet §3.4).

use crate::error::Error;
use serde_json::{Map, Value, json};

/// What to change; what is `None` stays as it is and is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateJob {
    /// 1 (lowest) to 9. It acts only on jobs of a quota that are `Creating`, `Queuing` or
    /// `EnvPreparing`.
    pub priority: Option<u8>,
    /// In any status, and never back.
    pub accessibility: Option<Accessibility>,
    /// Free text.
    pub description: Option<String>,
}

/// Who sees a job. A job can be shown to more people and not be hidden again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accessibility {
    /// Everybody in the workspace.
    Public,
}

impl UpdateJob {
    /// The keys that are given; an error where there are none, or a priority that is none.
    pub(super) fn body(&self) -> Result<Value, Error> {
        let mut body = Map::new();
        if let Some(priority) = self.priority {
            if !(1..=9).contains(&priority) {
                return Err(Error::invalid_argument("Priority", "not 1 to 9"));
            }
            body.insert("Priority".to_owned(), json!(priority));
        }
        if let Some(Accessibility::Public) = self.accessibility {
            body.insert("Accessibility".to_owned(), json!("PUBLIC"));
        }
        if let Some(description) = &self.description {
            body.insert("Description".to_owned(), json!(description));
        }
        if body.is_empty() {
            return Err(Error::invalid_argument("body", "nothing to change"));
        }
        Ok(Value::Object(body))
    }
}
