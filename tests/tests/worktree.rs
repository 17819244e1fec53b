//! A submit from a git working tree says where it came from, and warns of what the job will not run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use pai_tests::{
    World,
    cli::Finished,
    hidden::{holds_none, stored_nowhere},
    world::text,
};
use serde_json::{Value, json};

/// The password in the address of the remote.
const PASSWORD: &str = "Remote-Passw0rd-of-e2e";

/// A repository whose one commit was pushed to where the code source of the settings is.
struct Repo(PathBuf);

impl Repo {
    fn new(world: &World) -> Self {
        let repo = Self(world.path("repo"));
        let pushed_to = world.path("remote.git");
        fs::create_dir(&repo.0).unwrap();
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo.git(&["init", "--quiet", "--bare", pushed_to.to_str().unwrap()]);
        repo.git(&["remote", "add", "origin", pushed_to.to_str().unwrap()]);
        fs::write(repo.0.join("train.py"), "print(1)\n").unwrap();
        repo.commit("first");
        repo.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        let address = format!("https://me:{PASSWORD}@git.example.com/demo/train.git");
        repo.git(&["remote", "set-url", "origin", &address]);
        repo
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        let user = ["-c", "user.name=e2e", "-c", "user.email=e2e@example.com"];
        let commit = ["commit", "--quiet", "--allow-empty", "-m", message];
        self.git(&[&user[..], &commit].concat());
    }

    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(args)
            .current_dir(&self.0)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.0)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

async fn world() -> World {
    let source =
        json!({"codeSourceId": "code-demo", "mountPath": "/root/code", "defaultBranch": "main"});
    World::with(|plan| plan.settings = json!({"codeSource": source})).await
}

async fn submit(world: &World, folder: &Path, more: &[&str]) -> Finished {
    let line = [
        &["submit", "train", "--new", "--json"],
        more,
        &["--", "true"],
    ]
    .concat();
    let done = world.call(&line).folder(folder).env("PAI_SESSION", "night");
    let done = done.finish().await;
    assert_eq!(done.code, 0, "{done:?}");
    done
}

/// The tags that the cloud got, without those of the daemon.
fn tags(world: &World, done: &Finished) -> Value {
    let mut tags = world.request(&text(&done.json()["job_id"]))["Settings"]["Tags"].take();
    let all = tags.as_object_mut().unwrap();
    all.retain(|name, _| !["pai-uid", "pai-prefix"].contains(&name.as_str()));
    tags
}

/// What an answer warns of.
fn warnings(done: &Finished) -> Vec<String> {
    let warnings = done.json()["warnings"].take();
    warnings.as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn jobs_are_tagged_with_the_tree_and_what_they_will_not_run_is_told() {
    let world = world().await;
    let daemon = world
        .launch()
        .env("PAI_LOG", "debug")
        .start()
        .await
        .unwrap();
    let repo = Repo::new(&world);
    fs::create_dir(repo.0.join("src")).unwrap();
    let clean = submit(&world, &repo.0.join("src"), &[]).await;
    let commit = repo.git(&["rev-parse", "HEAD"]);
    let mut expected = json!({
        "pai-repo": "https://git.example.com/demo/train.git", "pai-commit": commit, "pai-branch": "main",
        "pai-session": "night",
    });
    assert_eq!(tags(&world, &clean), expected);
    assert!(warnings(&clean).is_empty(), "{clean:?}");

    repo.git(&["switch", "--quiet", "--create", "dev"]);
    repo.commit("second");
    fs::write(repo.0.join("train.py"), "print(2)\n").unwrap();
    let dirty = submit(&world, &repo.0, &[]).await;
    expected["pai-commit"] = json!(repo.git(&["rev-parse", "HEAD"]));
    expected["pai-branch"] = json!("dev");
    assert_eq!(tags(&world, &dirty), expected);
    let warnings = warnings(&dirty);
    let told = [
        "this folder is on branch dev, and the job runs branch main",
        "this folder has a commit that was not pushed; the job runs without it",
        "this folder has a changed file that is not committed; the job runs without it",
    ];
    assert_eq!(warnings, told);
    for warning in &warnings {
        let line = format!("warning: {warning}\n");
        assert!(dirty.stderr.contains(&line), "{dirty:?}");
    }
    let branch = submit(&world, &repo.0, &["--code-branch", "dev"]).await;
    let warnings = branch.json()["warnings"].to_string();
    assert!(
        !warnings.contains("branch"),
        "it is the one that runs: {warnings}"
    );
    let commit = submit(&world, &repo.0, &["--code-commit", "0123456789"]).await;
    let warnings = commit.json()["warnings"].to_string();
    assert!(
        warnings.contains("the job runs commit 0123456789"),
        "{warnings}"
    );

    let own = ["--tag", "pai-branch=mine", "--session", "day"];
    let own = tags(&world, &submit(&world, &repo.0, &own).await);
    assert_eq!(
        (&own["pai-branch"], &own["pai-session"]),
        (&json!("mine"), &json!("day"))
    );
    let blind = submit(&world, &repo.0, &["--no-git"]).await;
    assert_eq!(tags(&world, &blind), json!({"pai-session": "night"}));
    assert!(self::warnings(&blind).is_empty(), "{blind:?}");
    let outside = submit(&world, world.folder(), &[]).await;
    assert_eq!(tags(&world, &outside), json!({"pai-session": "night"}));
    fs::write(repo.0.join(".git/HEAD"), "nonsense\n").unwrap();
    let broken = submit(&world, &repo.0, &[]).await;
    assert_eq!(tags(&world, &broken), json!({"pai-session": "night"}));
    let listed = ["ls", "--label", "pai-branch=dev", "--json"];
    let listed = world.paictl(&listed).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    for done in [&clean, &dirty] {
        let said = format!("{} {}", done.stdout, done.stderr);
        holds_none(&[PASSWORD], "the answer", said.as_bytes());
    }
    stored_nowhere(&[PASSWORD], &world, &daemon);
}

#[tokio::test]
async fn another_repository_than_that_of_the_code_is_no_reason_to_warn() {
    let world = world().await;
    let _daemon = world.daemon().await;
    let repo = Repo::new(&world);
    repo.git(&[
        "remote",
        "set-url",
        "origin",
        "git@git.example.com:me/notes.git",
    ]);
    repo.git(&["switch", "--quiet", "--create", "dev"]);
    fs::write(repo.0.join("train.py"), "print(2)\n").unwrap();
    let done = submit(&world, &repo.0, &[]).await;
    assert!(warnings(&done).is_empty(), "{done:?}");
    assert_eq!(
        tags(&world, &done)["pai-repo"],
        "git.example.com:me/notes.git"
    );
}
