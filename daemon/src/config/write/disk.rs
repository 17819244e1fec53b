//! Files on the disk: replaced as a whole, never half, and never over something that was not seen.

use std::{
    fs::{File, TryLockError},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tempfile::NamedTempFile;

use crate::{
    config::{fault, file},
    model::{Fault, FaultKind},
};

/// One change at a time within this process.
static TURN: Mutex<()> = Mutex::new(());

/// The right to write: one at a time within this process, and one process at a time by a lock on the settings file.
pub(super) struct Turn {
    _file: File,
    _process: MutexGuard<'static, ()>,
}

impl Turn {
    /// Takes it for the settings at `path`.
    pub(super) fn take(path: &Path) -> Result<Self, Fault> {
        let process = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not there or cannot be read has its own words.
        file::read(path)?;
        loop {
            let file = File::options()
                .read(true)
                .write(true)
                .open(path)
                .map_err(|error| unwritable(path, &error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(busy(path)),
                Err(TryLockError::Error(error)) => return Err(unwritable(path, &error)),
            }
            // Whoever wrote before us has put another file in place of the one that we opened.
            let (ours, now) = (file.metadata(), std::fs::metadata(path));
            let (ours, now) = ours
                .and_then(|ours| Ok((ours, now?)))
                .map_err(|error| unwritable(path, &error))?;
            if (ours.dev(), ours.ino()) == (now.dev(), now.ino()) {
                return Ok(Self {
                    _file: file,
                    _process: process,
                });
            }
        }
    }
}

/// The new content of a file, written and not yet in its place. Dropping it leaves nothing behind.
pub(super) struct Replacement {
    /// Behind all links.
    target: PathBuf,
    /// What was read there; `None` where nothing was.
    seen: Option<String>,
    file: NamedTempFile,
}

impl Replacement {
    /// Writes `text` beside the file to which `path` leads.
    pub(super) fn prepare(path: &Path, seen: Option<&str>, text: &str) -> Result<Self, Fault> {
        let cannot = |error| unwritable(path, &error);
        let target = match seen {
            Some(_) => path.canonicalize().map_err(cannot)?,
            None => path.to_owned(),
        };
        let folder = target.parent().unwrap_or(Path::new("/"));
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let mut file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".tmp")
            .permissions(PermissionsExt::from_mode(0o600))
            .tempfile_in(folder)
            .map_err(cannot)?;
        // A narrow umask must not take the owner's own rights.
        file.as_file()
            .set_permissions(PermissionsExt::from_mode(0o600))
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.as_file().sync_all())
            .map_err(cannot)?;
        if seen.is_some() {
            keep_owner(&target, file.as_file());
        }
        Ok(Self {
            target,
            seen: seen.map(ToOwned::to_owned),
            file,
        })
    }

    /// Refuses when the file is not any more what was read.
    fn check_unchanged(&self) -> Result<(), Fault> {
        let now = match std::fs::read_to_string(&self.target) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unwritable(&self.target, &error)),
        };
        match now == self.seen {
            true => Ok(()),
            false => Err(changed(&self.target)),
        }
    }

    /// Puts the new file in place of the old one.
    fn put(self) -> Result<(), Fault> {
        let Self { target, seen, file } = self;
        let put = match seen {
            Some(_) => file.persist(&target),
            None => file.persist_noclobber(&target),
        };
        put.map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => changed(&target),
            _ => unwritable(&target, &error.error),
        })?;
        // Where a folder cannot be synced, the new file is in its place all the same.
        let _synced = sync_folder(&target);
        Ok(())
    }
}

/// Puts all of them in place, or none.
pub(super) fn put_all(replacements: Vec<Replacement>) -> Result<(), Fault> {
    for replacement in &replacements {
        replacement.check_unchanged()?;
    }
    let mut done: Vec<(PathBuf, Option<String>)> = Vec::new();
    for replacement in replacements {
        let was = (replacement.target.clone(), replacement.seen.clone());
        if let Err(fault) = replacement.put() {
            for (target, seen) in done.into_iter().rev() {
                put_back(&target, seen.as_deref())?;
            }
            return Err(fault);
        }
        done.push(was);
    }
    Ok(())
}

fn put_back(target: &Path, seen: Option<&str>) -> Result<(), Fault> {
    match seen {
        Some(text) => Replacement::prepare(target, Some(""), text)?.put(),
        None => std::fs::remove_file(target).map_err(|error| unwritable(target, &error)),
    }
}

/// Writes a file that must not be there yet.
pub(super) fn create(path: &Path, text: &str) -> Result<(), Fault> {
    Replacement::prepare(path, None, text)?.put()
}

/// Only root can give a file away; for everybody else it is his already.
fn keep_owner(target: &Path, file: &File) {
    let (Ok(old), Ok(new)) = (std::fs::metadata(target), file.metadata()) else {
        return;
    };
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        let uid = rustix::fs::Uid::from_raw(old.uid());
        let gid = rustix::fs::Gid::from_raw(old.gid());
        let _kept = rustix::fs::fchown(file, Some(uid), Some(gid));
    }
}

fn sync_folder(target: &Path) -> io::Result<()> {
    match target.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn changed(path: &Path) -> Fault {
    Fault::new(
        FaultKind::Conflict,
        format!(
            "{} was changed meanwhile; nothing was written",
            path.display()
        ),
    )
    .hint("read the settings again, then make the change anew")
}

fn busy(path: &Path) -> Fault {
    Fault::new(
        FaultKind::Conflict,
        format!("another program is changing {}", path.display()),
    )
    .hint("try again in a moment")
}

/// What keeps a file from being written.
fn unwritable(path: &Path, error: &io::Error) -> Fault {
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on that disk",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "the file and its folder must be writable for the user of the daemon"
        }
        _ => "nothing was changed; mend that, then try again",
    };
    fault(path, format!("cannot be written: {error}")).hint(hint)
}

#[cfg(test)]
mod tests;
