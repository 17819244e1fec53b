//! Where the local cloud lives, and whether it does.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use pai_proto::paths;
use tokio::time::{Instant, sleep};

use crate::{context::Context, emulator::Access, error::CliError, private, process::Lock};

/// How long another `paictl local` may take: longer than a start or an end.
const TURN_LIMIT: Duration = Duration::from_secs(25);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The folder of the context `local`.
pub(super) struct Place(PathBuf);

/// Held while the cloud is started or ended: one at a time.
pub(super) struct Turn {
    _lock: File,
}

impl Place {
    pub(super) fn of(context: &Context) -> Result<Self, CliError> {
        Ok(Self(paths::local_dir(&context.env)?))
    }

    /// Its settings, which are those of the context.
    pub(super) fn settings(&self) -> PathBuf {
        self.0.join("settings.json")
    }

    /// The emulator's own folder.
    pub(super) fn cloud(&self) -> PathBuf {
        self.0.join("cloud")
    }

    /// What the emulator says.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("emulator.log")
    }

    /// Whether an emulator has the folder: it holds a lock as long as it lives, and its jobs with it.
    pub(super) fn is_taken(&self) -> bool {
        matches!(Lock::of_file(&self.lock()), Lock::Held(_))
    }

    fn lock(&self) -> PathBuf {
        self.cloud().join("emulator.lock")
    }

    /// How to reach the emulator that has the folder; nothing where none has.
    pub(super) fn running(&self) -> Result<Option<Access>, CliError> {
        if !self.is_taken() {
            return Ok(None);
        }
        let access = Access::read(&self.cloud().join("emulator.json"));
        access.map(Some).map_err(|error| {
            let lock = self.lock();
            CliError::other(
                format!("an emulator has {}, and {error}", self.cloud().display()),
                format!(
                    "try again in a moment; else end the process that holds {}",
                    lock.display()
                ),
            )
        })
    }

    /// Makes the folder and waits until nobody else starts or ends anything in it.
    pub(super) async fn turn(&self) -> Result<Turn, CliError> {
        let refused = |error| CliError::io(format!("cannot use {}", self.0.display()), error);
        private::folder(&self.0).map_err(refused)?;
        let lock = private::appended(&self.0.join("turn.lock")).map_err(refused)?;
        let deadline = Instant::now() + TURN_LIMIT;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Turn { _lock: lock }),
                Err(TryLockError::Error(error)) => return Err(refused(error)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(PAUSE).await,
                Err(TryLockError::WouldBlock) => return Err(busy(&self.0)),
            }
        }
    }

    /// Waits until no emulator has the folder; false when one still has it after `limit`.
    pub(super) async fn is_left_within(&self, limit: Duration) -> bool {
        let left = async {
            while self.is_taken() {
                sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(limit, left).await.is_ok()
    }
}

fn busy(folder: &Path) -> CliError {
    CliError::other(
        format!(
            "another `paictl local` has been at work in {} for {} s",
            folder.display(),
            TURN_LIMIT.as_secs()
        ),
        "try again when it has ended",
    )
}
