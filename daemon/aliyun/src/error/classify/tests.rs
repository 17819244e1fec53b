//! The rows of fact sheet §13.2.

use super::classify;
use crate::error::{Effect, Error};
use proptest::prelude::*;

mod shapes;

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
        (400, "ServiceUnavailable", "", "unavailable"),
        (403, "Job.InternalServerError", "", "unavailable"),
        (400, "Backend.Timeout", "", "unavailable"),
        (400, "OperationTimeout", "", "unavailable"),
        (400, "InvalidParameter.Timeout", "", "invalid"),
        (502, "Forbidden.RAM", "", "unavailable"),
        (408, "RequestTimeout", "", "unavailable"),
        (400, "InvalidTimeStamp.Expired", "", "clock skew"),
        (400, "InvalidTimeStamp.Format", "", "invalid"),
        (400, "SignatureNonceUsed", "", "unavailable"),
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
        (
            400,
            "InvalidParameter",
            "The value of Envs.SecurityToken is not valid",
            "invalid",
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
        (404, "Pod.NotFound", "", "not found"),
        (404, "EntityNotExist.Job", "", "not found"),
        (404, "Workspace.NotFound", "", "invalid"),
        (404, "EntityNotExist.Role", "", "invalid"),
        (404, "ResourceNotFound", "", "invalid"),
        (404, "Whatever", "", "invalid"),
        (410, "Whatever", "", "invalid"),
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
        (
            400,
            "OperationNotAllowed",
            "Job can't be deleted, because it is Running",
            "conflict",
        ),
        (403, "Forbidden", "The job cannot be deleted", "conflict"),
        (400, "Whatever", "It can not be deleted", "conflict"),
        (
            404,
            "Job.NotFound",
            "Job can't be deleted, because it does not exist",
            "not found",
        ),
        (400, "Whatever", "Job deleted", "invalid"),
        (409, "Whatever", "", "conflict"),
        (400, "100400027", "", "invalid"),
        (400, "201400002", "", "invalid"),
        (400, "201300003", "", "invalid"),
        (400, "201400004", "server busy", "unavailable"),
        (400, "100400008", "", "invalid"),
        (302, "Whatever", "", "unavailable"),
    ];
    for (status, code, message, expected) in rows {
        let error = bare(status, &json(code, message));
        assert_eq!(kind(&error), expected, "{status} {code} {message}");
        assert_eq!((error.code(), error.status()), (code, Some(status)));
        assert_eq!(error.request_id(), Some("R-1"));
        let refused = status < 500 && expected != "unavailable";
        let effect = if refused {
            Effect::None
        } else {
            Effect::Unknown
        };
        assert_eq!(error.effect(), effect, "{status} {code}");
    }
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
