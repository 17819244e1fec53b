use pai_emulator::Status;
use serde_json::json;

use crate::client::{Setup, body};

#[tokio::test]
async fn a_job_runs_and_get_job_tells_its_story() {
    let setup = Setup::new().await;
    let mut sent = body("first", "echo hello");
    sent["Envs"] = json!({"A": "b"});
    sent["Priority"] = json!(4);
    sent["Description"] = json!("about it");
    sent["JobSpecs"][0]["ResourceConfig"] = json!({"CPU": "8", "GPU": "1", "Memory": "32Gi"});
    let id = setup.client.create(&sent).await;
    setup.end_of(&id).await;
    let job = setup.client.get(&id).await.unwrap().ok();

    assert_eq!(job["JobId"], json!(id));
    assert_eq!(job["Status"], "Succeeded");
    assert_eq!(job["ReasonCode"], "JobSucceeded");
    assert_eq!(job["WorkspaceId"], "emulator");
    assert_eq!(job["Envs"], json!({"A": "b"}));
    assert_eq!(
        (&job["Priority"], &job["Description"]),
        (&json!(4), &json!("about it"))
    );
    assert_eq!(
        (&job["RequestCPU"], &job["RequestGPU"]),
        (&json!(8), &json!(1.0))
    );
    assert_eq!(job["RequestMemory"], json!(32.0));
    assert_eq!(job["RestartTimes"], "0/10");
    assert!(job.get("GmtModifiedTime").is_none(), "only ListJobs has it");
    assert!(job.get("JobMaxRunningTimeMinutes").is_none());
    assert_eq!(
        job["GmtFailedTime"], "",
        "a time that does not apply is empty"
    );
    for time in [
        "GmtCreateTime",
        "GmtSubmittedTime",
        "GmtRunningTime",
        "GmtFinishTime",
    ] {
        assert_eq!(
            job[time].as_str().unwrap().len(),
            "2026-01-02T03:04:05Z".len(),
            "{time}"
        );
    }
    let history: Vec<&str> = job["StatusHistory"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["Status"].as_str().unwrap())
        .collect();
    assert_eq!(
        history,
        [
            "Creating",
            "Queuing",
            "EnvPreparing",
            "Running",
            "Succeeded"
        ]
    );
    let pod = &job["Pods"][0];
    assert_eq!(pod["PodId"], json!(format!("{id}-worker-0")));
    assert_eq!(
        (&pod["Type"], &pod["Status"]),
        (&json!("Worker"), &json!("Succeeded"))
    );
    assert_eq!(pod["PodUid"].as_str().unwrap().len(), 36);
    assert_eq!(setup.client.lines(&id, &[]).await, ["hello"]);
}

#[tokio::test]
async fn get_job_without_detail_has_no_pods() {
    let setup = Setup::new().await;
    let id = setup.finished("true").await.job_id;
    let path = format!("/api/v1/jobs/{id}");
    let call = |flag| setup.client.call("GetJob", "GET", &path, flag, "");
    let without = call(&[("NeedDetail", "False")]).await.unwrap().ok();
    assert!(without.get("Pods").is_none());
    assert!(call(&[("NeedDetail", "true")]).await.unwrap().ok()["Pods"].is_array());
}

#[tokio::test]
async fn a_list_item_differs_from_the_detail() {
    let setup = Setup::new().await;
    let mut sent = body("listed", "true");
    sent["JobMaxRunningTimeMinutes"] = json!(7);
    sent["JobSpecs"][0]["PodCount"] = json!(2);
    sent["JobSpecs"][0]["ResourceConfig"] = json!({"CPU": "4", "GPU": "1", "Memory": "1Gi"});
    sent["JobSpecs"][0]["ImageConfig"] = json!({"Username": "me", "Password": "secret"});
    sent["DataSources"] = json!([{"Uri": "oss://b/", "MountPath": "/m", "MountAccess": "RO"}]);
    sent["UserVpc"] = json!({"VpcId": "v", "ExtendedCIDRs": ["10.0.0.0/8"]});
    let id = setup.client.create(&sent).await;
    setup.end_of(&id).await;
    let listed = setup.client.list(&[]).await.ok();
    assert_eq!(listed["TotalCount"], 1);
    let item = &listed["Jobs"][0];
    assert_eq!(item["RequestCPU"], json!(8));
    assert_eq!(
        (&item["RequestGPU"], &item["RequestMemory"]),
        (&json!("2"), &json!("2Gi"))
    );
    assert_eq!(
        (&item["NodeCount"], &item["RestartTimes"]),
        (&json!("2"), &json!("0"))
    );
    assert_eq!(item["JobMaxRunningTimeMinutes"], 7);
    assert_eq!(item["Username"], "emulator");
    assert!(item["GmtModifiedTime"].is_string());
    assert!(
        item.get("GmtFailedTime").is_none(),
        "a time that does not apply is absent"
    );
    assert!(item.get("Pods").is_none() && item.get("StatusHistory").is_none());
    assert_eq!(item["DataSources"], json!([{"MountPath": "/m"}]));
    assert_eq!(
        item["UserVpc"],
        json!({"VpcId": "v", "ExtendedCidrs": ["10.0.0.0/8"]})
    );
    assert_eq!(
        item["JobSpecs"][0]["ImageConfig"],
        json!({"Username": "me"}),
        "no password"
    );
    let job = setup.client.get(&id).await.unwrap().ok();
    assert_eq!(
        job["DataSources"],
        json!([{"MountPath": "/m", "Uri": "oss://b/"}])
    );
}

