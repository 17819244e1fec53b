use std::path::PathBuf;

use clap::Parser as _;

use super::*;
use crate::{
    args::{Cli, Command},
    exit::Exit,
};

fn args(line: &[&str]) -> SubmitArgs {
    let line = ["paictl", "submit"].iter().chain(line);
    match Cli::try_parse_from(line).unwrap().command {
        Some(Command::Submit(args)) => args,
        other => panic!("{other:?}"),
    }
}

/// The request of a command line, in an environment in which two variables are set.
fn request(line: &[&str], file: Job) -> Result<v1::SubmitJobRequest, CliError> {
    let env = |key: &str| match key {
        "HF_TOKEN" => Some(PathBuf::from("hf_secret")),
        "PAI_SESSION" => Some(PathBuf::from("agent-7")),
        _ => None,
    };
    let args = args(line);
    let job = file.with(args.name, args.command, &args.options)?;
    job.complete()?.request(env)
}

fn of_line(line: &[&str]) -> v1::SubmitJobRequest {
    request(line, Job::default()).unwrap()
}

fn shell(words: &[&str]) -> String {
    of_line(&[&["x", "--"], words].concat()).command
}

#[test]
fn one_word_is_shell_text() {
    let word = "cd /x && python a.py > log";
    assert_eq!(shell(&[word]), word);
}

#[test]
fn several_words_stay_the_same_words() {
    assert_eq!(
        shell(&["python", "a.py", "--lr", "0.1"]),
        "python a.py --lr 0.1"
    );
    for words in [
        &["echo", "two words", "$HOME", "it's", "", "a;b", "&&"][..],
        &["printf", "%s\n", "*", "~", "#", "\"q\""][..],
    ] {
        assert_eq!(shell_words::split(&shell(words)).unwrap(), words);
    }
}

#[test]
fn a_nonce_is_new_each_time() {
    assert_eq!(nonce().len(), 32);
    assert_ne!(nonce(), nonce());
}

#[test]
fn everything_on_the_command_line_becomes_the_request() {
    let line = [
        "train",
        "-p",
        "gpu",
        "--code-branch",
        "dev",
        "--code-commit",
        "abc1",
        "--env",
        "LR=0.1",
        "--env",
        "A=b=c",
        "--secret-env",
        "HF_TOKEN",
        "--priority",
        "9",
        "--max-minutes",
        "90",
        "--set",
        "Worker.gpu=8",
        "--tag",
        "team=vision",
        "--session",
        "s-1",
        "--queue",
        "--key",
        "nightly",
        "--",
        "true",
    ];
    let request = of_line(&line);
    let expected = v1::SubmitJobRequest {
        name: "train".into(),
        command: "true".into(),
        profile: "gpu".into(),
        code_branch: "dev".into(),
        code_commit: "abc1".into(),
        envs: [("LR".into(), "0.1".into()), ("A".into(), "b=c".into())].into(),
        secret_envs: [("HF_TOKEN".into(), "hf_secret".into())].into(),
        priority: Some(9),
        max_run_minutes: Some(90),
        overrides: [("Worker.gpu".into(), "8".into())].into(),
        tags: [
            ("team".into(), "vision".into()),
            ("pai-session".into(), "s-1".into()),
        ]
        .into(),
        queue: true,
        idempotency_key: "nightly".into(),
        nonce: request.nonce.clone(),
        ..Default::default()
    };
    assert_eq!(request, expected);
}

fn from_file() -> Job {
    let text = r#"{"name": "filed", "command": "python a.py", "profile": "gpu", "env": {"LR": "1", "HF_TOKEN": "plain"},
        "secretEnv": ["OTHER"], "priority": 2, "tags": {"pai-session": "tagged"}, "queue": true, "key": "k"}"#;
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_command_line_goes_before_the_file() {
    let line = [
        "lined",
        "--env",
        "LR=2",
        "--env",
        "OTHER=x",
        "--secret-env",
        "HF_TOKEN",
        "--priority",
        "5",
        "--",
        "true",
    ];
    let both = request(&line, from_file()).unwrap();
    assert_eq!(
        (both.name.as_str(), both.command.as_str()),
        ("lined", "true")
    );
    assert_eq!((both.profile.as_str(), both.priority), ("gpu", Some(5)));
    let envs = [("LR".into(), "2".into()), ("OTHER".into(), "x".into())];
    assert_eq!(both.envs, envs.into());
    let secrets = [("HF_TOKEN".into(), "hf_secret".into())];
    assert_eq!(both.secret_envs, secrets.into());
    assert!(both.queue);
    assert_eq!(both.idempotency_key, "k");
}

#[test]
fn the_session_is_named_by_option_tag_and_environment_in_this_order() {
    let session = |line: &[&str], file| request(line, file).unwrap().tags.remove("pai-session");
    let named = |label: &str| Some(label.to_owned());
    let line = ["x", "--", "true"];
    assert_eq!(session(&line, Job::default()), named("agent-7"));
    let by_tag = ["x", "--tag", "pai-session=t", "--", "true"];
    assert_eq!(session(&by_tag, Job::default()), named("t"));
    let by_option = [
        "x",
        "--tag",
        "pai-session=t",
        "--session",
        "o",
        "--",
        "true",
    ];
    assert_eq!(session(&by_option, Job::default()), named("o"));
    let none = ["x", "--session", "", "--", "true"];
    assert_eq!(session(&none, Job::default()), None);
}

#[test]
fn what_is_missing_or_contradicts_itself_is_a_usage_error() {
    for (line, said) in [
        (&["--", "true"][..], "the job has no name"),
        (&["train"], "the job has no command"),
        (&["", "--", "true"], "the job has no name"),
        (&["train", "--", ""], "the job has no command"),
        (
            &["x", "--secret-env", "UNSET", "--", "true"],
            "the variable UNSET is not set",
        ),
        (
            &["x", "--env", "A=1", "--secret-env", "A", "--", "true"],
            "the variable A is given both",
        ),
    ] {
        let error = request(line, Job::default()).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{line:?}");
        assert!(error.to_string().starts_with(said), "{error}");
    }
    for line in [
        &["x", "--env", "A"][..],
        &["x", "--priority", "10"],
        &["x", "--max-minutes", "0"],
        &["x", "--wait", "--follow"],
        &["x", "--dry-run", "--wait"],
        &["x", "--key", ""],
    ] {
        let line = ["paictl", "submit"]
            .iter()
            .chain(line)
            .chain(&["--", "true"]);
        let usage = Cli::try_parse_from(line).unwrap_err();
        assert_eq!(usage.exit_code(), 2);
    }
}
