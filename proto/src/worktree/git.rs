//! Asking git. With an argument list and no shell, without locks, prompts, monitors or a look into the network.

use std::{path::Path, process::Stdio};

use tokio::process::Command;

use super::{COUNTED_MAX, Worktree, repo};

/// What git says of a folder; nothing where that is in no working tree.
pub(super) async fn read(folder: &Path) -> Option<Worktree> {
    let status = [
        "status",
        "--porcelain=v2",
        "--branch",
        "--untracked-files=no",
        "--ignore-submodules=dirty",
    ];
    let most = format!("--max-count={COUNTED_MAX}");
    let unpushed = ["rev-list", "--count", &most, "HEAD", "--not", "--remotes"];
    let (status, unpushed) = tokio::join!(git(folder, &status), git(folder, &unpushed));
    let tree = Worktree {
        // HEAD may not have a commit yet.
        unpushed: unpushed.map_or(0, |count| count.trim().parse().unwrap_or(0)),
        ..parsed(&status?)
    };
    let repo = remote(folder, &tree.branch).await.unwrap_or_default();
    Some(Worktree { repo, ..tree })
}

/// Address of the remote from which the branch comes, else of `origin`.
async fn remote(folder: &Path, branch: &str) -> Option<String> {
    let key = format!("branch.{branch}.remote");
    let configured = git(folder, &["config", "--get", &key]).await;
    // A branch that follows one of the same repository has the remote ".".
    let configured = configured.map(|name| name.trim().to_owned());
    let configured = configured.filter(|name| !name.is_empty() && name != ".");
    for name in configured.iter().map(String::as_str).chain(["origin"]) {
        if let Some(url) = git(folder, &["remote", "get-url", "--", name]).await {
            return Some(repo::without_secrets(url.trim()));
        }
    }
    None
}

/// Reads the answer of `git status --porcelain=v2 --branch`.
fn parsed(status: &str) -> Worktree {
    let mut tree = Worktree::default();
    for line in status.lines() {
        match line.strip_prefix("# ") {
            // In brackets: `(initial)` and `(detached)`.
            Some(header) => match header.split_once(' ') {
                Some((_, value)) if value.starts_with('(') => {}
                Some(("branch.oid", commit)) => tree.commit = commit.into(),
                Some(("branch.head", branch)) => tree.branch = branch.into(),
                _ => {}
            },
            None => tree.changed += 1,
        }
    }
    tree
}

async fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        // A monitor is a program that the repository names.
        .args(["-c", "core.fsmonitor=false"])
        .args(args)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_commit_branch_and_changes() {
        let status = "# branch.oid 0123abc\n# branch.head dev\n# branch.upstream origin/dev\n# branch.ab +2 -0\n\
            1 .M N... 100644 100644 100644 1 2 a.py\n2 R. N... 100644 100644 100644 1 2 R100 b\tc\nu UU N... d\n";
        let tree = parsed(status);
        assert_eq!(
            (tree.commit.as_str(), tree.branch.as_str(), tree.changed),
            ("0123abc", "dev", 3)
        );
        let fresh = parsed("# branch.oid (initial)\n# branch.head (detached)\n");
        assert_eq!(fresh, Worktree::default());
    }
}
