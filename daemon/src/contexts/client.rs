//! What of the settings a client of the cloud is made of, and the secrets in them.

use secrecy::ExposeSecret as _;

use crate::config::Settings;

/// Whether a client made of one would be the same made of the other.
pub(super) fn same_client(one: &Settings, other: &Settings) -> bool {
    let (key, others) = (&one.credentials, &other.credentials);
    let token = |settings: &Settings| {
        let token = settings.credentials.security_token.as_ref();
        token.map(|token| token.expose_secret().to_owned())
    };
    key.access_key_id == others.access_key_id
        && key.access_key_secret.expose_secret() == others.access_key_secret.expose_secret()
        && token(one) == token(other)
        && one.credential_source == other.credential_source
        && one.endpoints == other.endpoints
}

pub(super) fn known_secrets(settings: &Settings) -> Vec<String> {
    let mut known = settings.secrets.clone();
    known.push(
        settings
            .credentials
            .access_key_secret
            .expose_secret()
            .to_owned(),
    );
    known.extend(
        settings
            .credentials
            .security_token
            .iter()
            .map(|token| token.expose_secret().to_owned()),
    );
    known
}
