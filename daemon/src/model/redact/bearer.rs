//! `Bearer` and a token, wherever they stand. What may be a word of prose behind it stays.

use std::sync::LazyLock;

use regex::Regex;

use super::MASK;

/// The word, and what stands between it and a token.
static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)bearer(?:\\*["'])?(?:[ \t]*[:=][ \t]*|(?:[ \t]|%20)+)(?:\\*["'])?"#)
        .expect("a constant pattern")
});

/// What is shorter is no token.
const TOKEN_MIN: usize = 16;

/// The longest word and separator of [`BEARER`] that may be a part of what looks like a token: `bearer=`.
const WITHIN: usize = "bearer=".len();

/// The text with a mask in place of each token.
pub(super) fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = BEARER.find_at(text, at) {
        at = found.end();
        if !begins_here(&text[..found.start()]) {
            continue;
        }
        let token = &text[at..at + length(&text[at..])];
        if is_token(token) {
            out.push_str(&text[copied..at]);
            out.push_str(MASK);
            at += token.len();
            copied = at;
        } else {
            // What is none has none in it, but the next word may stand at its end.
            at += token.len().saturating_sub(WITHIN);
        }
    }
    out.push_str(&text[copied..]);
    out
}

/// Whether a word begins behind this. It also does behind an escape such as `\n`.
fn begins_here(before: &str) -> bool {
    let is_escape = || {
        let rest = before.strip_suffix(['b', 'f', 'n', 'r', 't']);
        rest.is_some_and(|rest| rest.ends_with('\\'))
    };
    !before.ends_with(|last: char| last.is_ascii_alphanumeric()) || is_escape()
}

/// How much of the text is made of what tokens are made of.
fn length(text: &str) -> usize {
    let is_of_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(byte);
    text.bytes().take_while(is_of_token).count()
}

/// Words of prose have no digits, and their letters are of one case.
fn is_token(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    text.len() >= TOKEN_MIN && (is_mixed || has(u8::is_ascii_digit))
}
