//! The code source.

use pai_proto::v1;
use serde::Serialize;

use super::{ConfigChanged, known};

/// The code source of the settings, and the object at the cloud.
#[derive(Debug, Serialize)]
pub struct CodeSource {
    code_source_id: Option<String>,
    mount_path: Option<String>,
    default_branch: Option<String>,
    default_commit: Option<String>,
    /// Null where the cloud was not asked.
    remote: Option<Remote>,
}

#[derive(Debug, Serialize)]
struct Remote {
    display_name: Option<String>,
    repo: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    mount_path: Option<String>,
    accessibility: Option<String>,
    user_id: Option<String>,
}

/// The answer of `codesource set`.
#[derive(Debug, Serialize)]
pub struct CodeSourceChanged {
    /// With `--remote`: the object at the cloud shows what was asked for.
    verified: bool,
    /// What changed in the settings.
    changed: Option<ConfigChanged>,
    code_source: Option<CodeSource>,
}

impl From<&v1::GetCodeSourceResponse> for CodeSource {
    fn from(source: &v1::GetCodeSourceResponse) -> Self {
        Self {
            code_source_id: known(&source.code_source_id),
            mount_path: known(&source.mount_path),
            default_branch: known(&source.default_branch),
            default_commit: known(&source.default_commit),
            remote: source.remote.as_ref().map(|remote| Remote {
                display_name: known(&remote.display_name),
                repo: known(&remote.repo),
                branch: known(&remote.branch),
                commit: known(&remote.commit),
                mount_path: known(&remote.mount_path),
                accessibility: known(&remote.accessibility),
                user_id: known(&remote.user_id),
            }),
        }
    }
}

impl From<&v1::UpdateCodeSourceResponse> for CodeSourceChanged {
    fn from(response: &v1::UpdateCodeSourceResponse) -> Self {
        Self {
            verified: response.verified,
            changed: response.changed.as_ref().map(Into::into),
            code_source: response.code_source.as_ref().map(Into::into),
        }
    }
}
