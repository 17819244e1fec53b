//! How answers are read.

use super::*;
use crate::Answer;
use proptest::prelude::*;
use serde_json::json;

fn job(value: Value) -> Job {
    Job::from_value(value).unwrap()
}

fn answer(body: Value) -> Answer {
    let Value::Object(body) = body else {
        panic!("not an object")
    };
    Answer {
        body,
        request_id: Some("R-1".into()),
        status: 200,
        date: "2026-07-01T12:00:00Z".parse().ok(),
        size: 0,
    }
}

#[test]
fn list_item_is_read() {
    let job = job(json!({
        "JobId": "dlc1gbd4p5lft9tx", "DisplayName": "t1", "Status": "Running", "SubStatus": "",
        "WorkspaceId": 12345, "UserId": "2468", "Username": "me", "Priority": 3,
        "GmtCreateTime": "2026-01-02T03:04:05Z", "GmtSuccessedTime": null, "GmtFinishTime": "",
        "GmtModifiedTime": "2026-01-02T03:04:05.250Z",
        "RequestCPU": 8, "RequestGPU": "8", "RequestMemory": "1Gi", "NodeCount": "2",
        "RestartTimes": "1", "Duration": 12.7, "JobMaxRunningTimeMinutes": 0,
        "Envs": {"A": "b", "N": 1}, "Settings": {"Tags": {"k": "v"}, "EnableRDMA": true},
        "JobSpecs": [{"Type": "Worker", "PodCount": 1, "Image": "img:1",
            "ResourceConfig": {"CPU": "500m", "Memory": "32Gi", "GPU": "1"},
            "ImageConfig": {"Password": "hush"}}],
        "StatusHistory": [{"Status": "Creating", "StartTime": "2026-01-02T03:04:05Z", "EndTime": ""}],
        "BrandNew": {"x": 1},
    }));
    assert_eq!(job.job_id.as_deref(), Some("dlc1gbd4p5lft9tx"));
    assert_eq!(job.workspace_id.as_deref(), Some("12345"));
    assert_eq!(
        (job.sub_status, job.gmt_successed_time, job.gmt_finish_time),
        (None, None, None)
    );
    assert_eq!(job.gmt_modified_time.unwrap().as_millisecond() % 1000, 250);
    assert_eq!(job.request_cpu.unwrap().cpu_milli(), Ok(8000));
    assert_eq!(job.request_gpu.unwrap().gpu_milli(), Ok(8000));
    assert_eq!(job.request_memory.unwrap().memory_bytes(), Ok(1 << 30));
    assert_eq!(
        (job.node_count, job.duration, job.priority),
        (Some(2), Some(12), Some(3))
    );
    assert_eq!(job.restart_times, Some(RestartTimes { used: 1, max: None }));
    assert_eq!(job.envs.unwrap()["N"], "1");
    let settings = job.settings.unwrap();
    assert_eq!(settings.tags.unwrap()["k"], "v");
    assert_eq!(settings.other["EnableRDMA"], true);
    let spec = &job.job_specs.unwrap()[0];
    let resources = spec.resource_config.as_ref().unwrap();
    assert_eq!(resources.cpu.as_ref().unwrap().cpu_milli(), Ok(500));
    assert_eq!(job.status_history.unwrap()[0].end_time, None);
    assert_eq!(
        job.other,
        serde_json::Map::from_iter([("BrandNew".to_owned(), json!({"x": 1}))])
    );
}

