//! The signature of a request, checked against what came over the wire.

use super::{KEY_ID, SECRET, header};
use aliyun::sign::{self, Signable};

/// Checks the signature of a request against what came over the wire.
pub(crate) fn assert_signed(request: &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let decode = |text| {
                percent_encoding::percent_decode_str(text)
                    .decode_utf8()
                    .unwrap()
                    .into()
            };
            let (key, value) = pair.split_once('=').unwrap();
            (decode(key), decode(value))
        })
        .collect();
    let authorization = header(head, "authorization").unwrap();
    let names = authorization
        .split("SignedHeaders=")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let headers: Vec<(&str, &str)> = names
        .split(';')
        .map(|name| (name, header(head, name).unwrap()))
        .collect();
    let acs = head
        .lines()
        .filter(|line| line.to_lowercase().starts_with("x-acs-"))
        .count();
    assert_eq!(
        names
            .split(';')
            .filter(|name| name.starts_with("x-acs-"))
            .count(),
        acs
    );
    let payload_hash = sign::payload_hash(body.as_bytes());
    assert_eq!(
        header(head, "x-acs-content-sha256"),
        Some(payload_hash.as_str())
    );
    let signable = Signable {
        method,
        path,
        query: &query,
        headers: &headers,
        payload_hash: &payload_hash,
    };
    assert_eq!(
        authorization,
        sign::authorization(KEY_ID, SECRET, &signable)
    );
}
