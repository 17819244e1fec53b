//! Settings: the seed's file as it is, our own keys in `pai.json` beside it, and the key from either or the environment.

mod credentials;
mod endpoint;
mod file;
mod own;
mod profile;
mod raw;
mod settings;

pub use credentials::CredentialSource;
pub use endpoint::Endpoints;
pub use own::Own;
pub use profile::Profile;
pub use settings::{CodeSource, Limits, Mount, Settings};

use std::path::Path;

use crate::model::{Fault, FaultKind};

/// Looks up one environment variable; an empty value counts as unset.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads and checks the settings at `path`.
///
/// # Errors
/// A [`Fault`] of kind `Settings` that says which file, which field and what to do. It never quotes a value.
pub fn load(path: &Path, env: Env<'_>) -> Result<Settings, Fault> {
    let text = file::read(path)?;
    let value = file::parse(path, &text)?;
    let own = own::load(path)?;
    let settings = settings::from_value(path, value, own, env)?;
    if settings.credential_source == CredentialSource::SettingsFile {
        file::refuse_if_open(path)?;
    }
    Ok(settings)
}

/// The name of a context by its file, `contexts/NAME.json`; `None` for a file that is none.
pub fn context_name(path: &Path) -> Option<String> {
    let folder = path.parent()?.file_name()?;
    let stem = path.file_stem()?.to_str()?;
    let ends = path.extension().is_some_and(|end| end == "json");
    let own = stem == "pai" || stem.ends_with(".pai");
    (folder == "contexts" && ends && !own).then(|| stem.to_owned())
}

/// What a file and the one of our own keys beside it looked like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(Vec<Option<Look>>);

/// Device, inode, length, time of the last change, mode.
type Look = (u64, u64, u64, i64, i64, u32);

/// As they look now.
pub fn stamp(path: &Path) -> Stamp {
    use std::os::unix::fs::MetadataExt as _;
    let one = |path: &Path| {
        let meta = std::fs::metadata(path).ok()?;
        Some((
            meta.dev(),
            meta.ino(),
            meta.len(),
            meta.mtime(),
            meta.mtime_nsec(),
            meta.mode(),
        ))
    };
    Stamp(vec![one(path), one(&path.with_file_name("pai.json"))])
}

fn fault(path: &Path, what: impl std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Settings,
        format!("the settings file {}: {what}", path.display()),
    )
}

#[cfg(test)]
mod tests;
