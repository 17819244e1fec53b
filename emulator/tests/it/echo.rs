use serde_json::{Value, json};

use crate::client::{Setup, body};

/// Everything that a job can be made again from.
fn full() -> Value {
    let mut sent = body("full", "true");
    let more = json!({
        "Settings": {
            "Tags": {"team": "a", "CloneFromJobID": "dlc0"}, "EnableRDMA": true,
            "JobReservedMinutes": 0, "AdvancedSettings": {"x": [1]},
        },
        "Envs": {"A": "b"},
        "CustomEnvs": [{"Key": "C", "Value": "d", "Visible": "true"}],
        "CodeSource": {
            "CodeSourceId": "code-demo", "Branch": "dev", "Commit": "abc", "MountPath": "/root/code",
            "IsSharedMountPath": true,
        },
        "DataSources": [
            {"DataSourceId": "d-1", "DataSourceVersion": "v1", "MountPath": "/a", "MountAccess": "RO"},
            {"Uri": "oss://b/", "MountPath": "/b", "Options": "{}", "EnableCache": true},
        ],
        "Accessibility": "PUBLIC", "Priority": 7, "Description": "all of it",
        "JobMaxRunningTimeMinutes": 90, "ResourceId": "quota1", "ThirdpartyLibs": ["numpy"],
        "SuccessPolicy": "AllWorkers", "Options": "fs.oss.download.thread.concurrency=4",
        "CredentialConfig": {"EnableCredentialInject": true},
    });
    let more = more.as_object().unwrap().clone();
    sent.as_object_mut().unwrap().extend(more);
    sent
}

async fn both(setup: &Setup, sent: &Value) -> (Value, Value) {
    let id = setup.client.create(sent).await;
    let query = [("JobId", &*id)];
    let item = setup.client.list(&query).await.ok()["Jobs"][0].clone();
    (setup.client.get(&id).await.unwrap().ok(), item)
}

#[tokio::test]
async fn what_was_sent_comes_back_in_both_answers() {
    let setup = Setup::new().await;
    let sent = full();
    let (job, item) = both(&setup, &sent).await;
    for key in [
        "DisplayName",
        "JobType",
        "UserCommand",
        "JobSpecs",
        "Settings",
        "Envs",
        "Accessibility",
        "Priority",
        "ResourceId",
        "ThirdpartyLibs",
    ] {
        assert_eq!(job[key], sent[key], "GetJob {key}");
        assert_eq!(item[key], sent[key], "ListJobs {key}");
    }
    let code = json!({
        "CodeSourceId": "code-demo", "Branch": "dev", "Commit": "abc", "MountPath": "/root/code",
    });
    assert_eq!((&job["CodeSource"], &item["CodeSource"]), (&code, &code));
}

#[tokio::test]
async fn each_answer_has_keys_that_the_other_lacks() {
    let setup = Setup::new().await;
    let (job, item) = both(&setup, &full()).await;
    assert_eq!(item["JobMaxRunningTimeMinutes"], 90);
    assert_eq!(job["Description"], "all of it");
    assert_eq!(job["CustomEnvs"][0]["Key"], "C");
    for key in [
        "GmtModifiedTime",
        "JobMaxRunningTimeMinutes",
        "Username",
        "NodeCount",
        "RetryCount",
        "IsDeleted",
        "UseOversoldResource",
    ] {
        assert!(item.get(key).is_some(), "ListJobs has no {key}");
        assert!(job.get(key).is_none(), "GetJob has {key}");
    }
    for key in ["Description", "CustomEnvs", "RestartRecord"] {
        assert!(job.get(key).is_some(), "GetJob has no {key}");
        assert!(item.get(key).is_none(), "ListJobs has {key}");
    }
    let named = json!([{"DataSourceId": "d-1", "MountPath": "/a"}, {"MountPath": "/b"}]);
    assert_eq!(item["DataSources"], named);
    let with_uri = json!([
        {"DataSourceId": "d-1", "MountPath": "/a"},
        {"MountPath": "/b", "Uri": "oss://b/"},
    ]);
    assert_eq!(job["DataSources"], with_uri);
    for key in ["SuccessPolicy", "Options", "CredentialConfig"] {
        assert!(job.get(key).is_none() && item.get(key).is_none(), "{key}");
    }
}

#[tokio::test]
async fn null_counts_as_not_sent() {
    let setup = Setup::new().await;
    let mut sent = full();
    let needed = body("full", "true");
    for (key, value) in sent.as_object_mut().unwrap() {
        if needed.get(key).is_none() {
            *value = json!(null);
        }
    }
    let (job, item) = both(&setup, &sent).await;
    for answer in [&job, &item] {
        assert_eq!(
            (&answer["Priority"], &answer["Accessibility"]),
            (&json!(1), &json!("PRIVATE"))
        );
        assert_eq!(answer["DataSources"], json!([]));
        for key in ["Settings", "Envs", "CodeSource", "ResourceId"] {
            assert!(answer.get(key).is_none(), "{key}");
        }
    }
    assert_eq!(
        (&job["Description"], &job["CustomEnvs"]),
        (&json!(""), &json!([]))
    );
    assert_eq!(item["JobMaxRunningTimeMinutes"], 0);
}
