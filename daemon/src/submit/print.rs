//! What makes two submits equal. What is stored of it tells no secret; two that differ only in what the redaction takes for
//! one are told apart by a second print, which only memory has: by the daemon that took them both. It also knows how long ago
//! that was, whatever the wall clock says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Wish;
use crate::{
    model::redact::{MASK, Redactor, is_secret_entry},
    sys::clock::Mono,
};

/// Submits whose exact prints are remembered, the newest of them.
const REMEMBERED: usize = 10_000;

/// Of everything that a submit asks for as it was given, also of secrets within the command: never stored or told.
pub(super) type Exact = [u8; 32];

/// What this daemon knows of the submits that it took, by uid. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Prints {
    newest: Arc<Mutex<VecDeque<Taken>>>,
}

#[derive(Debug)]
struct Taken {
    uid: String,
    exact: Exact,
    at: Mono,
}

impl Prints {
    pub(super) fn remember(&self, uid: &str, exact: Exact, at: Mono) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() >= REMEMBERED {
            newest.pop_front();
        }
        newest.push_back(Taken {
            uid: uid.to_owned(),
            exact,
            at,
        });
    }

    /// Whether that submit is known to have asked for something else. One that an earlier daemon took is not known.
    pub(super) fn differs(&self, uid: &str, exact: &Exact) -> bool {
        self.of(uid, |taken| taken.exact != *exact)
            .unwrap_or_default()
    }

    /// When it was taken; `None` where an earlier daemon took it.
    pub(super) fn taken_at(&self, uid: &str) -> Option<Mono> {
        self.of(uid, |taken| taken.at)
    }

    fn of<T>(&self, uid: &str, what: impl FnOnce(&Taken) -> T) -> Option<T> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.iter().rev().find(|taken| taken.uid == uid).map(what)
    }
}

/// The same for submits that ask for the same: 32 hex digits. Secrets do not count, only that there are some: what is
/// stored must not tell them.
pub(super) fn of(wish: &Wish, profile: &str, redactor: &Redactor) -> String {
    let env = |(name, value): (&String, &String)| {
        let hidden = is_secret_entry(&serde_json::Map::new(), name, &value.as_str().into());
        let value = match hidden {
            true => MASK.to_owned(),
            false => redactor.text(value),
        };
        (name.clone(), value)
    };
    let envs: Vec<_> = wish.envs.iter().map(env).collect();
    let secret_envs: Vec<_> = wish.secret_envs.keys().collect();
    let command = redactor.text(&wish.command);
    hex::encode(&digest(wish, profile, &json!([command, envs, secret_envs]))[..16])
}

/// The same with everything as it was given, secrets too.
pub(super) fn exact(wish: &Wish, profile: &str) -> Exact {
    let envs: Vec<_> = wish.envs.iter().collect();
    let secret_envs = wish.secret_envs.iter();
    let secret_envs: Vec<_> = secret_envs
        .map(|(name, value)| (name, value.expose_secret()))
        .collect();
    digest(wish, profile, &json!([wish.command, envs, secret_envs]))
}

fn digest(wish: &Wish, profile: &str, may_hide: &Value) -> Exact {
    let tags: Vec<_> = wish.tags.iter().collect();
    let overrides: Vec<_> = wish.overrides.iter().collect();
    let original = wish.original.as_ref().map(|original| &original.uid);
    let asked = json!([
        wish.name,
        may_hide,
        profile,
        wish.code_branch,
        wish.code_commit,
        tags,
        wish.priority,
        wish.max_minutes,
        overrides,
        original,
    ]);
    Sha256::digest(asked.to_string().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            name: "train".into(),
            command: "python train.py".into(),
            ..Wish::default()
        }
    }

    #[test]
    fn whatever_is_asked_for_makes_a_difference() {
        let redactor = Redactor::default();
        let print = |wish: &Wish| of(wish, "default", &redactor);
        let changes: [fn(&mut Wish); 10] = [
            |wish| wish.name.push('2'),
            |wish| wish.command.push('2'),
            |wish| wish.code_branch = "dev".into(),
            |wish| wish.code_commit = "1a2b".into(),
            |wish| drop(wish.envs.insert("A".into(), "1".into())),
            |wish| drop(wish.secret_envs.insert("A".into(), "1".to_owned().into())),
            |wish| drop(wish.tags.insert("A".into(), "1".into())),
            |wish| wish.priority = Some(2),
            |wish| wish.max_minutes = Some(2),
            |wish| drop(wish.overrides.insert("gpu".into(), "1".into())),
        ];
        let mut prints = vec![print(&wish()), of(&wish(), "other", &redactor)];
        for change in changes {
            let mut changed = wish();
            change(&mut changed);
            prints.push(print(&changed));
        }
        let different: std::collections::HashSet<_> = prints.iter().collect();
        assert_eq!(different.len(), prints.len());
        assert_eq!(print(&wish()), prints[0]);
    }

    #[test]
    fn how_it_is_sent_makes_none_and_neither_does_a_secrets_value() {
        let redactor = Redactor::default();
        let print = |wish: &Wish| of(wish, "default", &redactor);
        let plain = print(&wish());
        let sent = Wish {
            nonce: "1".into(),
            key: "k".into(),
            queue: true,
            another: true,
            ..wish()
        };
        assert_eq!(print(&sent), plain);
        let secret = |value: &str| {
            let mut wish = wish();
            wish.secret_envs
                .insert("WORD".into(), value.to_owned().into());
            wish.envs.insert("HF_TOKEN".into(), value.to_owned());
            print(&wish)
        };
        assert_eq!(secret("hf_one"), secret("hf_two"));
    }

    #[test]
    fn what_only_the_redaction_makes_equal_is_told_apart_by_the_daemon_that_took_both() {
        let pass = |number: u8| Wish {
            command: format!("encode --pass {number}"),
            ..wish()
        };
        let redactor = Redactor::default();
        let print = |wish: &Wish| of(wish, "default", &redactor);
        assert_eq!(print(&pass(1)), print(&pass(2)));
        let exact = |number| exact(&pass(number), "default");
        let prints = Prints::default();
        assert!(!prints.differs("job-1", &exact(2)), "nobody knows");
        prints.remember("job-1", exact(1), Mono::ZERO);
        assert!(prints.differs("job-1", &exact(2)));
        assert!(!prints.differs("job-1", &exact(1)));
    }
}
