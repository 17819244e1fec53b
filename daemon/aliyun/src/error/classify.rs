//! From an answer to a typed error: a pure function of status, headers and body.
//!
//! The order of the questions is the rule: throttling first (it may wear any code), then the
//! server's own failures, then everything that is known by its code, then the bare status.

use super::{Detail, Effect, Error, answer, field, text};
use std::time::Duration;

/// The header by which the gateway marks throttling: milliseconds (fact sheet §13.1).
const RETRY_AFTER: &str = "x-acs-retry-after";
/// No server delay is believed beyond this.
const RETRY_AFTER_CAP: Duration = Duration::from_mins(5);
/// Stands in for messages that may quote what was signed.
const SIGNATURE_REFUSED: &str = "the server refused the signature (its message is withheld)";

/// Classifies an answer whose status is not a success. `header` looks a header up by its
/// lower-case name; `body` is the whole body. An answer counts as readable when the body is a
/// JSON object or when one of the gateway's own headers is there; otherwise something between here
/// and the service has answered, and neither its status nor its text can be trusted.
pub fn classify(status: u16, header: impl Fn(&str) -> Option<String>, body: &[u8]) -> Error {
    let parsed = answer::read(body);
    let header_id = header("x-acs-request-id").filter(|id| !id.trim().is_empty());
    let retry_after = retry_after(&header);
    let readable = parsed.is_some() || header_id.is_some() || retry_after.is_some();
    let parts = parsed.unwrap_or_else(|| answer::Parts {
        message: Some(text::foreign(body)),
        ..answer::Parts::default()
    });

    let code = parts
        .code
        .map_or_else(|| format!("HTTP{status}"), |code| text::tidy(&code));
    let message = text::tidy(&parts.message.unwrap_or_default());
    let facts = Facts {
        status,
        code: &code,
        message: &message,
        readable,
    };
    let kind = facts.kind(retry_after.is_some());

    // A request timeout says that the server did not see the whole request in time, which a
    // gateway in between also says after it has passed the request on.
    let refused = readable && (400..500).contains(&status) && status != 408;
    let action = parts.auth_action.map(|action| text::tidy(&action));
    let action = action.or_else(|| action_in(&message));
    let field = field::parameter(&code, &message);
    let quotes_signature = code.contains("Signature") && !code.contains("SignatureNonce");
    let detail = Box::new(Detail {
        message: if quotes_signature {
            SIGNATURE_REFUSED.to_owned()
        } else {
            message
        },
        code,
        request_id: parts.request_id.or(header_id).map(|id| text::tidy(&id)),
        status: Some(status),
        effect: if refused {
            Effect::None
        } else {
            Effect::Unknown
        },
    });
    match kind {
        Kind::Auth => Error::Auth { detail },
        Kind::Permission => Error::Permission { action, detail },
        Kind::NotFound => Error::NotFound { detail },
        Kind::Throttled => Error::Throttled {
            retry_after,
            detail,
        },
        Kind::Invalid => Error::Invalid { field, detail },
        Kind::Conflict => Error::Conflict { detail },
        Kind::Unavailable => Error::Unavailable { detail },
        Kind::ClockSkew => Error::ClockSkew { detail },
        Kind::Unsupported => Error::Unsupported { detail },
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Auth,
    Permission,
    NotFound,
    Throttled,
    Invalid,
    Conflict,
    Unavailable,
    ClockSkew,
    Unsupported,
}

struct Facts<'a> {
    status: u16,
    code: &'a str,
    message: &'a str,
    readable: bool,
}

