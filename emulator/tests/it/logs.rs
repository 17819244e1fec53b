use pai_emulator::{LogKeep, Status};
use serde_json::json;

use crate::client::{LIMIT, Setup, body};

fn iso(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .unwrap()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

#[tokio::test]
async fn windows_are_by_the_second_and_include_both_ends() {
    let setup = Setup::new().await;
    let clock = setup.control.clock();
    // The job prints its second line when told to, after the cloud's clock has moved on.
    let id = setup
        .submit("echo early; while [ ! -e go ]; do read -t 0.01 <> <(:); done; echo late")
        .await;
    setup.printed(&id, 1).await;
    let early = clock.now_ms();
    clock.advance(100_000);
    let late = clock.now_ms();
    let pod = setup
        .scratch
        .path()
        .join(format!("jobs/{id}/{id}-worker-0"));
    std::fs::write(pod.join("go"), "").unwrap();
    setup.end_of(&id).await;
    let lines = async |start: i64, end: i64| {
        let (start, end) = (iso(start), iso(end));
        setup
            .client
            .lines(&id, &[("StartTime", &start), ("EndTime", &end)])
            .await
    };
    assert_eq!(lines(early - 50_000, early + 50_000).await, ["early"]);
    assert_eq!(lines(late - 50_000, late + 50_000).await, ["late"]);
    assert_eq!(
        lines(early - 50_000, late + 50_000).await,
        ["early", "late"]
    );
    assert_eq!(
        lines(late + 50_000, late + 60_000).await,
        Vec::<String>::new()
    );
    assert_eq!(setup.client.lines(&id, &[]).await, ["early", "late"]);
}

#[tokio::test]
async fn an_overfull_answer_keeps_head_or_tail_oldest_first() {
    for (keep, expected) in [(LogKeep::Tail, ["99", "100"]), (LogKeep::Head, ["1", "2"])] {
        let setup = Setup::with(|options| options.log_keep = keep).await;
        let id = setup.finished("seq 100").await.job_id;
        assert_eq!(
            setup.client.lines(&id, &[("MaxLines", "2")]).await,
            expected
        );
    }
}

#[tokio::test]
async fn two_thousand_lines_come_unasked_and_the_cap_is_the_most() {
    let setup = Setup::new().await;
    let id = setup.finished("seq 6000").await.job_id;
    assert_eq!(setup.client.lines(&id, &[]).await.len(), 2000);
    let most = setup.client.lines(&id, &[("MaxLines", "9000")]).await;
    assert_eq!((most.len(), most[4999].as_str()), (5000, "6000"));
}

#[tokio::test]
async fn an_answer_has_eight_mebibytes_at_most() {
    let setup = Setup::new().await;
    let command = "line=$(printf '%016000d' 0); for i in {1..600}; do echo $i $line; done";
    let id = setup.finished(command).await.job_id;
    let lines = setup.client.lines(&id, &[("MaxLines", "5000")]).await;
    let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
    let limit = 8 * 1024 * 1024;
    assert!(limit - 17_000 < bytes && bytes <= limit, "{bytes}");
    assert!(lines.last().unwrap().starts_with("600 "));
}

#[tokio::test]
async fn both_streams_come_in_order_with_bad_bytes_and_long_lines_made_whole() {
    let setup = Setup::new().await;
    let command = concat!(
        r"echo out; echo err >&2; printf 'bad \377\n'; ",
        r"head -c 20000 /dev/zero | tr '\0' x; echo; printf end",
    );
    let id = setup.finished(command).await.job_id;
    let lines = setup.client.lines(&id, &[]).await;
    assert_eq!(lines[..3], ["out", "err", "bad \u{fffd}"]);
    assert!(
        lines[3].ends_with("x [line cut at 16384 bytes]"),
        "{}",
        lines[3].len()
    );
    assert_eq!(lines[4], "end");
}

#[tokio::test]
async fn each_incarnation_has_a_log_of_its_own() {
    let setup = Setup::new().await;
    let command = "if [ -e seen ]; then echo second; else touch seen; echo first; sleep 1000; fi";
    let id = setup.submit(command).await;
    let before = setup.printed(&id, 1).await.pods[0].pod_uid.clone();
    assert!(setup.control.restart_job(&id));
    let after = setup.end_of(&id).await.pods[0].pod_uid.clone();
    assert_ne!(before, after);
    assert_eq!(
        setup.client.lines(&id, &[("PodUid", &before)]).await,
        ["first"]
    );
    assert_eq!(
        setup.client.lines(&id, &[("PodUid", &after)]).await,
        ["second"]
    );
    assert_eq!(setup.client.lines(&id, &[]).await, ["second"]);
    let job = setup.client.get(&id).await.unwrap().ok();
    assert_eq!(job["RestartTimes"], "1/10");
    assert_eq!(job["Pods"][0]["HistoryPods"][0]["PodUid"], json!(before));
    let seen: Vec<Status> = setup
        .control
        .job(&id)
        .unwrap()
        .transitions
        .iter()
        .map(|each| each.status)
        .collect();
    assert!(seen.contains(&Status::Restarting), "{seen:?}");
    assert!(
        !setup.control.restart_job(&id),
        "a job that has ended is not restarted"
    );
}

#[tokio::test]
async fn pods_know_their_rank() {
    let setup = Setup::new().await;
    let mut sent = body(
        "ranks",
        "echo $RANK/$WORLD_SIZE $LOCAL_RANK $MASTER_ADDR $POD_NAME",
    );
    let master = "echo master $RANK; pwd; echo $HOME; env | sort";
    sent["JobSpecs"] = json!([
        {"Type": "Worker", "Image": "i", "PodCount": 1},
        {"Type": "Master", "Image": "i", "PodCount": 1, "UserCommand": master},
    ]);
    sent["Envs"] = json!({"MINE": "1"});
    let id = setup.client.create(&sent).await;
    let job = setup.control.wait_final(&id, LIMIT).await.unwrap();
    assert_eq!(job.status, Status::Succeeded);
    let worker = setup.client.lines(&id, &[]).await;
    assert_eq!(worker, [format!("1/2 0 127.0.0.1 {id}-worker-0")]);
    let answer = setup
        .client
        .logs(&id, &format!("{id}-master-0"), &[])
        .await
        .ok();
    let master: Vec<String> = serde_json::from_value(answer["Logs"].clone()).unwrap();
    assert_eq!(master[0], "master 0");
    assert_eq!(master[1], master[2], "HOME is the working folder");
    let names: Vec<&str> = master[3..]
        .iter()
        .filter_map(|line| line.split('=').next())
        .collect();
    assert!(names.contains(&"MINE"));
    assert!(
        !names.iter().any(|name| name.starts_with("CARGO")),
        "nothing leaks in: {names:?}"
    );
}
