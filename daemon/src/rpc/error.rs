//! A fault as a gRPC status: the detail is the contract, the code is for foreign clients.

use pai_proto::v1::{ErrorDetail, ErrorKind};
use prost::Message as _;
use tonic::{Code, Status};

use crate::{
    journal::StoreError,
    model::{Fault, FaultKind},
};

pub(super) fn to_status(fault: Fault) -> Status {
    let detail = to_detail(&fault);
    Status::with_details(
        code(fault.kind),
        fault.message,
        detail.encode_to_vec().into(),
    )
}

pub(super) fn store_status(error: StoreError) -> Status {
    to_status(error.into())
}

pub(super) fn to_detail(fault: &Fault) -> ErrorDetail {
    let after = fault.retry_after.map_or(0, |after| after.as_millis());
    ErrorDetail {
        kind: kind(fault.kind).into(),
        message: fault.message.clone(),
        hint: fault.hint.clone(),
        request_id: fault.request_id.clone(),
        retry_after_ms: u64::try_from(after).unwrap_or(u64::MAX),
        field: fault.field.clone(),
    }
}

fn kind(kind: FaultKind) -> ErrorKind {
    match kind {
        FaultKind::Auth => ErrorKind::Auth,
        FaultKind::Permission => ErrorKind::Permission,
        FaultKind::NotFound => ErrorKind::NotFound,
        FaultKind::Throttled => ErrorKind::Throttled,
        FaultKind::Invalid => ErrorKind::Invalid,
        FaultKind::Conflict => ErrorKind::Conflict,
        FaultKind::Unavailable => ErrorKind::Unavailable,
        FaultKind::ClockSkew => ErrorKind::ClockSkew,
        FaultKind::Unsupported => ErrorKind::Unsupported,
        FaultKind::Limit => ErrorKind::Limit,
        FaultKind::Settings => ErrorKind::Settings,
        FaultKind::Internal => ErrorKind::Internal,
    }
}

fn code(kind: FaultKind) -> Code {
    match kind {
        FaultKind::Auth => Code::Unauthenticated,
        FaultKind::Permission => Code::PermissionDenied,
        FaultKind::NotFound => Code::NotFound,
        FaultKind::Throttled | FaultKind::Limit => Code::ResourceExhausted,
        FaultKind::Invalid => Code::InvalidArgument,
        FaultKind::Conflict | FaultKind::ClockSkew | FaultKind::Settings => {
            Code::FailedPrecondition
        }
        FaultKind::Unavailable => Code::Unavailable,
        FaultKind::Unsupported => Code::Unimplemented,
        FaultKind::Internal => Code::Internal,
    }
}
