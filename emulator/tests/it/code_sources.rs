use pai_emulator::CodeSource;
use serde_json::{Value, json};

use crate::client::{Reply, Setup};

async fn get(setup: &Setup, id: &str) -> Reply {
    let path = format!("/api/v1/codesources/{id}");
    let call = setup.client.call("GetCodeSource", "GET", &path, &[], "");
    call.await.unwrap()
}

async fn update(setup: &Setup, id: &str, body: &Value) -> Reply {
    let path = format!("/api/v1/codesources/{id}");
    let body = body.to_string();
    let call = setup
        .client
        .call("UpdateCodeSource", "PUT", &path, &[], &body);
    call.await.unwrap()
}

#[tokio::test]
async fn a_code_source_is_given_out_with_its_token() {
    let setup = Setup::new().await;
    let found = get(&setup, "code-demo").await.ok();
    assert_eq!(found["CodeSourceId"], "code-demo");
    assert_eq!(found["CodeBranch"], "main");
    assert_eq!(found["WorkspaceId"], "emulator");
    assert!(found["CodeRepo"].as_str().unwrap().starts_with("https://"));
    let token = CodeSource::demo().access_token;
    assert_eq!(found["CodeRepoAccessToken"], json!(token), "in clear");
}

#[tokio::test]
async fn branch_and_commit_are_changed_one_or_both() {
    let other = CodeSource {
        id: "code-other".to_owned(),
        ..CodeSource::demo()
    };
    let sources = vec![CodeSource::demo(), other.clone()];
    let setup = Setup::with(|options| options.code_sources = sources).await;
    let created = get(&setup, "code-demo").await.ok()["GmtModifyTime"].clone();
    setup.control.clock().advance(60_000);
    for (sent, branch, commit) in [
        (
            json!({"CodeBranch": "dev", "CodeCommit": "abc"}),
            "dev",
            "abc",
        ),
        (json!({"CodeBranch": "next", "Future": 1}), "next", "abc"),
        (json!({"CodeCommit": ""}), "next", ""),
        (json!({"CodeBranch": null}), "next", ""),
    ] {
        let done = update(&setup, "code-demo", &sent).await.ok();
        assert_eq!(done["CodeSourceId"], "code-demo");
        let found = get(&setup, "code-demo").await.ok();
        assert_eq!(
            (&found["CodeBranch"], &found["CodeCommit"]),
            (&json!(branch), &json!(commit))
        );
        assert_ne!(found["GmtModifyTime"], created);
        assert_eq!(found["GmtCreateTime"], created);
        assert_eq!(
            setup.control.code_source("code-demo").unwrap().branch,
            branch
        );
    }
    assert_eq!(setup.control.code_source("code-other"), Some(other));
}

#[tokio::test]
async fn a_code_source_that_is_not_there_has_a_number_for_a_code() {
    let setup = Setup::with(|options| options.code_sources = Vec::new()).await;
    assert_eq!(get(&setup, "code-demo").await.code(400), "201400002");
    let refused = update(&setup, "code-x", &json!({"CodeBranch": "dev"})).await;
    assert_eq!(refused.code(400), "201400002");
    assert!(refused.body.contains("code-x"), "{}", refused.body);
    assert_eq!(setup.control.code_source("code-x"), None);
}

#[tokio::test]
async fn a_wrong_update_of_a_code_source_changes_nothing() {
    let setup = Setup::new().await;
    for wrong in [
        json!({"CodeBranch": "dev", "CodeCommit": 7}),
        json!({"CodeBranch": "dev", "CodeRepo": "https://elsewhere.example/r.git"}),
        json!({"CodeBranch": "dev", "CodeRepoAccessToken": "x"}),
        json!([]),
    ] {
        let refused = update(&setup, "code-demo", &wrong).await;
        assert_eq!(refused.code(400), "InvalidParameter", "{wrong}");
    }
    assert_eq!(
        setup.control.code_source("code-demo"),
        Some(CodeSource::demo())
    );
}

#[tokio::test]
async fn an_update_of_a_code_source_may_have_no_effect_or_be_forbidden() {
    let setup = Setup::with(|options| {
        options.faults = vec![
            "UpdateCodeSource:no_effect:count=1".parse().unwrap(),
            "UpdateCodeSource:forbidden:count=1".parse().unwrap(),
        ];
    })
    .await;
    let to_dev = json!({"CodeBranch": "dev"});
    update(&setup, "code-demo", &to_dev).await.ok();
    let forbidden = update(&setup, "code-demo", &to_dev).await;
    assert_eq!(forbidden.code(403), "NoPermission");
    let action = &forbidden.json()["AccessDeniedDetail"]["AuthAction"];
    assert_eq!(action, "paicodesource:UpdateCodeSource");
    assert_eq!(
        setup.control.code_source("code-demo"),
        Some(CodeSource::demo())
    );
    update(&setup, "code-demo", &to_dev).await.ok();
    assert_eq!(
        setup.control.code_source("code-demo").unwrap().branch,
        "dev"
    );
}

#[tokio::test]
async fn path_version_and_action_must_agree() {
    let setup = Setup::new().await;
    let source = "/api/v1/codesources/code-demo";
    for (action, path, version, status, code) in [
        ("GetCodeSource", source, "2020-12-03", 400, "InvalidVersion"),
        (
            "ListJobs",
            "/api/v1/jobs",
            "2021-02-04",
            400,
            "InvalidVersion",
        ),
        ("GetJob", source, "2021-02-04", 404, "InvalidApi.NotFound"),
        (
            "GetCodeSource",
            "/api/v1/jobs/code-demo",
            "2020-12-03",
            404,
            "InvalidApi.NotFound",
        ),
        (
            "ListCodeSources",
            "/api/v1/codesources",
            "2021-02-04",
            404,
            "InvalidApi.NotFound",
        ),
    ] {
        let mut request = setup.client.request(action, "GET", path, &[], "");
        request.header("x-acs-version", version);
        request.sign(&setup.client.key, &setup.client.secret);
        let reply = setup.client.send(&request).await.unwrap();
        assert_eq!(reply.code(status), code, "{action} {path} {version}");
    }
}
