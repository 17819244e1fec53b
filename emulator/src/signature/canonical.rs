//! The canonical request: the text whose hash is signed.

use std::borrow::Cow;

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::Received;
use crate::error::ApiError;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Method, path, query, headers, names of the signed headers and body hash, one below the other.
pub(super) fn request(
    request: &Received<'_>,
    signed_headers: &[String],
    body_hash: &str,
) -> Result<String, ApiError> {
    let path = if request.path.is_empty() {
        "/"
    } else {
        request.path
    };
    let query = query(request.query)?;
    let headers = headers(request.headers, signed_headers);
    let names = signed_headers.join(";");
    Ok(format!(
        "{}\n{path}\n{query}\n{headers}\n{names}\n{body_hash}",
        request.method
    ))
}

/// Decodes a query string into pairs: `+` and `%20` both mean a space.
pub(crate) fn pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(key)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, ApiError> {
    let text = text.replace('+', " ");
    percent_decode_str(&text)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| ApiError::invalid("query", "it is not UTF-8"))
}

fn query(raw: &str) -> Result<String, ApiError> {
    let mut parts = pairs(raw)?;
    parts.sort();
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let parts: Vec<String> = parts
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    Ok(parts.join("&"))
}

fn headers(headers: &HeaderMap, signed: &[String]) -> String {
    signed
        .iter()
        .map(|name| format!("{name}:{}\n", super::header::text(headers, name)))
        .collect()
}
