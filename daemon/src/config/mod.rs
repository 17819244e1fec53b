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

fn fault(path: &Path, what: impl std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Settings,
        format!("the settings file {}: {what}", path.display()),
    )
}

#[cfg(test)]
mod tests;
