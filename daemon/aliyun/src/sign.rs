//! ACS3-HMAC-SHA256, Alibaba Cloud's request signature V3 (PAI-DLC fact sheet §11).
//!
//! Pure: time and nonce come in as headers. Each step of the algorithm is a function of its own,
//! so that the published vectors can be checked step by step.

use crate::encode::canonical_query;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Name of the algorithm, first word of the Authorization header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What is signed.
#[derive(Clone, Copy)]
pub struct Signable<'a> {
    /// Upper-case HTTP method.
    pub method: &'a str,
    /// The path as sent, already encoded; `""` counts as `/`.
    pub path: &'a str,
    /// Query pairs, not encoded, in any order.
    pub query: &'a [(String, String)],
    /// The headers to sign: lower-case names, in any order, each at most once. It must hold
    /// `host`, `content-type` when there is a body, and every `x-acs-*` header sent.
    pub headers: &'a [(&'a str, &'a str)],
    /// Hex of SHA-256 of the body, see [`payload_hash`].
    pub payload_hash: &'a str,
}

/// Hex of SHA-256 of a body; an empty body has a hash too.
pub fn payload_hash(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// The encoded query, sorted as it is signed: send exactly this text.
pub fn query_string(query: &[(String, String)]) -> String {
    canonical_query(query)
}

/// Steps 1 to 6: the text that both sides derive from the request. It holds the access key id
/// when a session token is in use, so it must not be logged.
pub fn canonical_request(request: &Signable<'_>) -> String {
    let path = if request.path.is_empty() {
        "/"
    } else {
        request.path
    };
    let headers: String = sorted(request.headers)
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    [
        request.method,
        path,
        &canonical_query(request.query),
        &headers,
        &signed_headers(request.headers),
        request.payload_hash,
    ]
    .join("\n")
}

/// The names of the signed headers, joined with `;`.
pub fn signed_headers(headers: &[(&str, &str)]) -> String {
    let names: Vec<&str> = sorted(headers).iter().map(|(name, _)| *name).collect();
    names.join(";")
}

/// Step 7.
pub fn string_to_sign(canonical_request: &str) -> String {
    format!(
        "{ALGORITHM}\n{}",
        hex::encode(Sha256::digest(canonical_request.as_bytes()))
    )
}

/// Step 8: the secret itself is the key; nothing is derived from date or region.
pub fn signature(secret: &str, string_to_sign: &str) -> String {
    // HMAC takes keys of any length, so there is no failure to report.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(string_to_sign.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Step 9: the value of the Authorization header.
pub fn authorization(access_key_id: &str, secret: &str, request: &Signable<'_>) -> String {
    let signature = signature(secret, &string_to_sign(&canonical_request(request)));
    let names = signed_headers(request.headers);
    format!("{ALGORITHM} Credential={access_key_id},SignedHeaders={names},Signature={signature}")
}

fn sorted<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut sorted = headers.to_vec();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests;
