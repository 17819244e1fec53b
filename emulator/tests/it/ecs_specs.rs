use serde_json::json;

use crate::client::{Reply, Setup, body};

async fn specs(setup: &Setup, query: &[(&str, &str)]) -> Reply {
    let call = setup
        .client
        .call("ListEcsSpecs", "GET", "/api/v1/ecsspecs", query, "");
    call.await.unwrap()
}

async fn names(setup: &Setup, query: &[(&str, &str)]) -> Vec<String> {
    let listed = specs(setup, query).await.ok();
    let specs = listed["EcsSpecs"].as_array().unwrap();
    let name = |spec: &serde_json::Value| spec["InstanceType"].as_str().unwrap().to_owned();
    specs.iter().map(name).collect()
}

#[tokio::test]
async fn instance_types_tell_what_they_have() {
    let setup = Setup::new().await;
    let wanted = "ecs.g6.large,ecs.gn6i-c4g1.xlarge,ecs.unheard-of";
    let listed = specs(&setup, &[("InstanceTypes", wanted)]).await.ok();
    assert_eq!(listed["TotalCount"], 2);
    let cpu = json!({
        "InstanceType": "ecs.g6.large", "AcceleratorType": "CPU", "Cpu": 2, "Memory": 8, "Gpu": 0,
        "GpuType": "", "GpuMemory": 0, "IsAvailable": true, "PaymentTypes": ["PostPaid"],
        "ResourceType": "ECS",
    });
    assert_eq!(listed["EcsSpecs"][0], cpu);
    let gpu = &listed["EcsSpecs"][1];
    assert_eq!((&gpu["Cpu"], &gpu["Memory"]), (&json!(4), &json!(15)));
    assert_eq!((&gpu["Gpu"], &gpu["GpuType"]), (&json!(1), &json!("T4")));
}

#[tokio::test]
async fn instance_types_are_filtered_and_paged() {
    let setup = Setup::new().await;
    let all = names(&setup, &[]).await;
    let cpu = names(&setup, &[("AcceleratorType", "CPU")]).await;
    let gpu = names(&setup, &[("AcceleratorType", "GPU")]).await;
    assert!(!cpu.is_empty() && !gpu.is_empty());
    assert_eq!([cpu, gpu].concat().len(), all.len());
    assert_eq!(names(&setup, &[("ResourceType", "ECS")]).await, all);
    let none = specs(&setup, &[("ResourceType", "Lingjun")]).await.ok();
    assert_eq!(none["EcsSpecs"], json!([]));
    assert_eq!(none["TotalCount"], 0);

    let mut paged = Vec::new();
    for page in 1..=all.len() {
        let page = page.to_string();
        let query = [("PageSize", "5"), ("PageNumber", &*page)];
        let answer = specs(&setup, &query).await.ok();
        assert_eq!(answer["TotalCount"], json!(all.len()));
        paged.extend(names(&setup, &query).await);
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn an_order_of_instance_types_is_refused() {
    let setup = Setup::new().await;
    for query in [
        ("SortBy", "CPU"),
        ("SortBy", "GmtCreateTime"),
        ("Order", "desc"),
        ("AcceleratorType", "TPU"),
        ("ResourceType", "ecs"),
        ("PageSize", "0"),
    ] {
        let reply = specs(&setup, &[query]).await;
        assert_eq!(reply.code(400), "InvalidParameter", "{query:?}");
        assert!(reply.body.contains(query.0), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_job_on_an_instance_type_asks_for_what_the_type_has() {
    let setup = Setup::new().await;
    let on = async |instance_type: &str| {
        let mut sent = body("job", "true");
        sent["JobSpecs"][0]["EcsSpec"] = json!(instance_type);
        sent["JobSpecs"][0]["PodCount"] = json!(2);
        let id = setup.client.create(&sent).await;
        let item = setup.client.list(&[("JobId", &id)]).await.ok()["Jobs"][0].clone();
        let job = setup.client.get(&id).await.unwrap().ok();
        let keys = ["RequestCPU", "RequestGPU", "RequestMemory"];
        (
            keys.map(|key| item[key].clone()),
            keys.map(|key| job[key].clone()),
        )
    };
    let (item, job) = on("ecs.gn6v-c8g1.16xlarge").await;
    assert_eq!(item, [json!(128), json!("16"), json!("512Gi")]);
    assert_eq!(job, [json!(128), json!(16.0), json!(512.0)]);
    let (item, _) = on("ecs.unheard-of").await;
    assert_eq!(item, [json!(0), json!("0"), json!("0Gi")]);
}
