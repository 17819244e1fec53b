//! Does a name speak of a secret? Decided by its words, never by a piece of one.

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Plain,
    /// Tokens, or a number of them: a number is a count, anything else a secret.
    Counted,
    /// A secret.
    Secret,
}

/// A secret wherever they stand in the name, also within a word (`PGPASSWORD`).
const ANYWHERE: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
];

/// A secret as the last word: `REDIS_AUTH`, and not `auth-service` or `pass_rate`.
const LAST: &[&str] = &[
    "pass",
    "pwd",
    "auth",
    "authorization",
    "signature",
    "cookie",
    "sshpass",
    "userpass",
    "dbpass",
];

/// What makes a following `key` a secret.
const KEYS: &[&str] = &[
    "api",
    "access",
    "private",
    "ssh",
    "signing",
    "encryption",
    "auth",
];

/// As the last word they turn the name into one of something else: `TOKEN_FILE`, `--password-stdin`.
const ABOUT: &[&str] = &[
    "path", "paths", "file", "files", "dir", "folder", "stdin", "prompt", "env", "type", "length",
    "len", "size", "limit", "budget", "dim", "dropout", "ratio", "ttl", "expiry", "timeout",
    "format",
];

/// As the last word they make an error code of a name that is spelt like one: `InvalidAccessKeyId.NotFound`.
const FAULTS: &[&str] = &["found", "expired", "invalid", "inactive", "mismatch"];

/// After `token` they count or number tokens.
const COUNTS: &[&str] = &["count", "counts", "id", "ids", "index", "num", "number"];

/// Before `token` they make it one of a vocabulary.
const VOCABULARY: &[&str] = &[
    "pad", "eos", "bos", "unk", "mask", "sep", "cls", "special", "stop",
];

/// What the name says of its value.
pub(super) fn kind(name: &str) -> Kind {
    let words = words(name);
    let Some((last, before)) = words.split_last() else {
        return Kind::Plain;
    };
    if ABOUT.contains(&last.as_str())
        || matches!(name, "PWD" | "OLDPWD")
        || FAULTS.contains(&last.as_str()) && is_code(name)
    {
        return Kind::Plain;
    }
    if is_upper_key(name)
        || words
            .iter()
            .any(|word| ANYWHERE.iter().any(|secret| word.contains(secret)))
        || words.windows(2).any(|pair| {
            KEYS.contains(&pair[0].as_str()) && matches!(pair[1].as_str(), "key" | "keys")
        })
        || words
            .windows(2)
            .any(|pair| pair[0] == "pass" && matches!(pair[1].as_str(), "word" | "phrase"))
        || LAST.contains(&last.as_str())
    {
        return Kind::Secret;
    }
    let vocabulary = |n: usize| n > 0 && VOCABULARY.contains(&words[n - 1].as_str());
    let token = words
        .iter()
        .enumerate()
        .any(|(n, word)| word.ends_with("token") && !vocabulary(n));
    if last.ends_with("tokens") || COUNTS.contains(&last.as_str()) && tells_tokens(before) {
        return Kind::Counted;
    }
    if token { Kind::Secret } else { Kind::Plain }
}

fn tells_tokens(words: &[String]) -> bool {
    words
        .iter()
        .any(|word| word.ends_with("token") || word.ends_with("tokens"))
}

/// `SecurityTokenExpired`, `InvalidAccessKeyId.NotFound`: words that begin with a capital, as the cloud's codes are spelt.
fn is_code(name: &str) -> bool {
    name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.contains(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// `OPENAI_KEY`, as environments are spelt.
fn is_upper_key(name: &str) -> bool {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    bare.ends_with("_KEY") && !bare.contains(|c: char| c.is_ascii_lowercase())
}

/// `camelCase`, `HTTPHeader`, `snake_case` and `kebab-case`, in lower case and without digits at a word's end.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (n, &letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        if letter.is_uppercase() && n > 0 {
            let after_lower = letters[n - 1].is_lowercase();
            let before_lower = letters.get(n + 1).is_some_and(|next| next.is_lowercase());
            if after_lower || letters[n - 1].is_uppercase() && before_lower {
                words.push(String::new());
            }
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_their_words() {
        for (kind_of, names) in [
            (
                Kind::Secret,
                "password PASSWORD dbPassword DB_PASS PGPASSWORD MYSQL_PWD passwd passWord secret clientSecret token \
                 HF_TOKEN authToken authtoken accessToken x-acs-security-token TOKEN_2 api_key apiKey APIKey X-Api-Key \
                 apikey access_key AccessKeyId private-key OPENAI_KEY OPENAI_KEY_2 credentials signature Signature \
                 X-Amz-Signature PASSWORD_INVALID token-expired passwordFound auth REDIS_AUTH Proxy-Authorization SSHPASS ssh_key secret_value",
            ),
            (
                Kind::Counted,
                "tokens max-tokens num_tokens maxNewTokens token_count pad_token_id API_TOKENS",
            ),
            (
                Kind::Plain,
                "tokenizer TOKENIZER_PATH tokenizer-path tokenize TOKEN_FILE password-stdin sort_key key partitionKey \
                 monkey author auth-service pass_rate bypass compass PWD OLDPWD eos_token pad_token tokens_per_batch \
                 SignatureMethod SignatureVersion InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive \
                 SecurityTokenExpired InvalidSecurityToken.Expired epochs image keyboard",
            ),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(kind(name), kind_of, "{name}");
            }
        }
    }
}