#[test]
fn details_are_read() {
    let job = job(json!({
        "JobId": "dlcx", "RequestGPU": 0.5, "RequestMemory": 32.0, "RestartTimes": "0/10",
        "RequestId": "R-1",
        "Pods": [{"PodId": "dlcx-worker-0", "PodUid": "u2", "Type": "Worker", "Duration": 1.5,
            "PodIp": "10.0.0.1", "HistoryPods": [{"PodId": "dlcx-worker-0", "PodUid": "u1"}]}],
    }));
    assert_eq!(job.request_gpu.unwrap().gpu_milli(), Ok(500));
    let memory = job.request_memory.unwrap().memory_bytes();
    assert_eq!(
        memory,
        Err(crate::quantity::QuantityError::NoUnit("32.0".into()))
    );
    assert_eq!(
        job.restart_times,
        Some(RestartTimes {
            used: 0,
            max: Some(10)
        })
    );
    let pod = &job.pods.unwrap()[0];
    assert_eq!(
        (pod.duration, pod.ip.as_deref()),
        (Some(1.5), Some("10.0.0.1"))
    );
    assert_eq!(
        pod.history_pods.as_ref().unwrap()[0].pod_uid.as_deref(),
        Some("u1")
    );
    assert_eq!(job.request_id.as_deref(), Some("R-1"));
}

#[test]
fn a_wrong_type_costs_its_own_key_only() {
    let job = job(json!({
        "JobId": "dlcx", "Status": ["Running"], "Priority": "high", "RestartTimes": "a/b",
        "GmtCreateTime": "yesterday", "GmtFailedTime": "0001-01-01T00:00:00Z", "Settings": 7,
        "Pods": [{"PodId": "p"}, 5, null], "Envs": {"A": "b", "C": {"d": 1}}, "NodeNames": "n",
    }));
    assert_eq!(job.job_id.as_deref(), Some("dlcx"));
    assert_eq!(
        (job.status, job.priority, job.restart_times),
        (None, None, None)
    );
    assert_eq!((job.gmt_create_time, job.gmt_failed_time), (None, None));
    assert_eq!(job.pods.unwrap().len(), 1);
    assert_eq!(job.envs.unwrap().len(), 1);
    assert_eq!(
        Value::Object(job.other),
        json!({
            "Status": ["Running"], "Priority": "high", "RestartTimes": "a/b",
            "GmtCreateTime": "yesterday", "GmtFailedTime": "0001-01-01T00:00:00Z", "Settings": 7,
            "Pods": [5, null], "Envs": {"C": {"d": 1}}, "NodeNames": "n",
        })
    );
}

#[test]
fn times_come_in_several_forms() {
    for (text, second) in [
        ("2020-11-08T16:00:00Z", 1_604_851_200),
        ("2020-11-08T16:00:00.00Z", 1_604_851_200),
        ("2020-11-08T16:00:00.123456789Z", 1_604_851_200),
        ("2020-11-09T00:00:00+08:00", 1_604_851_200),
        ("2020-11-08T16:00:00", 1_604_851_200),
        (" 2020-11-08 16:00:00 ", 1_604_851_200),
    ] {
        let job = job(json!({"GmtCreateTime": text}));
        assert_eq!(job.gmt_create_time.unwrap().as_second(), second, "{text}");
    }
}

