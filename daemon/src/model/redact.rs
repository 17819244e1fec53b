//! Secrets out of foreign text before it is stored or sent: by key, by known value, by pattern (invariant 8).

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// What stands where a secret was.
pub const MASK: &str = "[redacted]";

/// `NAME=value`, `--name value`, `"name": "value"` with a name that speaks of a secret.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)([A-Za-z0-9_.-]*(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|credential)s?["']?\s*(?:[=:]\s*|\s+(?:bearer\s+)?))("[^"]*"|'[^']*'|[^\s"';&|]+)"#,
    )
    .expect("a constant pattern")
});

/// Tokens with a form of their own, wherever they stand.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"LTAI[A-Za-z0-9]{12,}|STS\.[A-Za-z0-9]{12,}|hf_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",
    )
    .expect("a constant pattern")
});

/// `scheme://user:password@host`, and `Authorization: Bearer …`.
static URL_PASSWORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+@").expect("a constant pattern")
});
static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(authorization\s*[:=]\s*(?:bearer|basic)?\s*)[^\s\x22']+")
        .expect("a constant pattern")
});

/// Masks what it knows and what looks like a secret.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} known values)", self.known.len())
    }
}

impl Redactor {
    /// A redactor that also masks these values wherever they stand; values under 6 characters are too common to mask.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let mut known: Vec<String> = known.into_iter().filter(|value| value.len() >= 6).collect();
        known.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { known }
    }

    /// The text without its secrets.
    pub fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for value in &self.known {
            if out.contains(value.as_str()) {
                out = out.replace(value.as_str(), MASK);
            }
        }
        let out = BEARER.replace_all(&out, format!("${{1}}{MASK}"));
        let out = ASSIGNMENT.replace_all(&out, |caps: &regex::Captures<'_>| {
            match is_reference(&caps[2]) {
                true => caps[0].to_owned(),
                false => format!("{}{MASK}", &caps[1]),
            }
        });
        let out = URL_PASSWORD.replace_all(&out, format!("${{1}}{MASK}@"));
        TOKEN.replace_all(&out, MASK).into_owned()
    }
}

/// A shell variable names a secret without holding it; a number is a count (`--max-tokens 4096`).
fn is_reference(value: &str) -> bool {
    let bare = value.trim_matches(['"', '\'']);
    bare.starts_with('$') || bare == MASK || bare.parse::<f64>().is_ok() || bare.is_empty()
}

/// Whether a key of a settings or request object speaks of a secret (compared without case).
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace(['_', '-'], "");
    [
        "password",
        "passwd",
        "secret",
        "token",
        "apikey",
        "privatekey",
        "accesskey",
        "credential",
    ]
    .iter()
    .any(|word| key.contains(word))
        || key == "auth"
}

/// Masks every string below a secret key, and secrets in all other strings.
pub fn json(redactor: &Redactor, value: &mut Value) {
    match value {
        Value::String(text) => *text = redactor.text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| json(redactor, item)),
        Value::Object(map) => {
            for (key, item) in map {
                match item {
                    Value::String(text) if is_secret_key(key) && !is_reference(text) => {
                        MASK.clone_into(text);
                    }
                    _ => json(redactor, item),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_commands_are_masked() {
        let redactor = Redactor::new(["hunter2hunter2".to_owned()]);
        for (text, secret) in [
            (
                "export HF_TOKEN=hf_abcdefghijklmnopqrst && python t.py",
                "hf_abc",
            ),
            (
                "WANDB_API_KEY=0123456789abcdef python t.py",
                "0123456789abcdef",
            ),
            ("curl -H 'Authorization: Bearer abc.def.ghi' x", "abc.def"),
            ("mysql --password hunter2hunter2", "hunter2"),
            ("echo hunter2hunter2", "hunter2"),
            ("git clone https://me:s3cr3t@host/x.git", "s3cr3t"),
            (
                "aliyun configure set --access-key-id LTAI5tAbCdEfGhIjKlMn",
                "LTAI5t",
            ),
            (r#"{"password": "open sesame"}"#, "sesame"),
            ("login sk-abcdefghijklmnop1234", "sk-abc"),
        ] {
            let out = redactor.text(text);
            assert!(!out.contains(secret), "{out}");
            assert!(out.contains(MASK), "{out}");
        }
    }

    #[test]
    fn plain_commands_stay_as_they_are() {
        let redactor = Redactor::default();
        for text in [
            "python train.py --epochs 3 --lr 1e-4",
            "tokenizer=bpe python prepare.py --max-tokens 4096",
            "export TOKEN=$HF_TOKEN; python t.py",
            "step 10/100 loss 0.42 tokens/s 1234",
        ] {
            assert_eq!(redactor.text(text), text);
        }
    }

    #[test]
    fn json_is_masked_by_key() {
        let mut value = serde_json::json!({
            "Envs": {"HF_TOKEN": "abc", "EPOCHS": "3"},
            "ImageConfig": {"Username": "me", "Password": "pw", "Auth": "YTpi"},
        });
        json(&Redactor::default(), &mut value);
        let text = value.to_string();
        assert!(!text.contains("abc") && !text.contains("\"pw\"") && !text.contains("YTpi"));
        assert!(text.contains("\"EPOCHS\":\"3\"") && text.contains("\"me\""));
    }
}
