//! What of a foreign object has a place in a profile.

use serde_json::{Map, Value};

use super::{Place, Step};

/// The keys that a profile knows, spelt as it spells them; and the places of those that it does not know.
pub fn known_profile_keys(object: &Map<String, Value>) -> (Map<String, Value>, Vec<String>) {
    let mut unknown = Vec::new();
    let known = keys(Place::PROFILE, object, "", &mut unknown);
    (known, unknown)
}

fn keys(
    place: Place,
    object: &Map<String, Value>,
    at: &str,
    unknown: &mut Vec<String>,
) -> Map<String, Value> {
    let mut known = Map::new();
    for (name, value) in object {
        match place.key_loosely(name) {
            Some(key) => {
                let below = place.step(&Step::Key(key.name.to_owned()));
                let path = format!("{at}{}", key.name);
                known.insert(key.name.to_owned(), of(below, value, &path, unknown));
            }
            None => unknown.push(format!("{at}{name}")),
        }
    }
    known
}

fn of(place: Place, value: &Value, at: &str, unknown: &mut Vec<String>) -> Value {
    match value {
        // Below here the keys are not ours to know.
        value if place.is_free() => value.clone(),
        Value::Object(object) => keys(place, object, &format!("{at}."), unknown).into(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(n, item)| of(place.items(), item, &format!("{at}[{n}]"), unknown))
                .collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn known_keys_are_spelt_as_in_a_profile_and_others_are_named() {
        let object = json!({"JobType": "PyTorchJob", "Envs": {"Image": "x"}, "TemplateLabel": "y",
            "JobSpecs": [{"Image": "i", "PodCount": 2, "Novelty": 1, "ImageConfig": {"Username": "me"},
                "ResourceConfig": {"CPU": "8", "GPUType": "A10", "Memory": "1Gi"}}]});
        let (known, unknown) = known_profile_keys(object.as_object().unwrap());
        assert_eq!(
            Value::from(known),
            json!({"jobType": "PyTorchJob", "envs": {"Image": "x"},
                "jobSpecs": [{"image": "i", "podCount": 2, "imageConfig": {"Username": "me"},
                    "resourceConfig": {"CPU": "8", "GPUType": "A10", "memory": "1Gi"}}]})
        );
        assert_eq!(unknown, ["jobSpecs[0].Novelty", "TemplateLabel"]);
    }
}
