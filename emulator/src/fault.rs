//! Rules that make the emulator fail on request, as text and as JSON. `book` says which of them
//! strike a call, `call` does to the answer what they say.

mod book;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::api::OPERATIONS;
pub(crate) use book::{Decision, FaultBook};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 400 `Throttling.User` with `x-acs-retry-after`; no effect.
    Throttle,
    /// 400 `Throttling.User` without the header; no effect.
    ThrottleNoHeader,
    /// 503 `ServiceUnavailable`; without effect unless `after` is set.
    ServerError,
    /// The effect happens; the answer stops in the middle of its JSON.
    Truncated,
    /// The connection is closed without an answer and without effect.
    CutBefore,
    /// The effect happens; the connection is closed without an answer.
    CutAfter,
    /// GetJob and ListJobs answer with a `Status` nobody documented.
    UnknownStatus,
    /// The call is held up before it is carried out; with `after`, the answer is.
    Slow,
    /// 502 with an HTML page, as a proxy in between would answer; no effect.
    Html,
    /// 403 `NoPermission` with the missing action in `AccessDeniedDetail`; no effect.
    Forbidden,
    /// 400 `InvalidParameter`, or as `code` and `field` say; no effect.
    Refuse,
    /// What would have worked is answered as if it had, and nothing happens; only for operations
    /// that change something there is.
    NoEffect,
}

/// The operations that [`FaultKind::NoEffect`] is for. A CreateJob without effect would have to
/// answer with the id of a job that never was.
const CHANGES: [&str; 4] = ["StopJob", "UpdateJob", "DeleteJob", "UpdateCodeSource"];

impl FaultKind {
    const NAMES: [(&'static str, Self); 12] = [
        ("throttle", Self::Throttle),
        ("throttle_no_header", Self::ThrottleNoHeader),
        ("server_error", Self::ServerError),
        ("truncated", Self::Truncated),
        ("cut_before", Self::CutBefore),
        ("cut_after", Self::CutAfter),
        ("unknown_status", Self::UnknownStatus),
        ("slow", Self::Slow),
        ("html", Self::Html),
        ("forbidden", Self::Forbidden),
        ("refuse", Self::Refuse),
        ("no_effect", Self::NoEffect),
    ];

    /// Whether the call is carried out and its caller does not get to know what came of it.
    pub(crate) fn spoils_the_answer(self) -> bool {
        matches!(self, Self::ServerError | Self::CutAfter | Self::Truncated)
    }
}

/// The parameters of a rule's text form.
const PARAMETERS: [&str; 11] = [
    "p",
    "probability",
    "count",
    "skip",
    "retry_after_ms",
    "status",
    "http_status",
    "delay_ms",
    "after",
    "code",
    "field",
];

/// One rule: on which operation, what, how often. Serialized it is the JSON of
/// `POST /_control/faults`; as text (`CreateJob:cut_after:count=1`) the argument of `--fault`.
/// Both forms are refused unless [`FaultRule::validate`] accepts them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Name of an operation, e.g. `CreateJob`, or `*`.
    pub operation: String,
    /// What goes wrong.
    pub fault: FaultKind,
    /// Chance for each matching call, 0 to 1; absent means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// How many times it happens before the rule is spent; absent means as long as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Matching calls let through unharmed first.
    #[serde(default)]
    pub skip: u64,
    /// `x-acs-retry-after` of [`FaultKind::Throttle`], in milliseconds (1000 when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The text of [`FaultKind::UnknownStatus`] (`Hibernating` when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// HTTP status in place of the usual one, 400 to 599, for faults that answer an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// How long [`FaultKind::Slow`] holds a call, in milliseconds (1000 when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// [`FaultKind::ServerError`] and [`FaultKind::Slow`] only after the effect happened.
    #[serde(default)]
    pub after: bool,
    /// First part of the `Code` of [`FaultKind::Refuse`] (`InvalidParameter` when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The field [`FaultKind::Refuse`] names, second part of its `Code`, e.g. `JobSpecs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl FaultRule {
    /// A rule that strikes every call of `operation` (`*` for all) as long as it stands.
    #[must_use]
    pub fn new(operation: impl Into<String>, fault: FaultKind) -> Self {
        Self {
            operation: operation.into(),
            fault,
            probability: None,
            count: None,
            skip: 0,
            retry_after_ms: None,
            status: None,
            http_status: None,
            delay_ms: None,
            after: false,
            code: None,
            field: None,
        }
    }

