//! Profiles made, replaced and deleted.

use super::*;

#[test]
fn p9_a_deleted_profile_is_gone_from_both_files() {
    let folder = Folder::both();
    folder.person().delete_profile("big").unwrap();
    let settings = folder.load();
    assert_eq!(settings.profiles.keys().collect::<Vec<_>>(), ["default"]);
    for name in ["settings.json", "pai.json"] {
        assert!(
            !folder.text(name).contains("\"big\""),
            "{}",
            folder.text(name)
        );
    }
    let fault = folder.person().delete_profile("big").unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotFound);
    assert!(fault.hint.contains("default"), "{fault}");
}

#[test]
fn the_default_profile_is_not_deleted() {
    let folder = Folder::both();
    let fault = folder.person().delete_profile("default").unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    let fault = folder
        .person()
        .update(&updates([("profiles.default", None)]))
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    folder.is_untouched();
}

#[test]
fn a_copy_has_everything_of_its_base_but_what_is_given_anew() {
    let folder = Folder::both();
    let given = map(json!({"Priority": 7, "ENVS": {"A": 1}, "jobMaxRunningTimeMinutes": null}));
    folder
        .person()
        .put_profile("copy", Some("big"), &given)
        .unwrap();
    let profiles = folder.load().profiles;
    let (copy, base) = (&profiles["copy"], &profiles["big"]);
    assert_eq!(copy.job_specs, base.job_specs);
    assert_eq!(
        Value::Object(copy.further.clone()),
        json!({"DataSources": base.further["DataSources"], "Envs": {"A": "1"}, "Priority": 7})
    );
}

#[test]
fn a_profile_is_replaced_and_not_mixed_with_what_it_was() {
    let folder = Folder::both();
    let given = map(
        json!({"jobType": "TFJob", "jobSpecs": [{"type": "Chief", "podCount": 1, "image": "j"}]}),
    );
    folder.person().put_profile("big", None, &given).unwrap();
    let big = &folder.load().profiles["big"];
    assert_eq!((big.job_type.as_str(), big.further.len()), ("TFJob", 0));
    assert!(!folder.text("pai.json").contains("\"big\""));
}

#[test]
fn a_profile_of_ours_alone_is_one_of_the_seeds_and_its_further_keys_ours() {
    let folder = Folder::new(&[("settings.json", SETTINGS)]);
    let given = map(json!({"jobType": "TFJob", "jobSpecs": [{"podCount": 1}], "priority": 2}));
    folder.person().put_profile("new", None, &given).unwrap();
    assert_eq!(
        seed::refuses(&config::documents(&folder.path).unwrap().settings),
        None
    );
    assert_eq!(folder.load().profiles["new"].further["Priority"], 2);
}

#[test]
fn names_and_bases_are_checked() {
    let folder = Folder::both();
    for name in [
        "",
        "current",
        "Big",
        "a.b",
        "a b",
        "__proto__",
        "é",
        &"a".repeat(65),
    ] {
        let fault = folder
            .person()
            .put_profile(name, Some("big"), &Map::new())
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{name}");
    }
    let fault = folder
        .person()
        .put_profile("x", Some("none"), &Map::new())
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotFound);
    for given in [
        json!({}),
        json!({"jobType": "A"}),
        json!({"priority": 1}),
        json!({"jobType": "A", "jobSpecs": []}),
    ] {
        let fault = folder
            .person()
            .put_profile("x", None, &map(given))
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid);
    }
    folder.is_untouched();
}

#[test]
fn updates_may_be_named_from_within_a_profile() {
    let folder = Folder::both();
    let mut within = set("jobSpecs[0].image", json!("i:2"));
    within.profile = Some("big".into());
    folder.person().update(&within).unwrap();
    assert_eq!(folder.load().profiles["big"].job_specs[0]["image"], "i:2");
    within.profile = Some("none".into());
    assert_eq!(
        folder.person().update(&within).unwrap_err().kind,
        FaultKind::NotFound
    );
}
