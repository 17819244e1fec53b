//! Rules that make the emulator fail on request.
//!
//! [`FaultBook::decide`] is the only place that consumes counts and rolls dice; what a decision
//! does to the answer is in `server`.

use std::str::FromStr;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

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
}

/// One rule: on which operation, what, how often. Serialized it is the JSON of
/// `POST /_control/faults`; as text (`CreateJob:cut_after:count=1`) the argument of `--fault`.
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
    /// HTTP status in place of the usual one, for throttling, server errors and HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// How long [`FaultKind::Slow`] holds a call, in milliseconds (1000 when absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// [`FaultKind::ServerError`] and [`FaultKind::Slow`] only after the effect happened.
    #[serde(default)]
    pub after: bool,
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

    fn concerns(&self, operation: &str) -> bool {
        let shows_status = matches!(operation, "GetJob" | "ListJobs");
        (self.operation == "*" || self.operation == operation)
            && (self.fault != FaultKind::UnknownStatus || shows_status)
    }
}

/// Why a text is not a rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseFaultError {
    /// It does not begin with `OPERATION:FAULT`.
    #[error("expected OPERATION:FAULT[:KEY=VALUE]…, e.g. CreateJob:cut_after:count=1")]
    Shape,
    /// The second part names no fault.
    #[error("unknown fault {0:?}")]
    Fault(String),
    /// A later part is no known `KEY=VALUE`.
    #[error("unknown or bad parameter {0:?}")]
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
        let kind = serde_json::from_value(serde_json::Value::from(fault))
            .map_err(|_| ParseFaultError::Fault(fault.to_owned()))?;
        let mut rule = Self::new(operation, kind);
        for part in parts {
            set(&mut rule, part).ok_or_else(|| ParseFaultError::Parameter(part.to_owned()))?;
        }
        Ok(rule)
    }
}

fn set(rule: &mut FaultRule, part: &str) -> Option<()> {
    let (key, value) = part.split_once('=')?;
    match key {
        "p" | "probability" => {
            let p: f64 = value.parse().ok()?;
            rule.probability = Some((0.0..=1.0).contains(&p).then_some(p)?);
        }
        "count" => rule.count = Some(value.parse().ok()?),
        "skip" => rule.skip = value.parse().ok()?,
        "retry_after_ms" => rule.retry_after_ms = Some(value.parse().ok()?),
        "status" => rule.status = Some(value.to_owned()),
        "http_status" => {
            let code: u16 = value.parse().ok()?;
            rule.http_status = Some((400..600).contains(&code).then_some(code)?);
        }
        "delay_ms" => rule.delay_ms = Some(value.parse().ok()?),
        "after" => rule.after = matches!(value, "1" | "true"),
        _ => return None,
    }
    Some(())
}

/// What shall happen to one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Decision {
    /// Milliseconds to wait before the effect.
    pub(crate) delay_ms: u64,
    /// Milliseconds to wait between effect and answer.
    pub(crate) delay_after_ms: u64,
    /// Replaces every job status in the answer.
    pub(crate) status: Option<String>,
    /// The rule that breaks the call.
    pub(crate) broken_by: Option<FaultRule>,
}

/// The rules in force. Delays and status texts add up; of the others the first that strikes wins.
#[derive(Debug)]
pub(crate) struct FaultBook {
    rules: Vec<(u64, FaultRule)>,
    next_id: u64,
    dice: StdRng,
}

impl FaultBook {
    pub(crate) fn new(rules: Vec<FaultRule>, seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(rand::random);
        let mut book = Self {
            rules: Vec::new(),
            next_id: 1,
            dice: StdRng::seed_from_u64(seed),
        };
        for rule in rules {
            book.add(rule);
        }
        book
    }

    pub(crate) fn add(&mut self, rule: FaultRule) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.rules.push((id, rule));
        id
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(each, _)| *each != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn rules(&self) -> &[(u64, FaultRule)] {
        &self.rules
    }

    pub(crate) fn decide(&mut self, operation: &str) -> Decision {
        let mut decision = Decision::default();
        for (_, rule) in &mut self.rules {
            let breaks = !matches!(rule.fault, FaultKind::Slow | FaultKind::UnknownStatus);
            let spent = rule.count == Some(0) || (breaks && decision.broken_by.is_some());
            if spent || !rule.concerns(operation) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule
                .probability
                .is_some_and(|p| !self.dice.random_bool(p.clamp(0.0, 1.0)))
            {
                continue;
            }
            rule.count = rule.count.map(|count| count.saturating_sub(1));
            match rule.fault {
                FaultKind::Slow if rule.after => {
                    decision.delay_after_ms += rule.delay_ms.unwrap_or(1000);
                }
                FaultKind::Slow => decision.delay_ms += rule.delay_ms.unwrap_or(1000),
                FaultKind::UnknownStatus => {
                    let text = rule.status.clone();
                    decision.status = Some(text.unwrap_or_else(|| "Hibernating".to_owned()));
                }
                _ => decision.broken_by = Some(rule.clone()),
            }
        }
        self.rules.retain(|(_, rule)| rule.count != Some(0));
        decision
    }
}

#[cfg(test)]
#[path = "fault_tests.rs"]
mod tests;
