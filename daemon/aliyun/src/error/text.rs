//! Makes foreign text fit for an error message: short, one line, and without anything secret.

/// Longest message kept, in characters.
const MAX_CHARS: usize = 1000;
/// Longest piece of a body that is not JSON, in characters.
const MAX_FOREIGN_CHARS: usize = 200;

/// Shown in place of what is withheld.
const WITHHELD: &str = "***";

/// One line, no control characters, key ids withheld, cut to a readable length.
pub(super) fn tidy(text: &str) -> String {
    withhold_key_ids(&squeeze(text, MAX_CHARS))
}

/// The first bytes of a body that is not the API's, for example a proxy's HTML page.
pub(super) fn foreign(body: &[u8]) -> String {
    let head = &body[..body.len().min(4 * MAX_FOREIGN_CHARS)];
    withhold_key_ids(&squeeze(&String::from_utf8_lossy(head), MAX_FOREIGN_CHARS))
}

/// Replaces every occurrence of each secret; used with the secrets in force.
pub(crate) fn withhold(text: &str, secrets: &[&str]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets {
        // Real ones are 16 characters and longer; a short stand-in would only spoil words.
        if secret.len() >= 8 {
            clean = clean.replace(secret, WITHHELD);
        }
    }
    clean
}

fn squeeze(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    if let Some((cut, _)) = line.char_indices().nth(max_chars) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// Access key ids begin with `LTAI` (long-lived) or `STS.` (temporary).
fn withhold_key_ids(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = ["LTAI", "STS."]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min()
    {
        let tail = &rest[at + 4..];
        let length = tail
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(tail.len());
        clean.push_str(&rest[..at]);
        // The ids known are 16 characters and longer; "STS.Error" is not one.
        if length >= 8 {
            clean.push_str(WITHHELD);
        } else {
            clean.push_str(&rest[at..at + 4 + length]);
        }
        rest = &tail[length..];
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn key_ids_are_withheld_wherever_they_stand() {
        assert_eq!(tidy("key LTAI5tAbCdEfGhIjKlMn is bad"), "key *** is bad");
        assert_eq!(tidy("(STS.NUgYrLnoC37mZZCNnAbez)"), "(***)");
        assert_eq!(tidy("STS.Error and LTAI"), "STS.Error and LTAI");
    }

    #[test]
    fn text_becomes_one_short_line() {
        assert_eq!(tidy(" a\r\n\tb\u{1b}[31m "), "a b [31m");
        assert_eq!(tidy(&"字".repeat(5000)).chars().count(), MAX_CHARS + 1);
        assert_eq!(
            foreign(b"<html>\n<b>502</b>\xff"),
            "<html> <b>502</b>\u{fffd}"
        );
    }

    #[test]
    fn known_secrets_are_replaced() {
        assert_eq!(
            withhold("id=abcdefgh;abcdefgh", &["abcdefgh", "id", ""]),
            "id=***;***"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_tidied_without_panic(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            prop_assert!(tidy(&text).chars().count() <= MAX_CHARS + 1);
            prop_assert!(foreign(&bytes).chars().count() <= MAX_FOREIGN_CHARS + 1);
        }
    }
}
