//! Who signs. The access key id is treated as confidential too: only its fingerprint is shown.

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::fmt;

/// An access key, with the session token when it is a temporary one.
#[derive(Clone)]
pub struct Credentials {
    /// Access key id; goes out in the Authorization header and nowhere else.
    pub access_key_id: String,
    /// The key of the HMAC.
    pub access_key_secret: SecretString,
    /// STS session token; `None` for a long-lived key.
    pub security_token: Option<SecretString>,
}

impl Credentials {
    /// Makes credentials from plain texts; an empty session token counts as none.
    pub fn new(
        access_key_id: impl Into<String>,
        access_key_secret: impl Into<String>,
        security_token: Option<String>,
    ) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            access_key_secret: SecretString::from(access_key_secret.into()),
            security_token: security_token
                .filter(|token| !token.is_empty())
                .map(SecretString::from),
        }
    }

    /// The first twelve hex digits of SHA-256 of the access key id: names a principal in logs
    /// and file names without telling the id.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.access_key_id.as_bytes());
        hex::encode(&digest[..6])
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("fingerprint", &self.fingerprint())
            .field("temporary", &self.security_token.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_id_nor_secrets() {
        let shown = format!(
            "{:?}",
            Credentials::new("LTAIxyz", "the-secret", Some("the-token".into()))
        );
        for hidden in ["LTAIxyz", "the-secret", "the-token"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("temporary: true"), "{shown}");
    }

    #[test]
    fn fingerprint_is_the_head_of_sha256() {
        // sha256("abc") = ba7816bf8f01cfea...
        assert_eq!(
            Credentials::new("abc", "", None).fingerprint(),
            "ba7816bf8f01"
        );
    }

    #[test]
    fn an_empty_token_is_no_token() {
        assert!(
            Credentials::new("a", "b", Some(String::new()))
                .security_token
                .is_none()
        );
    }
}