#[tokio::test]
async fn list_items_carry_pods_and_history_when_told_to() {
    let setup = Setup::with(|options| options.list_detail = true).await;
    setup.finished("true").await;
    let item = &setup.client.list(&[]).await.ok()["Jobs"][0];
    assert_eq!(item["Pods"][0]["PodIp"], "127.0.0.1");
    assert_eq!(item["StatusHistory"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_failed_job_tells_the_exit_code() {
    let setup = Setup::new().await;
    let id = setup.finished("exit 3").await.job_id;
    let job = setup.client.get(&id).await.unwrap().ok();
    assert_eq!(
        (&job["Status"], &job["ReasonCode"]),
        (&json!("Failed"), &json!("JobFailed"))
    );
    assert!(
        job["ReasonMessage"]
            .as_str()
            .unwrap()
            .contains("exit code 3")
    );
    assert_eq!(job["Pods"][0]["Status"], "Failed");
}

#[tokio::test]
async fn a_running_job_is_stopped_and_cannot_be_stopped_again() {
    let setup = Setup::new().await;
    let id = setup.submit("sleep 1000").await;
    setup.reached(&id, Status::Running).await;
    assert_eq!(setup.client.stop(&id).await.ok()["JobId"], json!(id));
    setup.end_of(&id).await;
    let job = setup.client.get(&id).await.unwrap().ok();
    assert_eq!(job["Status"], "Stopped");
    assert_eq!(job["ReasonCode"], "JobStoppedByUser");
    assert_eq!(job["ReasonMessage"], "Job is stopped by user.");
    let again = setup.client.stop(&id).await;
    assert_eq!(again.status, 400);
    assert_eq!(
        again.json()["Message"],
        "Job can't be stopped, because it is Stopped"
    );
}

#[tokio::test]
async fn a_queued_job_is_stopped_before_it_ever_runs() {
    let setup = Setup::with(|options| options.time_scale = 1000.0).await;
    let id = setup.submit("echo never").await;
    setup.client.stop(&id).await.ok();
    let job = setup.end_of(&id).await;
    let seen: Vec<Status> = job.transitions.iter().map(|each| each.status).collect();
    assert_eq!(seen, [Status::Creating, Status::Stopping, Status::Stopped]);
    assert!(job.pods.is_empty());
}

#[tokio::test]
async fn what_does_not_exist_is_404() {
    let setup = Setup::new().await;
    let id = setup.finished("true").await.job_id;
    assert!(
        setup
            .client
            .get("dlcunknown")
            .await
            .unwrap()
            .code(404)
            .ends_with("NotFound")
    );
    assert!(
        setup
            .client
            .stop("dlcunknown")
            .await
            .code(404)
            .ends_with("NotFound")
    );
    let pod = format!("{id}-worker-0");
    assert!(
        setup
            .client
            .logs("dlcunknown", &pod, &[])
            .await
            .code(404)
            .ends_with("NotFound")
    );
    let other = format!("{id}-worker-1");
    assert!(
        setup
            .client
            .logs(&id, &other, &[])
            .await
            .code(404)
            .ends_with("NotFound")
    );
    let uid = [("PodUid", "00000000-0000-4000-8000-000000000000")];
    assert!(
        setup
            .client
            .logs(&id, &pod, &uid)
            .await
            .code(404)
            .ends_with("NotFound")
    );
}

#[tokio::test]
async fn operations_that_are_not_emulated_say_so() {
    let setup = Setup::new().await;
    let id = setup.finished("true").await.job_id;
    let job = format!("/api/v1/jobs/{id}");
    let calls = [
        ("ListTensorboards", "GET", "/api/v1/tensorboards".to_owned()),
        ("DeleteJob", "GET", job.clone()),
        ("GetJob", "DELETE", job.clone()),
        ("NoSuchAction", "GET", job.clone()),
        ("AssumeRole", "POST", "/".to_owned()),
    ];
    for (action, method, path) in calls {
        let reply = setup
            .client
            .call(action, method, &path, &[], "")
            .await
            .unwrap();
        assert_eq!(reply.code(404), "InvalidApi.NotFound", "{action}");
    }
    let mut old = setup.client.request("GetJob", "GET", &job, &[], "");
    old.header("x-acs-version", "2019-01-01");
    old.sign(&setup.client.key, &setup.client.secret);
    assert_eq!(
        setup.client.send(&old).await.unwrap().code(400),
        "InvalidVersion"
    );
}

#[tokio::test]
async fn the_caller_has_an_identity() {
    let setup = Setup::new().await;
    let me = setup
        .client
        .call("GetCallerIdentity", "POST", "/", &[], "")
        .await
        .unwrap()
        .ok();
    assert_eq!(me["IdentityType"], "RAMUser");
    let id = setup.finished("true").await.job_id;
    assert_eq!(
        setup.client.get(&id).await.unwrap().ok()["UserId"],
        me["UserId"]
    );
}
