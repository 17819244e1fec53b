//! The rows of fact sheet §13.2, and the shapes that answers come in.

use super::classify;
use crate::error::{Effect, Error};
use proptest::prelude::*;
use std::time::Duration;

fn bare(status: u16, body: &str) -> Error {
    classify(status, |_| None, body.as_bytes())
}

fn with_header(status: u16, name: &'static str, value: &str, body: &str) -> Error {
    let value = value.to_owned();
    classify(
        status,
        |asked| (asked == name).then(|| value.clone()),
        body.as_bytes(),
    )
}

fn json(code: &str, message: &str) -> String {
    serde_json::json!({"Code": code, "Message": message, "RequestId": "R-1"}).to_string()
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Auth { .. } => "auth",
        Error::Permission { .. } => "permission",
        Error::NotFound { .. } => "not found",
        Error::Throttled { .. } => "throttled",
        Error::Invalid { .. } => "invalid",
        Error::Conflict { .. } => "conflict",
        Error::Unavailable { .. } => "unavailable",
        Error::ClockSkew { .. } => "clock skew",
        Error::Unsupported { .. } => "unsupported",
    }
}

#[test]
fn codes_have_their_kinds() {
    let rows = [
        (400, "Throttling", "", "throttled"),
        (400, "Throttling.User", "", "throttled"),
        (400, "Throttling.Api", "", "throttled"),
        (429, "Rejected.Throttling", "", "throttled"),
        (503, "Throttling", "", "throttled"),
        (429, "TooManyRequests", "", "throttled"),
        (503, "ServiceUnavailable", "", "unavailable"),
        (500, "InternalError", "", "unavailable"),
        (400, "InternalError", "", "unavailable"),
        (502, "Forbidden.RAM", "", "unavailable"),
        (408, "RequestTimeout", "", "unavailable"),
        (400, "InvalidTimeStamp.Expired", "", "clock skew"),
        (400, "InvalidTimeStamp.Format", "", "invalid"),
        (400, "SignatureNonceUsed", "", "auth"),
        (400, "SignatureDoesNotMatch", "", "auth"),
        (400, "IncompleteSignature", "", "auth"),
        (400, "InvalidAccessKeyId.NotFound", "", "auth"),
        (404, "InvalidAccessKeyId.NotFound", "", "auth"),
        (403, "InvalidAccessKeyId.Inactive", "", "auth"),
        (400, "MissingAccessKeyId", "", "auth"),
        (400, "InvalidSecurityToken.Expired", "", "auth"),
        (403, "InvalidSecurityToken.Malformed", "", "auth"),
        (
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "",
            "auth",
        ),
        (400, "MissingSecurityToken", "", "auth"),
        (
            400,
            "InvalidParameter",
            "The specified parameter \"SecurityToken.Expired\" is not valid.",
            "auth",
        ),
        (401, "Whatever", "", "auth"),
        (403, "Forbidden.RAM", "", "permission"),
        (403, "NoPermission", "", "permission"),
        (403, "Forbidden", "", "permission"),
        (403, "Forbidden.AccessDenied", "", "permission"),
        (403, "OperationForbidden", "", "permission"),
        (403, "Whatever", "", "permission"),
        (
            400,
            "BadRequest",
            "PayAsYouGoJob is forbidden for this account",
            "permission",
        ),
        (400, "InvalidParameter", "", "invalid"),
        (400, "InvalidParameter.JobSpecs", "", "invalid"),
        (400, "MissingParameter", "", "invalid"),
        (403, "MissingWorkspaceId", "", "invalid"),
        (400, "Whatever", "", "invalid"),
        (422, "Whatever", "", "invalid"),
        (404, "NotFound", "", "not found"),
        (404, "Job.NotFound", "", "not found"),
        (400, "InvalidJobId.NotFound", "", "not found"),
        (400, "JobNotExist", "", "not found"),
        (404, "Whatever", "", "not found"),
        (410, "Whatever", "", "not found"),
        (404, "InvalidApi.NotFound", "", "unsupported"),
        (404, "InvalidProduct.NotFound", "", "unsupported"),
        (404, "InvalidAction.NotFound", "", "unsupported"),
        (400, "InvalidProtocol.NeedSsl", "", "unsupported"),
        (400, "InvalidVersion", "", "unsupported"),
        (405, "Whatever", "", "unsupported"),
        (
            400,
            "Whatever",
            "Job can't be stopped, because it is Stopped",
            "conflict",
        ),
        (
            400,
            "InvalidParameter",
            "Job can\u{2019}t be stopped",
            "conflict",
        ),
        (
            403,
            "OperationForbidden",
            "Job cannot be stopped",
            "conflict",
        ),
        (409, "Whatever", "", "conflict"),
        (400, "100400027", "", "not found"),
        (400, "201400002", "", "not found"),
        (400, "201300003", "", "not found"),
        (400, "201400004", "server busy", "unavailable"),
        (400, "100400008", "", "invalid"),
        (302, "Whatever", "", "unavailable"),
    ];
    for (status, code, message, expected) in rows {
        let error = bare(status, &json(code, message));
        assert_eq!(kind(&error), expected, "{status} {code} {message}");
        assert_eq!((error.code(), error.status()), (code, Some(status)));
        assert_eq!(error.request_id(), Some("R-1"));
        let refused = (400..500).contains(&status) && status != 408;
        let effect = if refused {
            Effect::None
        } else {
            Effect::Unknown
        };
        assert_eq!(error.effect(), effect, "{status} {code}");
    }
}

