//! For whom a call acts.

/// Who makes a call, by the client's own word: it keeps mistakes small and is no wall (see SECURITY.md).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// An agent's tool rather than a person.
    pub is_tool: bool,
    /// Program and version, for example `paictl/0.1.0`.
    pub client: String,
}

impl Caller {
    /// The word that is stored.
    pub fn kind(&self) -> &'static str {
        match self.is_tool {
            true => "tool",
            false => "person",
        }
    }
}
