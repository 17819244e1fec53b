//! What every command works with.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use pai_proto::{
    Client, ClientError, ConnectOptions,
    context::{self, Chosen, ContextError, Name},
    meta::ClientKind,
    paths,
    start::{self, Starter},
};
use sha2::{Digest as _, Sha256};

use crate::{
    ask::{self, Person},
    error::CliError,
    output::Output,
    view::clean,
};

/// How long the first connection is tried: the daemon may just be starting.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// Longest time that a handshake may take once the socket took the connection.
pub const HANDSHAKE: Duration = start::HANDSHAKE;

/// What is said where a stream finds nobody to whom it could connect.
pub(crate) const UNATTENDED: &str = "no daemon serves and none is started by itself; `paictl daemon start` starts one, and this goes on";

/// Looks up an environment variable.
pub type Lookup = Box<dyn Fn(&str) -> Option<PathBuf>>;

/// What is said of a command that ends early, unless it says more.
const LAST_WORDS: &str = "interrupted; jobs are untouched";

/// Output, environment and clock of one run.
pub struct Context {
    /// Where to write.
    pub out: Output,
    /// Whether the answer is JSON.
    pub json: bool,
    /// The settings that the command line names.
    pub named: Option<Name>,
    /// Folder in which the command was called; `None` where nobody can tell.
    pub folder: Option<PathBuf>,
    /// Somebody who can be asked.
    pub person: Option<Person>,
    /// What is said where a signal ends the command. It may change while the command goes on.
    pub last_words: &'static str,
    /// Time zone in which a person reads times of day.
    pub zone: TimeZone,
    /// The environment.
    pub env: Lookup,
}

impl Context {
    /// The real one.
    pub fn of_process(json: bool, named: Option<Name>) -> Self {
        Self {
            out: Output::of_process(),
            json,
            named,
            folder: std::env::current_dir().ok(),
            person: ask::of_process(),
            last_words: LAST_WORDS,
            zone: TimeZone::system(),
            env: Box::new(paths::process_env),
        }
    }

    /// The present, Unix ms.
    pub fn now_ms(&self) -> i64 {
        now_ms()
    }

    /// The socket that this environment means.
    ///
    /// # Errors
    /// When its path is too long.
    pub fn socket(&self) -> Result<PathBuf, CliError> {
        Ok(paths::socket(&self.env)?)
    }

    /// The settings that this command line and environment mean.
    ///
    /// # Errors
    /// When they are named and not there, or nothing tells where they are.
    pub fn chosen(&self) -> Result<Chosen, ContextError> {
        context::chosen(self.named.as_ref(), &self.env)
    }

    /// How this program is called once more about the same settings.
    pub fn paictl(&self) -> String {
        match &self.named {
            Some(name) => format!("paictl --context {name}"),
            None => "paictl".to_owned(),
        }
    }

    /// Connects and shows the daemon's warnings. Where nobody serves the daemon is started, and that is said.
    ///
    /// # Errors
    /// See [`CliError`].
    pub async fn connect(&mut self) -> Result<Client, CliError> {
        self.connect_within(PATIENCE + HANDSHAKE).await
    }

    /// The same, with a limit of the caller's for a daemon that takes the connection and does not answer.
    ///
    /// # Errors
    /// See [`CliError`].
    pub async fn connect_within(&mut self, limit: Duration) -> Result<Client, CliError> {
        let socket = self.socket()?;
        let options = self.options(&socket, PATIENCE.min(limit))?;
        let starter = self.starter().answered_within(limit);
        let client = start::connect(options, &starter).await?;
        self.warn_of(&client);
        Ok(client)
    }

    /// Connects once to a daemon of any version, to look at it or to end it.
    ///
    /// # Errors
    /// See [`CliError`].
    pub async fn connect_any(&self, socket: &Path) -> Result<Client, CliError> {
        // A daemon can be looked at and ended whatever settings are meant.
        let settings = self.chosen().ok().map(|chosen| chosen.path);
        let options = self.options_for(settings, socket, Duration::ZERO);
        answered(socket, HANDSHAKE, Client::connect_any(options)).await
    }

    /// How the daemon is started.
    pub fn starter(&self) -> Starter {
        let say = |line: &str| {
            // Whoever closed stderr does not want to know.
            let _unread = writeln!(io::stderr(), "{}", clean::line(line));
        };
        Starter::of_env(&self.env, say)
    }

    /// Shows the daemon's warnings.
    pub fn warn_of(&mut self, client: &Client) {
        for warning in &client.hello().warnings {
            self.out.warn(clean::line(warning));
        }
    }

    /// How this program connects: tried for at most `patience`.
    ///
    /// # Errors
    /// See [`Context::chosen`].
    pub fn options(&self, socket: &Path, patience: Duration) -> Result<ConnectOptions, CliError> {
        let settings = Some(self.chosen()?.path);
        Ok(self.options_for(settings, socket, patience))
    }

    fn options_for(
        &self,
        settings: Option<PathBuf>,
        socket: &Path,
        patience: Duration,
    ) -> ConnectOptions {
        ConnectOptions {
            socket: socket.into(),
            settings,
            program: "paictl",
            version: env!("CARGO_PKG_VERSION"),
            kind: ClientKind::Person,
            key_fingerprint: (self.env)("ALIBABA_CLOUD_ACCESS_KEY_ID")
                .map(|key| fingerprint(key.as_os_str().as_encoded_bytes()))
                .unwrap_or_default(),
            patience,
        }
    }
}

/// A call's answer; a daemon that gives none within `limit` is silent.
///
/// # Errors
/// See [`ClientError`].
pub async fn answered<T>(
    socket: &Path,
    limit: Duration,
    call: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, CliError> {
    let silent = |_| ClientError::Silent {
        socket: socket.into(),
    };
    let answer = tokio::time::timeout(limit, call).await.map_err(silent)?;
    Ok(answer?)
}

/// The present, Unix ms.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// First 12 hex digits of SHA-256.
fn fingerprint(key_id: &[u8]) -> String {
    let mut digits = hex::encode(Sha256::digest(key_id));
    digits.truncate(12);
    digits
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("json", &self.json)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::output::capture::{self, Captured};

    /// A context without environment, in UTC, with what it writes to stdout and to stderr.
    pub(crate) fn context(json: bool) -> (Context, Captured, Captured) {
        let (out, stdout, stderr) = capture::output();
        let context = Context {
            out,
            json,
            named: None,
            folder: None,
            person: None,
            last_words: LAST_WORDS,
            zone: TimeZone::UTC,
            env: Box::new(|_| None),
        };
        (context, stdout, stderr)
    }

    #[test]
    fn the_fingerprint_is_twelve_digits_of_sha_256() {
        // The published digest of "abc" begins like this (FIPS 180-2, appendix B.1).
        assert_eq!(fingerprint(b"abc"), "ba7816bf8f01");
    }
}