impl Facts<'_> {
    fn kind(&self, marked_throttled: bool) -> Kind {
        if marked_throttled || self.status == 429 || contains(self.code, "throttling") {
            return Kind::Throttled;
        }
        if !self.readable || !(400..500).contains(&self.status) || self.is_server_failure() {
            return Kind::Unavailable;
        }
        self.kind_by_code().unwrap_or(match self.status {
            401 => Kind::Auth,
            403 => Kind::Permission,
            404 | 410 => Kind::NotFound,
            405 => Kind::Unsupported,
            408 => Kind::Unavailable,
            409 => Kind::Conflict,
            _ => Kind::Invalid,
        })
    }

    fn is_server_failure(&self) -> bool {
        // 201400004 is AIWorkSpace's "server busy".
        starts_with_any(
            self.code,
            &["ServiceUnavailable", "InternalError", "201400004"],
        )
    }

    fn kind_by_code(&self) -> Option<Kind> {
        let code = self.code;
        if code.starts_with("InvalidTimeStamp.Expired") {
            return Some(Kind::ClockSkew);
        }
        if contains(code, "securitytoken") || contains(self.message, "securitytoken") {
            return Some(Kind::Auth);
        }
        if starts_with_any(code, &AUTH) {
            return Some(Kind::Auth);
        }
        if starts_with_any(code, &UNSUPPORTED) {
            return Some(Kind::Unsupported);
        }
        if cannot_be_stopped(self.message) || contains_any(code, &CONFLICT) {
            return Some(Kind::Conflict);
        }
        if starts_with_any(code, &PERMISSION) || contains(self.message, "job is forbidden") {
            return Some(Kind::Permission);
        }
        let gone = code == "NotFound" || code.ends_with(".NotFound") || code.ends_with("NotExist");
        if gone || NOT_FOUND_NUMBERS.contains(&code) {
            return Some(Kind::NotFound);
        }
        // A named parameter beats the status: a missing workspace id may come as a 403 or 404.
        starts_with_any(code, &["InvalidParameter", "Missing"]).then_some(Kind::Invalid)
    }
}

const AUTH: [&str; 8] = [
    "InvalidAccessKeyId",
    "MissingAccessKeyId",
    "InvalidAccessKeySecret",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidSignature",
    "SignatureNonceUsed",
    "InvalidCredentials",
];
const UNSUPPORTED: [&str; 8] = [
    "InvalidApi.",
    "InvalidProduct.",
    "InvalidAction.",
    "InvalidVersion",
    "InvalidProtocol",
    "InvalidProductCode",
    "UnsupportedOperation",
    "UnsupportedHTTPMethod",
];
const CONFLICT: [&str; 5] = [
    "conflict",
    "alreadyexist",
    "invalidstatus",
    "incorrectstatus",
    "invalidjobstatus",
];
const PERMISSION: [&str; 5] = [
    "Forbidden",
    "NoPermission",
    "OperationForbidden",
    "AccessDenied",
    "OperationDenied",
];
/// AIWorkSpace's numbers for a missing workspace, code source and dataset (fact sheet §13.2).
const NOT_FOUND_NUMBERS: [&str; 3] = ["100400027", "201400002", "201300003"];

/// The server's delay, when its header holds a positive whole number of milliseconds.
pub(crate) fn retry_after(header: impl Fn(&str) -> Option<String>) -> Option<Duration> {
    let millis: u64 = header(RETRY_AFTER)?.trim().parse().ok()?;
    (millis > 0).then(|| Duration::from_millis(millis).min(RETRY_AFTER_CAP))
}

/// `Job can't be stopped, because it is Stopped` (fact sheet §3.5), also as "cannot".
fn cannot_be_stopped(message: &str) -> bool {
    let plain = message.replace('\u{2019}', "'");
    contains_any(
        &plain,
        &[
            "can't be stopped",
            "cannot be stopped",
            "can not be stopped",
        ],
    )
}

/// `… Action: paidlc:CreateJob …` in the message of a refusal without a detail object.
fn action_in(message: &str) -> Option<String> {
    let (_, tail) = message.split_once("ction: ")?;
    let word = tail
        .split(|c: char| c.is_whitespace() || ",;\"'".contains(c))
        .next()?;
    let word = word.trim_end_matches('.');
    let action = word.len() <= 100 && word.contains(':') && !word.starts_with("acs:");
    action.then(|| word.to_owned())
}

fn contains(text: &str, lower_needle: &str) -> bool {
    text.to_ascii_lowercase().contains(lower_needle)
}

fn contains_any(text: &str, lower_needles: &[&str]) -> bool {
    lower_needles.iter().any(|needle| contains(text, needle))
}

fn starts_with_any(text: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests;
