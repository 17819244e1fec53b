//! Percent-encoding as the signature wants it, and paths that cannot be smuggled into.
//!
//! Invariant: what is signed is byte for byte what is sent, so every path and query in this crate
//! is encoded here, once.

use crate::error::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved set of RFC 3986 (`A-Z a-z 0-9 - _ . ~`).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Encodes one query key, query value or path segment (PAI-DLC fact sheet §11.2, step 3).
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The canonical query: pairs sorted by key, then value, each encoded; `""` when there are none.
pub(crate) fn canonical_query<K: AsRef<str>, V: AsRef<str>>(pairs: &[(K, V)]) -> String {
    let mut sorted: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(key, value)| (key.as_ref(), value.as_ref()))
        .collect();
    sorted.sort_unstable();
    let encoded: Vec<String> = sorted
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    encoded.join("&")
}

/// An encoded request path. Ids become exactly one segment each, whatever they contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiPath(String);

impl ApiPath {
    /// The path `/` of RPC style products.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Joins segments, encoding each. Refused are segments that a URL parser would drop or
    /// resolve (`""`, `.`, `..`), since the signature would then cover another path than the one
    /// that is sent, and control characters, which no id has.
    pub fn new(segments: &[&str]) -> Result<Self, Error> {
        let mut path = String::new();
        for segment in segments {
            let dotted = matches!(*segment, "" | "." | "..");
            if dotted || segment.chars().any(char::is_control) {
                return Err(Error::invalid_argument(
                    "id",
                    "not usable as a part of a path",
                ));
            }
            path.push('/');
            path.push_str(&encode(segment));
        }
        if path.is_empty() {
            path.push('/');
        }
        Ok(Self(path))
    }

    /// Adds the trailing slash that some operations carry as part of their path.
    #[must_use]
    pub fn with_trailing_slash(mut self) -> Self {
        if !self.0.ends_with('/') {
            self.0.push('/');
        }
        self
    }

    /// The encoded text, always beginning with `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    #[test]
    fn ids_cannot_leave_their_segment() {
        let path = ApiPath::new(&["api", "v1", "jobs", "a/../b?x=1#y%2f", "stop"]).unwrap();
        assert_eq!(
            path.as_str(),
            "/api/v1/jobs/a%2F..%2Fb%3Fx%3D1%23y%252f/stop"
        );
        for bad in ["", ".", "..", "a\nb", "\0"] {
            assert!(ApiPath::new(&["jobs", bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn trailing_slash_is_added_once() {
        let path = ApiPath::new(&["api", "v1", "quotas"])
            .unwrap()
            .with_trailing_slash();
        assert_eq!(path.with_trailing_slash().as_str(), "/api/v1/quotas/");
        assert_eq!(ApiPath::root().with_trailing_slash().as_str(), "/");
    }

    proptest! {
        #[test]
        fn encoding_uses_only_unreserved_and_upper_hex(text in any::<String>()) {
            let encoded = encode(&text);
            let mut bytes = encoded.bytes();
            while let Some(byte) = bytes.next() {
                if byte == b'%' {
                    for digit in [bytes.next(), bytes.next()] {
                        prop_assert!(matches!(digit, Some(b'0'..=b'9' | b'A'..=b'F')));
                    }
                } else {
                    prop_assert!(byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
                }
            }
        }

        #[test]
        fn decoding_gives_the_text_back(text in any::<String>()) {
            let encoded = encode(&text);
            prop_assert_eq!(percent_decode_str(&encoded).decode_utf8().unwrap(), text);
        }

        #[test]
        fn query_does_not_depend_on_the_order_of_insertion(
            pairs in proptest::collection::vec((".{0,6}", ".{0,6}"), 0..8),
            turn in 0usize..8,
        ) {
            let mut turned = pairs.clone();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
            }
            turned.reverse();
            prop_assert_eq!(canonical_query(&pairs), canonical_query(&turned));
        }

        #[test]
        fn a_path_has_as_many_segments_as_given(segments in proptest::collection::vec("[^.\\p{Cc}]{1,9}", 1..5)) {
            let texts: Vec<&str> = segments.iter().map(String::as_str).collect();
            let path = ApiPath::new(&texts).unwrap();
            let back: Vec<String> = path.as_str()[1..]
                .split('/')
                .map(|part| percent_decode_str(part).decode_utf8().unwrap().into_owned())
                .collect();
            prop_assert_eq!(back, segments);
        }
    }
}
