//! Sends one signed request and reads its answer.
//!
//! Invariants: nothing goes out without a token of the bucket; each attempt has a nonce and a
//! date of its own; a second attempt is made only after the server has refused the first one for
//! its date or, if it only reads, for its nonce. Any other retry is the caller's decision, see
//! [`Error::effect`].

mod answer;
mod options;
mod request;
mod signing;

pub use answer::{ANSWER_TOO_LARGE, Answer};
pub use options::{Clock, NonceSource, TransportOptions};
pub use request::Request;

use crate::credentials::Credentials;
use crate::error::{Effect, Error, NONCE_USED, withhold};
use crate::{Priority, TokenBucket, classify};
use answer::Head;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The way to Alibaba Cloud for one principal.
pub struct Transport {
    client: reqwest::Client,
    options: TransportOptions,
    /// Shared with everything else that spends this principal's rate limit.
    bucket: Arc<TokenBucket>,
    /// Replaced as a whole when the caller reloads them.
    credentials: Mutex<Arc<Credentials>>,
    /// Server time minus local time in seconds, learned from a refusal.
    clock_offset: AtomicI64,
    /// Attempts sent, by action.
    calls: Mutex<BTreeMap<String, u64>>,
}

impl Transport {
    /// Builds the client. Fails only for a user agent that no header can hold; without usable
    /// certificates of the system it is https that fails, later.
    pub fn new(
        credentials: Credentials,
        bucket: Arc<TokenBucket>,
        options: TransportOptions,
    ) -> Result<Self, Error> {
        Ok(Self {
            client: options.client()?,
            options,
            bucket,
            credentials: Mutex::new(Arc::new(credentials)),
            clock_offset: AtomicI64::new(0),
            calls: Mutex::default(),
        })
    }

    /// Sends `request` and gives its JSON answer. Waits for a token first, see
    /// [`TransportOptions::patience`]; the time limit of the options counts from there.
    pub async fn call(&self, request: &Request) -> Result<Answer, Error> {
        match self.attempt(request).await {
            Ok(answer) => Ok(answer),
            Err(Failure {
                error,
                again: false,
            }) => Err(error),
            Err(Failure { again: true, .. }) => {
                self.attempt(request).await.map_err(|failure| failure.error)
            }
        }
    }

    async fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        self.token(request.priority).await?;
        let credentials = self.credentials();
        let nonce = (self.options.nonce)();
        let signed = signing::sign(request, &credentials, self.now(), &nonce)?;
        let signature = signed.signature;

        self.count(&request.action);
        let started = (self.options.clock)();
        let sent = self.client.execute(signed.request).await;
        let secrets = secrets(&credentials, &signature);
        let mut result = match sent {
            Ok(response) => self.answer(response, &request.method, &secrets).await,
            Err(error) => {
                if error.is_connect() {
                    self.uncount(&request.action);
                }
                Err(answer::unanswered(error).into())
            }
        };
        match &mut result {
            Ok(answer) => answer.withhold(&secrets),
            Err(failure) => failure.error.withhold(&secrets),
        }
        tracing::debug!(
            action = %request.action,
            principal = %credentials.fingerprint(),
            seconds = (self.options.clock)().duration_since(started).as_secs_f64(),
            request_id = match &result {
                Ok(answer) => answer.request_id.as_deref(),
                Err(failure) => failure.error.request_id(),
            },
            code = result.as_ref().err().map(|failure| failure.error.code()),
            "call",
        );
        result
    }

    async fn token(&self, priority: Priority) -> Result<(), Error> {
        match priority {
            Priority::Background | Priority::Bulk | Priority::Idle => {
                self.bucket.acquire(priority).await
            }
            Priority::Interactive => self
                .bucket
                .acquire_within(priority, self.options.patience)
                .await
                .map_err(Error::no_turn)?,
        }
        Ok(())
    }

    async fn answer(
        &self,
        response: reqwest::Response,
        method: &Method,
        secrets: &[&str],
    ) -> Result<Answer, Failure> {
        // The pause begins before the body is read: it may never arrive whole.
        let head = Head::of(&response);
        if !head.is_success()
            && let Some(delay) = head.retry_after()
        {
            self.bucket.pause_for(delay);
        }
        let body = answer::read_body(response, &head).await?;
        if head.is_success() {
            return Ok(Answer::parse(&head, body).await?);
        }

        // The caller does it again afterwards: classifying cuts long texts, and JSON may escape.
        let clean = withhold(&String::from_utf8_lossy(&body), secrets);
        let header = |name: &str| head.header(name).map(|text| withhold(&text, secrets));
        let error = classify(head.status, header, clean.as_bytes());
        let again = match &error {
            Error::ClockSkew { .. } => error.effect() == Effect::None && self.adopt_time_of(&head),
            _ => error.code() == NONCE_USED && method == Method::GET,
        };
        Err(Failure { error, again })
    }

    /// Takes the server's time from its `Date` header; false when there is none.
    fn adopt_time_of(&self, head: &Head) -> bool {
        let Some(server) = head.date() else {
            return false;
        };
        let offset = server.duration_since((self.options.clock)());
        self.clock_offset.store(offset.as_secs(), Ordering::Relaxed);
        tracing::warn!(
            seconds = offset.as_secs(),
            "the local clock is off; using the server's"
        );
        true
    }

    /// The time as the server sees it, as far as known.
    pub fn now(&self) -> Timestamp {
        let local = (self.options.clock)();
        local.checked_add(self.clock_offset()).unwrap_or(local)
    }

    /// Server time minus local time, zero until the server has refused a date. Whole seconds.
    pub fn clock_offset(&self) -> SignedDuration {
        SignedDuration::from_secs(self.clock_offset.load(Ordering::Relaxed))
    }

    /// Signs everything from now on with other credentials, for example after a token expired.
    pub fn set_credentials(&self, credentials: Credentials) {
        *lock(&self.credentials) = Arc::new(credentials);
    }

    /// See [`Credentials::fingerprint`].
    pub fn fingerprint(&self) -> String {
        self.credentials().fingerprint()
    }

    /// The bucket that this transport draws from.
    pub fn bucket(&self) -> &Arc<TokenBucket> {
        &self.bucket
    }

    /// How many attempts were sent, by action. An attempt that found no connection was not sent.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        lock(&self.calls).clone()
    }

    fn credentials(&self) -> Arc<Credentials> {
        Arc::clone(&lock(&self.credentials))
    }

    /// Counts before sending, so that a call that is dropped half-way is counted too.
    fn count(&self, action: &str) {
        *lock(&self.calls).entry(action.to_owned()).or_default() += 1;
    }

    fn uncount(&self, action: &str) {
        let mut calls = lock(&self.calls);
        if let Some(count) = calls.get_mut(action) {
            *count -= 1;
            if *count == 0 {
                calls.remove(action);
            }
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("principal", &self.fingerprint())
            .field("clock_offset", &self.clock_offset())
            .finish_non_exhaustive()
    }
}

/// A failed attempt, and whether the server's refusal invites exactly one more.
struct Failure {
    error: Error,
    again: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            again: false,
        }
    }
}

fn secrets<'a>(credentials: &'a Credentials, signature: &'a str) -> [&'a str; 4] {
    let token = credentials.security_token.as_ref();
    [
        token.map_or("", |token| token.expose_secret()),
        credentials.access_key_secret.expose_secret(),
        credentials.access_key_id.as_str(),
        signature,
    ]
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while holding these locks, and each change is complete in itself.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
