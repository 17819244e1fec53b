//! Whom to call: the public hosts of the region, or what the key `endpoint` says.

use std::path::Path;

use aliyun::{Endpoint, Network, Product};
use serde_json::Value;

use super::fault;
use crate::model::Fault;

/// Whom to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// PAI-DLC.
    pub dlc: Endpoint,
    /// STS.
    pub sts: Endpoint,
    /// AIWorkSpace.
    pub aiworkspace: Endpoint,
}

/// `given` is the key `endpoint` with the file in which it stands.
pub(super) fn endpoints(
    path: &Path,
    given: Option<(&Path, &Value)>,
    region: &str,
) -> Result<Endpoints, Fault> {
    let file = given.map_or(path, |(file, _)| file);
    let given = given.map(|(_, value)| value);
    let wrong = |key: &str, reason: String| {
        fault(file, format!("{key}: {reason}"))
            .hint("an https URL, or plain http towards 127.0.0.1, ::1 or localhost")
    };
    let one = |product: Product, key: &str| -> Result<Endpoint, Fault> {
        let (key, text) = match given {
            None | Some(Value::Null) => ("regionId".to_owned(), None),
            Some(Value::String(url)) => ("endpoint".to_owned(), Some(url)),
            Some(Value::Object(map)) => match map.get(key) {
                None | Some(Value::Null) => ("regionId".to_owned(), None),
                Some(Value::String(url)) => (format!("endpoint.{key}"), Some(url)),
                Some(_) => return Err(wrong(&format!("endpoint.{key}"), "is not a URL".into())),
            },
            Some(_) => return Err(wrong("endpoint", "is neither a URL nor an object".into())),
        };
        match text {
            Some(url) => Endpoint::parse(url),
            None => Endpoint::for_region(product, region, Network::default()),
        }
        .map_err(|error| wrong(&key, error.message().to_owned()))
    };
    Ok(Endpoints {
        dlc: one(Product::Dlc, "dlc")?,
        sts: one(Product::Sts, "sts")?,
        aiworkspace: one(Product::AiWorkspace, "aiworkspace")?,
    })
}
