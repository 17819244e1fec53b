//! Our own keys in `pai.json`.

use super::*;

#[test]
fn our_own_keys_live_in_pai_json_beside_it() {
    let files = write(NEW, 0o600);
    let own = files.path.with_file_name("pai.json");
    std::fs::write(
        &own,
        r#"{ "api": { "callsPerSecond": 9 }, /* more */ "list": { "endedDays": 7 } }"#,
    )
    .unwrap();
    let settings = load(&files.path, &no_env).unwrap();
    assert_eq!(
        (settings.own.api.burst, settings.own.list.ended_days),
        (10, 7)
    );
    for (text, says) in [
        (r#"{ "api": { "burst": "many" } }"#, "api.burst"),
        (r#"{ "api": { "callsPerSecond": 0 } }"#, "callsPerSecond"),
        ("{", "line 1"),
    ] {
        std::fs::write(&own, text).unwrap();
        let fault = load(&files.path, &no_env).unwrap_err();
        assert!(
            fault.message.contains(says) && fault.message.contains("pai.json"),
            "{fault}"
        );
    }
}

#[test]
fn the_days_of_the_list_have_bounds() {
    let files = write(NEW, 0o600);
    let own = files.path.with_file_name("pai.json");
    for (days, fits) in [
        (0_u64, false),
        (1, true),
        (3650, true),
        (3651, false),
        (u64::MAX, false),
    ] {
        std::fs::write(&own, format!(r#"{{ "list": {{ "endedDays": {days} }} }}"#)).unwrap();
        match load(&files.path, &no_env) {
            Ok(settings) => assert!(fits && u64::from(settings.own.list.ended_days) == days),
            Err(fault) => assert!(!fits && fault.message.contains("list.endedDays"), "{fault}"),
        }
    }
}
