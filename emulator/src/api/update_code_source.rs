//! UpdateCodeSource of AIWorkSpace: branch and commit. A commit stays where only the branch is
//! given; whether it does in the real service is not known.

use serde_json::{Value, json};

use super::body::{object, text};
use crate::cloud::Cloud;
use crate::error::ApiError;

/// Documented keys that are refused rather than ignored.
const NOT_EMULATED: [&str; 7] = [
    "CloneType",
    "CodeRepo",
    "CodeRepoAccessToken",
    "CodeRepoUserName",
    "Description",
    "DisplayName",
    "MountPath",
];

pub(super) fn update_code_source(
    cloud: &Cloud,
    id: &str,
    body: &[u8],
    effect: bool,
) -> Result<Value, ApiError> {
    let sent = object(body)?;
    let given = |key: &&&str| sent.get(**key).is_some_and(|value| !value.is_null());
    if let Some(key) = NOT_EMULATED.iter().find(given) {
        return Err(ApiError::not_emulated(key));
    }
    let branch = text(&sent, "CodeBranch")?;
    let commit = text(&sent, "CodeCommit")?;
    let now_ms = cloud.now_ms();
    cloud.code_sources.with(id, |kept| {
        if !effect {
            return;
        }
        for (place, text) in [
            (&mut kept.source.branch, branch),
            (&mut kept.source.commit, commit),
        ] {
            if let Some(text) = text {
                text.clone_into(place);
                kept.modified_ms = now_ms;
            }
        }
    })?;
    cloud.changed();
    Ok(json!({"CodeSourceId": id}))
}
