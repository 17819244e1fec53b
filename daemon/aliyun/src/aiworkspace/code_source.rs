//! A git source that jobs are started with, without the token that reads it.

use crate::error::Error;
use crate::fields::Fields;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::fmt;

/// Parts of the names of keys that hold secrets: `CodeRepoAccessToken`, and what may come.
const SECRET: [&str; 3] = ["token", "password", "secret"];

/// One code source. `None` as in [`crate::dlc::Job`].
#[derive(Clone, Default, PartialEq)]
pub struct CodeSourceItem {
    /// `code-…`.
    pub code_source_id: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// URL of the repository; whoever made it may have put a password into it.
    pub code_repo: Option<String>,
    /// Name of the user that reads the repository.
    pub code_repo_user_name: Option<String>,
    /// Branch that jobs get unless they name one.
    pub code_branch: Option<String>,
    /// Commit that jobs get unless they name one.
    pub code_commit: Option<String>,
    /// Where it is cloned to.
    pub mount_path: Option<String>,
    /// 0 for a new folder below the mount path, 1 for the mount path itself.
    pub clone_type: Option<i64>,
    /// `PUBLIC` or `PRIVATE`.
    pub accessibility: Option<String>,
    /// Who made it.
    pub user_id: Option<String>,
    /// Decimal number.
    pub workspace_id: Option<String>,
    /// Made.
    pub gmt_create_time: Option<Timestamp>,
    /// Last change.
    pub gmt_modify_time: Option<Timestamp>,
    /// Id of the request that brought it.
    pub request_id: Option<String>,
    /// Keys without a field above, and values of an unexpected type, without those whose
    /// key names a secret.
    pub other: Map<String, Value>,
}

impl CodeSourceItem {
    /// Reads a code source from an object; there is no object that it cannot be read from.
    pub fn from_object(mut object: Map<String, Value>) -> Self {
        object.retain(|key, _| !is_secret(key));
        let mut f = Fields::new(object);
        Self {
            code_source_id: f.text("CodeSourceId"),
            display_name: f.text("DisplayName"),
            description: f.text("Description"),
            code_repo: f.text("CodeRepo"),
            code_repo_user_name: f.text("CodeRepoUserName"),
            code_branch: f.text("CodeBranch"),
            code_commit: f.text("CodeCommit"),
            mount_path: f.text("MountPath"),
            clone_type: f.int("CloneType"),
            accessibility: f.text("Accessibility"),
            user_id: f.text("UserId"),
            workspace_id: f.text("WorkspaceId"),
            gmt_create_time: f.time("GmtCreateTime"),
            gmt_modify_time: f.time("GmtModifyTime"),
            request_id: f.text("RequestId"),
            other: f.rest(),
        }
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET.iter().any(|word| key.contains(word))
}

impl fmt::Debug for CodeSourceItem {
    /// Leaves the URL and `other` out, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSourceItem")
            .field("code_source_id", &self.code_source_id)
            .field("display_name", &self.display_name)
            .field("code_branch", &self.code_branch)
            .field("code_commit", &self.code_commit)
            .finish_non_exhaustive()
    }
}

/// What to change; what is `None` stays as it is and is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeSourceUpdate {
    /// Branch that jobs get from now on.
    pub branch: Option<String>,
    /// Commit that jobs get from now on. Whether one of the old branch stays in force when only
    /// the branch is given is not documented.
    pub commit: Option<String>,
}

impl CodeSourceUpdate {
    /// The keys that are given; an error where there are none.
    pub(super) fn body(&self) -> Result<Value, Error> {
        let given = [("CodeBranch", &self.branch), ("CodeCommit", &self.commit)];
        let body: Map<String, Value> = given
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?))))
            .collect();
        if body.is_empty() {
            return Err(Error::invalid_argument("body", "nothing to change"));
        }
        Ok(Value::Object(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "glpat-the-token-of-the-repository";

    fn item(value: Value) -> CodeSourceItem {
        let Value::Object(object) = value else {
            panic!("not an object")
        };
        CodeSourceItem::from_object(object)
    }

    #[test]
    fn a_code_source_is_read_without_its_token() {
        let item = item(json!({
            "CodeSourceId": "code-1", "DisplayName": "demo", "CodeRepo": "https://git.example/r.git",
            "CodeBranch": "main", "CodeCommit": "", "CodeRepoUserName": "me",
            "CodeRepoAccessToken": TOKEN, "codeRepoAccesstoken": TOKEN, "CodeRepoPassword": TOKEN,
            "MountPath": "/root/code", "CloneType": "1", "Accessibility": "PUBLIC",
            "UserId": 24, "WorkspaceId": "7", "GmtCreateTime": "2026-01-02T03:04:05Z",
            "GmtModifyTime": 5, "RequestId": "R-1", "BrandNew": true,
        }));
        assert_eq!(item.code_source_id.as_deref(), Some("code-1"));
        assert_eq!(item.code_branch.as_deref(), Some("main"));
        assert_eq!((item.code_commit, item.clone_type), (None, Some(1)));
        assert_eq!(item.user_id.as_deref(), Some("24"));
        assert!(item.gmt_create_time.is_some());
        let other = json!({"GmtModifyTime": 5, "BrandNew": true});
        assert_eq!(Value::Object(item.other), other);
    }

    #[test]
    fn debug_shows_neither_token_nor_url() {
        let item = item(json!({
            "CodeSourceId": "code-1", "CodeRepoAccessToken": TOKEN,
            "CodeRepo": format!("https://me:{TOKEN}@git.example/r.git"), "X": {"Token": TOKEN},
        }));
        let shown = format!("{item:?} {item:#?}");
        assert!(
            shown.contains("code-1") && !shown.contains(TOKEN),
            "{shown}"
        );
    }

    #[test]
    fn an_update_sends_only_what_is_given() {
        let update = |branch: Option<&str>, commit: Option<&str>| CodeSourceUpdate {
            branch: branch.map(str::to_owned),
            commit: commit.map(str::to_owned),
        };
        let body = |update: CodeSourceUpdate| update.body().unwrap();
        assert_eq!(
            body(update(Some("dev"), None)),
            json!({"CodeBranch": "dev"})
        );
        let both = json!({"CodeBranch": "dev", "CodeCommit": ""});
        assert_eq!(body(update(Some("dev"), Some(""))), both);
        let error = update(None, None).body().unwrap_err();
        assert_eq!(error.effect(), crate::Effect::None);
    }
}
