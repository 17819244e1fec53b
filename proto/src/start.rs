//! Connecting, and starting the daemon first where nobody serves. Both clients come this way.
//!
//! ```no_run
//! # async fn f(options: pai_proto::ConnectOptions) -> Result<(), pai_proto::ClientError> {
//! use pai_proto::{paths::process_env, start::{self, Starter}};
//! let starter = Starter::of_env(&process_env, |line| eprintln!("{line}"));
//! let client = start::connect(options, &starter).await?;
//! # drop(client); Ok(())
//! # }
//! ```
//!
//! The order: connect → take the start lock (`turn`) → connect again → the installed service (`service`) → a `paid` of our
//! own, in a session of its own, whose first line (`announce`) is waited for → connect. Of ten clients that come at once
//! one starts a daemon; the others wait for it. A daemon that is on its way out, or one that somebody starts by hand
//! this very moment, holds the lock of the state folder: then it is tried again until that one serves or has gone.
//!
//! A daemon that is gone *later* is started again the same way (`heal`), by the next call, or by a wait or a follow
//! whose daemon crashed: it left its socket behind. One that removed it was sent away: streams wait for the next one.

mod announce;
mod child;
pub(crate) mod heal;
mod launch;
mod program;
mod service;
mod turn;

use std::{
    fmt,
    ops::ControlFlow::{self, Break, Continue},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::{
    client::{Client, ConnectOptions},
    error::{ClientError, is_transport},
    paths::{self, Env, PathError},
    retry::{is_nobody, is_silent, pauses, unanswered},
};

pub use announce::{Ready, announced, first_line};
pub use child::{end, last_words, quoted};
pub use program::{beside, find};

use heal::Healer;
use launch::Life;
use service::Service;
use turn::Turn;

/// A daemon that a client started leaves after this time without work.
pub const IDLE_EXIT: Duration = Duration::from_secs(15 * 60);
/// How long a program may take until it says that it is ready.
pub const START_LIMIT: Duration = Duration::from_secs(10);
/// Longest time that a handshake may take once the socket took the connection.
pub const HANDSHAKE: Duration = Duration::from_secs(5);

/// How long a client waits for another one that starts the daemon: longer than that one may take.
const TURN_LIMIT: Duration = Duration::from_secs(30);
/// How long a daemon that holds the state folder and does not serve may take to leave (two seconds) or to serve.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

/// Hears in one line what was done.
type Say = Arc<dyn Fn(&str) + Send + Sync>;

/// What is needed to start the daemon, as the environment tells it. Holds nothing open.
#[derive(Clone)]
pub struct Starter {
    /// `PAI_NO_AUTOSTART` is not set.
    allowed: bool,
    /// Where to look for `paid` when it is not beside this program: `PATH`.
    search_path: Option<PathBuf>,
    state_dir: Result<PathBuf, PathError>,
    /// The installed service that would serve the same place.
    service: Option<Service>,
    handshake: Duration,
    say: Say,
}

impl fmt::Debug for Starter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Starter")
            .field("allowed", &self.allowed)
            .field("state_dir", &self.state_dir)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Starter {
    /// Reads `PAI_NO_AUTOSTART` (any value but `0` forbids a start), `PATH`, the state folder's variables and whether
    /// the service is installed. A daemon that is started inherits the whole environment of *this process*, where keys
    /// may be; only the socket, the state folder and the settings are those of `env` and of the [`ConnectOptions`].
    /// `say` hears in one line what was started, and why; also of a start that comes later.
    pub fn of_env(env: Env<'_>, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            allowed: env("PAI_NO_AUTOSTART").is_none_or(|value| value.as_os_str() == "0"),
            search_path: env("PATH"),
            state_dir: paths::state_dir(env),
            service: Service::installed(env),
            handshake: HANDSHAKE,
            say: Arc::new(say),
        }
    }

    /// A daemon that takes the connection is given this long to answer, instead of [`HANDSHAKE`]. A start is not
    /// shortened by it.
    #[must_use]
    pub fn answered_within(mut self, limit: Duration) -> Self {
        self.handshake = limit;
        self
    }

    fn state_dir(&self) -> Result<&Path, ClientError> {
        self.state_dir.as_deref().map_err(|error| {
            failed(
                format!("no daemon can be started: {error}"),
                "set HOME or PAI_STATE_DIR",
            )
        })
    }
}

