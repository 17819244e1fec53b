//! How to send: time limits, and the sources of time and nonces.

use crate::error::{Detail, Effect, Error};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Tells the local time; a test passes its own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Makes a text that no other request has carried; a test passes its own.
pub type NonceSource = Arc<dyn Fn() -> String + Send + Sync>;

/// Connections that idle longer than this are closed on this side, before a server or a NAT
/// drops them silently.
const POOL_IDLE: Duration = Duration::from_secs(45);
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// Settings of a [`crate::Transport`].
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportOptions {
    /// For DNS, TCP and TLS together. Default 5 s (PAI-DLC fact sheet §13.4).
    pub connect_timeout: Duration,
    /// For one attempt, from connecting to the last byte of the body. Default 20 s.
    pub timeout: Duration,
    /// Longest time that an interactive request waits for its token of the bucket before it fails
    /// as [`Error::Throttled`], counted for each attempt. It fails at once when a pause that the
    /// server has asked for, or the queue, is certain to last longer. Background requests wait as
    /// long as it takes. Default 10 s.
    pub patience: Duration,
    /// Whether `HTTPS_PROXY` and its kin are obeyed. Default no.
    pub proxy_from_env: bool,
    /// Default `pai/<version>`. Not signed, since proxies rewrite it (fact sheet §11.2).
    pub user_agent: String,
    /// Default: the system's clock.
    pub clock: Clock,
    /// Default: 16 random bytes in hex.
    pub nonce: NonceSource,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(20),
            patience: Duration::from_secs(10),
            proxy_from_env: false,
            user_agent: concat!("pai/", env!("CARGO_PKG_VERSION")).to_owned(),
            clock: Arc::new(Timestamp::now),
            nonce: Arc::new(|| hex::encode(rand::random::<[u8; 16]>())),
        }
    }
}

impl TransportOptions {
    /// A client that trusts the system's certificates. Where there are none, as in a bare
    /// container, it trusts nobody: plain http to loopback works, and https fails when it is tried.
    pub(super) fn client(&self) -> Result<reqwest::Client, Error> {
        // An error means that a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let unusable = match self.builder().build() {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        let client = self.builder().tls_certs_only([]).build();
        let client = client.map_err(|error| {
            let message = format!("no HTTP client: {}", super::answer::chain(&error));
            let detail = Detail::local("Client.Setup", &message, Effect::None);
            Error::Unsupported {
                detail: Box::new(detail),
            }
        })?;
        tracing::warn!(
            error = %super::answer::chain(&unusable),
            "the system's certificates cannot be used; https will fail",
        );
        Ok(client)
    }

    /// Redirects and the library's own retries are off: both would send a signed request at a
    /// time or to a place that nobody has decided on.
    fn builder(&self) -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .tcp_keepalive(TCP_KEEPALIVE)
            .pool_idle_timeout(POOL_IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(&self.user_agent);
        if self.proxy_from_env {
            builder
        } else {
            builder.no_proxy()
        }
    }
}

impl fmt::Debug for TransportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("patience", &self.patience)
            .field("proxy_from_env", &self.proxy_from_env)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}