#[test]
fn debug_shows_no_contents() {
    let job = job(json!({
        "JobId": "dlcx", "UserCommand": "hush", "Envs": {"A": "hush"}, "Other": "hush",
        "Settings": {"Tags": {"k": "hush"}}, "JobSpecs": [{"ImageConfig": {"Password": "hush"}}],
    }));
    let shown = format!("{job:?} {:?} {:?}", job.job_specs, job.settings);
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn a_page_keeps_its_good_items() {
    let page = JobPage::parse(answer(json!({
        "Jobs": [{"JobId": "a"}, null, "b", {"JobId": 5}, []], "TotalCount": "7",
    })))
    .unwrap();
    let ids: Vec<_> = page
        .jobs
        .iter()
        .filter_map(|job| job.job_id.as_deref())
        .collect();
    assert_eq!(ids, ["a", "5"]);
    assert_eq!((page.malformed, page.total_count), (3, Some(7)));
    assert_eq!(page.request_id.as_deref(), Some("R-1"));
}

#[test]
fn a_missing_list_of_jobs_is_not_an_empty_one() {
    for body in [
        json!({"Jobs": null, "TotalCount": 0}),
        json!({"TotalCount": 0}),
    ] {
        assert!(JobPage::parse(answer(body)).unwrap().jobs.is_empty());
    }
    for body in [
        json!({}),
        json!({"Jobs": null}),
        json!({"Jobs": {}, "TotalCount": 0}),
    ] {
        let error = JobPage::parse(answer(body)).unwrap_err();
        assert_eq!(error.code(), "Client.UnreadableAnswer");
        assert_eq!(error.request_id(), Some("R-1"));
    }
}

#[test]
fn instance_types_are_read() {
    let page = EcsSpecPage::parse(answer(json!({
        "EcsSpecs": [
            {"InstanceType": "ecs.gn6i-c4g1.xlarge", "AcceleratorType": "GPU", "Cpu": 4, "Memory": 15,
                "Gpu": 1, "GpuType": "T4", "GpuMemory": 16, "IsAvailable": true,
                "PaymentTypes": ["PostPaid"], "ResourceType": "ECS", "SpotStockStatus": "WithStock"},
            {"InstanceType": "ecs.x", "Cpu": "2", "Memory": "512Mi", "Gpu": null, "IsAvailable": "maybe"},
            "ecs.y",
        ],
        "TotalCount": 9,
    })))
    .unwrap();
    assert_eq!((page.malformed, page.total_count), (1, Some(9)));
    let [gpu, cpu] = page.specs.as_slice() else {
        panic!("{page:?}")
    };
    assert_eq!(gpu.instance_type.as_deref(), Some("ecs.gn6i-c4g1.xlarge"));
    assert_eq!(gpu.cpu.as_ref().unwrap().cpu_milli(), Ok(4000));
    assert_eq!(gpu.gpu.as_ref().unwrap().gpu_milli(), Ok(1000));
    assert_eq!(gpu.memory_bytes(), Ok(15 << 30), "a bare number is in GiB");
    assert_eq!(gpu.is_available, Some(true));
    assert_eq!(gpu.payment_types.as_deref().unwrap(), ["PostPaid"]);
    let other = json!({"SpotStockStatus": "WithStock"});
    assert_eq!(Value::Object(gpu.other.clone()), other);
    assert_eq!(cpu.memory_bytes(), Ok(512 << 20), "a unit counts");
    assert_eq!((&cpu.gpu, cpu.is_available), (&None, None));
    assert_eq!(cpu.other["IsAvailable"], "maybe");
    assert!(EcsSpec::default().memory_bytes().is_err());
}

#[test]
fn a_missing_list_of_instance_types_is_not_an_empty_one() {
    let none = json!({"EcsSpecs": null, "TotalCount": 0});
    assert!(EcsSpecPage::parse(answer(none)).unwrap().specs.is_empty());
    for body in [json!({}), json!({"EcsSpecs": null}), json!({"Jobs": []})] {
        let error = EcsSpecPage::parse(answer(body)).unwrap_err();
        assert_eq!(error.code(), "Client.UnreadableAnswer");
    }
}

#[test]
fn an_update_sends_only_what_is_given() {
    let all = UpdateJob {
        priority: Some(9),
        accessibility: Some(Accessibility::Public),
        description: Some(String::new()),
    };
    let everything = json!({"Priority": 9, "Accessibility": "PUBLIC", "Description": ""});
    assert_eq!(all.body().unwrap(), everything);
    let one = UpdateJob {
        description: Some("测试".into()),
        ..UpdateJob::default()
    };
    assert_eq!(one.body().unwrap(), json!({"Description": "测试"}));
    for priority in [0, 10, 255] {
        let wrong = UpdateJob {
            priority: Some(priority),
            ..all.clone()
        };
        let error = wrong.body().unwrap_err();
        assert!(error.to_string().contains("Priority"), "{error}");
    }
    assert!(UpdateJob::default().body().is_err(), "nothing to change");
}

#[test]
fn logs_keep_one_line_per_item() {
    let logs = PodLogs::parse(answer(json!({
        "PodId": "p", "PodUid": "u", "Logs": ["a", null, 3, {"x": 1}],
        "ContainerInfo": {"MainContainer": "m", "SidecarContainers": ["s"]},
    })))
    .unwrap();
    assert_eq!(logs.lines, ["a", "", "3", r#"{"x":1}"#]);
    assert_eq!(logs.main_container.as_deref(), Some("m"));
    assert_eq!(logs.sidecar_containers, ["s"]);
    assert_eq!(
        logs.server_time.unwrap().to_string(),
        "2026-07-01T12:00:00Z"
    );
    assert!(
        PodLogs::parse(answer(json!({"PodId": "p"})))
            .unwrap()
            .lines
            .is_empty()
    );
    assert!(PodLogs::parse(answer(json!({"PodId": "p", "Logs": "x"}))).is_err());
    assert!(PodLogs::parse(answer(json!({}))).is_err());
}

#[test]
fn queries_send_only_what_is_set() {
    assert!(ListJobsQuery::default().pairs().is_empty());
    let query = ListJobsQuery {
        workspace_id: Some("1".into()),
        show_own: Some(true),
        job_ids: vec!["a".into(), "b".into()],
        start_time: Some("1970-01-01T00:00:00.9Z".parse().unwrap()),
        order: Some(Order::Asc),
        page_size: Some(100),
        resource_ids: vec!["q1".into(), "q2".into()],
        resource_quota_name: Some("team".into()),
        user_id_for_filter: Some("24".into()),
        username: Some("me".into()),
        business_user_id: Some("b".into()),
        tags: [("k".to_owned(), "v".to_owned())].into(),
        more: vec![("Caller".into(), "x".into())],
        ..ListJobsQuery::default()
    };
    let pairs = query.pairs();
    let shown: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        shown,
        [
            "WorkspaceId=1",
            "ShowOwn=true",
            "JobIds=a,b",
            "StartTime=1970-01-01T00:00:00Z",
            "Order=asc",
            "PageSize=100",
            "ResourceIds=q1,q2",
            "ResourceQuotaName=team",
            "UserIdForFilter=24",
            "Username=me",
            "BusinessUserId=b",
            r#"Tags={"k":"v"}"#,
            "Caller=x",
        ]
    );
}

/// Any JSON, with the API's own keys more often than chance would have them.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9]{1,6}(Gi|m|/[0-9])?".prop_map(Value::from),
        "[0-9]{1,4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z"
            .prop_map(Value::from),
    ];
    let key = prop_oneof![
        proptest::sample::select(vec![
            "JobId",
            "Jobs",
            "TotalCount",
            "Status",
            "GmtCreateTime",
            "Duration",
            "RequestCPU",
            "RequestMemory",
            "RestartTimes",
            "JobSpecs",
            "ResourceConfig",
            "CPU",
            "Pods",
            "HistoryPods",
            "Envs",
            "Settings",
            "Tags",
            "StatusHistory",
            "Logs",
            "EcsSpecs",
            "Cpu",
            "Memory",
            "PodId",
            "DataSources",
            "CodeSource",
            "NodeCount",
        ])
        .prop_map(str::to_owned),
        ".{0,5}",
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_reading_panic(value in any_json()) {
        if let Ok(job) = Job::from_value(value.clone()) {
            for amount in [&job.request_cpu, &job.request_memory].into_iter().flatten() {
                let _ = (amount.cpu_milli(), amount.gpu_milli(), amount.memory_bytes());
            }
            let keys = value.as_object().unwrap();
            prop_assert!(job.other.iter().all(|(key, _)| keys.contains_key(key)));
        }
        if let Ok(spec) = EcsSpec::from_value(value.clone()) {
            let _ = spec.memory_bytes();
        }
        if value.is_object() {
            for error in [
                JobPage::parse(answer(value.clone())).err(),
                EcsSpecPage::parse(answer(value.clone())).err(),
                PodLogs::parse(answer(value)).err(),
            ].into_iter().flatten() {
                prop_assert_eq!(error.effect(), crate::Effect::Unknown);
            }
        }
    }
}
