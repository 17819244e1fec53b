//! The connection to the daemon: made by the first call that needs it, kept for the life of this process, made anew after
//! a call has lost it for good.
//!
//! Calls that ask while an attempt is under way share its outcome, so that many calls at once cost one attempt.

use std::time::Duration;

use pai_proto::{
    Client, ClientError, ConnectOptions,
    meta::ClientKind,
    paths,
    start::{self, Starter},
};
use sha2::{Digest as _, Sha256};
use tokio::{sync::Mutex, time::Instant};

use crate::{error::Failure, origin::Origin, stderr};
use pai_proto::text;

/// How long the first connection is tried: the daemon may just be starting.
const PATIENCE: Duration = Duration::from_secs(2);

/// The one daemon that this process talks to.
pub(crate) struct Daemon {
    origin: Origin,
    link: Mutex<Link>,
}

#[derive(Default)]
struct Link {
    client: Option<Client>,
    /// The last attempt, when it failed: for those who asked before its end.
    failed: Option<(Instant, Failure)>,
}

impl Daemon {
    /// Not connected yet.
    pub(crate) fn new(origin: Origin) -> Self {
        Self {
            origin,
            link: Mutex::default(),
        }
    }

    /// Where this process was started.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The connection; made if there is none.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        let asked = Instant::now();
        let mut link = self.link.lock().await;
        if let Some(client) = &link.client {
            return Ok(client.clone());
        }
        if let Some((ended, failure)) = &link.failed
            && *ended >= asked
        {
            return Err(failure.clone());
        }
        match self.connect().await {
            Ok(client) => Ok(link.client.insert(client).clone()),
            Err(failure) => {
                link.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    /// One call.
    pub(crate) async fn call<T, F>(&self, ask: impl FnOnce(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let client = self.client().await?;
        ask(client.clone()).await.map_err(|error| {
            if matches!(error, ClientError::Broken(_) | ClientError::Start { .. }) {
                self.forget(&client);
            }
            error.into()
        })
    }

    /// This one's daemon did not come back: the next call looks for one anew, and starts one where there is none. A
    /// connection that another call has made meanwhile, or is making now, stays.
    pub(crate) fn forget(&self, lost: &Client) {
        let same = |held: &Client| held.hello().instance == lost.hello().instance;
        if let Ok(mut link) = self.link.try_lock() {
            link.client.take_if(|held| same(held));
        }
    }

    /// The only place where a connection is made. Where nobody serves the daemon is started, and that is said on stderr.
    async fn connect(&self) -> Result<Client, Failure> {
        let env = &*self.origin.env;
        let options = ConnectOptions {
            socket: paths::socket(env)?,
            settings: Some(self.origin.settings()?),
            program: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            kind: ClientKind::Tool,
            key_fingerprint: env("ALIBABA_CLOUD_ACCESS_KEY_ID")
                .map(|key| fingerprint(key.as_os_str().as_encoded_bytes()))
                .unwrap_or_default(),
            patience: PATIENCE,
        };
        let starter = Starter::of_env(env, |line| stderr(&text::line(line)));
        let client = start::connect(options, &starter).await?;
        for warning in &client.hello().warnings {
            stderr(&format!("warning: {}", text::line(warning)));
        }
        Ok(client)
    }
}

/// First 12 hex digits of SHA-256.
fn fingerprint(key_id: &[u8]) -> String {
    let mut digits = hex::encode(Sha256::digest(key_id));
    digits.truncate(12);
    digits
}
