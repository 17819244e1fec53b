//! Settings: the seed's file as it is, our own keys in a file beside it, and the key from either or the environment.
//!
//! What stands in them is checked as a whole, before anything is served or written. No text of a fault, a warning or a
//! debug output quotes a value.

mod credentials;
mod documents;
mod endpoint;
mod file;
mod files;
mod keys;
mod limits;
mod own;
pub mod policy;
mod profile;
mod raw;
pub mod schema;
mod secrets;
mod settings;
mod sources;
mod stamp;
mod wire;
pub mod write;

pub use credentials::CredentialSource;
pub use documents::Documents;
pub use endpoint::Endpoints;
pub use keys::known_profile_keys;
pub use limits::Limits;
pub use own::{Keep, Logs, Own};
pub use policy::{Actor, Policy};
pub use profile::Profile;
pub use settings::{CodeSource, Mount, Settings};
pub use stamp::{Stamp, stamp};
pub use wire::wire_case;
pub use write::migrate;

use std::path::{Path, PathBuf};

use files::Texts;
use sources::Sources;

use crate::model::{Fault, FaultKind};

/// Looks up one environment variable; an empty value counts as unset.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads and checks the settings at `path`.
///
/// # Errors
/// A [`Fault`] of kind `Settings` that says which file, which field and what to do. It never quotes a value.
pub fn load(path: &Path, env: Env<'_>) -> Result<Settings, Fault> {
    let texts = Texts::read(path)?;
    let documents = texts.documents(path)?;
    checked(path, &texts, &documents, env)
}

/// The policy of the files as they are, also where the settings as a whole cannot be used.
pub fn policy_now(path: &Path) -> Policy {
    let read = || {
        let mut there = files::own_there(path)?.into_iter();
        let Some(own) = there.next() else {
            return Ok(Policy::default());
        };
        file::refuse_if_others_write(&own)?;
        let document = file::parse(&own, &file::read(&own)?)?;
        let nothing = serde_json::Map::new();
        let common = there.next();
        let settings = (path, &nothing);
        let (policy, _) = policy::in_force(settings, Some((&own, &document)), common.as_deref());
        Ok(policy)
    };
    read().unwrap_or_else(|fault: Fault| Policy::closed(&fault))
}

/// What stands in both files.
///
/// # Errors
/// A [`Fault`] of kind `Settings` where a file cannot be read.
pub fn documents(path: &Path) -> Result<Documents, Fault> {
    Texts::read(path)?.documents(path)
}

/// The first 16 hex digits of SHA-256 of both files' texts: who changes something can say what he has seen.
///
/// # Errors
/// A [`Fault`] of kind `Settings` where a file cannot be read.
pub fn digest(path: &Path) -> Result<String, Fault> {
    Ok(Texts::read(path)?.digest())
}

/// What is wrong or odd about settings.
#[derive(Debug)]
pub struct Report {
    /// The settings.
    pub path: PathBuf,
    /// Our own file that is in force.
    pub own_path: Option<PathBuf>,
    /// Why they cannot be served.
    pub problem: Option<Fault>,
    /// For people, each one line.
    pub warnings: Vec<String>,
}

/// Looks at the settings without serving them.
pub fn check(path: &Path, env: Env<'_>) -> Report {
    let (own_path, loaded) = match Texts::read(path) {
        Ok(texts) => {
            let documents = texts.documents(path);
            let loaded = documents.and_then(|documents| checked(path, &texts, &documents, env));
            (texts.own.map(|(own, _)| own), loaded)
        }
        Err(fault) => (None, Err(fault)),
    };
    let (problem, warnings) = match loaded {
        Ok(settings) => match settings.policy.closed {
            Some(why) => (
                Some(Fault::new(FaultKind::Settings, why)),
                settings.warnings,
            ),
            None => (None, settings.warnings),
        },
        Err(fault) => (Some(fault), Vec::new()),
    };
    Report {
        path: path.into(),
        own_path,
        problem,
        warnings,
    }
}

/// The settings that both files state, if they are closed to others as far as they must be.
fn checked(
    path: &Path,
    texts: &Texts,
    documents: &Documents,
    env: Env<'_>,
) -> Result<Settings, Fault> {
    let own_path = texts.own_path();
    if let Some(own) = own_path {
        file::refuse_if_others_write(own)?;
    }
    let sources = Sources {
        path,
        own_path,
        common: texts.common.as_deref(),
        documents,
    };
    let mut settings = settings::from_sources(&sources, env)?;
    if settings.credential_source == CredentialSource::SettingsFile {
        file::refuse_if_open(path)?;
    }
    settings
        .warnings
        .extend(file::open_secrets(own_path, &documents.own)?);
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

fn fault(path: &Path, what: impl std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Settings,
        format!("the settings file {}: {what}", path.display()),
    )
}

#[cfg(test)]
mod tests;
