//! Our metadata on every call.

use tonic::{Request, Status, metadata::AsciiMetadataValue, service::Interceptor};

use crate::{ConnectOptions, PROTOCOL_MAJOR, PROTOCOL_MINOR, meta};

/// Puts our metadata on every call.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    protocol: AsciiMetadataValue,
    client: Option<AsciiMetadataValue>,
    kind: AsciiMetadataValue,
    settings: Option<AsciiMetadataValue>,
}

impl Stamp {
    pub(crate) fn new(options: &ConnectOptions) -> Self {
        Self {
            protocol: format!("{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}")
                .parse()
                .unwrap_or_else(|_| AsciiMetadataValue::from_static("0.0")),
            client: format!("{}/{}", options.program, options.version)
                .parse()
                .ok(),
            kind: AsciiMetadataValue::from_static(options.kind.as_str()),
            settings: options.settings.as_deref().and_then(meta::encode_settings),
        }
    }
}

impl Interceptor for Stamp {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert(meta::PROTOCOL, self.protocol.clone());
        metadata.insert(meta::CLIENT_KIND, self.kind.clone());
        if let Some(client) = &self.client {
            metadata.insert(meta::CLIENT, client.clone());
        }
        if let Some(settings) = &self.settings {
            metadata.insert(meta::SETTINGS, settings.clone());
        }
        Ok(request)
    }
}
