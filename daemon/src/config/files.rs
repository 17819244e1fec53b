//! Which files belong together: the settings, which another tool may share, and our own file beside them.

use std::{
    fs::Metadata,
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{Documents, fault, file};
use crate::model::Fault;

/// Both files as they were read.
pub(super) struct Texts {
    /// The settings.
    pub settings: String,
    /// Our own file that is in force, and its text.
    pub own: Option<(PathBuf, String)>,
    /// `pai.json`, where a file of this name alone is in force: its policy counts where that one has none.
    pub common: Option<PathBuf>,
}

impl Texts {
    /// Reads them.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let settings = file::read(path)?;
        let mut there = own_there(path)?.into_iter();
        let own = match there.next() {
            Some(own) => {
                let text = file::read(&own)?;
                Some((own, text))
            }
            None => None,
        };
        let common = there.next();
        Ok(Self {
            settings,
            own,
            common,
        })
    }

    /// Our own file that is in force.
    pub(super) fn own_path(&self) -> Option<&Path> {
        self.own.as_ref().map(|(path, _)| path.as_path())
    }

    /// What stands in them.
    pub(super) fn documents(&self, path: &Path) -> Result<Documents, Fault> {
        Ok(Documents {
            settings: file::parse(path, &self.settings)?,
            own: match &self.own {
                Some((own, text)) => file::parse(own, text)?,
                None => serde_json::Map::new(),
            },
        })
    }

    /// The first 16 hex digits of SHA-256 of both texts.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.settings);
        if let Some((_, text)) = &self.own {
            // No JSON text holds a NUL, so nothing can move from one file to the other unseen.
            hash.update([0]);
            hash.update(text);
        }
        let mut hex = hex::encode(hash.finalize());
        hex.truncate(16);
        hex
    }
}

/// `STEM.pai.json`, then `pai.json`; never the settings themselves.
pub(super) fn own_candidates(settings: &Path) -> Vec<PathBuf> {
    let mut own_name = settings.file_stem().unwrap_or_default().to_owned();
    own_name.push(".pai.json");
    [own_name, "pai.json".into()]
        .into_iter()
        .map(|name| settings.with_file_name(name))
        .filter(|path| path != settings)
        .collect()
}

/// Our own files beside these settings; the first is in force.
pub(super) fn own_there(settings: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut there = Vec::new();
    for path in own_candidates(settings) {
        if let Some(meta) = metadata(&path)?
            && !is_file_of(&meta, settings)
        {
            there.push(path);
        }
    }
    Ok(there)
}

/// Where our own file is made when there is none.
pub(super) fn own_to_make(settings: &Path) -> Result<PathBuf, Fault> {
    let mut candidates = own_candidates(settings);
    if settings.file_stem().is_some_and(|stem| stem == "settings") {
        candidates.reverse();
    }
    for path in &candidates {
        if path.symlink_metadata().is_err() {
            return Ok(path.clone());
        }
    }
    Err(fault(
        settings,
        "has no own file beside it, and none can be made: what stands in its place is a link to nowhere or to the settings",
    )
    .hint(format!(
        "remove {}",
        candidates.first().unwrap_or(&settings.into()).display()
    )))
}

fn is_file_of(meta: &Metadata, settings: &Path) -> bool {
    std::fs::metadata(settings)
        .is_ok_and(|other| (other.dev(), other.ino()) == (meta.dev(), meta.ino()))
}

/// Of the file that a path leads to; `None` where there is none.
fn metadata(path: &Path) -> Result<Option<Metadata>, Fault> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(path, error)),
    }
}

/// The permission bits of a file.
pub(super) fn mode(path: &Path) -> Result<u32, Fault> {
    let meta = std::fs::metadata(path).map_err(|error| fault(path, error))?;
    Ok(meta.permissions().mode() & 0o777)
}
