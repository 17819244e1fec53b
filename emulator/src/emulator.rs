//! Starting, serving, ending.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::cloud::Cloud;
use crate::control::Control;
use crate::credentials::Credentials;
use crate::options::Options;
use crate::server;

/// A running emulator. Dropping it kills all jobs.
pub struct Emulator {
    cloud: Arc<Cloud>,
    addr: SocketAddr,
    serving: AbortHandle,
}

impl Emulator {
    /// Binds, makes a new access key, and serves on the current runtime. A second emulator in the
    /// same scratch folder is refused.
    pub async fn start(mut options: Options) -> io::Result<Self> {
        let listener = listen(options.listener.take(), options.port).await?;
        let addr = listener.local_addr()?;
        if !addr.ip().is_loopback() {
            return Err(io::Error::other("only a loopback address is allowed"));
        }
        for rule in &options.faults {
            rule.validate().map_err(io::Error::other)?;
        }
        let cloud = Arc::new(Cloud::new(options, addr)?);
        let serving = tokio::spawn(server::serve(listener, cloud.clone())).abort_handle();
        Ok(Self {
            cloud,
            addr,
            serving,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Access key id of this run.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.cloud.key.id
    }

    /// Secret of the access key of this run. Whoever has it runs commands as this user.
    #[must_use]
    pub fn access_key_secret(&self) -> &str {
        &self.cloud.key.secret
    }

    /// What a client in another process needs.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials {
            endpoint: self.base_url(),
            access_key_id: self.cloud.key.id.clone(),
            access_key_secret: self.cloud.key.secret.clone(),
            security_token: self.cloud.key.token.clone(),
            control_url: format!("{}/_control", self.base_url()),
            workspace_id: self.cloud.options.workspace_id.clone(),
            pid: std::process::id(),
        }
    }

    /// Faults, counts, exact transitions.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(self.cloud.clone())
    }

    /// Stops serving and kills the process groups of all jobs; they are gone when it returns.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.serving.abort();
        self.cloud.close();
    }
}

async fn listen(given: Option<StdListener>, port: u16) -> io::Result<TcpListener> {
    match given {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        }
        None => TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await,
    }
}
