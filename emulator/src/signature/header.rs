//! Reading the headers a signature consists of.

use http::HeaderMap;

use super::{ALGORITHM, Key, Received};
use crate::error::ApiError;

/// The parts of the `Authorization` header.
#[derive(Debug)]
pub(super) struct Authorization {
    pub(super) access_key_id: String,
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
}

/// The trimmed text of a header; empty when absent or not text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .trim()
}

fn incomplete(why: &str) -> ApiError {
    let message = format!("The request signature does not conform to standards: {why}.");
    ApiError::bad("IncompleteSignature", message)
}

impl Authorization {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let value = text(headers, "authorization");
        if value.is_empty() {
            let message = "AccessKeyId is mandatory for this action.";
            return Err(ApiError::bad("MissingAccessKeyId", message));
        }
        let parts = value
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| incomplete("the algorithm is not ACS3-HMAC-SHA256"))?;
        let field = |name: &str| {
            let found = parts
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name));
            found.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let access_key_id = field("Credential=").ok_or_else(|| {
            ApiError::bad(
                "MissingAccessKeyId",
                "Credential is missing in Authorization.",
            )
        })?;
        let signed = field("SignedHeaders=").ok_or_else(|| incomplete("no SignedHeaders"))?;
        let signature = field("Signature=").ok_or_else(|| incomplete("no Signature"))?;
        let signed_headers = signed.split(';').map(str::to_owned).collect();
        Ok(Self {
            access_key_id,
            signed_headers,
            signature,
        })
    }
}

/// Everything that must be sent is sent, and everything sent that must be signed is signed.
pub(super) fn complete(request: &Received<'_>, auth: &Authorization) -> Result<(), ApiError> {
    let signed = &auth.signed_headers;
    if !signed.is_sorted() || signed.iter().any(|name| *name != name.to_ascii_lowercase()) {
        return Err(incomplete("SignedHeaders is not in lower case and sorted"));
    }
    let needed = [
        "host",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
    ];
    for name in needed.into_iter().chain(signed.iter().map(String::as_str)) {
        if text(request.headers, name).is_empty() {
            return Err(incomplete(&format!("header {name} is missing")));
        }
    }
    let must_be_signed = |name: &str| {
        name == "host"
            || name.starts_with("x-acs-")
            || (name == "content-type" && !request.body.is_empty())
    };
    for name in request.headers.keys().map(http::HeaderName::as_str) {
        if must_be_signed(name) && !signed.iter().any(|each| each == name) {
            return Err(incomplete(&format!("header {name} is not signed")));
        }
        if must_be_signed(name) && request.headers.get_all(name).iter().count() > 1 {
            return Err(incomplete(&format!("header {name} is sent twice")));
        }
    }
    Ok(())
}

/// Temporary credentials are taken only when the emulator was started to ask for them.
pub(super) fn session_token(headers: &HeaderMap, key: &Key) -> Result<(), ApiError> {
    let sent = text(headers, "x-acs-security-token");
    match &key.token {
        None if sent.is_empty() => Ok(()),
        Some(token) if super::same_secret(sent, token) => {
            if text(headers, "x-acs-accesskey-id") == key.id {
                Ok(())
            } else {
                Err(incomplete(
                    "x-acs-accesskey-id is not the access key of Authorization",
                ))
            }
        }
        Some(_) if sent.is_empty() => {
            let message = "SecurityToken is mandatory for this action.";
            Err(ApiError::bad("MissingSecurityToken", message))
        }
        Some(_) => {
            let message = "Specified SecurityToken is expired.";
            Err(ApiError::bad("InvalidSecurityToken.Expired", message))
        }
        None => {
            let message = "Specified SecurityToken does not belong to the access key.";
            Err(ApiError::bad(
                "InvalidSecurityToken.MismatchWithAccessKey",
                message,
            ))
        }
    }
}
