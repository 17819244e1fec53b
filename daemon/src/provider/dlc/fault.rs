//! Errors of the client in the words that people read.

use aliyun::{Effect, Error};

use crate::model::{Fault, FaultKind};

/// `source` says where the key came from; it is named where the key is at fault.
pub(super) fn to_fault(error: &Error, source: &str) -> Fault {
    let (kind, hint) = match error {
        Error::Auth { .. } => (
            FaultKind::Auth,
            format!(
                "the key came from the {source}: check it there, then `paictl daemon stop` and start again"
            ),
        ),
        Error::Permission { action, .. } => (
            FaultKind::Permission,
            match action {
                Some(action) => {
                    format!("ask for the RAM action {action}, or for a role in the workspace")
                }
                None => "ask for the missing RAM action or workspace role".into(),
            },
        ),
        Error::NotFound { .. } => (FaultKind::NotFound, String::new()),
        Error::Throttled { .. } => (
            FaultKind::Throttled,
            "the cloud asks to slow down; try again shortly".into(),
        ),
        Error::Invalid { .. } => (FaultKind::Invalid, String::new()),
        Error::Conflict { .. } => (FaultKind::Conflict, String::new()),
        Error::Unavailable { .. } => (
            FaultKind::Unavailable,
            "check the network and the endpoint; `paictl daemon status` shows both".into(),
        ),
        Error::ClockSkew { .. } => (
            FaultKind::ClockSkew,
            "set this machine's clock (for example with NTP)".into(),
        ),
        Error::Unsupported { .. } => (
            FaultKind::Unsupported,
            "the host does not know this operation: check regionId and endpoint".into(),
        ),
        _ => (FaultKind::Internal, String::new()),
    };
    let mut fault = Fault::new(kind, error.to_string()).hint(hint);
    fault.request_id = error.request_id().unwrap_or_default().to_owned();
    fault.maybe_done = error.effect() == Effect::Unknown;
    match error {
        Error::Throttled { retry_after, .. } => fault.retry_after = *retry_after,
        Error::Invalid {
            field: Some(field), ..
        } => fault.field.clone_from(field),
        _ => {}
    }
    fault
}
