//! Which settings a client means: a context is a settings file with a name.
//!
//! In this order: the name that the command line gives (`--context`), `PAI_CONTEXT`, the path in
//! `ALIYUN_PAI_SETTINGS_PATH`, the default file. It is the choice of whoever starts a client; no call of a tool makes it.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::paths::{self, Env, PathError};

/// The context of the default file.
pub const DEFAULT: &str = "default";
/// The built-in context: a cloud on this machine, see `paictl local`.
pub const LOCAL: &str = "local";
/// Names a context where the command line names none.
pub const VARIABLE: &str = "PAI_CONTEXT";

/// Folder of the named ones, beside the default file.
const FOLDER: &str = "contexts";
/// Longest name.
const NAME_MAX: usize = 64;

/// The name of a context. It is part of a file's name and never leaves the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

/// Why a text names no context.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a context: take at most {NAME_MAX} letters, digits, '-', '_' and '.', with no '.' in front; \
     `pai` and names that end in `.pai` belong to the files beside the settings"
)]
pub struct NameError(String);

impl Name {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where its settings are, whether or not they are there.
    ///
    /// # Errors
    /// When no variable tells.
    pub fn path(&self, env: Env<'_>) -> Result<PathBuf, PathError> {
        match self.as_str() {
            DEFAULT => paths::default_settings(env),
            LOCAL => Ok(paths::local_dir(env)?.join("settings.json")),
            name => Ok(folder(env)?.join(format!("{name}.json"))),
        }
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let lower = text.to_ascii_lowercase();
        let fits = (1..=NAME_MAX).contains(&text.len()) && text.chars().all(is_plain);
        // `pai.json` and `NAME.pai.json` hold our own keys; some file systems do not tell letters of either case apart.
        let is_own = lower == "pai" || lower.ends_with(".pai");
        match fits && !text.starts_with('.') && !is_own {
            true => Ok(Self(text.to_owned())),
            false => Err(NameError(text.to_owned())),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What chose a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The command line.
    Option,
    /// `PAI_CONTEXT`.
    Variable,
    /// `ALIYUN_PAI_SETTINGS_PATH`.
    Path,
    /// Nothing: it is the default.
    Default,
}

impl By {
    /// As people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Option => "--context",
            Self::Variable => VARIABLE,
            Self::Path => "ALIYUN_PAI_SETTINGS_PATH",
            Self::Default => "default",
        }
    }
}

/// The context that a client means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Unset for a file that was named by its path.
    pub name: Option<Name>,
    /// Its settings.
    pub path: PathBuf,
    /// What chose it.
    pub by: By,
}

/// A context that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: Name,
    /// Its settings.
    pub path: PathBuf,
    /// Whether they are there.
    pub there: bool,
}

/// Why no context can be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// `PAI_CONTEXT` holds no name.
    #[error("{VARIABLE}: {0}")]
    Variable(#[from] NameError),
    /// There is no such file.
    #[error("there is no context `{name}`: {} does not exist", path.display())]
    Missing {
        /// What was asked for.
        name: Name,
        /// Where it would be.
        path: PathBuf,
        /// Those that are there.
        known: Vec<Name>,
    },
    /// Nothing tells where settings are.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl ContextError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Variable(_) => format!("set {VARIABLE} to the name of a context, or unset it"),
            Self::Missing { name, .. } if name.as_str() == LOCAL => {
                "`paictl local up` starts the cloud on this machine and writes it".into()
            }
            Self::Missing { path, known, .. } if known.is_empty() => {
                format!("write the settings to {}", path.display())
            }
            Self::Missing { known, .. } => {
                let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                format!(
                    "these are there: {}; `paictl context ls` shows their files",
                    names.join(", ")
                )
            }
            Self::Path(_) => "set HOME, or PAI_STATE_DIR and ALIYUN_PAI_SETTINGS_PATH".into(),
        }
    }
}

/// The context that a command line and an environment mean. A file that is named must be there; whether it can be used
/// is for the daemon to say.
///
/// # Errors
/// See [`ContextError`].
pub fn chosen(option: Option<&Name>, env: Env<'_>) -> Result<Chosen, ContextError> {
    if let Some(name) = option {
        return named(name.clone(), By::Option, env);
    }
    if let Some(text) = env(VARIABLE) {
        let name = text.to_string_lossy().parse()?;
        return named(name, By::Variable, env);
    }
    let by_path = env("ALIYUN_PAI_SETTINGS_PATH").is_some();
    Ok(Chosen {
        name: (!by_path).then(|| Name(DEFAULT.into())),
        path: paths::settings(env)?,
        by: if by_path { By::Path } else { By::Default },
    })
}

/// All that can be named: the two that are built in, then those of the folder by their names.
///
/// # Errors
/// When no variable tells where they are.
pub fn all(env: Env<'_>) -> Result<Vec<Known>, PathError> {
    let mut names = vec![Name(DEFAULT.into()), Name(LOCAL.into())];
    let mut found = in_folder(&folder(env)?);
    // A file of the folder that has a built-in name cannot be reached by it.
    found.retain(|name| !names.contains(name));
    found.sort();
    names.extend(found);
    let known = |name: Name| {
        let path = name.path(env)?;
        let there = is_there(&path);
        Ok(Known { name, path, there })
    };
    names.into_iter().map(known).collect()
}

fn named(name: Name, by: By, env: Env<'_>) -> Result<Chosen, ContextError> {
    let path = name.path(env)?;
    if !is_there(&path) {
        let there = all(env)?.into_iter().filter(|known| known.there);
        let known = there.map(|known| known.name).collect();
        return Err(ContextError::Missing { name, path, known });
    }
    Ok(Chosen {
        name: Some(name),
        path,
        by,
    })
}

fn folder(env: Env<'_>) -> Result<PathBuf, PathError> {
    Ok(paths::default_settings(env)?.with_file_name(FOLDER))
}

fn in_folder(folder: &Path) -> Vec<Name> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| {
        let file = entry.file_name();
        file.to_str()?.strip_suffix(".json")?.parse().ok()
    };
    entries.filter_map(name).collect()
}

/// One that cannot be asked for is left to the daemon, which says why.
fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

#[cfg(test)]
mod tests;
