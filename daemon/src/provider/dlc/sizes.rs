//! What machines of an instance type have (fact sheet §3.11).

use std::collections::BTreeMap;

use aliyun::{
    Error, Priority,
    dlc::{Dlc, EcsSpec, EcsSpecsQuery},
};

use crate::model::Resources;

/// Types that are asked for in one call.
const AT_ONCE: usize = 50;
/// Pages that are read of an answer that takes no notice of the names.
const PAGES_MAX: u32 = 20;
const PAGE_SIZE: u32 = 100;

/// The sizes of these types; one that the backend does not know is left out.
pub(super) async fn of(dlc: &Dlc, names: &[String]) -> Result<BTreeMap<String, Resources>, Error> {
    let mut found = BTreeMap::new();
    for some in names.chunks(AT_ONCE) {
        let (mut received, mut number) = (0, 1);
        loop {
            let query = EcsSpecsQuery {
                instance_types: some.to_vec(),
                page_number: Some(number),
                page_size: Some(PAGE_SIZE),
            };
            let page = dlc.list_ecs_specs(&query, Priority::Interactive).await?;
            let size = (page.specs.len() + page.malformed) as u64;
            received += size;
            found.extend(page.specs.iter().filter_map(|spec| {
                let name = spec.instance_type.clone()?;
                some.contains(&name).then(|| (name, size_of(spec)))
            }));
            let all = some.iter().all(|name| found.contains_key(name));
            let last = size == 0 || page.total_count.is_none_or(|total| received >= total);
            if all || last || number >= PAGES_MAX {
                break;
            }
            number += 1;
        }
    }
    Ok(found)
}

/// A type that does not tell its GPUs has none only where it says that it is one without.
fn size_of(spec: &EcsSpec) -> Resources {
    let gpus = spec.gpu.as_ref().and_then(|gpu| gpu.gpu_milli().ok());
    let is_plain = spec.accelerator_type.as_deref() == Some("CPU");
    Resources {
        cpu_milli: spec.cpu.as_ref().and_then(|cpu| cpu.cpu_milli().ok()),
        gpu_milli: gpus.or(is_plain.then_some(0)),
        memory_bytes: spec.memory_bytes().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn size(spec: serde_json::Value) -> Resources {
        size_of(&EcsSpec::from_value(spec).unwrap())
    }

    #[test]
    fn what_is_not_told_is_unknown_and_not_zero() {
        let told = json!({"InstanceType": "a", "AcceleratorType": "GPU", "Cpu": 4, "Memory": 15, "Gpu": 1});
        assert_eq!(
            size(told),
            Resources {
                cpu_milli: Some(4000),
                gpu_milli: Some(1000),
                memory_bytes: Some(15 << 30),
            }
        );
        let silent = size(json!({"InstanceType": "a", "AcceleratorType": "GPU", "Cpu": 4}));
        assert_eq!((silent.gpu_milli, silent.memory_bytes), (None, None));
        let plain = size(json!({"InstanceType": "a", "AcceleratorType": "CPU", "Cpu": 4}));
        assert_eq!(plain.gpu_milli, Some(0));
    }
}
