//! Secrets out of foreign text before it is stored or sent: by key, by known value, by pattern (invariant 8).
//!
//! A name is judged by its words: `HF_TOKEN` speaks of a secret, `tokenizer` does not. A value stays when it only points at
//! a secret (`$HF_TOKEN`), and a number stays where tokens are counted (`--max-tokens 4096`).

mod assignment;
mod bearer;
mod command;
mod key;
mod name;
mod value;

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use regex::{Captures, Regex};
use serde_json::{Map, Value};

pub use key::{KEY_LINES, KeyLines};
use name::Kind;

/// What stands where a secret was.
pub const MASK: &str = "[redacted]";

/// Values shorter than this are too common to be masked wherever they stand.
const KNOWN_MIN: usize = 6;

/// The same for secrets of calls, which are more often plain words. Shorter ones are hidden by their names.
const GIVEN_MIN: usize = 8;

/// Secrets of calls that are remembered, the newest of them, and their bytes.
const GIVEN_MAX: usize = 10_000;
const GIVEN_BYTES_MAX: usize = 4 << 20;

/// More than any text has needed.
const ROUNDS_MAX: usize = 8;

/// Tokens with a form of their own, wherever they stand. The left edge also ends an escape such as `\n`.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)(^|[^A-Za-z0-9]|\\[bfnrt])(?:
            LTAI[A-Za-z0-9]{12,}
          | STS\.[A-Za-z0-9]{12,}
          | hf_[A-Za-z0-9]{16,}
          | sk-(?:(?:proj|ant|svcacct|admin|or|lf)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{20,})
          | gh[pousr]_[A-Za-z0-9]{20,}
          | github_pat_[A-Za-z0-9_]{20,}
          | glpat-[A-Za-z0-9_-]{16,}
          | xox[abprs]-[A-Za-z0-9-]{10,}
          | A[KS]IA[A-Z0-9]{16}
          | AIza[A-Za-z0-9_-]{35}
          | npm_[A-Za-z0-9]{36}
          | eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*
        )",
    )
    .expect("a constant pattern")
});

/// `scheme://user:password@host`, and `scheme://token@host`.
static URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)([a-z][a-z0-9+.-]*://)(?:([^/\s:@"']*:)([^/\s"']+)|([A-Za-z0-9_-]{20,}))@"#)
        .expect("a constant pattern")
});

/// Masks what it knows and what looks like a secret. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
    given: Arc<RwLock<Given>>,
}

/// Given with calls, not to be stored; the oldest first. All settings of a daemon share them: what one file's submit hides, the
/// lists of another file show.
#[derive(Default)]
struct Given {
    values: VecDeque<String>,
    /// Grows with each change.
    version: u64,
}

/// The values that are masked wherever they stand.
#[derive(Default)]
struct Known {
    /// Of the settings.
    settings: Vec<String>,
    /// These and what was given with calls, the longest first.
    all: Arc<[String]>,
    /// Grows with each change.
    version: u64,
    /// Up to which version of what was given.
    given_version: u64,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} known values)", self.known().len())
    }
}