/// Connects; where nobody serves, the daemon is started first. The connection starts it again where it is gone later.
///
/// Takes what a handshake takes where a daemon serves. A daemon that is started this way leaves [`IDLE_EXIT`] after its
/// last work; an open connection is work. Dropping the future in the middle of a start ends what was started.
///
/// # Errors
/// As [`Client::connect`]; [`ClientError::NoAutostart`] where nobody serves and the environment forbids a start;
/// [`ClientError::Start`] with the daemon's own words where it did not come up.
pub async fn connect(options: ConnectOptions, starter: &Starter) -> Result<Client, ClientError> {
    if !starter.allowed {
        let limit = starter.handshake.max(options.patience);
        let connected = timeout(limit, Client::connect(options.clone())).await;
        return connected
            .unwrap_or_else(|_| Err(silent(&options)))
            .map_err(forbidden);
    }
    let client = match reach(&options, starter.handshake).await? {
        Some(client) => client,
        None => start(&options, starter, Life::UntilIdle).await?.client,
    };
    Ok(client.healed_by(Healer::new(options, starter.clone())))
}

/// Starts a daemon that stays, and connects; only connects where one serves already. Whether the environment forbids
/// clients to start a daemon does not matter here.
///
/// # Errors
/// As [`connect`], without [`ClientError::NoAutostart`].
pub async fn by_hand(options: &ConnectOptions, starter: &Starter) -> Result<Started, ClientError> {
    start(options, starter, Life::Stays).await
}

/// A connection to a daemon that was started, or was found after all.
#[derive(Debug)]
pub struct Started {
    /// The connection.
    pub client: Client,
    /// Whether it was started by us.
    pub started: bool,
}

impl Started {
    fn found(client: Client) -> Self {
        Self {
            client,
            started: false,
        }
    }
}

async fn start(
    options: &ConnectOptions,
    starter: &Starter,
    life: Life,
) -> Result<Started, ClientError> {
    let _turn = match my_turn(options, starter).await? {
        Continue(turn) => turn,
        Break(client) => return Ok(Started::found(client)),
    };
    // Somebody may have started it while we waited.
    if let Some(client) = reach(options, starter.handshake).await? {
        return Ok(Started::found(client));
    }
    if let (Life::UntilIdle, Some(service)) = (life, &starter.service) {
        match service.start().await {
            Ok(()) => {
                let client = service.answers(options, starter.handshake).await?;
                (starter.say)(&format!("no daemon was running: started {service}"));
                return Ok(Started::found(client));
            }
            Err(reason) => (starter.say)(&format!("{service} could not be started: {reason}")),
        }
    }
    spawn(options, starter, life).await
}

/// Waits until it is our turn to start a daemon, or for the daemon that another client starts.
async fn my_turn(
    options: &ConnectOptions,
    starter: &Starter,
) -> Result<ControlFlow<Client, Turn>, ClientError> {
    let path = turn::path(&options.socket);
    let cannot = |error| {
        failed(
            format!(
                "no daemon can be started: cannot lock {}: {error}",
                path.display()
            ),
            "set PAI_SOCKET to a path in a folder of your own",
        )
    };
    let deadline = Instant::now() + TURN_LIMIT;
    let mut pauses = pauses();
    loop {
        if let Some(turn) = Turn::try_take(&path).map_err(cannot)? {
            return Ok(Continue(turn));
        }
        // Never `None`: the pauses go on for ever.
        let pause = pauses.next().unwrap_or(turn::PAUSE).min(turn::PAUSE);
        if Instant::now() + pause >= deadline {
            return Err(failed(
                format!(
                    "another client is starting the daemon and has not come to an end within {} s",
                    TURN_LIMIT.as_secs()
                ),
                "try again; `paictl daemon status` tells whether it runs by then",
            ));
        }
        tokio::time::sleep(pause).await;
        // One that is just starting may not answer yet: that is no failure here.
        if let Ok(Some(client)) = reach(options, starter.handshake).await {
            return Ok(Break(client));
        }
    }
}

