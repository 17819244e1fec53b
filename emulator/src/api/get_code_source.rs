//! GetCodeSource of AIWorkSpace. It gives the token of the repository out in clear, as the real
//! service does, so that a client which lets it through is found out.

use serde_json::{Value, json};

use super::caller_identity::{USER_ID, USER_NAME};
use crate::clock::iso;
use crate::cloud::Cloud;
use crate::error::ApiError;

pub(super) fn get_code_source(cloud: &Cloud, id: &str) -> Result<Value, ApiError> {
    let kept = cloud.code_sources.with(id, |kept| kept.clone())?;
    let source = kept.source;
    Ok(json!({
        "CodeSourceId": source.id,
        "DisplayName": source.name,
        "Description": "",
        "CodeRepo": source.repo,
        "CodeRepoUserName": USER_NAME,
        "CodeRepoAccessToken": source.access_token,
        "CodeBranch": source.branch,
        "CodeCommit": source.commit,
        "CloneType": 0,
        "MountPath": source.mount_path,
        "Accessibility": "PUBLIC",
        "UserId": USER_ID,
        "WorkspaceId": cloud.options.workspace_id,
        "GmtCreateTime": iso(kept.created_ms),
        "GmtModifyTime": iso(kept.modified_ms),
    }))
}
