//! Contexts.

use pai_proto::context::By;
use serde::Serialize;

/// A context that may be chosen.
#[derive(Debug, Serialize)]
pub struct Context {
    /// Null for a file that was named by its path.
    pub name: Option<String>,
    /// Its settings.
    pub settings_path: String,
    /// Whether they are there.
    pub exists: bool,
    /// Whether it is the one that is meant now.
    pub chosen: bool,
    /// By what: `--context`, `PAI_CONTEXT`, `ALIYUN_PAI_SETTINGS_PATH` or `default`; null where it is not chosen.
    pub chosen_by: Option<&'static str>,
}

impl Context {
    /// Says that this one is meant.
    pub fn choose(&mut self, by: By) {
        self.chosen = true;
        self.chosen_by = Some(by.as_str());
    }
}
