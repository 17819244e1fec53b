//! Values that the API writes in several ways (PAI-DLC fact sheet §4.1, §4.2).

use crate::fields::Taken;
use crate::quantity::{self, QuantityError};
use serde_json::{Number, Value};
use std::fmt;

/// An amount of compute as answered: ListJobs and GetJob differ in type and unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A JSON number, as GetJob writes.
    Number(Number),
    /// A text that may carry a unit, such as "32Gi".
    Text(String),
}

impl Amount {
    pub(super) fn from_value(value: Value) -> Taken<Self> {
        match value {
            Value::Number(number) => Ok(Self::Number(number)),
            Value::String(text) => Ok(Self::Text(text)),
            other => Err(other),
        }
    }

    /// As CPU, in thousandths of a core.
    pub fn cpu_milli(&self) -> Result<u64, QuantityError> {
        quantity::cpu_milli(&self.to_string())
    }

    /// As GPUs, in thousandths of a card.
    pub fn gpu_milli(&self) -> Result<u64, QuantityError> {
        quantity::gpu_milli(&self.to_string())
    }

    /// As memory, in bytes. The unit of a JSON number is not documented (fact sheet §4.2), so a
    /// number is [`QuantityError::NoUnit`] rather than a guess; zero needs no unit.
    pub fn memory_bytes(&self) -> Result<u64, QuantityError> {
        match self {
            Self::Text(text) => quantity::memory_bytes(text),
            Self::Number(number) if number.as_f64() == Some(0.0) => Ok(0),
            Self::Number(number) => Err(QuantityError::NoUnit(number.to_string())),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// How often a job was restarted: "1" in ListJobs, "0/10" in GetJob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartTimes {
    /// Restarts so far.
    pub used: u64,
    /// The most that will be tried; GetJob only.
    pub max: Option<u64>,
}

impl RestartTimes {
    pub(super) fn from_value(value: Value) -> Taken<Self> {
        let parsed = match &value {
            Value::Number(number) => number.as_u64().map(|used| Self { used, max: None }),
            Value::String(text) => Self::parse(text),
            _ => None,
        };
        parsed.ok_or(value)
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse().ok();
        match text.split_once('/') {
            Some((used, max)) => Some(Self {
                used: number(used)?,
                max: Some(number(max)?),
            }),
            None => Some(Self {
                used: number(text)?,
                max: None,
            }),
        }
    }
}
