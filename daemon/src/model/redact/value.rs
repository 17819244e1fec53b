//! The value beside a name: where it ends, and whether it is a secret at all.

use std::sync::LazyLock;

use regex::Regex;

use super::{MASK, name::Kind};

const QUOTED: &str = r#""(?:[^"\\]|\\.)*"|'[^']*'"#;
const LETTERS: &str = r"[A-Za-z0-9_$+/=.!@\#%^*~-]+";
const BARE: &str = r#"(?:\\.|[^\s"';&|\\])"#;

/// One value as shells, JSON and Python write it. Quoted pieces and letters that touch each other are one value.
static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"(?xs)^(?:
            (?: \\+["'][^"'\\]*(?:\\+["'])?
              | \[[^\]\n]*\]
              | {QUOTED}
              | ["'][^\s"']*
              | {BARE}*[^\s"';&|\\,(\[{{](?:{QUOTED})
            )(?:{QUOTED}|{LETTERS})*
          | {BARE}+
        )"#
    ))
    .expect("a constant pattern")
});

static TOUCHING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!("(?xs)^(?:{QUOTED}|{LETTERS})")).expect("a constant pattern")
});

static SCHEME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?i:bearer|basic|token|digest|negotiate)[ \t]+").expect("a constant pattern")
});

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\$[A-Za-z_][A-Za-z0-9_]*|\$[0-9@*?$!]|\$\{[^}]*\}|\$\{\{.*\}\}|[:@/,.=_-])*$")
        .expect("a constant pattern")
});

/// `${NAME:-text}`: a text beside the reference.
static FALLBACK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{\w+:?[-=][^}$\s]").expect("a constant pattern"));

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[+-]?[0-9][0-9_.,]*(?:[eE][+-]?[0-9]+)?[kKmMbBgG]?$").expect("a constant pattern")
});

/// How much of the text after a name and its separator is the value; 0 when there is none. An array counts as one value.
pub(super) fn length(rest: &str) -> usize {
    let found = VALUE.find(rest).map_or("", |found| found.as_str());
    // Brackets that close around the value are not its own.
    let whole = found.starts_with('[') && found.ends_with(']') || found.starts_with("${");
    let closed = match whole {
        true => found,
        false => found.trim_end_matches([',', ')', '}', ']', '(', '[', '{']),
    };
    closed.len()
}

/// Whether a value does not end here.
pub(super) fn goes_on(rest: &str) -> bool {
    TOUCHING.is_match(rest)
}

/// The word before a credential in a header, such as `Bearer `.
pub(super) fn scheme(rest: &str) -> usize {
    SCHEME.find(rest).map_or(0, |found| found.end())
}

/// Whether a value may stay, beside a name of this kind.
pub(super) fn stays(kind: Kind, value: &str) -> bool {
    let bare = bare(value);
    bare.is_empty()
        || bare == MASK
        || ["true", "false", "none", "null"]
            .iter()
            .any(|word| bare.eq_ignore_ascii_case(word))
        || kind == Kind::Counted && is_amount(bare)
        || !value.starts_with('\'') && is_reference(bare)
}

/// A number, or a word that stands for one.
pub(super) fn is_amount(text: &str) -> bool {
    let words = ["auto", "default", "inf", "max", "unlimited"];
    is_number(text) || words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A number, or an array of numbers.
fn is_number(text: &str) -> bool {
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    inner.split(',').all(|item| NUMBER.is_match(item.trim()))
}

/// `$NAME`, `${NAME}`, `$(command)` and what is made of them: it names a secret without holding one.
pub(super) fn is_reference(text: &str) -> bool {
    let text = text.trim();
    let bearer = &text[scheme(text)..];
    let cut = bearer.starts_with("${") && !bearer.contains('}');
    bearer.starts_with("$(")
        || bearer.starts_with('`')
        || cut
        || bearer.contains('$') && REFERENCE.is_match(bearer) && !FALLBACK.is_match(bearer)
}

fn bare(value: &str) -> &str {
    let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    quoted("\\\"")
        .or_else(|| quoted("\""))
        .or_else(|| quoted("'"))
        .unwrap_or(value)
}
