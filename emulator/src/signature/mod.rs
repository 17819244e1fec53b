//! Who is calling: `ACS3-HMAC-SHA256` checked against the request as it came over the wire.
//!
//! Nothing here is shared with the client that signs: the canonical request is rebuilt from the
//! raw path and query, decoded and encoded again, because clients write a space as `+` or `%20`
//! and sign `%20`.

mod canonical;
mod header;

pub(crate) use canonical::pairs as query_pairs;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::clock::parse_iso;
use crate::error::ApiError;

/// How far the date of a request may be from the clock, in milliseconds: 15 minutes.
pub(crate) const MAX_SKEW_MS: i64 = 15 * 60 * 1000;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The key every caller must have.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// When set, the session token every call must carry.
    pub(crate) token: Option<String>,
}

/// A request as received.
pub(crate) struct Received<'a> {
    pub(crate) method: &'a str,
    /// Undecoded, without the query.
    pub(crate) path: &'a str,
    /// Undecoded, without the `?`.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Accepts the request and returns its nonce, which the caller still has to check for reuse.
pub(crate) fn verify(request: &Received<'_>, key: &Key, now_ms: i64) -> Result<String, ApiError> {
    let authorization = header::Authorization::of(request.headers)?;
    header::complete(request, &authorization)?;
    if authorization.access_key_id != key.id {
        let message = "Specified access key is not found.";
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "InvalidAccessKeyId.NotFound",
            message,
        ));
    }
    header::session_token(request.headers, key)?;
    let body_hash = hex::encode(Sha256::digest(request.body));
    if header::text(request.headers, "x-acs-content-sha256") != body_hash {
        return Err(mismatch(
            "x-acs-content-sha256 is not the hash of the body received",
            "",
        ));
    }
    let canonical = canonical::request(request, &authorization.signed_headers, &body_hash)?;
    let to_sign = string_to_sign(&canonical);
    let signature = hex::decode(&authorization.signature).unwrap_or_default();
    if !same_mac(&key.secret, &to_sign, &signature) {
        return Err(mismatch("server canonical request", &canonical));
    }
    in_time(header::text(request.headers, "x-acs-date"), now_ms)?;
    Ok(header::text(request.headers, "x-acs-signature-nonce").to_owned())
}

fn string_to_sign(canonical: &str) -> String {
    format!("{ALGORITHM}\n{}", hex::encode(Sha256::digest(canonical)))
}

/// Compares in constant time.
fn same_mac(secret: &str, text: &str, signature: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mac| mac.chain_update(text))
        .is_ok_and(|mac| mac.verify_slice(signature).is_ok())
}

/// Whether two secrets are equal, without telling by time where they differ.
pub(crate) fn same_secret(left: &str, right: &str) -> bool {
    let blind: [u8; 32] = rand::random();
    let mac = |text: &str| {
        Hmac::<Sha256>::new_from_slice(&blind).map(|mac| mac.chain_update(text.as_bytes()))
    };
    match (mac(left), mac(right)) {
        (Ok(left), Ok(right)) => left.verify_slice(&right.finalize().into_bytes()).is_ok(),
        _ => false,
    }
}

fn mismatch(why: &str, canonical: &str) -> ApiError {
    let message =
        format!("Specified signature is not matched with our calculation. {why}: {canonical:?}");
    ApiError::bad("SignatureDoesNotMatch", message)
}

fn in_time(date: &str, now_ms: i64) -> Result<(), ApiError> {
    let shaped = date.len() == "2026-01-02T03:04:05Z".len();
    let Some(date_ms) = parse_iso(date).filter(|_| shaped) else {
        let message = "Specified time stamp is not well formatted: yyyy-MM-ddTHH:mm:ssZ is.";
        return Err(ApiError::bad("InvalidTimeStamp.Format", message));
    };
    if (now_ms - date_ms).abs() > MAX_SKEW_MS {
        let message = "Specified time stamp or date value is expired.";
        return Err(ApiError::bad("InvalidTimeStamp.Expired", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
