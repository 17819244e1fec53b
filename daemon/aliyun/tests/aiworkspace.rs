//! Code sources: what is sent, that their token goes no further, and that one which is missing is
//! never taken for a missing job.

#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

mod common;

use aliyun::aiworkspace::CodeSourceUpdate;
use aliyun::{AiWorkspace, Effect, Error, Priority};
use common::signed::assert_signed;
use common::{Server, Step, answer, header, options, refusal, transport};

const FOUND: &str = r#"{"CodeSourceId":"code-1","DisplayName":"demo","CodeRepo":"https://git.example/r.git","CodeBranch":"main","CodeRepoAccessToken":"glpat-in-clear","CloneType":0,"RequestId":"R-1"}"#;

async fn workspace(steps: Vec<Step>) -> (Server, AiWorkspace) {
    let server = Server::start(steps).await;
    let workspace = AiWorkspace::new(transport(options()), server.endpoint());
    (server, workspace)
}

fn to_branch(branch: &str) -> CodeSourceUpdate {
    CodeSourceUpdate {
        branch: Some(branch.into()),
        commit: None,
    }
}

fn is_missing_code_source(error: &Error) -> bool {
    matches!(error, Error::Invalid { field: Some(field), .. } if field == "CodeSource")
}

#[tokio::test]
async fn a_code_source_is_read_without_its_token() {
    let (mut server, workspace) = workspace(vec![answer(200, &[], FOUND)]).await;
    let item = workspace
        .get_code_source("code-1", Priority::Interactive)
        .await
        .unwrap();
    assert_eq!(item.code_branch.as_deref(), Some("main"));
    assert_eq!(item.request_id.as_deref(), Some("R-1"));
    assert!(item.other.is_empty(), "{:?}", item.other);
    assert!(!format!("{item:?}").contains("glpat"), "{item:?}");
    let request = server.request().await;
    assert_signed(&request);
    assert!(
        request.starts_with("GET /api/v1/codesources/code-1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert_eq!(header(&request, "x-acs-action"), Some("GetCodeSource"));
    assert_eq!(header(&request, "x-acs-version"), Some("2021-02-04"));
    assert_eq!(header(&request, "content-type"), None);
}

#[tokio::test]
async fn an_update_sends_branch_and_commit() {
    let done = r#"{"CodeSourceId":"code-1","RequestId":"R-2"}"#;
    let (mut server, workspace) =
        workspace(vec![answer(200, &[], done), answer(200, &[], "{}")]).await;
    let update = CodeSourceUpdate {
        commit: Some("abc123".into()),
        ..to_branch("dev")
    };
    let accepted = workspace
        .update_code_source("code-1", &update, Priority::Interactive)
        .await
        .unwrap();
    assert_eq!(accepted.code_source_id.as_deref(), Some("code-1"));
    assert_eq!(accepted.request_id.as_deref(), Some("R-2"));
    let request = server.request().await;
    assert_signed(&request);
    assert!(
        request.starts_with("PUT /api/v1/codesources/code-1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert_eq!(header(&request, "x-acs-action"), Some("UpdateCodeSource"));
    assert!(
        request.ends_with(r#"{"CodeBranch":"dev","CodeCommit":"abc123"}"#),
        "{request}"
    );

    let to_dev = to_branch("dev");
    let call = workspace.update_code_source("a/b", &to_dev, Priority::Interactive);
    assert_eq!(call.await.unwrap().code_source_id, None);
    let request = server.request().await;
    assert!(request.starts_with("PUT /api/v1/codesources/a%2Fb HTTP/1.1\r\n"));
    assert!(request.ends_with("\r\n\r\n{\"CodeBranch\":\"dev\"}"));
}

#[tokio::test]
async fn an_update_of_nothing_is_not_sent() {
    let (_server, workspace) = workspace(Vec::new()).await;
    let nothing = CodeSourceUpdate::default();
    for (id, update) in [("code-1", &nothing), ("", &to_branch("dev"))] {
        let call = workspace.update_code_source(id, update, Priority::Interactive);
        let error = call.await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        assert_eq!(error.effect(), Effect::None);
    }
}

#[tokio::test]
async fn a_missing_code_source_is_no_missing_job() {
    let bare = r#"{"Message":"not found","RequestId":"R"}"#;
    let steps: Vec<Step> = [
        answer(400, &[], &refusal("201400002")),
        answer(404, &[], &refusal("201400002")),
        answer(404, &[], &refusal("CodeSource.NotFound")),
        answer(404, &[], &refusal("NotFound")),
        answer(404, &["x-acs-request-id: R"], bare),
        answer(404, &[], &refusal("Job.NotFound")),
    ]
    .into();
    let count = steps.len();
    let (_server, workspace) = workspace([steps.clone(), steps].concat()).await;
    for _ in 0..count {
        let call = workspace.get_code_source("code-x", Priority::Interactive);
        let error = call.await.unwrap_err();
        assert!(is_missing_code_source(&error), "{error:?}");
        assert_eq!(error.effect(), Effect::None);
    }
    let to_dev = to_branch("dev");
    for _ in 0..count {
        let call = workspace.update_code_source("code-x", &to_dev, Priority::Interactive);
        let error = call.await.unwrap_err();
        assert!(is_missing_code_source(&error), "{error:?}");
    }
}

#[tokio::test]
async fn numbers_in_place_of_codes_have_their_kinds() {
    let (_server, workspace) = workspace(vec![
        answer(400, &[], r#"{"Code":"201400004","Message":"busy"}"#),
        answer(400, &[], r#"{"Code":100400027,"Message":"no workspace"}"#),
        answer(400, &[], r#"{"Code":"100400008","Message":"bad"}"#),
        answer(403, &[], r#"{"Code":"100700008","Message":"no"}"#),
        answer(200, &[], r#"{"RequestId":"R"}"#),
        answer(200, &[], r#"{"CodeSourceId":"code-1","CodeRepoAcc"#),
    ])
    .await;
    let get = async || {
        let call = workspace.get_code_source("code-1", Priority::Interactive);
        call.await.unwrap_err()
    };
    assert!(matches!(get().await, Error::Unavailable { .. }));
    let error = get().await;
    assert!(
        matches!(&error, Error::Invalid { field: Some(field), .. } if field == "WorkspaceId"),
        "{error:?}"
    );
    assert!(matches!(get().await, Error::Invalid { .. }));
    assert!(matches!(get().await, Error::Permission { .. }));
    for _ in 0..2 {
        assert_eq!(get().await.code(), "Client.UnreadableAnswer");
    }
}
