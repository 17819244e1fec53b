//! Builds the HTTP request and puts the signature on it (PAI-DLC fact sheet §11.2).

use super::Request;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::sign::{self, Signable};
use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;

const JSON: &str = "application/json; charset=utf-8";

pub(super) struct Signed {
    pub(super) request: reqwest::Request,
    /// Kept to be withheld, should an answer quote it.
    pub(super) signature: String,
}

pub(super) fn sign(
    request: &Request,
    credentials: &Credentials,
    now: Timestamp,
    nonce: &str,
) -> Result<Signed, Error> {
    let path = format!("{}{}", request.endpoint.prefix(), request.path.as_str());
    let url = url(request, &path)?;
    let body = request.body.clone().unwrap_or_default();
    let payload_hash = sign::payload_hash(&body);
    let date = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();

    let mut signed_headers = vec![
        ("host", request.endpoint.authority()),
        ("x-acs-action", &request.action),
        ("x-acs-content-sha256", &payload_hash),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-version", &request.version),
    ];
    if request.body.is_some() {
        signed_headers.push(("content-type", JSON));
    }
    if let Some(token) = &credentials.security_token {
        signed_headers.push(("x-acs-accesskey-id", &credentials.access_key_id));
        signed_headers.push(("x-acs-security-token", token.expose_secret()));
    }
    let authorization = sign::authorization(
        &credentials.access_key_id,
        credentials.access_key_secret.expose_secret(),
        &Signable {
            method: request.method.as_str(),
            path: &path,
            query: &request.query,
            headers: &signed_headers,
            payload_hash: &payload_hash,
        },
    );

    let mut headers = HeaderMap::new();
    // The host header is left to the HTTP library, which derives the same text from the URL.
    for (name, value) in signed_headers.iter().filter(|(name, _)| *name != "host") {
        headers.insert(HeaderName::from_static(name), header_value(value)?);
    }
    headers.insert(AUTHORIZATION, header_value(&authorization)?);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if body.is_empty() && request.method != reqwest::Method::GET {
        // Without it some gateways answer 411 to a POST that has no body.
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }

    let mut http = reqwest::Request::new(request.method.clone(), url);
    *http.headers_mut() = headers;
    if !body.is_empty() {
        *http.body_mut() = Some(body.into());
    }
    let signature = authorization
        .rsplit('=')
        .next()
        .unwrap_or_default()
        .to_owned();
    Ok(Signed {
        request: http,
        signature,
    })
}

/// The URL of the signed path and query; an error if the URL parser reads anything else into it.
fn url(request: &Request, path: &str) -> Result<Url, Error> {
    let endpoint = &request.endpoint;
    let query = sign::query_string(&request.query);
    let mark = if query.is_empty() { "" } else { "?" };
    let text = format!(
        "{}://{}{path}{mark}{query}",
        endpoint.scheme(),
        endpoint.authority()
    );
    match Url::parse(&text) {
        Ok(url) if url.path() == path && url.query().unwrap_or_default() == query => Ok(url),
        _ => Err(Error::invalid_argument(
            "path",
            "a URL would not keep it as it is signed",
        )),
    }
}

/// Every value is marked sensitive, so that no debug print of the headers shows it.
fn header_value(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::invalid_argument("credentials", "a character that no HTTP header may hold")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
