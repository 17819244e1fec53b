//! What makes two submits equal. Pure.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Wish;
use crate::model::redact::{MASK, Redactor, is_secret_entry};

/// The same for submits that ask for the same: 32 hex digits. Secrets do not count, only that there are some: what is
/// stored must not tell them.
pub(super) fn of(wish: &Wish, profile: &str, redactor: &Redactor) -> String {
    let env = |(name, value): (&String, &String)| {
        let hidden = is_secret_entry(&serde_json::Map::new(), name, &value.as_str().into());
        let shown = match hidden {
            true => MASK.to_owned(),
            false => redactor.text(value),
        };
        (name.clone(), shown)
    };
    let envs: Vec<_> = wish.envs.iter().map(env).collect();
    let secret_envs: Vec<_> = wish.secret_envs.keys().collect();
    let tags: Vec<_> = wish.tags.iter().collect();
    let overrides: Vec<_> = wish.overrides.iter().collect();
    let original = wish.original.as_ref().map(|original| &original.uid);
    let asked = json!([
        wish.name,
        redactor.text(&wish.command),
        profile,
        wish.code_branch,
        wish.code_commit,
        envs,
        secret_envs,
        tags,
        wish.priority,
        wish.max_minutes,
        overrides,
        original,
    ]);
    let digest = Sha256::digest(asked.to_string().as_bytes());
    hex::encode(&digest[..16])
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
}
