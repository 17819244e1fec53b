//! Instance types of the public pool (PAI-DLC fact sheet §3.11).

use super::Amount;
use super::query::Pairs;
use crate::fields::{Fields, object, text};
use crate::quantity::{self, QuantityError};
use serde_json::{Map, Value};

/// Which instance types to list. What is `None` or empty is not sent. There is no order to ask
/// for: the server refuses any `SortBy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EcsSpecsQuery {
    /// Exactly these, such as `ecs.gn6i-c4g1.xlarge`.
    pub instance_types: Vec<String>,
    /// From 1.
    pub page_number: Option<u32>,
    /// Sizes that the server takes are not documented.
    pub page_size: Option<u32>,
}

impl EcsSpecsQuery {
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Pairs::default();
        pairs.text("InstanceTypes", Some(&self.instance_types.join(",")));
        pairs.show("PageNumber", self.page_number);
        pairs.show("PageSize", self.page_size);
        pairs.0
    }
}

/// What one instance type has. `None` as in [`super::Job`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EcsSpec {
    /// What goes in [`super::JobSpec::ecs_spec`].
    pub instance_type: Option<String>,
    /// `CPU` or `GPU`.
    pub accelerator_type: Option<String>,
    /// vCPUs.
    pub cpu: Option<Amount>,
    /// See [`EcsSpec::memory_bytes`].
    pub memory: Option<Amount>,
    /// Cards.
    pub gpu: Option<Amount>,
    /// Type of the cards.
    pub gpu_type: Option<String>,
    /// Memory of the cards; whether of each or of all together is not documented.
    pub gpu_memory: Option<Amount>,
    /// Whether a job may ask for it now.
    pub is_available: Option<bool>,
    /// Ways to pay.
    pub payment_types: Option<Vec<String>>,
    /// `ECS`, `Lingjun`.
    pub resource_type: Option<String>,
    /// Keys without a field above, and values of an unexpected type.
    pub other: Map<String, Value>,
}

impl EcsSpec {
    /// Reads an instance type; anything but an object is given back.
    pub fn from_value(value: Value) -> Result<Self, Value> {
        let mut f = Fields::new(object(value)?);
        Ok(Self {
            instance_type: f.text("InstanceType"),
            accelerator_type: f.text("AcceleratorType"),
            cpu: f.take("Cpu", Amount::from_value),
            memory: f.take("Memory", Amount::from_value),
            gpu: f.take("Gpu", Amount::from_value),
            gpu_type: f.text("GpuType"),
            gpu_memory: f.take("GpuMemory", Amount::from_value),
            is_available: f.flag("IsAvailable"),
            payment_types: f.list("PaymentTypes", text),
            resource_type: f.text("ResourceType"),
            other: f.rest(),
        })
    }

    /// The memory in bytes: here, and only here, a number without a unit is in GiB.
    pub fn memory_bytes(&self) -> Result<u64, QuantityError> {
        let memory = self.memory.as_ref().ok_or(QuantityError::Empty)?;
        let text = memory.to_string();
        let bare = !text.contains(|c: char| c.is_ascii_alphabetic());
        let unit = if bare { "Gi" } else { "" };
        quantity::memory_bytes(&format!("{text}{unit}"))
    }
}
