//! A job in a file: YAML, of which JSON is a part.

use std::{collections::BTreeMap, path::Path};

use serde::de::IgnoredAny;
use serde_saphyr::from_str_with_options;

use super::job::{Job, KEYS};
use crate::{error::CliError, input};

/// Reads it.
///
/// # Errors
/// When it cannot be read, or does not describe a job.
pub(super) async fn read(path: &Path) -> Result<Job, CliError> {
    let name = match path.as_os_str() == "-" {
        true => "stdin".into(),
        false => path.display().to_string(),
    };
    let text = input::text(path).await;
    let text = text.map_err(|error| CliError::io(format!("cannot read {name}"), error))?;
    parse(&text).map_err(|why| {
        let keys = KEYS.join(", ");
        CliError::usage(
            format!("{name}: {why}"),
            format!("the keys of a job are {keys}"),
        )
    })
}

fn parse(text: &str) -> Result<Job, String> {
    // Twice, so that all unknown keys are told, and numbers stay the text that they were.
    let keys: BTreeMap<String, IgnoredAny> = parsed(text)?;
    let unknown: Vec<_> = keys
        .into_keys()
        .filter(|key| !KEYS.contains(&key.as_str()))
        .collect();
    match unknown.is_empty() {
        true => parsed(text),
        false => Err(format!("unknown key {}", unknown.join(", "))),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    // A piece of the file in a message may show a secret.
    let options = serde_saphyr::options! { with_snippet: false };
    from_str_with_options(text, options).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: &str = "\
name: train
command: |
  cd app
  python train.py
profile: gpu
codeBranch: dev
codeCommit: 0123abc
env:
  LR: 0.10
  DEBUG: true
  EMPTY: ''
secretEnv: [HF_TOKEN]
priority: 7
maxMinutes: 90
set: {image: 'registry/train:2', gpu: 8}
tags: {team: vision}
session: s-1
queue: true
key: nightly
";

    #[test]
    fn every_key_is_read_and_values_stay_as_they_were_written() {
        let job = parse(EVERYTHING).unwrap();
        insta::assert_debug_snapshot!(job);
        let keys: BTreeMap<String, IgnoredAny> = parsed(EVERYTHING).unwrap();
        assert!(KEYS.iter().all(|key| keys.contains_key(*key)));
        assert_eq!(keys.len(), KEYS.len());
    }

    #[test]
    fn json_is_read_too_and_an_empty_file_says_nothing() {
        let job = parse(r#"{"name": "train", "env": {"LR": 0.1}, "queue": false}"#);
        assert!(job.is_ok(), "{job:?}");
        assert_eq!(parse("").unwrap(), Job::default());
        assert_eq!(parse("# nothing yet\n").unwrap(), Job::default());
    }

    #[test]
    fn all_unknown_keys_are_told() {
        let told = parse("nmae: x\ncode_branch: y\nname: z\n").unwrap_err();
        assert_eq!(told, "unknown key code_branch, nmae");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_without_its_text() {
        for (text, said) in [
            ("name: [S3CRET]", "line 1, column 7"),
            ("priority: S3CRET", "line 1"),
            ("queue: S3CRET", "line 1"),
            ("secretEnv: {S3CRET: 1}", "line 1"),
            ("env: {A: [S3CRET]}", "line 1"),
            ("env: S3CRET", "line 1"),
            ("env: {A: S3CRET, A: 2}", "line 1"),
            ("- S3CRET", "line 1"),
            ("name: \"S3CRET", "line 1"),
            ("name: a\n---\nname: S3CRET", "multiple"),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.contains(said), "{text}: {told}");
            assert!(!told.contains("S3CRET"), "{told}");
            assert!(!told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn a_small_file_does_not_become_a_large_one() {
        let mut text = "env: &a {X: &x \"xxxxxxxxxx\"}\n".to_owned();
        text.push_str("tags: &b {A: *x}\n");
        let bomb: String = (0..40)
            .map(|n| {
                format!(
                    "k{n}: &k{n} [{}]\n",
                    vec![format!("*k{}", n.max(1) - 1); 10].join(",")
                )
            })
            .collect();
        assert!(parse(&format!("k0: &k0 [1]\n{bomb}")).is_err());
        assert!(parse(&text).is_ok());
    }
}
