//! What the documents say of the tests is true.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap().to_path_buf()
}

/// The functions of all Rust files below `folder`.
fn functions(folder: &Path, found: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && name != ".git" {
            functions(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| {
                let (_, rest) = line.split_once("fn ")?;
                Some(rest.split_once(['(', '<'])?.0.to_owned())
            });
            found.extend(names);
        }
    }
}

#[test]
fn every_test_that_the_architecture_names_is_there() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let (_, invariants) = text.split_once("## Invariants and their tests").unwrap();
    let (invariants, _) = invariants.split_once("\n## ").unwrap();
    let is_test = |word: &&str| {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        word.matches('_').count() > 2 && word.chars().all(letters)
    };
    let named: Vec<_> = invariants.split('`').filter(is_test).collect();
    assert!(named.len() > 100, "{} tests are named", named.len());
    let mut there = HashSet::new();
    functions(&root(), &mut there);
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !there.contains(**name))
        .collect();
    assert!(missing.is_empty(), "there are no such tests: {missing:#?}");
}
