//! The code sources of the workspace. Nothing clones them: jobs only name them.

use std::fmt;
use std::sync::Mutex;

use crate::error::ApiError;
use crate::sync::lock;

/// A git source as the workspace has it, with the token that reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSource {
    /// `code-…`.
    pub id: String,
    /// Its DisplayName.
    pub name: String,
    /// URL of the repository.
    pub repo: String,
    /// Branch that jobs get.
    pub branch: String,
    /// Commit that jobs get; empty for the newest of the branch.
    pub commit: String,
    /// GetCodeSource gives it out in clear, as the real service does.
    pub access_token: String,
    /// Where jobs find the clone.
    pub mount_path: String,
}

impl CodeSource {
    /// The code source of an emulator that is told of no other.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            id: "code-demo".to_owned(),
            name: "demo".to_owned(),
            repo: "https://git.example.com/demo/train.git".to_owned(),
            branch: "main".to_owned(),
            commit: String::new(),
            access_token: "emu-token-of-the-demo-repository".to_owned(),
            mount_path: "/root/code/train".to_owned(),
        }
    }
}

impl fmt::Debug for CodeSource {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSource")
            .field("id", &self.id)
            .field("repo", &self.repo)
            .field("branch", &self.branch)
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}

/// A code source and its times.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) source: CodeSource,
    /// Unix ms, as the next.
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
}

/// All code sources, in the order of the options.
#[derive(Debug)]
pub(crate) struct CodeSources(Mutex<Vec<Kept>>);

impl CodeSources {
    pub(crate) fn new(sources: Vec<CodeSource>, now_ms: i64) -> Self {
        let kept = |source| Kept {
            source,
            created_ms: now_ms,
            modified_ms: now_ms,
        };
        Self(Mutex::new(sources.into_iter().map(kept).collect()))
    }

    /// Reads or changes one.
    pub(crate) fn with<T>(
        &self,
        id: &str,
        work: impl FnOnce(&mut Kept) -> T,
    ) -> Result<T, ApiError> {
        let mut all = lock(&self.0);
        let found = all.iter_mut().find(|kept| kept.source.id == id);
        found
            .map(work)
            .ok_or_else(|| ApiError::code_source_not_found(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_token() {
        let sources = CodeSources::new(vec![CodeSource::demo()], 0);
        let shown = format!("{sources:?}");
        assert!(shown.contains("code-demo"), "{shown}");
        assert!(!shown.contains(&CodeSource::demo().access_token), "{shown}");
    }
}
