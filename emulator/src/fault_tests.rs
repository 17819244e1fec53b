use super::*;

fn rule(text: &str) -> FaultRule {
    text.parse().unwrap()
}

fn broken(book: &mut FaultBook, operation: &str) -> bool {
    book.decide(operation).broken_by.is_some()
}

#[test]
fn text_form_sets_every_parameter() {
    let all = rule(
        "GetJob:throttle:p=0.5:count=3:skip=1:retry_after_ms=300:status=X:http_status=429:\
         delay_ms=7:after=1",
    );
    assert_eq!(all.operation, "GetJob");
    assert_eq!(all.fault, FaultKind::Throttle);
    assert_eq!(
        (all.probability, all.count, all.skip),
        (Some(0.5), Some(3), 1)
    );
    assert_eq!(
        (all.retry_after_ms, all.http_status, all.delay_ms),
        (Some(300), Some(429), Some(7))
    );
    assert_eq!((all.status.as_deref(), all.after), (Some("X"), true));
}

#[test]
fn text_form_names_what_is_wrong() {
    let error = |text: &str| text.parse::<FaultRule>().unwrap_err();
    assert_eq!(error("CreateJob"), ParseFaultError::Shape);
    assert_eq!(
        error("CreateJob:boom"),
        ParseFaultError::Fault("boom".into())
    );
    assert_eq!(
        error("CreateJobs:slow"),
        ParseFaultError::Operation("CreateJobs".into())
    );
    let bad = [
        "p=2",
        "p=NaN",
        "http_status=200",
        "colour=red",
        "count",
        "after=yes",
    ];
    for bad in bad {
        assert_eq!(
            error(&format!("*:slow:{bad}")),
            ParseFaultError::Parameter(bad.into())
        );
    }
}

#[test]
fn what_is_wrong_is_said_with_what_is_known() {
    let error = |text: &str| text.parse::<FaultRule>().unwrap_err().to_string();
    assert!(error("Create:slow").contains("*, CreateJob, ListJobs, GetJob"));
    assert!(error("*:boom").contains("throttle, throttle_no_header"));
    assert!(error("*:slow:delay=1").contains("http_status, delay_ms, after"));
}

#[test]
fn no_effect_is_for_what_changes_something_there_is() {
    for operation in ["CreateJob", "GetJob", "ListJobs", "GetPodLogs"] {
        let text = format!("{operation}:no_effect");
        let error = text.parse::<FaultRule>().unwrap_err();
        assert_eq!(error, ParseFaultError::NoEffect(operation.into()));
        assert!(error.to_string().contains("StopJob, UpdateJob"), "{error}");
    }
    let mut book = FaultBook::new(vec![rule("*:no_effect")], None);
    assert!(!broken(&mut book, "CreateJob") && !broken(&mut book, "GetJob"));
    for operation in CHANGES {
        assert!(broken(&mut book, operation), "{operation}");
    }
}

#[test]
fn every_fault_has_the_same_name_in_text_and_json() {
    for (name, kind) in FaultKind::NAMES {
        assert_eq!(serde_json::to_value(kind).unwrap(), name);
    }
}

#[test]
fn a_count_is_spent_and_the_rule_goes() {
    let mut book = FaultBook::new(vec![rule("CreateJob:cut_after:count=2")], None);
    assert!(!broken(&mut book, "GetJob"));
    assert!(broken(&mut book, "CreateJob"));
    assert!(broken(&mut book, "CreateJob"));
    assert!(!broken(&mut book, "CreateJob"));
    assert!(book.rules().is_empty());
}

#[test]
fn skip_lets_the_first_calls_through() {
    let mut book = FaultBook::new(vec![rule("*:html:skip=1:count=1")], None);
    let seen: Vec<bool> = (0..3).map(|_| broken(&mut book, "GetJob")).collect();
    assert_eq!(seen, [false, true, false]);
}

#[test]
fn the_same_seed_rolls_the_same_dice() {
    let roll = |seed| {
        let mut book = FaultBook::new(vec![rule("*:server_error:p=0.5")], Some(seed));
        (0..64)
            .map(|_| broken(&mut book, "GetJob"))
            .collect::<Vec<_>>()
    };
    assert_eq!(roll(7), roll(7));
    assert_ne!(roll(7), roll(8));
    let struck = roll(7).into_iter().filter(|hit| *hit).count();
    assert!((16..48).contains(&struck), "{struck}");
}

#[test]
fn delay_and_status_add_to_the_first_breaking_rule() {
    let rules = [
        "*:slow:delay_ms=5",
        "*:unknown_status",
        "*:throttle",
        "*:cut_before:count=1",
    ]
    .map(rule);
    let mut book = FaultBook::new(rules.to_vec(), None);
    let decision = book.decide("GetJob");
    assert_eq!(decision.delay_ms, 5);
    assert_eq!(decision.status.as_deref(), Some("Hibernating"));
    assert_eq!(decision.broken_by.unwrap().fault, FaultKind::Throttle);
    assert_eq!(
        book.rules().len(),
        4,
        "a rule that did not strike is not spent"
    );
    assert_eq!(
        book.decide("CreateJob").status,
        None,
        "CreateJob shows no status"
    );
}

#[test]
fn rules_are_removed_by_id() {
    let mut book = FaultBook::new(Vec::new(), None);
    let id = book.add(rule("*:throttle"));
    assert!(book.remove(id));
    assert!(!book.remove(id));
}
