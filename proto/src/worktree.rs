//! The git working tree that a client is called in: tags that say of it, and warnings where a job will run something else.
//!
//! Only looks, within two seconds, and gives nothing where git or a repository is missing: a submit never fails for it.

mod check;
mod git;
mod repo;

use std::{collections::BTreeMap, path::Path, time::Duration};

use tokio::time::timeout;

use crate::client::Client;

/// The tag with a label of the session that submits.
pub const SESSION_TAG: &str = "pai-session";
/// The variable that names the session where nothing else does.
pub const SESSION_VARIABLE: &str = "PAI_SESSION";

/// Longest time that git is asked, in all.
const LIMIT: Duration = Duration::from_secs(2);
/// Longest value of a tag, in characters.
const TAG_MAX: usize = 128;
/// Unpushed commits are counted so far.
const COUNTED_MAX: usize = 100;

/// What git says of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Worktree {
    /// Address of the branch's remote, without user, password and token; empty when there is none.
    repo: String,
    /// Hash of HEAD; empty before the first commit.
    commit: String,
    /// Empty where HEAD is on no branch.
    branch: String,
    /// Files under git's care that differ from HEAD.
    changed: usize,
    /// Commits that no remote is known to have.
    unpushed: usize,
}

/// What is to be said of a submit from a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `pai-repo`, `pai-commit` and `pai-branch`, as far as they are known.
    pub tags: BTreeMap<String, String>,
    /// One line each, for people.
    pub warnings: Vec<String>,
}

/// Looks at `folder` before a submit that names this branch and commit of its code (empty: those of the settings).
pub async fn report(client: &Client, folder: &Path, branch: &str, commit: &str) -> Report {
    let Some(tree) = look(folder).await else {
        return Report::default();
    };
    Report {
        tags: tags(&tree),
        warnings: check::warnings(client, &tree, branch, commit).await,
    }
}

async fn look(folder: &Path) -> Option<Worktree> {
    timeout(LIMIT, git::read(folder)).await.ok().flatten()
}

fn tags(tree: &Worktree) -> BTreeMap<String, String> {
    [
        ("pai-repo", &tree.repo),
        ("pai-commit", &tree.commit),
        ("pai-branch", &tree.branch),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(key, value)| (key.to_owned(), value.chars().take(TAG_MAX).collect()))
    .collect()
}

#[cfg(test)]
mod tests;
