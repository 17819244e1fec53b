//! A registry's password goes to no other registry: a tool may change an image, and the password that is sent along is the
//! person's.

use serde_json::{Map, Value};

use super::caps::Profiles;
use crate::{
    model::{Fault, FaultKind},
    provider::dlc::request::registry,
};

/// Whether each role with a password still pulls from a registry for which that password was written.
///
/// # Errors
/// A [`Fault`] of kind `Permission` that names the role.
pub(super) fn check(before: &Profiles, after: &Profiles) -> Result<(), Fault> {
    for (name, new) in after {
        if before.get(name) == Some(new) {
            continue;
        }
        for (number, role) in roles(new).iter().enumerate() {
            let Some(target) = target(role) else { continue };
            let is_known = before
                .values()
                .flat_map(roles)
                .any(|role| self::target(role).as_ref() == Some(&target));
            if !is_known {
                return Err(refused(name, number));
            }
        }
    }
    Ok(())
}

fn refused(name: &str, number: usize) -> Fault {
    let field = format!("profiles.{name}.jobSpecs[{number}].image");
    let message = format!("{field} would send a registry's password to another registry");
    Fault::new(FaultKind::Permission, message)
        .hint(
            "name an image of the registry for which imageConfig is, or let the person change both",
        )
        .field(field)
}

fn roles(profile: &Map<String, Value>) -> &[Value] {
    let roles = profile.get("JobSpecs").and_then(Value::as_array);
    roles.map(Vec::as_slice).unwrap_or_default()
}

/// What is sent along, and where to; `None` where nothing is.
fn target(role: &Value) -> Option<(&Value, String)> {
    let config = role.get("ImageConfig").filter(|config| !config.is_null())?;
    let image = role.get("Image").and_then(Value::as_str);
    Some((config, registry(image.unwrap_or_default())))
}