#[test]
fn spellings_of_the_keys() {
    let error = bare(
        404,
        r#"{"code":"NotFound","message":"gone","requestId":"r"}"#,
    );
    assert_eq!(
        (kind(&error), error.message(), error.request_id()),
        ("not found", "gone", Some("r"))
    );
    let error = bare(
        400,
        r#"{"code":201400002,"Detail":"no such","requestid":"r"}"#,
    );
    assert_eq!(
        (kind(&error), error.code(), error.message()),
        ("not found", "201400002", "no such")
    );
    let error = bare(403, r#"{"Message":"no","RequestID":"r"}"#);
    assert_eq!((kind(&error), error.code()), ("permission", "HTTP403"));
    let error = bare(404, r#"{"Code":null,"Message":""}"#);
    assert_eq!(
        (kind(&error), error.code(), error.effect()),
        ("not found", "HTTP404", Effect::None)
    );
    let error = with_header(404, "x-acs-request-id", "from-header", "{}");
    assert_eq!(error.request_id(), Some("from-header"));
}

#[test]
fn the_missing_action_is_told() {
    let detail =
        r#"{"Code":"NoPermission","AccessDeniedDetail":{"AuthAction":"paidlc:CreateJob"}}"#;
    let lower = r#"{"code":"Forbidden","accessDeniedDetail":{"authAction":"paidlc:CreateJob"}}"#;
    let words = json(
        "Forbidden.RAM",
        "Not authorized. Action: paidlc:CreateJob, Resource: acs:x",
    );
    for body in [detail, lower, &words] {
        let error = bare(403, body);
        let Error::Permission { action, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(action.as_deref(), Some("paidlc:CreateJob"), "{body}");
        assert!(
            error
                .to_string()
                .starts_with("not permitted (paidlc:CreateJob): "),
            "{error}"
        );
    }
    let error = bare(403, &json("Forbidden", "no"));
    assert!(matches!(error, Error::Permission { action: None, .. }));
}

#[test]
fn the_field_at_fault_is_told() {
    let error = bare(400, &json("MissingWorkspaceId", "WorkspaceId is missing"));
    assert!(matches!(&error, Error::Invalid { field: Some(field), .. } if field == "WorkspaceId"));
    assert_eq!(
        error.to_string(),
        "invalid WorkspaceId: MissingWorkspaceId: WorkspaceId is missing (HTTP 400, request id R-1)"
    );
}

#[test]
fn the_header_marks_throttling_whatever_the_code() {
    for (status, code) in [
        (400, "Throttling.User"),
        (403, "Forbidden"),
        (503, "X"),
        (404, "Y"),
    ] {
        let error = with_header(status, "x-acs-retry-after", "1500", &json(code, ""));
        let Error::Throttled { retry_after, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(retry_after, Some(Duration::from_millis(1500)));
    }
}

#[test]
fn only_a_positive_whole_delay_counts() {
    for value in ["0", "-5", "1.5", "abc", "", "Fri, 20 Nov 2026 00:00:00 GMT"] {
        let error = with_header(403, "x-acs-retry-after", value, &json("Forbidden", ""));
        assert_eq!(kind(&error), "permission", "{value}");
        let error = with_header(429, "x-acs-retry-after", value, &json("Throttling", ""));
        assert!(
            matches!(
                error,
                Error::Throttled {
                    retry_after: None,
                    ..
                }
            ),
            "{value}"
        );
    }
    let error = with_header(429, "x-acs-retry-after", "99999999", "{}");
    let Error::Throttled { retry_after, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(retry_after, Some(Duration::from_mins(5)));
}

#[test]
fn an_answer_of_something_in_between_is_not_believed() {
    let html = "<html>\r\n<head><title>Not Found</title></head></html>";
    for status in [302, 400, 401, 403, 404, 407, 500, 502, 503] {
        for body in [html, "", "nginx", "[1]", "{\"Code\":\"Forb", "\"text\""] {
            let error = bare(status, body);
            assert_eq!(kind(&error), "unavailable", "{status} {body}");
            assert_eq!(error.effect(), Effect::Unknown, "{status} {body}");
        }
    }
    let error = bare(502, html);
    assert_eq!(
        error.message(),
        "<html> <head><title>Not Found</title></head></html>"
    );
    assert_eq!(kind(&bare(429, html)), "throttled");
    assert_eq!(bare(429, html).effect(), Effect::Unknown);
}

#[test]
fn the_gateways_request_id_makes_an_empty_answer_readable() {
    let error = with_header(404, "x-acs-request-id", "R-2", "");
    assert_eq!((kind(&error), error.effect()), ("not found", Effect::None));
}

#[test]
fn what_was_signed_is_not_repeated() {
    let quoted = "server string to sign is:POST\n/\n\nx-acs-accesskey-id:LTAI5tAbCdEfGhIjKlMn";
    for code in [
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "InvalidSignature.X",
    ] {
        let shown = format!("{:?}", bare(400, &json(code, quoted)));
        assert!(
            !shown.contains("LTAI") && !shown.contains("string to sign"),
            "{shown}"
        );
    }
    let error = bare(
        404,
        &json(
            "InvalidAccessKeyId.NotFound",
            "LTAI5tAbCdEfGhIjKlMn is unknown",
        ),
    );
    assert_eq!(error.message(), "*** is unknown");
}

proptest! {
    #[test]
    fn any_answer_has_a_kind(
        status in 100u16..1000,
        header in proptest::option::of(any::<String>()),
        body in any::<Vec<u8>>(),
        code in any::<String>(),
        message in any::<String>(),
    ) {
        for body in [body, json(&code, &message).into_bytes()] {
            let error = classify(status, |_| header.clone(), &body);
            prop_assert_eq!(error.status(), Some(status));
            prop_assert!(!error.code().is_empty());
            if !(400..500).contains(&status) {
                prop_assert_eq!(error.effect(), Effect::Unknown);
            }
        }
    }
}