async fn spawn(
    options: &ConnectOptions,
    starter: &Starter,
    life: Life,
) -> Result<Started, ClientError> {
    let state_dir = starter.state_dir()?;
    let log = state_dir.join("paid.log");
    let paid = program::find("paid", starter.search_path.as_deref().map(Path::as_os_str));
    let paid = paid.ok_or_else(|| {
        failed(
            format!(
                "no daemon answers at {}, and the program `paid` is neither beside {} nor on the PATH",
                options.socket.display(),
                options.program
            ),
            "install the programs into one folder",
        )
    })?;
    let order = launch::Order {
        paid: &paid,
        log: &log,
        socket: &options.socket,
        state_dir,
        settings: options.settings.as_deref(),
        life,
    };
    let ready = match launch_or_find(&order, options, starter).await? {
        Continue(ready) => ready,
        Break(client) => return Ok(Started::found(client)),
    };
    if life == Life::UntilIdle {
        (starter.say)(&format!(
            "no daemon was running: started paid (pid {}), which leaves after {} min without work; log: {}",
            ready.pid,
            IDLE_EXIT.as_secs() / 60,
            log.display()
        ));
    }
    let client = timeout(starter.handshake, Client::connect(options.clone()))
        .await
        .unwrap_or_else(|_| Err(silent(options)))?;
    Ok(Started {
        client,
        started: true,
    })
}

/// Starts it. Where the state folder is in other hands this is repeated until those serve or have gone.
async fn launch_or_find(
    order: &launch::Order<'_>,
    options: &ConnectOptions,
    starter: &Starter,
) -> Result<ControlFlow<Client, Ready>, ClientError> {
    let deadline = Instant::now() + BUSY_LIMIT;
    let mut pauses = pauses();
    loop {
        let failure = match order.launch().await {
            Ok(ready) => return Ok(Continue(ready)),
            Err(failure) => failure,
        };
        if let Ok(Some(client)) = reach(options, starter.handshake).await {
            return Ok(Break(client));
        }
        // Never `None`: the pauses go on for ever.
        let pause = pauses.next().unwrap_or(turn::PAUSE);
        if !failure.in_use || Instant::now() + pause >= deadline {
            return Err(failure.into_error(Some(order.log)));
        }
        tokio::time::sleep(pause).await;
    }
}

/// Connects; `None` at once where nobody serves, so that there is something to be started.
async fn reach(
    options: &ConnectOptions,
    handshake: Duration,
) -> Result<Option<Client>, ClientError> {
    let deadline = Instant::now() + options.patience;
    let mut pauses = pauses();
    loop {
        let attempt = Client::shake_hands(options, Duration::ZERO);
        let status = match timeout(handshake, attempt).await {
            Err(_) => return Err(silent(options)),
            Ok(Ok(client)) => return client.compatible().map(Some),
            Ok(Err(status)) => status,
        };
        if is_nobody(&status) {
            return Ok(None);
        }
        // A daemon that is leaving breaks the connections that it has not taken; soon its socket will be gone.
        let pause = pauses.next().unwrap_or(turn::PAUSE);
        let is_final = !is_transport(&status) || is_silent(&status);
        if is_final || Instant::now() + pause >= deadline {
            return Err(unanswered(status, &options.socket));
        }
        tokio::time::sleep(pause).await;
    }
}

fn silent(options: &ConnectOptions) -> ClientError {
    ClientError::Silent {
        socket: options.socket.clone(),
    }
}

fn forbidden(error: ClientError) -> ClientError {
    match error {
        ClientError::Unreachable { socket, reason } => ClientError::NoAutostart { socket, reason },
        other => other,
    }
}

/// A start that came to nothing before a daemon could say anything.
fn failed(message: String, hint: &str) -> ClientError {
    ClientError::Start {
        message,
        hint: hint.into(),
        log: None,
    }
}

#[cfg(test)]
mod tests;
