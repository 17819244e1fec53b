//! ListEcsSpecs: the catalogue. Any `SortBy` is refused, as the real service is said to do in spite
//! of its description; what `Order` does without it is not known.

use serde_json::{Value, json};

use super::query::{Page, Query};
use crate::catalogue::{INSTANCE_TYPES, InstanceType};
use crate::error::ApiError;

pub(super) fn list_ecs_specs(query: &Query) -> Result<Value, ApiError> {
    if query.text("SortBy").is_some() {
        return Err(ApiError::invalid("SortBy", "it is not supported"));
    }
    if query.text("Order").is_some() {
        return Err(ApiError::not_emulated("Order"));
    }
    let accelerator = query.choice("AcceleratorType", &["CPU", "GPU"])?;
    let resource = query.choice("ResourceType", &["ECS", "Lingjun"])?;
    let names = query.list("InstanceTypes");
    let page = Page::of(query)?;
    let found: Vec<&InstanceType> = INSTANCE_TYPES
        .iter()
        .filter(|each| names.is_empty() || names.iter().any(|name| name == each.name))
        .filter(|each| accelerator.is_none_or(|wanted| wanted == each.accelerator_type()))
        .filter(|_| resource.is_none_or(|wanted| wanted == "ECS"))
        .collect();
    let total = found.len();
    let specs: Vec<Value> = page.cut(found).map(spec).collect();
    Ok(json!({"EcsSpecs": specs, "TotalCount": total}))
}

fn spec(each: &InstanceType) -> Value {
    json!({
        "InstanceType": each.name,
        "AcceleratorType": each.accelerator_type(),
        "Cpu": each.cpu,
        "Memory": each.memory_gib,
        "Gpu": each.gpu,
        "GpuType": each.gpu_type,
        "GpuMemory": each.gpu_memory_gib,
        "IsAvailable": each.available,
        "PaymentTypes": ["PostPaid"],
        "ResourceType": "ECS",
    })
}
