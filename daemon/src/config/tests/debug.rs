//! What a debug text tells.

use super::*;

#[test]
fn no_secret_of_the_file_is_in_a_debug_text() {
    let settings = with(
        r#""podCount": 2, "image": "i" }]"#,
        r#""podCount": 2, "image": "i", "imageConfig": { "username": "me", "password": "registry-pw" },
           "envs": { "HF_TOKEN": "env-token", "TOKENIZER_PATH": "/data/model", "MAX_TOKENS": "131072" },
           "extra": { "secrets": ["in-array", { "pin": 20240101 }] } }]"#,
    )
    .unwrap();
    let secrets = [
        "new-secret",
        "sts-token",
        "LTAI-test",
        "registry-pw",
        "env-token",
        "in-array",
        "20240101",
    ];
    let text = format!("{settings:?} {:?} {:?}", settings.profiles, settings.own);
    for secret in secrets {
        assert!(!text.contains(secret), "{text}");
        assert!(
            settings.secrets.iter().any(|known| known == secret),
            "{secret}"
        );
    }
    assert!(
        text.contains("settings.json") && text.contains("cn-hangzhou"),
        "{text}"
    );
    assert_eq!(settings.secrets.len(), secrets.len(), "and nothing else");
}

#[test]
fn no_secret_of_our_own_file_is_in_a_debug_text() {
    let files = write(NEW, 0o600);
    let own = files.path.with_file_name("pai.json");
    let text = r#"{ "profiles": { "default": { "envs": { "HF_TOKEN": "own-token", "MODE": "a" },
        "customEnvs": [{ "key": "DB_PASSWORD", "value": "own-password" }],
        "credentialConfig": { "items": [{ "roleArn": "own-role" }] } } } }"#;
    std::fs::write(&own, text).unwrap();
    let settings = load(&files.path, &no_env).unwrap();
    let documents = documents(&files.path).unwrap();
    let told = format!("{settings:?} {:?} {documents:?}", settings.profiles);
    for secret in ["own-token", "own-password", "own-role"] {
        assert!(!told.contains(secret), "{told}");
        assert!(
            settings.secrets.iter().any(|known| known == secret),
            "{secret}"
        );
    }
}
