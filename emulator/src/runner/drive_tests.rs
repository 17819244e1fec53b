use std::time::Duration;

use serde_json::json;

use super::*;
use crate::control::Control;
use crate::options::Options;

#[tokio::test]
async fn when_one_pod_cannot_be_started_none_is_left_running() {
    let scratch = tempfile::tempdir().unwrap();
    let options = Options::fast(scratch.path());
    let cloud = Arc::new(Cloud::new(options, ([127, 0, 0, 1], 0).into()).unwrap());
    let body = json!({
        "DisplayName": "t", "JobType": "PyTorchJob", "UserCommand": "sleep 1000",
        "JobSpecs": [
            {"Type": "Master", "Image": "i"},
            {"Type": "Worker", "Image": "i", "PodCount": 2},
        ],
    });
    let mut submission = Submission::parse(body.to_string().as_bytes(), "ws").unwrap();
    submission.roles[1].command = Some("no process takes a \0".to_owned());
    let id = cloud.submit(submission);
    let control = Control::new(cloud.clone());
    let limit = Duration::from_secs(30);
    let job = control.wait_final(&id, limit).await.unwrap();
    assert_eq!(job.status, Status::Failed);
    let codes: Vec<_> = job
        .pods
        .iter()
        .map(|pod| (pod.pid, pod.exit_code))
        .collect();
    assert_eq!(
        codes,
        [(None, Some(137)), (None, Some(127)), (None, Some(127))]
    );
    cloud.close();
}
