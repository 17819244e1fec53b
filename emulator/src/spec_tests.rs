use super::*;
use serde_json::json;

fn body() -> Value {
    json!({
        "DisplayName": "t-1", "JobType": "PyTorchJob", "UserCommand": "true",
        "JobSpecs": [{
            "Type": "Worker", "PodCount": 2,
            "ResourceConfig": {"CPU": "8", "Memory": "32Gi", "GPU": "1"},
        }],
    })
}

fn parse(body: &Value) -> Result<Submission, ApiError> {
    Submission::parse(body.to_string().as_bytes(), "ws")
}

fn refusal(change: impl FnOnce(&mut Value)) -> (&'static str, String) {
    let mut body = body();
    change(&mut body);
    let error = parse(&body).unwrap_err();
    assert_eq!(error.status, 400);
    (error.code, error.message)
}

#[test]
fn a_good_request_is_read() {
    let mut body = body();
    body["Envs"] = json!({"A": "b"});
    body["FutureKey"] = json!([1]);
    let job = parse(&body).unwrap();
    assert_eq!(job.workspace_id, "ws");
    assert_eq!(job.pod_count(), 2);
    assert_eq!(
        job.resources(),
        Resources {
            cpu: 16.0,
            gpu: 2.0,
            memory_gib: 64.0
        }
    );
    assert_eq!(job.envs["A"], "b");
}

#[test]
fn required_keys_are_named_when_missing_null_or_empty() {
    for key in ["DisplayName", "JobType", "JobSpecs", "UserCommand"] {
        for absent in [json!(null), json!("")] {
            if key == "JobSpecs" && absent == json!("") {
                continue;
            }
            let (code, message) = refusal(|body| body[key] = absent);
            assert_eq!(code, "MissingParameter");
            assert!(message.contains(key), "{message}");
        }
    }
    assert_eq!(
        refusal(|body| body["JobSpecs"] = json!([])).0,
        "MissingParameter"
    );
}

#[test]
fn bad_values_are_refused() {
    let wrong: [(&str, Value); 9] = [
        ("DisplayName", json!("a b")),
        ("DisplayName", json!("x".repeat(257))),
        ("DisplayName", json!(7)),
        ("JobType", json!("pytorchjob")),
        ("Priority", json!(10)),
        ("Accessibility", json!("public")),
        ("Envs", json!({"A": 1})),
        ("JobMaxRunningTimeMinutes", json!("5")),
        ("DataSources", json!([{"MountAccess": "ReadWrite"}])),
    ];
    for (key, value) in wrong {
        let (code, message) = refusal(|body| body[key] = value);
        assert_eq!(code, "InvalidParameter");
        assert!(message.contains(key), "{message}");
    }
}

#[test]
fn job_specs_are_checked_one_by_one() {
    let wrong: [(&str, Value); 5] = [
        ("EcsSpec", json!("ecs.g6.large")),
        ("Type", json!("Chief")),
        ("PodCount", json!(0)),
        ("PodCount", json!(65)),
        ("ResourceConfig", json!({"CPU": 8})),
    ];
    for (key, value) in wrong {
        let (code, message) = refusal(|body| body["JobSpecs"][0][key] = value);
        assert_eq!(code, "InvalidParameter");
        assert!(message.contains(key), "{message}");
    }
    let (_, message) = refusal(|body| {
        body["ResourceId"] = json!("quota1");
        body["JobSpecs"] = json!([{"Type": "Worker", "EcsSpec": "ecs.g6.large"}]);
    });
    assert!(message.contains("ResourceId"), "{message}");
}

#[test]
fn names_may_hold_letters_of_any_script() {
    let mut body = body();
    body["DisplayName"] = json!("测试-job_1.2");
    assert!(parse(&body).is_ok());
}

#[test]
fn the_whole_request_has_a_size_limit_and_must_be_an_object() {
    let (code, _) = refusal(|body| body["UserCommand"] = json!("x".repeat(MAX_BODY)));
    assert_eq!(code, "InvalidParameter");
    assert_eq!(
        Submission::parse(b"[]", "ws").unwrap_err().code,
        "InvalidParameter"
    );
    assert_eq!(
        Submission::parse(b"{", "ws").unwrap_err().code,
        "InvalidParameter"
    );
}
