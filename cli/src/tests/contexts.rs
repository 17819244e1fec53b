//! Which settings a command means.

use std::fs;

use super::*;

/// A home with a default file and a context `work`.
fn home() -> Folder {
    let folder = Folder::create(&std::env::temp_dir()).unwrap();
    let contexts = folder.path().join(".config/aliyun-pai/contexts");
    fs::create_dir_all(&contexts).unwrap();
    fs::write(contexts.with_file_name("settings.json"), "{}").unwrap();
    fs::write(contexts.join("work.json"), "{}").unwrap();
    folder
}

#[tokio::test]
async fn the_daemon_is_told_which_settings_are_meant() {
    for (line, variables, file) in [
        (&["ls"][..], &[][..], "settings.json"),
        (&["ls", "--context", "work"], &[], "contexts/work.json"),
        (&["--context", "work", "ls"], &[], "contexts/work.json"),
        (&["ls"], &[("PAI_CONTEXT", "work")], "contexts/work.json"),
        (
            &["ls", "--context", "default"],
            &[("PAI_CONTEXT", "work")],
            "settings.json",
        ),
    ] {
        let home = home();
        let daemon = Fake::default();
        let heard = daemon.heard.clone();
        daemon.serve(&home.socket());
        let (exit, _, stderr) = run_with(&home, line, variables).await;
        assert_eq!(exit, Exit::Ok, "{stderr}");
        let path = home.path().join(".config/aliyun-pai").join(file);
        assert_eq!(heard.all()[0], Call::Hello(Some(path)), "{line:?}");
        home.remove().unwrap();
    }
}

#[tokio::test]
async fn a_context_that_is_not_there_is_not_found_and_one_that_is_none_is_a_usage_error() {
    let home = home();
    let (exit, stdout, stderr) = run_in(&home, &["--context", "wrok", "ls"]).await;
    assert_eq!((exit, stdout.as_str()), (Exit::NotFound, ""));
    assert!(
        stderr.starts_with("error: there is no context `wrok`: "),
        "{stderr}"
    );
    assert!(
        stderr.contains("these are there: `default`, `work`"),
        "{stderr}"
    );
    let (exit, _, stderr) = run_in(&home, &["--json", "--context", "local", "ls"]).await;
    assert_eq!(exit, Exit::NotFound);
    let read: serde_json::Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!(read["error"]["kind"], "not_found");
    let hint = read["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("`paictl local up`"), "{hint}");
    let (exit, _, stderr) = run_with(&home, &["ls"], &[("PAI_CONTEXT", "a/b")]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(
        stderr.starts_with("error: PAI_CONTEXT: `a/b` is no name"),
        "{stderr}"
    );
    let usage = Cli::try_parse_from(["paictl", "--context", "a/b", "ls"]).unwrap_err();
    assert!(
        usage.to_string().contains("is no name of a context"),
        "{usage}"
    );
    home.remove().unwrap();
}

#[tokio::test]
async fn a_daemon_is_looked_at_and_ended_whatever_settings_are_meant() {
    for (verb, told) in [("status", "Daemon  running"), ("stop", "stopped, pid 77")] {
        let home = home();
        Fake::default().serve(&home.socket());
        let line = ["--context", "wrok", "daemon", verb];
        let (exit, stdout, _) = run_in(&home, &line).await;
        assert_eq!(exit, Exit::Ok, "{verb}");
        assert!(stdout.starts_with(told), "{stdout}");
        home.remove().unwrap();
    }
}

#[tokio::test]
async fn the_contexts_are_listed_with_what_chose_one_of_them() {
    let home = home();
    let path = |file: &str| {
        let path = home.path().join(file);
        path.to_str().unwrap().to_owned()
    };
    let default = path(".config/aliyun-pai/settings.json");
    let local = path(".local/state/pai/local/settings.json");
    let work = path(".config/aliyun-pai/contexts/work.json");
    for line in [&["context"][..], &["context", "ls"]] {
        let (exit, stdout, stderr) = run_in(&home, line).await;
        assert_eq!((exit, stderr.as_str()), (Exit::Ok, ""));
        assert_eq!(
            stdout,
            format!(
                "default\tby default\tyes\t{default}\nlocal\t-\tno\t{local}\nwork\t-\tyes\t{work}\n"
            )
        );
    }
    let listed = async |line: &[&str], variables: &[(&'static str, &str)]| {
        let (exit, stdout, stderr) = run_with(&home, line, variables).await;
        assert_eq!(exit, Exit::Ok);
        let read: Vec<serde_json::Value> = serde_json::from_str(&stdout).unwrap();
        let chosen = read.into_iter().find(|row| row["chosen"] == true);
        (chosen.unwrap_or_default(), stderr)
    };
    let line = ["--json", "context", "ls"];
    let (chosen, _) = listed(&line, &[("PAI_CONTEXT", "work")]).await;
    assert_eq!(chosen["name"], "work");
    assert_eq!(chosen["chosen_by"], "PAI_CONTEXT");
    let file = [("ALIYUN_PAI_SETTINGS_PATH", "/nowhere/mine.json")];
    let (chosen, _) = listed(&line, &file).await;
    assert_eq!(chosen["name"], serde_json::Value::Null);
    assert_eq!(chosen["settings_path"], "/nowhere/mine.json");
    assert_eq!(chosen["exists"], false);
    let (chosen, _) = listed(&line, &[("ALIYUN_PAI_SETTINGS_PATH", &work)]).await;
    assert_eq!(chosen["name"], "work");
    let (chosen, stderr) = listed(&line, &[("PAI_CONTEXT", "wrok")]).await;
    assert_eq!(chosen, serde_json::Value::Null);
    assert!(
        stderr.starts_with("warning: there is no context `wrok`"),
        "{stderr}"
    );
    home.remove().unwrap();
}
