//! The shapes that answers come in.

use super::*;
use std::time::Duration;

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
        ("invalid", "201400002", "no such")
    );
    let error = bare(403, r#"{"Message":"no","RequestID":"r"}"#);
    assert_eq!((kind(&error), error.code()), ("permission", "HTTP403"));
    for body in [r#"{"Code":null,"Message":""}"#, r#"{"code":404}"#, "{}"] {
        let error = with_header(404, "x-acs-request-id", "from-header", body);
        assert_eq!(
            (kind(&error), error.code(), error.effect()),
            ("not found", "HTTP404", Effect::None)
        );
        assert_eq!(error.request_id(), Some("from-header"));
    }
}

#[test]
fn a_404_of_somebody_else_tells_nothing_about_a_job() {
    for body in [
        r#"{"message":"no Route matched with those values"}"#,
        r#"{"timestamp":1,"status":404,"error":"Not Found","path":"/api/v1/jobs/x"}"#,
        r#"{"code":404,"message":"Not Found"}"#,
        r#"{"Code":null,"Message":""}"#,
        "{}",
        "",
    ] {
        for status in [404, 410] {
            let error = bare(status, body);
            assert_eq!(kind(&error), "unavailable", "{body}");
            assert_eq!(error.effect(), Effect::Unknown, "{body}");
        }
    }
    let other = r#"{"Message":"Workspace 7 not found"}"#;
    let error = with_header(404, "x-acs-request-id", "R", other);
    assert_eq!(kind(&error), "invalid");
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
fn a_missing_thing_that_is_no_job_is_a_field() {
    let error = bare(404, &json("Workspace.NotFound", "no such workspace"));
    assert!(matches!(&error, Error::Invalid { field: Some(field), .. } if field == "Workspace"));
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
