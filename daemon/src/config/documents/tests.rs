//! Two files as one document, and back.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn documents(settings: Value, own: Value) -> Documents {
    Documents {
        settings: settings.as_object().unwrap().clone(),
        own: own.as_object().unwrap().clone(),
    }
}

fn both() -> Documents {
    documents(
        json!({"projectPrefix": "me", "endpoint": "https://a", "limits": {"maxGPU": 8, "maxRunMinutes": 60},
            "profiles": {"default": {"jobType": "A", "Priority": 3, "envs": {"A": "1"}}, "plain": {"jobType": "B"}}}),
        json!({"list": {"endedDays": 7}, "limits": {"maxRunMinutes": 30},
            "profiles": {"default": {"priority": 5}, "ours": {"jobType": "C"}}}),
    )
}

/// Both files after one change of the document that people see.
fn after(change: impl FnOnce(&mut Value)) -> Result<Documents, Fault> {
    let mut whole = Value::Object(both().merged());
    change(&mut whole);
    both().split(whole.as_object().unwrap())
}

#[test]
fn people_see_one_document_in_which_ours_counts_first() {
    assert_eq!(
        Value::Object(both().merged()),
        json!({"projectPrefix": "me", "endpoint": "https://a", "list": {"endedDays": 7},
            "limits": {"maxGPU": 8, "maxRunMinutes": 30},
            "profiles": {"default": {"jobType": "A", "envs": {"A": "1"}, "priority": 5},
                "plain": {"jobType": "B"}, "ours": {"jobType": "C"}}})
    );
}

#[test]
fn a_key_stays_where_it_stands_and_a_new_one_goes_where_it_belongs() {
    let changed = after(|whole| {
        whole["projectPrefix"] = "you".into();
        whole["endpoint"] = "https://b".into();
        whole["limits"] =
            json!({"maxGPU": 4, "maxCPU": 9, "maxRunMinutes": 31, "maxGPUHoursPerDay": 1});
        whole["profiles"]["default"]["envs"]["A"] = "2".into();
        whole["profiles"]["default"]["resourceId"] = "q".into();
        whole["profiles"]["plain"]["jobSpecs"] = json!([]);
        whole["profiles"]["new"] = json!({"jobType": "D", "priority": 1});
    })
    .unwrap();
    let expected = documents(
        json!({"projectPrefix": "you", "endpoint": "https://b",
            "limits": {"maxGPU": 4, "maxCPU": 9, "maxRunMinutes": 60},
            "profiles": {"default": {"jobType": "A", "Priority": 3, "envs": {"A": "2"}},
                "plain": {"jobType": "B", "jobSpecs": []}, "new": {"jobType": "D"}}}),
        json!({"list": {"endedDays": 7}, "limits": {"maxRunMinutes": 31, "maxGPUHoursPerDay": 1},
            "profiles": {"default": {"priority": 5, "resourceId": "q"}, "ours": {"jobType": "C"},
                "new": {"priority": 1}}}),
    );
    assert_eq!(changed.settings, expected.settings);
    assert_eq!(changed.own, expected.own);
}

#[test]
fn what_is_gone_goes_from_both_files_in_every_spelling() {
    let remove = |map: &mut Value, key: &str| {
        map.as_object_mut().unwrap().remove(key).unwrap();
    };
    let changed = after(|whole| {
        remove(&mut whole["profiles"]["default"], "priority");
        remove(&mut whole["profiles"], "ours");
        remove(whole, "limits");
        remove(whole, "list");
    })
    .unwrap();
    assert_eq!(
        Value::Object(changed.settings),
        json!({"projectPrefix": "me", "endpoint": "https://a",
            "profiles": {"default": {"jobType": "A", "envs": {"A": "1"}}, "plain": {"jobType": "B"}}})
    );
    assert!(changed.own.is_empty());
}

#[test]
fn a_new_key_that_nobody_knows_has_no_place() {
    let fault = after(|whole| whole["colour"] = 1.into()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_str()),
        (FaultKind::Invalid, "colour")
    );
    let fault = after(|whole| whole["profiles"]["default"]["PRIORITIES"] = 1.into()).unwrap_err();
    assert_eq!(fault.field, "profiles.default.PRIORITIES");
    let fault = after(|whole| whole["limits"]["maxGpu"] = 1.into()).unwrap_err();
    assert!(fault.hint.contains("maxGPU"), "{fault}");
    let fault = after(|whole| whole["profiles"]["default"] = 1.into()).unwrap_err();
    assert!(
        fault.message.contains("profiles.default is not an object"),
        "{fault}"
    );
}

fn any_map(depth: u32) -> BoxedStrategy<Map<String, Value>> {
    let leaf = prop_oneof![
        Just(json!(1)),
        Just(json!("x")),
        Just(Value::Null),
        Just(json!({}))
    ];
    let below = match depth {
        0 => leaf.boxed(),
        _ => prop_oneof![leaf, any_map(depth - 1).prop_map(Value::Object)].boxed(),
    };
    let key =
        "limits|profiles|maxGPU|maxRunMinutes|priority|Priority|default|jobType|endpoint|list|odd";
    prop::collection::btree_map(key, below, 0..5)
        .prop_map(|map| map.into_iter().collect())
        .boxed()
}

proptest! {
    #[test]
    fn no_change_touches_no_file(settings in any_map(2), own in any_map(2)) {
        let documents = Documents { settings, own };
        prop_assert_eq!(documents.split(&documents.merged()).unwrap(), documents);
    }

    #[test]
    fn what_was_asked_for_is_what_people_see_afterwards(
        settings in any_map(2), own in any_map(2), whole in any_map(2)
    ) {
        let documents = Documents { settings, own };
        if let Ok(split) = documents.split(&whole) {
            let again = split.merged();
            prop_assert_eq!(split.split(&again).unwrap(), split);
            for (key, value) in &whole {
                let shared = key == LIMITS_KEY || key == PROFILES_KEY;
                prop_assert!(shared || value.is_null() || again.get(key) == Some(value));
            }
            prop_assert!(again.keys().all(|key| whole.contains_key(key)));
        }
    }
}
