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

#[test]
fn the_own_file_of_this_name_goes_before_the_common_one() {
    let files = write(NEW, 0o600);
    let put = |name: &str, days: u32| {
        let text = format!(r#"{{ "list": {{ "endedDays": {days} }} }}"#);
        std::fs::write(files.path.with_file_name(name), text).unwrap();
    };
    let days = || load(&files.path, &no_env).unwrap().own.list.ended_days;
    assert_eq!(load(&files.path, &no_env).unwrap().own_path, None);
    put("pai.json", 1);
    assert_eq!(days(), 1);
    put("settings.pai.json", 2);
    assert_eq!(days(), 2);
    assert_eq!(
        load(&files.path, &no_env).unwrap().own_path,
        Some(files.path.with_file_name("settings.pai.json"))
    );
}

#[test]
fn settings_that_are_called_like_an_own_file_are_not_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pai.json");
    std::fs::write(&path, NEW).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let settings = load(&path, &no_env).unwrap();
    assert_eq!((settings.own_path, settings.warnings.len()), (None, 0));
}

#[test]
fn an_own_file_that_others_may_write_is_refused_and_one_with_secrets_that_others_read_is_told() {
    let files = write(NEW, 0o600);
    let own = files.path.with_file_name("pai.json");
    std::fs::write(
        &own,
        r#"{ "profiles": { "default": { "envs": { "HF_TOKEN": "x" } } } }"#,
    )
    .unwrap();
    let mode = |mode| {
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(mode)).unwrap();
        load(&files.path, &no_env)
    };
    for open in [0o666, 0o620] {
        let fault = mode(open).unwrap_err();
        assert!(fault.message.contains("written by others"), "{fault}");
    }
    let warnings = mode(0o644).unwrap().warnings;
    assert!(
        warnings[0].contains("holds secrets") && warnings[0].contains("chmod 600"),
        "{warnings:?}"
    );
    assert!(mode(0o600).unwrap().warnings.is_empty());
    std::fs::write(&own, r#"{ "list": {} }"#).unwrap();
    assert!(mode(0o644).unwrap().warnings.is_empty());
}

#[test]
fn a_value_that_is_none_of_its_key_is_told_what_it_must_be() {
    let files = write(NEW, 0o600);
    let own = files.path.with_file_name("pai.json");
    for (text, told) in [
        (
            r#"{"logs": {"keep": "some"}}"#,
            "logs.keep must be all, main or none",
        ),
        (
            r#"{"logs": {"keep": 5}}"#,
            "logs.keep must be all, main or none",
        ),
        (
            r#"{"logs": {"days": "x"}}"#,
            "logs.days must be a whole number from 1 to 3650",
        ),
        (r#"{"list": 3}"#, "list must be an object"),
    ] {
        std::fs::write(&own, text).unwrap();
        let problem = check(&files.path, &no_env).problem.unwrap();
        assert!(problem.message.contains(told), "{}", problem.message);
    }
}

#[test]
fn a_look_without_serving_tells_what_is_wrong_or_odd() {
    let files = write(NEW, 0o600);
    let own = files.path.with_file_name("pai.json");
    let report = check(&files.path, &no_env);
    assert_eq!(
        (report.own_path, report.problem, report.warnings.len()),
        (None, None, 0)
    );
    std::fs::write(&own, r#"{ "colour": 1 }"#).unwrap();
    let report = check(&files.path, &no_env);
    assert_eq!(report.own_path.as_ref(), Some(&own));
    assert_eq!(report.warnings, ["unknown key colour in pai.json"]);
    std::fs::write(
        &own,
        r#"{ "policy": { "tools": { "change": ["everything"] } } }"#,
    )
    .unwrap();
    let report = check(&files.path, &no_env);
    let problem = report.problem.unwrap();
    assert!(problem.message.contains("policy.tools.change"), "{problem}");
    assert_eq!(report.path, files.path);
    let report = check(Path::new("/nowhere/settings.json"), &no_env);
    assert!(report.problem.unwrap().message.contains("/nowhere"));
}

#[test]
fn what_is_no_file_or_too_large_is_told_and_not_waited_for() {
    for own in [false, true] {
        let files = write(NEW, 0o600);
        let path = match own {
            true => files.path.with_file_name("pai.json"),
            false => files.path.clone(),
        };
        std::fs::write(&path, format!("{{}}{}", " ".repeat(1 << 20))).unwrap();
        let fault = load(&files.path, &no_env).unwrap_err();
        assert!(fault.message.contains("larger than 1 MiB"), "{fault}");
        std::fs::remove_file(&path).unwrap();
        let mode = rustix::fs::Mode::from_bits_truncate(0o600);
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
        let fault = load(&files.path, &no_env).unwrap_err();
        assert!(fault.message.contains("is not a file"), "{fault}");
    }
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    load_text(&format!("\u{feff}{NEW}")).unwrap();
    let files = write(NEW, 0o600);
    std::fs::write(files.path.with_file_name("pai.json"), "\u{feff}{}").unwrap();
    load(&files.path, &no_env).unwrap();
}
