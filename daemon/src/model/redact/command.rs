//! Secrets that a program takes without a name: `curl -u me:secret`, `sshpass -p x`, `wandb login <key>`.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

use super::{MASK, name::Kind, value};

const VALUE: &str = r#"("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"';&|]+)"#;
/// The rest of one command, over continued lines.
const ON: &str = r"(?:[^\n;|&]|\\\r?\n)*?";

/// What stands before the secret, and the secret.
static SECRETS: LazyLock<[Regex; 5]> = LazyLock::new(|| {
    [
        format!(r"(\bsshpass[ \t](?:{ON}[ \t])??-p[ \t]*){VALUE}"),
        format!(
            r"(\b(?:(?:mysql|mariadb)(?:-?dump|-?admin|-?import|-?show|-?check)?|7z[ar]?)[ \t](?:{ON}[ \t])??-p){VALUE}"
        ),
        format!(
            r"(\b(?:docker|podman|nerdctl|buildah|skopeo|helm|oras|az|mongo[a-z]*)[ \t](?:{ON}[ \t])??(?:login[ \t](?:{ON}[ \t])??-p|--uri)[ \t=]*){VALUE}"
        ),
        format!(
            r"(\b(?:redis-cli[ \t](?:{ON}[ \t])??-a|unzip[ \t](?:{ON}[ \t])??-P|ossutil[a-z0-9]*[ \t](?:{ON}[ \t])??-k)[ \t]*){VALUE}"
        ),
        format!(r#"(\bwandb(?:\.login\({ON}["']|[ \t]+login[ \t](?:{ON}[ \t])??))([A-Za-z0-9_-]{{30,}})"#),
    ]
    .map(|pattern| Regex::new(&pattern).expect("a constant pattern"))
});

static USER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(\s(?:-[A-Za-z]*[uU]|--user|--proxy-user)[ \t=]*){VALUE}"
    ))
    .expect("a constant pattern")
});

/// How far before `-u` its program is looked for.
const LOOK_BACK: usize = 2048;

/// The text with a mask in place of each.
pub(super) fn mask(text: Cow<'_, str>) -> String {
    let mut text = text.into_owned();
    for secret in SECRETS.iter() {
        if let Cow::Owned(masked) = secret.replace_all(&text, |found: &Captures<'_>| {
            match value::stays(Kind::Secret, &found[2]) {
                true => found[0].to_owned(),
                false => format!("{}{MASK}", &found[1]),
            }
        }) {
            text = masked;
        }
    }
    if !text.contains("curl") && !text.contains("wget") {
        return text;
    }
    let masked = USER.replace_all(&text, |found: &Captures<'_>| {
        user(&text, found).unwrap_or_else(|| found[0].to_owned())
    });
    masked.into_owned()
}

/// `-u me:secret`, where the program is one that means a password by it.
fn user(text: &str, found: &Captures<'_>) -> Option<String> {
    let start = found.get(0)?.start();
    let from = text.floor_char_boundary(start.saturating_sub(LOOK_BACK));
    let line = &text[from..start];
    let line = line
        .rmatch_indices('\n')
        .find(|(at, _)| !line[..*at].ends_with('\\'))
        .map_or(line, |(at, _)| &line[at..]);
    if !line.contains("curl") && !line.contains("wget") {
        return None;
    }
    let (user, password) = found[2].split_once(':')?;
    let quote = match found[2].chars().next()? {
        quote @ ('"' | '\'') => password.strip_suffix(quote).map(|_| quote),
        _ => None,
    };
    let secret = quote.map_or(password, |quote| password.trim_end_matches(quote));
    let referred = quote != Some('\'') && value::is_reference(secret);
    if secret.is_empty() || secret == MASK || referred {
        return None;
    }
    let end = quote.map(String::from).unwrap_or_default();
    Some(format!("{}{user}:{MASK}{end}", &found[1]))
}
