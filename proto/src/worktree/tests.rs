//! Against git itself.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

/// A folder in which git works, with nobody's own settings.
struct Repo(TempDir);

impl Repo {
    fn new() -> Self {
        let repo = Self(tempfile::tempdir().unwrap());
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    fn git(&self, args: &[&str]) {
        let status = Command::new("git")
            .arg("-C")
            .arg(self.0.path())
            .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{args:?}");
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn commit(&self, text: &str) {
        self.write("train.py", text);
        self.git(&["add", "train.py"]);
        self.git(&["commit", "-q", "-m", text]);
    }

    async fn look(&self) -> Worktree {
        look(self.0.path()).await.unwrap()
    }
}

#[tokio::test]
async fn a_folder_outside_of_any_repository_gives_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(look(folder.path()).await, None);
    assert_eq!(look(Path::new("/nowhere/at/all")).await, None);
    let bare = tempfile::tempdir().unwrap();
    let mut init = Command::new("git");
    init.args(["init", "-q", "--bare"]).arg(bare.path());
    assert!(init.status().unwrap().success());
    assert_eq!(look(bare.path()).await, None, "no working tree");
}

#[tokio::test]
async fn commits_that_no_remote_has_and_changed_files_are_counted() {
    let repo = Repo::new();
    assert_eq!(repo.look().await.commit, "", "before the first commit");
    repo.commit("one");
    repo.commit("two");
    let tree = repo.look().await;
    assert_eq!(
        (tree.branch.as_str(), tree.unpushed, tree.changed),
        ("main", 2, 0)
    );
    assert_eq!(tree.commit.len(), 40);
    // What a push leaves behind.
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    repo.write("train.py", "three");
    repo.write("notes.txt", "not under git's care");
    let tree = repo.look().await;
    assert_eq!((tree.unpushed, tree.changed), (1, 1));
    repo.git(&["checkout", "-q", "--detach"]);
    assert_eq!(repo.look().await.branch, "");
}

#[tokio::test]
async fn the_tags_tell_where_the_code_comes_from_without_any_secret() {
    let repo = Repo::new();
    repo.commit("one");
    assert_eq!(
        tags(&repo.look().await).keys().collect::<Vec<_>>(),
        ["pai-branch", "pai-commit"]
    );
    let url = "https://me:ghp_secret@host/team/repo.git";
    repo.git(&["remote", "add", "origin", url]);
    let found = tags(&repo.look().await);
    assert_eq!(found["pai-repo"], "https://host/team/repo.git");
    assert_eq!(found["pai-branch"], "main");
    // The remote of the branch goes before `origin`.
    repo.git(&["remote", "add", "fork", "git@host:me/repo.git"]);
    repo.git(&["config", "branch.main.remote", "fork"]);
    let tree = repo.look().await;
    assert_eq!(tree.repo, "host:me/repo.git");
    repo.git(&["config", "branch.main.remote", "."]);
    assert_eq!(repo.look().await.repo, "https://host/team/repo.git");
}

#[test]
fn a_tag_is_no_longer_than_the_cloud_takes() {
    let tree = Worktree {
        branch: "训".repeat(200),
        ..Default::default()
    };
    let found = tags(&tree);
    assert_eq!(found.len(), 1);
    assert_eq!(found["pai-branch"].chars().count(), TAG_MAX);
}