impl Redactor {
    /// A redactor that also masks these values wherever they stand; values under 6 characters are too common to mask.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let redactor = Self::default();
        redactor.learn(known);
        redactor
    }

    /// The settings hold these secrets now, in place of those that they held before.
    pub fn learn(&self, settings: impl IntoIterator<Item = String>) {
        self.change(|known| known.settings = settings.into_iter().collect());
    }

    /// A redactor of other settings that masks the same secrets of calls.
    #[must_use]
    pub fn beside(&self, settings: impl IntoIterator<Item = String>) -> Self {
        let other = Self {
            known: Arc::default(),
            given: Arc::clone(&self.given),
        };
        other.learn(settings);
        other
    }

    /// A call has brought these secrets: they are masked for as long as this process lives, or until many newer ones came.
    pub fn remember(&self, given: impl IntoIterator<Item = String>) {
        let mut all = self.given.write().unwrap_or_else(PoisonError::into_inner);
        all.remember(given);
    }

    /// A redactor of its own that knows these, too.
    #[must_use]
    pub fn with(&self, given: impl IntoIterator<Item = String>) -> Self {
        let other = Self::default();
        {
            let mut values = other.given.write().unwrap_or_else(PoisonError::into_inner);
            let shared = self.given.read().unwrap_or_else(PoisonError::into_inner);
            values.values.clone_from(&shared.values);
            values.remember(given);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        other.learn(known.settings.iter().cloned());
        other
    }

    /// Differs from an earlier answer when something was learnt since.
    pub fn version(&self) -> (u64, u64) {
        let known = self.known.read();
        let known = known.unwrap_or_else(PoisonError::into_inner).version;
        (known, self.given_version())
    }

    fn given_version(&self) -> u64 {
        let given = self.given.read();
        given.unwrap_or_else(PoisonError::into_inner).version
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut known);
        let given = self.given.read().unwrap_or_else(PoisonError::into_inner);
        let settings = known.settings.iter();
        let settings = settings.flat_map(|value| forms(value, KNOWN_MIN));
        let calls = given.values.iter();
        let mut all: Vec<String> = settings
            .chain(calls.flat_map(|value| forms(value, GIVEN_MIN)))
            .collect();
        all.retain(|value| !MASK.contains(value.as_str()));
        all.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        all.dedup();
        known.all = all.into();
        known.version += 1;
        known.given_version = given.version;
    }

    fn known(&self) -> Arc<[String]> {
        let newest = self.given_version();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.given_version == newest {
            return Arc::clone(&known.all);
        }
        drop(known);
        self.change(|_| ());
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known.all)
    }

    /// The text without its secrets.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // A mask can bring to light what stood behind it; mostly the second round changes nothing.
        for _ in 0..ROUNDS_MAX {
            let masked = self.round(&text);
            if masked == text {
                break;
            }
            text = masked;
        }
        text
    }

    fn round(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for value in self.known().iter() {
            if out.contains(value.as_str()) {
                out = out.replace(value.as_str(), MASK);
            }
        }
        let out = key::mask(&out);
        let out = URL.replace_all(&out, url);
        let out = TOKEN.replace_all(&out, format!("${{1}}{MASK}"));
        let out = bearer::mask(&out);
        let out = command::mask(out.into());
        assignment::mask(&out)
    }
}

impl Given {
    fn remember(&mut self, given: impl IntoIterator<Item = String>) {
        for value in given {
            self.values.retain(|known| *known != value);
            self.values.push_back(value);
        }
        let bytes = |given: &VecDeque<String>| given.iter().map(String::len).sum::<usize>();
        while self.values.len() > GIVEN_MAX || bytes(&self.values) > GIVEN_BYTES_MAX {
            self.values.pop_front();
        }
        self.version += 1;
    }
}

/// How a secret may stand in a text: as it is, as a text of JSON within another one, and line by line.
fn forms(value: &str, least: usize) -> Vec<String> {
    let quoted = |text: &str| {
        let json = Value::from(text).to_string();
        json.trim_matches('"').to_owned()
    };
    let once = quoted(value);
    let mut forms = vec![value.to_owned(), quoted(&once), once];
    forms.extend(value.lines().map(|line| line.trim().to_owned()));
    forms.retain(|form| form.len() >= least);
    forms
}

fn url(found: &Captures<'_>) -> String {
    let part = |n| found.get(n).map_or("", |part| part.as_str());
    match part(3) {
        "" => format!("{}{MASK}@", part(1)),
        password if value::is_reference(password) => found[0].to_owned(),
        _ => format!("{}{}{MASK}@", part(1), part(2)),
    }
}

/// Whether this entry of a settings or request object holds a secret: by its own key, or as the value of a
/// `{"name": …, "value": …}` pair.
pub fn is_secret_entry(object: &Map<String, Value>, key: &str, value: &Value) -> bool {
    let name = match key {
        "value" | "Value" => ["name", "Name", "key", "Key"]
            .iter()
            .find_map(|key| object.get(*key)?.as_str())
            .unwrap_or(key),
        _ => key,
    };
    match (name::kind(name), value) {
        (Kind::Plain, _) | (_, Value::Null | Value::Bool(_)) => false,
        (Kind::Counted, Value::Number(_)) => false,
        (Kind::Counted, Value::String(text)) => !value::is_amount(text),
        (_, Value::String(text)) => !text.is_empty(),
        _ => true,
    }
}

/// The texts and numbers anywhere below a value, as texts.
pub fn leaves(value: &Value) -> Vec<Cow<'_, str>> {
    match value {
        Value::String(text) => vec![text.into()],
        Value::Number(number) => vec![number.to_string().into()],
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(map) => map.values().flat_map(leaves).collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