    /// The same, striking `count` times only.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// Whether the rule can strike at all and means what it says.
    ///
    /// # Errors
    /// Says what is wrong, and what is known instead.
    pub fn validate(&self) -> Result<(), ParseFaultError> {
        if self.operation != "*" && !OPERATIONS.contains(&self.operation.as_str()) {
            return Err(ParseFaultError::Operation(self.operation.clone()));
        }
        if self.fault == FaultKind::NoEffect
            && self.operation != "*"
            && !CHANGES.contains(&&*self.operation)
        {
            return Err(ParseFaultError::NoEffect(self.operation.clone()));
        }
        let wrong = |key: &str, value: String| ParseFaultError::Parameter(format!("{key}={value}"));
        match (self.probability, self.http_status) {
            (Some(p), _) if !(0.0..=1.0).contains(&p) => Err(wrong("p", p.to_string())),
            (_, Some(code)) if !(400..600).contains(&code) => {
                Err(wrong("http_status", code.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn concerns(&self, operation: &str) -> bool {
        let fits = match self.fault {
            FaultKind::UnknownStatus => matches!(operation, "GetJob" | "ListJobs"),
            FaultKind::NoEffect => CHANGES.contains(&operation),
            _ => true,
        };
        fits && (self.operation == "*" || self.operation == operation)
    }
}

/// Why something is not a rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseFaultError {
    /// It does not begin with `OPERATION:FAULT`.
    #[error("expected OPERATION:FAULT[:KEY=VALUE]…, e.g. CreateJob:cut_after:count=1")]
    Shape,
    /// The first part is no operation of the emulator.
    #[error("unknown operation {0:?}; there are *, {known}", known = OPERATIONS.join(", "))]
    Operation(String),
    /// The second part names no fault.
    #[error("unknown fault {0:?}; there are {known}",
        known = FaultKind::NAMES.map(|(name, _)| name).join(", "))]
    Fault(String),
    /// The operation changes nothing that there is.
    #[error("no_effect is not for {0}; it is for {known}", known = CHANGES.join(", "))]
    NoEffect(String),
    /// A later part is no known `KEY=VALUE`.
    #[error("unknown or bad parameter {0:?}; there are {known} (p from 0 to 1, http_status from \
        400 to 599, after true or false)", known = PARAMETERS.join(", "))]
    Parameter(String),
}

impl FromStr for FaultRule {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(':');
        let (operation, fault) = match (parts.next(), parts.next()) {
            (Some(operation), Some(fault)) if !operation.is_empty() => (operation, fault),
            _ => return Err(ParseFaultError::Shape),
        };
        let named = FaultKind::NAMES.iter().find(|(name, _)| *name == fault);
        let (_, kind) = named.ok_or_else(|| ParseFaultError::Fault(fault.to_owned()))?;
        let mut rule = Self::new(operation, *kind);
        for part in parts {
            set(&mut rule, part).ok_or_else(|| ParseFaultError::Parameter(part.to_owned()))?;
        }
        rule.validate()?;
        Ok(rule)
    }
}

fn set(rule: &mut FaultRule, part: &str) -> Option<()> {
    let (key, value) = part.split_once('=')?;
    match key {
        "p" | "probability" => rule.probability = Some(value.parse().ok()?),
        "count" => rule.count = Some(value.parse().ok()?),
        "skip" => rule.skip = value.parse().ok()?,
        "retry_after_ms" => rule.retry_after_ms = Some(value.parse().ok()?),
        "status" => rule.status = Some(value.to_owned()),
        "http_status" => rule.http_status = Some(value.parse().ok()?),
        "delay_ms" => rule.delay_ms = Some(value.parse().ok()?),
        "after" => {
            rule.after = match value {
                "1" | "true" => true,
                "0" | "false" => false,
                _ => return None,
            }
        }
        "code" => rule.code = Some(value.to_owned()),
        "field" => rule.field = Some(value.to_owned()),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
#[path = "fault_tests.rs"]
mod tests;
