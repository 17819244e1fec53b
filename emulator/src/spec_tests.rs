use super::*;
use serde_json::json;

fn body() -> Value {
    json!({
        "DisplayName": "t-1", "JobType": "PyTorchJob", "UserCommand": "true",
        "JobSpecs": [{
            "Type": "Worker", "PodCount": 2, "Image": "i",
            "ResourceConfig": {"CPU": "8", "Memory": "32Gi", "GPU": "1"},
        }],
    })
}

fn parse(body: &Value) -> Result<Submission, ApiError> {
    Submission::parse(body.to_string().as_bytes(), "ws")
}

fn refusal(change: impl FnOnce(&mut Value)) -> (String, String) {
    let mut body = body();
    change(&mut body);
    let error = parse(&body).unwrap_err();
    assert_eq!(error.status, 400);
    (error.code.into_owned(), error.message)
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
    let wrong: [(&str, Value); 14] = [
        ("UserCommand", json!("a\0b")),
        ("Envs", json!({"A=": "1"})),
        ("Envs", json!({"A": "\0"})),
        ("CustomEnvs", json!([{"Key": "A=B", "Value": "1"}])),
        ("CustomEnvs", json!([{"Key": "A\0", "Value": "1"}])),
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
    let wrong: [(&str, Value); 9] = [
        ("UserCommand", json!("\0")),
        ("Type", json!("worker")),
        ("ResourceConfig", json!({"CPU": "-8"})),
        ("ResourceConfig", json!({"GPU": "many"})),
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
        body["JobSpecs"] = json!([{"Type": "Worker", "Image": "i", "EcsSpec": "ecs.g6.large"}]);
    });
    assert!(message.contains("ResourceId"), "{message}");
}

#[test]
fn an_image_is_needed() {
    let (code, message) = refusal(|body| body["JobSpecs"][0]["Image"] = json!(""));
    assert_eq!(code, "MissingParameter");
    assert!(message.contains("JobSpecs.Image"), "{message}");
    let (code, message) = refusal(|body| body["CustomEnvs"] = json!([{"Value": "1"}]));
    assert_eq!(code, "MissingParameter");
    assert!(message.contains("CustomEnvs.Key"), "{message}");
}

#[test]
fn roles_go_with_the_type_of_the_job_and_are_given_once() {
    let refused = |job_type: &str, kinds: &[&str]| {
        let mut body = body();
        body["JobType"] = json!(job_type);
        let spec = |kind: &&str| json!({"Type": kind, "Image": "i"});
        body["JobSpecs"] = kinds.iter().map(spec).collect();
        parse(&body).err().map(|error| error.message)
    };
    assert_eq!(refused("TFJob", &["Chief", "PS", "Evaluator"]), None);
    assert_eq!(refused("RayJob", &["Head", "Worker"]), None);
    assert_eq!(refused("SlurmJob", &["Anything"]), None);
    for (job_type, kind) in [
        ("TFJob", "chief"),
        ("RayJob", "Master"),
        ("MPIJob", "Launcher"),
        ("SlurmJob", "../x"),
    ] {
        let message = refused(job_type, &[kind]).unwrap();
        assert!(message.contains("is not a role"), "{message}");
    }
    let twice = refused("SlurmJob", &["node", "Node"]).unwrap();
    assert!(twice.contains("twice"), "{twice}");
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
