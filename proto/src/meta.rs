//! The metadata that travels with every call, so that a channel that reconnects silently is still understood.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use tonic::metadata::{AsciiMetadataValue, MetadataMap};

/// `MAJOR.MINOR` of the protocol; in requests and answers.
pub const PROTOCOL: &str = "pai-protocol";
/// Program and version of the client, for example `paictl/0.1.0`.
pub const CLIENT: &str = "pai-client";
/// `person` or `tool`: see [`ClientKind`].
pub const CLIENT_KIND: &str = "pai-client-kind";
/// Settings path that the client means, percent-encoded UTF-8; absent means the daemon's own.
pub const SETTINGS: &str = "pai-settings";
/// Id of the daemon's store; in answers.
pub const STORE_ID: &str = "pai-store-id";
/// Random id of the daemon's process; in answers.
pub const INSTANCE: &str = "pai-instance";

const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// For whom a client acts. What a tool may change is a matter of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// `paictl`, in somebody's hands.
    Person,
    /// `pai-mcp`, on behalf of an agent.
    Tool,
}

impl ClientKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Tool => "tool",
        }
    }
}

/// Writes a settings path as an ASCII value.
pub fn encode_settings(path: &std::path::Path) -> Option<AsciiMetadataValue> {
    let text = path.to_str()?;
    utf8_percent_encode(text, ESCAPED).to_string().parse().ok()
}

/// Reads the settings path of a call; `None` when the client named none.
///
/// # Errors
/// A sentence when the value is there and cannot be read.
pub fn decode_settings(metadata: &MetadataMap) -> Result<Option<PathBuf>, String> {
    let Some(value) = metadata.get(SETTINGS) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .map_err(|_| "the settings path in the metadata is not ASCII")?;
    let path = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| "the settings path in the metadata is not UTF-8")?;
    Ok(Some(PathBuf::from(path.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_settings_path_survives_the_metadata() {
        for path in ["/home/me/settings.json", "/tmp/ä b%20/中文.json"] {
            let mut metadata = MetadataMap::new();
            metadata.insert(SETTINGS, encode_settings(Path::new(path)).unwrap());
            assert_eq!(decode_settings(&metadata), Ok(Some(PathBuf::from(path))));
        }
        assert_eq!(decode_settings(&MetadataMap::new()), Ok(None));
    }
}
