//! With a script in the place of the emulator.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::*;
use crate::{context::tests::context, demo::folder::Folder, process::is_alive};

/// Takes the folder as the emulator does, says READY, and stays until it is ended.
const EMULATOR: &str = r#"
echo "$* $PWD ${ALIBABA_CLOUD_ACCESS_KEY_ID-none}" >&2
mkdir -p "$4"; exec 9>>"$4/emulator.lock"; flock -n 9 || exit 1
echo "{\"endpoint\":\"http://127.0.0.1:4\",\"access_key_id\":\"i\",\"access_key_secret\":\"s\",\"pid\":$$}" > "$4/emulator.json"
echo "READY http://127.0.0.1:4 $4/emulator.json"
exec sleep 1000 1>&-
"#;

/// A home with a program `pai-emulator` on the path.
struct Home(Folder);

impl Home {
    fn new(script: &str) -> Self {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let program = folder.path().join("pai-emulator");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        Self(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join("state/local").join(file)
    }

    async fn run(&self, verb: Verb, json: bool) -> (Result<Exit, CliError>, String, String) {
        let (mut context, stdout, stderr) = context(json);
        let home = self.0.path().to_owned();
        context.env = Box::new(move |key| match key {
            "PAI_STATE_DIR" => Some(home.join("state")),
            "PATH" => Some(home.clone()),
            _ => None,
        });
        let exit = run(&LocalArgs { verb }, &mut context).await;
        let plain = |text: String| anstream::adapter::strip_str(&text).to_string();
        (exit, plain(stdout.text()), plain(stderr.text()))
    }

    async fn json(&self, verb: Verb) -> serde_json::Value {
        let (_, stdout, _) = self.run(verb, true).await;
        serde_json::from_str(&stdout).unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn it_goes_up_once_and_down_once() {
    let home = Home::new(EMULATOR);
    let (exit, stdout, stderr) = home.run(Verb::Up, false).await;
    assert_eq!(exit.unwrap(), Exit::Ok);
    assert!(stdout.starts_with("up, pid "), "{stdout}");
    assert!(stdout.ends_with(", http://127.0.0.1:4\n"), "{stdout}");
    assert!(
        stderr.ends_with(
            "paictl --context local submit hello -- 'echo hello'\nexport PAI_CONTEXT=local\n"
        ),
        "{stderr}"
    );
    let log = fs::read_to_string(home.path("emulator.log")).unwrap();
    let scratch = home.path("cloud").display().to_string();
    assert_eq!(
        log,
        format!("serve --own-session --scratch {scratch} / none\n")
    );
    for (path, expected) in [
        (home.path(""), 0o700),
        (home.path("emulator.log"), 0o600),
        (home.path("settings.json"), 0o600),
    ] {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    let again = home.json(Verb::Up).await;
    assert_eq!(
        (&again["running"], &again["started"]),
        (&true.into(), &false.into())
    );
    assert_eq!(
        again["settings_path"],
        home.path("settings.json").display().to_string()
    );
    let status = home.json(Verb::Status).await;
    assert_eq!(status["pid"], again["pid"]);
    let (exit, stdout, _) = home.run(Verb::Status, false).await;
    assert_eq!(exit.unwrap(), Exit::Ok);
    assert!(stdout.starts_with("Local     up\nPid       "), "{stdout}");

    let (exit, stdout, _) = home.run(Verb::Down, false).await;
    assert_eq!(exit.unwrap(), Exit::Ok);
    assert_eq!(stdout, format!("down, pid {}\n", again["pid"]));
    let down = home.json(Verb::Down).await;
    assert_eq!(
        (&down["running"], &down["stopped"]),
        (&false.into(), &false.into())
    );
    let (exit, stdout, _) = home.run(Verb::Status, false).await;
    assert_eq!(exit.unwrap(), Exit::Error);
    assert!(stdout.starts_with("Local     down\n"), "{stdout}");
    home.0.remove().unwrap();
}

#[tokio::test]
async fn one_that_does_not_come_up_is_quoted_and_ended() {
    let script = "echo $$ > \"$4.pid\"; echo no space left >&2; echo hello; exec sleep 1000";
    let home = Home::new(script);
    let (exit, stdout, _) = home.run(Verb::Up, false).await;
    let error = exit.unwrap_err();
    assert_eq!(stdout, "");
    assert_eq!(
        error.to_string(),
        "the emulator did not start: its first line is not READY, address and file (no space left)"
    );
    assert!(error.hint().contains("emulator.log"), "{}", error.hint());
    let pid = fs::read_to_string(home.path("cloud.pid")).unwrap();
    assert!(!is_alive(pid.trim().parse().unwrap()));
    assert!(!home.path("settings.json").exists());
    home.0.remove().unwrap();
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_a_reason_not_to_start() {
    let home = Home::new("touch \"$4.ran\"");
    fs::create_dir_all(home.path("")).unwrap();
    fs::write(home.path("settings.json"), "{ // mine\n}").unwrap();
    let (exit, _, _) = home.run(Verb::Up, false).await;
    let error = exit.unwrap_err();
    assert!(error.to_string().contains("is no plain JSON"), "{error}");
    assert!(!home.path("cloud.ran").exists());
    assert_eq!(
        fs::read_to_string(home.path("settings.json")).unwrap(),
        "{ // mine\n}"
    );
    home.0.remove().unwrap();
}

#[tokio::test]
async fn a_process_that_does_not_hold_the_folder_is_left_alone() {
    let home = Home::new(EMULATOR);
    let cloud = home.path("cloud");
    fs::create_dir_all(&cloud).unwrap();
    // As a crashed emulator leaves it; the number is somebody else's by now.
    let access = format!(
        r#"{{"endpoint":"http://x","access_key_id":"i","access_key_secret":"s","pid":{}}}"#,
        std::process::id()
    );
    fs::write(cloud.join("emulator.json"), access).unwrap();
    fs::write(cloud.join("emulator.lock"), "").unwrap();
    let (exit, stdout, _) = home.run(Verb::Down, false).await;
    assert_eq!(exit.unwrap(), Exit::Ok);
    assert_eq!(stdout, "it was not up\n");
    // An emulator that is just starting has the folder and has not written its file.
    let lock = fs::File::open(cloud.join("emulator.lock")).unwrap();
    lock.lock().unwrap();
    fs::write(cloud.join("emulator.json"), "").unwrap();
    for verb in [Verb::Down, Verb::Up, Verb::Status] {
        let error = home.run(verb, false).await.0.unwrap_err();
        assert!(error.to_string().contains("an emulator has"), "{error}");
    }
    home.0.remove().unwrap();
}

#[tokio::test]
async fn without_the_program_nothing_is_started() {
    let home = Home::new("");
    fs::remove_file(home.0.path().join("pai-emulator")).unwrap();
    let error = home.run(Verb::Up, false).await.0.unwrap_err();
    assert!(error.to_string().contains("`pai-emulator`"), "{error}");
    home.0.remove().unwrap();
}
