//! `paictl local`: a cloud on this machine, in the state folder and nowhere else.

use std::{fs, path::Path};

use pai_tests::{
    Gate, World,
    processes::{Strays, that_know},
};
use serde_json::Value;

/// What lies in a folder.
fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// The files that a process has open; none where the system does not show them.
fn open_files(pid: &Value) -> Vec<String> {
    let folder = fs::read_dir(format!("/proc/{pid}/fd"));
    let links = folder.into_iter().flatten().flatten();
    let paths = links.filter_map(|link| fs::read_link(link.path()).ok());
    let paths = paths.map(|path| path.display().to_string());
    paths.filter(|path| path.starts_with('/')).collect()
}

#[tokio::test]
async fn a_local_cloud_goes_up_runs_jobs_and_takes_them_along_when_it_goes_down() {
    let world = World::new().await;
    let _strays = Strays::of(&world);
    let _daemon = world.daemon().await;
    let local = world.state().join("local");
    fs::create_dir(&local).unwrap();
    // As fast as the world's own.
    fs::copy(world.path("pai.json"), local.join("pai.json")).unwrap();
    let before = entries(world.folder());
    let up = world.paictl(&["local", "up", "--json"]).await;
    assert_eq!(up.code, 0, "{up:?}");
    let up = up.json();
    assert_eq!(up["started"], true, "{up:#}");
    let status = world.paictl(&["local", "status", "--json"]).await;
    assert_eq!(status.code, 0, "{status:?}");
    assert_eq!(status.json()["endpoint"], up["endpoint"]);
    let again = world.paictl(&["local", "up", "--json"]).await.json();
    assert_eq!(again["started"], false, "{again:#}");
    assert_eq!(again["pid"], up["pid"]);

    let never = Gate::new(&world, "never").command();
    let long = ["--context", "local", "submit", "long", "--", &never];
    let long = world.paictl(&long).await;
    assert_eq!(long.code, 0, "{long:?}");
    let long_id = long.stdout.trim().to_owned();
    // What may be done next is about the same context.
    let next = format!("paictl --context local wait {long_id}\n");
    assert!(long.stderr.contains(&next), "{long:?}");
    let out = world.path("out");
    let command = format!("echo done > {}", out.display());
    let short = ["submit", "short", "--wait", "--json", "--", &command];
    let short = world.call(&short).env("PAI_CONTEXT", "local");
    let short = short.finish().await;
    assert_eq!(short.code, 0, "{short:?}");
    assert_eq!(fs::read_to_string(out).unwrap(), "done\n");
    assert!(
        world.control().jobs().is_empty(),
        "another cloud is untouched"
    );
    let running = ["--context", "local", "wait", &long_id, "--for", "running"];
    assert_eq!(world.paictl(&running).await.code, 0);
    if let Some(found) = that_know(world.folder()) {
        let runs = found.iter().any(|line| line.contains("gate-never"));
        assert!(runs, "its jobs are processes of ours: {found:?}");
        for path in open_files(&up["pid"]) {
            let ours = path.starts_with(local.to_str().unwrap());
            assert!(ours || path == "/dev/null", "{path}");
        }
    }

    let down = world.paictl(&["local", "down", "--json"]).await;
    assert_eq!(down.code, 0, "{down:?}");
    assert_eq!(down.json()["pid"], up["pid"]);
    let left = that_know(world.folder()).unwrap_or_default();
    assert!(left.iter().all(|line| line.contains("/paid ")), "{left:?}");
    let again = world.paictl(&["local", "down", "--json"]).await;
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(again.json()["stopped"], false);
    assert_eq!(world.paictl(&["local", "status"]).await.code, 1);
    let mut after = entries(world.folder());
    after.retain(|name| name != "out");
    assert_eq!(after, before, "all of it is in the state folder");

    // The next one is another: the daemon is told by the file.
    let up = world.paictl(&["local", "up", "--json"]).await.json();
    assert_eq!(up["started"], true, "{up:#}");
    let listed = world.paictl(&["--context", "local", "ls", "--json"]).await;
    assert_eq!(listed.json(), Value::Array(Vec::new()), "{listed:?}");
    let dry = [
        "--context",
        "local",
        "submit",
        "x",
        "--dry-run",
        "--",
        "true",
    ];
    let dry = world.paictl(&dry).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    assert_eq!(world.paictl(&["local", "down"]).await.code, 0);
}
