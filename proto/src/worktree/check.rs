//! Warnings where the job will run something else than what lies in the folder.

use std::time::Duration;

use tokio::time::timeout;

use super::{COUNTED_MAX, Worktree, repo};
use crate::{client::Client, v1};

/// Longest time that the daemon, and through it the cloud, is asked.
const LIMIT: Duration = Duration::from_secs(2);

/// The code that the job will run; what is unknown is empty.
#[derive(Debug, Clone, Default)]
struct Runs {
    repo: String,
    branch: String,
    commit: String,
}

/// What differs. Nothing where the settings have no code source, or it is another repository.
pub(super) async fn warnings(
    client: &Client,
    tree: &Worktree,
    branch: &str,
    commit: &str,
) -> Vec<String> {
    let config = timeout(LIMIT, client.config()).await;
    // Settings that cannot be read are told by the submit itself.
    let Some(source) = config.ok().and_then(Result::ok).and_then(|c| c.code_source) else {
        return Vec::new();
    };
    let mut runs = runs(&source, branch, commit);
    // The cloud is asked only where its answer can matter.
    if runs.branch.is_empty() || !differences(tree, &runs).is_empty() {
        let request = v1::GetCodeSourceRequest::default();
        let answer = timeout(LIMIT, client.code_source(request)).await;
        if let Some(remote) = answer.ok().and_then(Result::ok).and_then(|a| a.remote) {
            runs.repo = repo::without_secrets(&remote.repo);
            if runs.branch.is_empty() {
                runs.branch = remote.branch;
            }
        }
    }
    differences(tree, &runs)
}

/// As the settings and the call tell it: a branch of the call leaves the default commit out.
fn runs(source: &v1::CodeSource, branch: &str, commit: &str) -> Runs {
    let or = |given: &str, default: &str| match given {
        "" => default.to_owned(),
        given => given.to_owned(),
    };
    Runs {
        repo: String::new(),
        branch: or(branch, &source.default_branch),
        commit: match branch {
            "" => or(commit, &source.default_commit),
            _ => commit.to_owned(),
        },
    }
}

fn differences(tree: &Worktree, runs: &Runs) -> Vec<String> {
    let is_known = !runs.repo.is_empty() && !tree.repo.is_empty();
    if is_known && !repo::same(&runs.repo, &tree.repo) {
        return Vec::new();
    }
    let who = match is_known {
        true => "this folder",
        false => "if this folder is what the job runs: it",
    };
    let found = [code(tree, runs), unpushed(tree), uncommitted(tree)];
    let found = found.into_iter().flatten();
    found.map(|text| format!("{who} {text}")).collect()
}

/// A commit decides what runs, else a branch does.
fn code(tree: &Worktree, runs: &Runs) -> Option<String> {
    let Worktree { branch, commit, .. } = tree;
    if !runs.commit.is_empty() {
        let same = runs.commit.len() >= 4 && commit.starts_with(&runs.commit.to_lowercase());
        let (here, there) = (short(commit), short(&runs.commit));
        return (!same && !commit.is_empty())
            .then(|| format!("is at commit {here}, and the job runs commit {there}"));
    }
    let known = !branch.is_empty() && !runs.branch.is_empty();
    let there = &runs.branch;
    (known && branch != there)
        .then(|| format!("is on branch {branch}, and the job runs branch {there}"))
}

fn unpushed(tree: &Worktree) -> Option<String> {
    let more = if tree.unpushed == COUNTED_MAX {
        " or more"
    } else {
        ""
    };
    match tree.unpushed {
        0 => None,
        1 => Some("has a commit that was not pushed; the job runs without it".into()),
        n => Some(format!(
            "has {n}{more} commits that were not pushed; the job runs without them"
        )),
    }
}

fn uncommitted(tree: &Worktree) -> Option<String> {
    match tree.changed {
        0 => None,
        1 => Some("has a changed file that is not committed; the job runs without it".into()),
        n => Some(format!(
            "has {n} changed files that are not committed; the job runs without them"
        )),
    }
}

fn short(commit: &str) -> String {
    commit.chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Worktree {
        Worktree {
            repo: "https://host/team/repo".into(),
            commit: "0123456789abcdef".into(),
            branch: "main".into(),
            ..Default::default()
        }
    }

    fn on_main() -> Runs {
        Runs {
            repo: "git@host:team/repo.git".into(),
            branch: "main".into(),
            ..Default::default()
        }
    }

    #[test]
    fn what_the_job_runs_as_it_lies_here_needs_no_word() {
        assert_eq!(differences(&tree(), &on_main()), Vec::<String>::new());
        let commit = Runs {
            commit: "0123456".into(),
            branch: "other".into(),
            ..on_main()
        };
        assert!(
            differences(&tree(), &commit).is_empty(),
            "the commit decides"
        );
        let nowhere = Worktree {
            branch: String::new(),
            ..tree()
        };
        assert!(differences(&nowhere, &on_main()).is_empty());
        assert!(differences(&tree(), &Runs::default()).is_empty());
    }

    #[test]
    fn each_difference_is_told() {
        let tree = Worktree {
            branch: "dev".into(),
            changed: 2,
            unpushed: 1,
            ..tree()
        };
        assert_eq!(
            differences(&tree, &on_main()),
            [
                "this folder is on branch dev, and the job runs branch main",
                "this folder has a commit that was not pushed; the job runs without it",
                "this folder has 2 changed files that are not committed; the job runs without them",
            ]
        );
        let commit = Runs {
            commit: "fedcba9876543210".into(),
            ..on_main()
        };
        let many = Worktree {
            unpushed: COUNTED_MAX,
            changed: 1,
            ..tree
        };
        assert_eq!(
            differences(&many, &commit),
            [
                "this folder is at commit 0123456789, and the job runs commit fedcba9876",
                "this folder has 100 or more commits that were not pushed; the job runs without them",
                "this folder has a changed file that is not committed; the job runs without it",
            ]
        );
    }

    #[test]
    fn another_repository_is_none_of_the_jobs_business_and_an_unknown_one_may_be() {
        let dirty = Worktree {
            changed: 1,
            ..tree()
        };
        let elsewhere = Runs {
            repo: "https://host/team/other".into(),
            ..on_main()
        };
        assert!(differences(&dirty, &elsewhere).is_empty());
        let unknown = Runs {
            repo: String::new(),
            ..on_main()
        };
        assert_eq!(
            differences(&dirty, &unknown),
            [
                "if this folder is what the job runs: it has a changed file that is not committed; the job runs without it"
            ]
        );
    }

    #[test]
    fn a_branch_of_the_call_leaves_the_default_commit_out() {
        let source = v1::CodeSource {
            default_branch: "main".into(),
            default_commit: "abc1".into(),
            ..Default::default()
        };
        let of = |branch, commit| {
            let runs = runs(&source, branch, commit);
            (runs.branch, runs.commit)
        };
        let pair = |branch: &str, commit: &str| (branch.to_owned(), commit.to_owned());
        assert_eq!(of("", ""), pair("main", "abc1"));
        assert_eq!(of("dev", ""), pair("dev", ""));
        assert_eq!(of("dev", "def2"), pair("dev", "def2"));
        assert_eq!(of("", "def2"), pair("main", "def2"));
    }
}
