//! `NAME=value`, `"name": "value"`, `Header: value` and `--flag value`, where the name speaks of a secret.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    MASK,
    name::{self, Kind},
    value,
};

/// Names worth a closer look.
static CANDIDATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)[A-Z0-9_.-]*(?:pass|pwd|secret|token|key|credential|signature|auth|cookie)[A-Z0-9_.-]*",
    )
    .expect("a constant pattern")
});

static EQUALS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(?:\\*["'])?\]?[ \t]*(?:==|:=|=>|[+?]?=|:)[ \t]*"#).expect("a constant pattern")
});

/// Only after a flag; also between the items of an argument list.
static BLANK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(?:\\*["'][ \t]*,[ \t]*|\\*["']?(?:[ \t]|\\\r?\n)+)"#)
        .expect("a constant pattern")
});

/// `${NAME:-` and what follows.
static FALLBACK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^:?[-=]([^}\n]+)\}").expect("a constant pattern"));

/// The next argument of a command line rather than a value.
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\\*["']?(?:--[A-Za-z]|-[A-Za-z](?:\s|$))"#).expect("a constant pattern")
});

/// Flags whose quoted argument is one assignment or header.
const WHOLE: &[&str] = &["-H", "--header", "-e", "--env", "--build-arg"];

/// Where a secret was found, and where to go on.
struct Found {
    secret: std::ops::Range<usize>,
    next: usize,
}

/// The text with a mask in place of each value.
pub(super) fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while let Some(name) = CANDIDATE.find_at(text, at) {
        let found = look(text, name.start(), name.end());
        if !found.secret.is_empty() {
            out.push_str(&text[copied..found.secret.start]);
            out.push_str(MASK);
            copied = found.secret.end;
        }
        at = found.next;
    }
    out.push_str(&text[copied..]);
    out
}

fn look(text: &str, start: usize, end: usize) -> Found {
    let name = &text[start..end];
    let nothing = |next: usize| Found {
        secret: next..next,
        next,
    };
    let (before, after) = (&text[..start], &text[end..]);
    if before.ends_with('$') {
        return nothing(end);
    }
    if before.ends_with("${") {
        return match FALLBACK.captures(after).and_then(|found| found.get(1)) {
            Some(text) if is_secret(name) && !value::stays(Kind::Secret, text.as_str()) => Found {
                secret: end + text.start()..end + text.end(),
                next: end + text.end(),
            },
            _ => nothing(end),
        };
    }
    let Some(separator) = separator(name, after) else {
        return nothing(end);
    };
    let kind = name::kind(name);
    if kind == Kind::Plain {
        return nothing(end);
    }
    let mut from = end + separator;
    let quote = before
        .chars()
        .next_back()
        .filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote
        && !text[end..from].contains(quote)
        && text[from..].starts_with(quote)
    {
        return nothing(from);
    }
    if name.to_ascii_lowercase().contains("auth") {
        from += value::scheme(&text[from..]);
    }
    let rest = &text[from..];
    if let Some(rest) = rest.strip_prefix(MASK)
        && !value::goes_on(rest)
    {
        return nothing(from + MASK.len());
    }
    let length = quote
        .filter(|_| is_whole(before))
        .and_then(|quote| rest.find(quote))
        .unwrap_or_else(|| value::length(rest));
    if value::stays(kind, &rest[..length]) {
        return nothing(from);
    }
    Found {
        secret: from..from + length,
        next: from + length,
    }
}

fn is_secret(name: &str) -> bool {
    name::kind(name) == Kind::Secret
}

/// The length of what stands between the name and its value; `None` when nothing is assigned.
fn separator(name: &str, after: &str) -> Option<usize> {
    if let Some(found) = EQUALS.find(after) {
        let rest = &after[found.end()..];
        let path = found.as_str() == ":" && (rest.starts_with(':') || rest.starts_with("//"));
        return (!path).then_some(found.end());
    }
    let refused = ["--no-", "--without-", "--disable-", "--skip-"];
    if !name.starts_with('-') || refused.iter().any(|start| name.starts_with(start)) {
        return None;
    }
    let found = BLANK.find(after)?;
    (!OPTION.is_match(&after[found.end()..])).then_some(found.end())
}

/// Whether the text ends with a flag of [`WHOLE`] and an opening quote.
fn is_whole(before: &str) -> bool {
    let opened = before.trim_end_matches(['"', '\'']);
    let opened = opened.strip_suffix([' ', '=']).unwrap_or(opened);
    WHOLE.iter().any(|flag| opened.ends_with(flag))
}
