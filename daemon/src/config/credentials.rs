//! Which key is used, and where it came from. The environment that counts is the daemon's.

use std::fmt;

use aliyun::Credentials;

use super::Env;

/// Where the key came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    /// `credentials` of the settings.
    SettingsFile,
    /// `ALIBABA_CLOUD_ACCESS_KEY_ID` and `_SECRET`.
    Environment,
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SettingsFile => "settings file",
            Self::Environment => "environment",
        })
    }
}

/// The key of the environment; `None` when it is not whole.
pub(super) fn from_env(env: Env<'_>) -> Option<Credentials> {
    let id = env("ALIBABA_CLOUD_ACCESS_KEY_ID")?;
    let secret = env("ALIBABA_CLOUD_ACCESS_KEY_SECRET")?;
    let token = env("ALIBABA_CLOUD_SECURITY_TOKEN");
    Some(Credentials {
        access_key_id: id,
        access_key_secret: secret.into(),
        security_token: token.map(Into::into),
    })
}
