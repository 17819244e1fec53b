//! From an answer to a typed error: a pure function of status, headers and body.
//!
//! The order of the questions is the rule: throttling first (it may wear any code), then the
//! server's own failures, then everything that is known by its code, then the bare status.

use super::absent::{Absent, absent};
use super::{Detail, Effect, Error, answer, field, session, text};
use std::time::Duration;

/// The header by which the gateway marks throttling: milliseconds (fact sheet §13.1).
const RETRY_AFTER: &str = "x-acs-retry-after";
/// The server has seen the nonce before. As each attempt has its own, it has seen this very
/// request, delivered twice by something in between, and what came of the first copy is not told.
pub(crate) const NONCE_USED: &str = "SignatureNonceUsed";
/// No server delay is believed beyond this.
const RETRY_AFTER_CAP: Duration = Duration::from_mins(5);
/// Stands in for messages that may quote what was signed.
const SIGNATURE_REFUSED: &str = "the server refused the signature (its message is withheld)";

/// Classifies an answer whose status is not a success. `header` looks a header up by its
/// lower-case name; `body` is the whole body. An answer counts as readable when the body is a
/// JSON object (with a code, for a 404) or when one of the gateway's own headers is there;
/// otherwise something between here and the service has answered, and neither its status nor its
/// text can be trusted.
pub fn classify(status: u16, header: impl Fn(&str) -> Option<String>, body: &[u8]) -> Error {
    let mut parsed = answer::read(body);
    if let Some(parts) = &mut parsed {
        // Frameworks put an HTTP status where a service has its code.
        parts
            .code
            .take_if(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()));
    }
    let header_id = header("x-acs-request-id").filter(|id| !id.trim().is_empty());
    let retry_after = retry_after(&header);
    // "No such route" in JSON is what many a proxy answers.
    let ours = |parts: &answer::Parts| parts.code.is_some() || !matches!(status, 404 | 410);
    let readable =
        parsed.as_ref().is_some_and(ours) || header_id.is_some() || retry_after.is_some();
    let parts = parsed.unwrap_or_else(|| answer::Parts {
        message: Some(text::foreign(body)),
        ..answer::Parts::default()
    });

    let bare = parts.code.is_none();
    let code = parts
        .code
        .map_or_else(|| format!("HTTP{status}"), |code| text::tidy(&code));
    let message = text::tidy(&parts.message.unwrap_or_default());
    let facts = Facts {
        status,
        code: &code,
        message: &message,
        readable,
        bare,
    };
    let kind = facts.kind(retry_after.is_some());
    let refused = facts.is_refusal();
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
    /// There is no code; the one shown is made of the status.
    bare: bool,
}

impl Facts<'_> {
    fn kind(&self, marked_throttled: bool) -> Kind {
        if marked_throttled || self.status == 429 || contains(self.code, "throttling") {
            return Kind::Throttled;
        }
        if !self.readable || !self.is_4xx() || self.is_server_failure() {
            return Kind::Unavailable;
        }
        self.kind_by_code().unwrap_or(match self.status {
            401 => Kind::Auth,
            403 => Kind::Permission,
            405 => Kind::Unsupported,
            408 => Kind::Unavailable,
            409 => Kind::Conflict,
            _ => Kind::Invalid,
        })
    }

    fn is_4xx(&self) -> bool {
        (400..500).contains(&self.status)
    }

    /// The server has read the request and has not acted on it.
    fn is_refusal(&self) -> bool {
        // A request timeout says that the server did not see the whole request in time, which a
        // gateway in between also says after it has passed the request on.
        self.readable && self.is_4xx() && self.status != 408 && !self.is_server_failure()
    }

    /// The code tells of a failure on the way, whatever the status says.
    fn is_server_failure(&self) -> bool {
        let names_parameter = starts_with_any(self.code, &["Invalid", "Missing"]);
        contains_any(self.code, &SERVER_FAILURES)
            || (contains(self.code, "timeout") && !names_parameter)
            || self.code == NONCE_USED
    }

    fn kind_by_code(&self) -> Option<Kind> {
        let code = self.code;
        if code.starts_with("InvalidTimeStamp.Expired") {
            return Some(Kind::ClockSkew);
        }
        if session::token_refused(code, self.message) {
            return Some(Kind::Auth);
        }
        if starts_with_any(code, &AUTH) {
            return Some(Kind::Auth);
        }
        if starts_with_any(code, &UNSUPPORTED) {
            return Some(Kind::Unsupported);
        }
        let lacks = matches!(self.status, 404 | 410);
        if (!lacks && not_in_this_state(self.message)) || contains_any(code, &CONFLICT) {
            return Some(Kind::Conflict);
        }
        if starts_with_any(code, &PERMISSION) || contains(self.message, "job is forbidden") {
            return Some(Kind::Permission);
        }
        let missing = match (self.bare, self.status) {
            (true, 404 | 410) => absent("", self.message),
            (true, _) => None,
            (false, _) => absent(code, self.message),
        };
        if let Some(missing) = missing {
            return Some(match missing {
                Absent::JobOrPod => Kind::NotFound,
                Absent::Other => Kind::Invalid,
            });
        }
        // A named parameter beats the status: a missing workspace id may come as a 403 or 404.
        starts_with_any(code, &["InvalidParameter", "Missing"]).then_some(Kind::Invalid)
    }
}

/// `201400004` is AIWorkSpace's "server busy".
const SERVER_FAILURES: [&str; 4] = [
    "serviceunavailable",
    "internalerror",
    "internalservererror",
    "201400004",
];
const AUTH: [&str; 7] = [
    "InvalidAccessKeyId",
    "MissingAccessKeyId",
    "InvalidAccessKeySecret",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidSignature",
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

/// The server's delay, when its header holds a positive whole number of milliseconds.
pub(crate) fn retry_after(header: impl Fn(&str) -> Option<String>) -> Option<Duration> {
    let millis: u64 = header(RETRY_AFTER)?.trim().parse().ok()?;
    (millis > 0).then(|| Duration::from_millis(millis).min(RETRY_AFTER_CAP))
}

/// `Job can't be stopped, because it is Stopped` (fact sheet §3.5), also as "cannot". That a job
/// which has not ended "can't be deleted" is taken to be said in the same words.
fn not_in_this_state(message: &str) -> bool {
    let plain = message.replace('\u{2019}', "'");
    ["can't be", "cannot be", "can not be"]
        .iter()
        .any(|cannot| {
            ["stopped", "deleted"]
                .iter()
                .any(|done| contains(&plain, &format!("{cannot} {done}")))
        })
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
